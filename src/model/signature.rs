//! A plan's signature: how it reads which table in which order, what it sorts, and about how many rows it looks at. No
//! costs: they differ between machines while the plan stays the same.
//!
//! Its text is what stands in a baseline: `m ref idx_channel_timestamp`, `u eq_ref PRIMARY`, `sort`, `rows 5000000`.

use super::plan::AccessType;
use std::fmt;
use std::str::FromStr;

/// The signature of one plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Signature {
    /// The steps in the order in which they run.
    pub steps: Vec<Step>,
    /// Rows that are looked at in all, to three digits; `None` when that is not known.
    pub rows: Option<f64>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A table is read.
    Access {
        /// Its name or alias in the statement.
        table: String,
        /// How.
        access_type: AccessType,
        /// Through which index.
        key: Option<String>,
    },
    /// Rows are sorted.
    Sort,
    /// Rows go through a temporary table.
    Temporary,
    /// The optimizer answered without reading a table.
    NoTable,
    /// The statement reads the server's dictionary, whose plans and rows change with what else the server does.
    Dictionary,
    /// There is no plan: the statement could not be explained.
    NoPlan,
}

/// The access types with their words.
const ACCESS: [(AccessType, &str); 10] = [
    (AccessType::Const, "const"),
    (AccessType::EqRef, "eq_ref"),
    (AccessType::Ref, "ref"),
    (AccessType::RefOrNull, "ref_or_null"),
    (AccessType::Fulltext, "fulltext"),
    (AccessType::IndexMerge, "index_merge"),
    (AccessType::Range, "range"),
    (AccessType::IndexScan, "index_scan"),
    (AccessType::FullScan, "full_scan"),
    (AccessType::Derived, "derived"),
];

/// The word of an access type, and how bad it is: those that come later read more of what they read.
#[must_use]
pub fn access_word(access_type: AccessType) -> (&'static str, usize) {
    let at = ACCESS.iter().position(|(known, _)| *known == access_type).unwrap_or(0);
    (ACCESS[at].1, at)
}

impl Signature {
    /// Its lines: the steps, then the rows.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.steps.iter().map(Step::to_string).collect();
        if !matches!(self.steps[..], [Step::NoPlan | Step::Dictionary]) {
            lines.push(match self.rows {
                Some(rows) if rows < 1e15 => format!("rows {rows:.0}"),
                Some(rows) => format!("rows {rows:e}"),
                None => "rows unknown".into(),
            });
        }
        lines
    }

    /// Takes one of its lines.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn take(&mut self, line: &str) -> Result<(), String> {
        // A table may be called so; no way to read it begins with a digit.
        let is_number = |rest: &&str| *rest == "unknown" || rest.starts_with(|c: char| c.is_ascii_digit());
        if let Some(rows) = line.strip_prefix("rows ").filter(is_number) {
            self.rows = match rows.parse::<f64>() {
                Ok(rows) if rows.is_finite() => Some(rows),
                _ if rows == "unknown" => None,
                _ => return Err(format!("`{rows}` is no number of rows")),
            };
            return Ok(());
        }
        self.steps.push(line.parse()?);
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access { table, access_type, key } => {
                write!(f, "{} {}", quoted(table), access_word(*access_type).0)?;
                key.as_ref().map_or(Ok(()), |key| write!(f, " {}", quoted(key)))
            }
            Self::Sort => f.write_str("sort"),
            Self::Temporary => f.write_str("temporary"),
            Self::NoTable => f.write_str("no-table"),
            Self::Dictionary => f.write_str("dictionary"),
            Self::NoPlan => f.write_str("no-plan"),
        }
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words = words(line)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["sort"] => Ok(Self::Sort),
            ["temporary"] => Ok(Self::Temporary),
            ["no-table"] => Ok(Self::NoTable),
            ["dictionary"] => Ok(Self::Dictionary),
            ["no-plan"] => Ok(Self::NoPlan),
            [table, access, ref key @ ..] if key.len() < 2 => {
                let known = ACCESS.iter().find(|(_, word)| *word == access);
                let (access_type, _) = known.ok_or_else(|| format!("`{access}` is no way to read a table"))?;
                let key = key.first().map(|&key| key.to_owned());
                Ok(Self::Access { table: table.to_owned(), access_type: *access_type, key })
            }
            _ => Err(format!("`{line}` is no step of a plan, such as `users ref idx_email` or `sort`")),
        }
    }
}

/// A name as it stands in a line: in backticks where it has other characters than letters, digits, `_`, `$`, `-` and `.`.
#[must_use]
pub fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '.');
    if !name.is_empty() && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}

/// The words of a line, names without their backticks.
///
/// # Errors
/// When a backtick is not closed.
pub fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = if let Some(inside) = rest.strip_prefix('`') {
            name(inside).ok_or_else(|| format!("a backtick is not closed in `{line}`"))?
        } else {
            let end = rest.find(' ').unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        words.push(word);
        rest = after.trim_start();
    }
    Ok(words)
}

/// A name up to its closing backtick, and what follows.
fn name(inside: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = inside;
    loop {
        let at = rest.find('`')?;
        name.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('`') {
            Some(after) => {
                name.push('`');
                rest = after;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(table: &str, access_type: AccessType, key: Option<&str>) -> Step {
        Step::Access { table: table.into(), access_type, key: key.map(str::to_owned) }
    }

    #[test]
    fn lines_are_read_as_they_are_written() {
        let steps = vec![
            access("m", AccessType::Ref, Some("idx_channel")),
            access("rows", AccessType::FullScan, None),
            access("sort", AccessType::IndexScan, Some("odd ` key")),
            access("<derived2>", AccessType::Derived, None),
            access("", AccessType::Const, Some("")),
            Step::Sort,
            Step::Temporary,
            Step::NoTable,
        ];
        for rows in [None, Some(0.0), Some(5_000_000.0), Some(2.5e24)] {
            let signature = Signature { steps: steps.clone(), rows };
            let mut again = Signature::default();
            for line in signature.lines() {
                again.take(&line).unwrap();
            }
            assert_eq!(again, signature);
        }
        assert_eq!(steps[0].to_string(), "m ref idx_channel");
        assert_eq!(steps[2].to_string(), "sort index_scan `odd `` key`");
        assert_eq!(Signature { steps: vec![Step::NoPlan], rows: None }.lines(), ["no-plan"]);
    }

    #[test]
    fn what_is_no_line_is_said() {
        for line in
            ["", "m", "m reff", "m ref a b", "m `ref", "rows many", "rows -1", "rows NaN", "rows 1a", "rows 1e999"]
        {
            assert!(Signature::default().take(line).is_err(), "{line}");
        }
    }
}
