//! What pending statements will do to a server that is in use, as one value that every output format renders.

use super::engine::Engine;
use super::finding::{Finding, Severity};
use super::location::Location;
use super::online::{LockTaken, OnlineClass, Outcome};
use super::schema::Schema;
use super::waiver::Waived;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LintReport {
    /// The version of this form, [`super::report::FORMAT_VERSION`].
    pub format_version: u32,
    /// What the verdicts rest on.
    pub basis: LintBasis,
    /// Each pending statement, in the order in which they will run.
    pub statements: Vec<LintedStatement>,
    /// The findings: worst first, then by place.
    pub findings: Vec<Finding>,
    /// Findings that a comment in the migration takes on, each with its reason.
    pub waived: Vec<Waived>,
    /// Counts.
    pub summary: LintSummary,
}

/// What the verdicts rest on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LintBasis {
    /// The engine that the statements were tried on, or would run on where they were not tried.
    pub engine: Engine,
    /// Where they were tried: `sandbox`, a scratch schema, `embedded`; `None` when they were not.
    pub tried: Option<String>,
    /// Where the schema that they start from was taken: a server without secrets, or `migrations`.
    pub schema: String,
    /// Where the sizes come from.
    pub sizes: SizeSource,
    /// What the reader must know before believing the verdicts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Where the sizes of tables come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "source")]
pub enum SizeSource {
    /// The server's own estimates.
    Server,
    /// A scale profile's rows; bytes are estimated from the columns.
    Scale {
        /// The profile's name.
        scale: String,
    },
    /// Nowhere.
    Unknown,
}

/// How large a table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Rows; `None` when unknown.
    pub rows: Option<u64>,
    /// Bytes of its rows and indexes; `None` when unknown.
    pub bytes: Option<u64>,
}

/// Sizes by the tables' names in lower case.
pub type Sizes = BTreeMap<String, Size>;

/// One pending statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LintedStatement {
    /// The migration's version.
    pub version: i64,
    /// Where it begins.
    pub at: Location,
    /// The statement.
    pub sql: String,
    /// What sort of statement it is.
    pub kind: Kind,
    /// The table that it works on, when it is one.
    pub table: Option<String>,
    /// How the server does it; only for changes of a table, and only where it was tried.
    pub online: Option<Outcome>,
    /// Why that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// Why it fails, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How large the table is by then.
    pub size: Size,
    /// What else is to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl LintedStatement {
    /// How the server does it, in a few words: `INPLACE, LOCK=NONE`, `new table`, `unknown`.
    #[must_use]
    pub fn how(&self) -> String {
        match (&self.error, &self.online, &self.unknown) {
            (Some(_), ..) => "fails".into(),
            (None, Some(outcome), _) => class_in_words(outcome),
            (None, None, Some(_)) if self.has_class() => "unknown".into(),
            (None, None, _) => self.kind.words().into(),
        }
    }

    /// Whether the statement is of a kind that a server does in one way or another.
    fn has_class(&self) -> bool {
        matches!(self.kind, Kind::AlterTable | Kind::Other)
    }

    /// How the server does it and to how much, on one line: `INPLACE, LOCK=NONE, 120,000 rows, 14 MB`.
    #[must_use]
    pub fn brief(&self) -> String {
        let reason = self.error.as_ref().map(|error| format!(": {error}"));
        let reason = reason.or_else(|| self.unknown.as_ref().map(|because| format!(", because {because}")));
        let has_size = self.size.rows.is_some() || self.size.bytes.is_some();
        let size = if has_size { format!(", {}", self.size) } else { String::new() };
        // A line break would end the comment that this stands in.
        format!("{}{}{size}", self.how(), reason.unwrap_or_default()).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What there is to say beside it: the reason of a failure or of not knowing, and notes.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let error = self.error.iter().cloned();
        let unknown = self.unknown.iter().map(|because| format!("unknown, because {because}"));
        error.chain(unknown).chain(self.notes.iter().cloned()).collect()
    }
}

/// What sort of statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Makes a table.
    CreateTable,
    /// Changes a table or its indexes.
    AlterTable,
    /// Drops tables.
    DropTable,
    /// Renames tables.
    RenameTable,
    /// Empties a table.
    Truncate,
    /// Writes rows.
    Rows,
    /// Makes, changes or drops a view or a stored program.
    Program,
    /// Changes the session only, only reads, or opens and ends transactions.
    Session,
    /// Nothing is known about what it does.
    Other,
}

impl Kind {
    /// The words of reports.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::CreateTable => "new table",
            Self::AlterTable => "changes a table",
            Self::DropTable => "drops",
            Self::RenameTable => "renames",
            Self::Truncate => "empties",
            Self::Rows => "writes rows",
            Self::Program => "program",
            Self::Session => "session",
            Self::Other => "other",
        }
    }
}

/// Counts of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LintSummary {
    /// Pending migrations.
    pub migrations: usize,
    /// Their statements.
    pub statements: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
    /// Findings that are waived.
    pub waived: usize,
    /// The least severity that fails the run.
    pub fail_on: Option<Severity>,
    /// Whether the run fails by that measure.
    pub failed: bool,
}

/// What trying one statement on an empty copy of the schema showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// How it went.
    pub attempt: Attempt,
    /// The schema before it, where it was read.
    pub before: Option<Arc<Schema>>,
    /// The schema after it, where it was read.
    pub after: Option<Arc<Schema>>,
    /// The sizes of the tables that were there before the run.
    pub sizes: Arc<Sizes>,
    /// Queries of the catalogue that explained before it and do not after it, nor at the end.
    pub broken: Vec<BrokenQuery>,
}

/// How a statement went on an empty copy of the schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Attempt {
    /// A change of a table, with how the server did it.
    Classed(Outcome),
    /// It ran; it is no change of a table.
    Ran,
    /// It is done already, by a run that was cut off after it.
    Done,
    /// The server refused it.
    Failed {
        /// The server's code; 0 when it has none.
        code: u32,
        /// Its words.
        message: String,
    },
    /// It cannot be told.
    Unknown {
        /// Why.
        because: String,
    },
}

/// A query of the catalogue that a statement breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenQuery {
    /// Its name.
    pub name: String,
    /// Where the app runs it, or where it is defined.
    pub at: Location,
    /// The server's words.
    pub error: String,
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.rows, self.bytes) {
            (Some(rows), Some(bytes)) => write!(f, "{}, {}", rows_in_words(rows), bytes_in_words(bytes)),
            (Some(rows), None) => f.write_str(&rows_in_words(rows)),
            (None, Some(bytes)) => write!(f, "rows unknown, {}", bytes_in_words(bytes)),
            (None, None) => f.write_str("size unknown"),
        }
    }
}

/// `INSTANT`, `INPLACE, LOCK=NONE`, `INPLACE, LOCK=NONE, rebuilds the table`.
fn class_in_words(outcome: &Outcome) -> String {
    let (class, rebuild) = match outcome.class {
        // The lock of an instant change is over at once.
        Some(OnlineClass::Instant) => return "INSTANT".into(),
        Some(OnlineClass::Inplace { rebuild }) => ("INPLACE", rebuild == Some(true)),
        Some(OnlineClass::Copy) => ("COPY", false),
        None => ("unknown", false),
    };
    let lock = if outcome.lock == LockTaken::Default { String::new() } else { format!(", LOCK={}", outcome.lock) };
    format!("{class}{lock}{}", if rebuild { ", rebuilds the table" } else { "" })
}

/// `1 row`, `1,234,567 rows`.
#[must_use]
pub fn rows_in_words(rows: u64) -> String {
    if rows == 1 {
        return "1 row".into();
    }
    let digits = rows.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} rows")
}

/// Bytes in the largest unit that leaves a whole number in front of the point.
#[must_use]
pub fn bytes_in_words(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    let unit = UNITS.iter().find(|(_, size)| bytes >= *size);
    unit.map_or_else(
        || format!("{bytes} B"),
        |(name, size)| {
            let number = bytes as f64 / *size as f64;
            if number < 10.0 { format!("{number:.1} {name}") } else { format!("{number:.0} {name}") }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        let words = |rows, bytes| Size { rows, bytes }.to_string();
        assert_eq!(words(Some(1_234_567), Some(14_000_000)), "1,234,567 rows, 14 MB");
        assert_eq!(words(Some(1), Some(1 << 14)), "1 row, 16 kB");
        assert_eq!(words(Some(0), Some(0)), "0 rows, 0 B");
        assert_eq!(words(None, None), "size unknown");
        assert_eq!(bytes_in_words(1_500_000_000), "1.5 GB");
    }
}
