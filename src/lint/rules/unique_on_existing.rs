//! `unique-on-existing`: a UNIQUE or a primary key on a table that has rows.

use super::{Check, Needs, Rule};
use crate::lint::context::Case;
use crate::model::finding::{Finding, Severity};
use crate::model::schema::{Index, KeyPart, Table};

pub(super) const RULE: Rule = Rule {
    id: "unique-on-existing",
    severity: Severity::Warning,
    summary: "a unique key is added to a table that is in use",
    help: "Two equal rows make it fail, be it after hours of work, and the app's next double write is an error.",
    needs: Needs::Trial,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for target in case.standing() {
        let Some((before, after)) = case.tables(&target.table) else { continue };
        for index in after.indexes.iter().filter(|index| index.is_unique() && !is_implied(before, index)) {
            // A column that is added with the key has no old values to be equal.
            let columns: Vec<&str> = index.parts.iter().filter_map(|part| part.column.as_deref()).collect();
            let counted = |column: &&&str| after.column(column).is_some_and(|c| c.extra.contains("auto_increment"));
            if columns.iter().any(|column| before.column(column).is_none() && counted(&column)) {
                continue;
            }
            let message = format!(
                "adds the unique key {} on `{}` ({}): it fails if two rows are equal ({})",
                index.name,
                target.table,
                parts(&index.parts),
                target.size
            );
            let mut finding = case.finding(RULE.id, RULE.severity, Some(&target.table), message);
            finding.evidence.push("whether two rows are equal cannot be seen on an empty copy".into());
            if columns.len() == index.parts.len() {
                let list = columns.join(", ");
                finding.remedy = format!(
                    "look for equal rows first: SELECT {list}, COUNT(*) FROM {} GROUP BY {list} HAVING COUNT(*) > 1",
                    target.table
                );
            }
            findings.push(finding);
        }
    }
    findings
}

/// Whether a unique key of before makes equal keys of the new one impossible: it has no other columns.
fn is_implied(before: &Table, index: &Index) -> bool {
    before.indexes.iter().filter(|known| known.is_unique()).any(|known| known.parts.iter().all(|part| has(index, part)))
}

fn has(index: &Index, wanted: &KeyPart) -> bool {
    index.parts.iter().any(|part| {
        part.column == wanted.column
            && part.expression == wanted.expression
            && (part.prefix.is_none() || part.prefix >= wanted.prefix && wanted.prefix.is_some())
    })
}

fn parts(parts: &[KeyPart]) -> String {
    let words = parts.iter().map(|part| match (&part.column, part.prefix) {
        (Some(column), Some(prefix)) => format!("{column}({prefix})"),
        (Some(column), None) => column.clone(),
        (None, _) => format!("({})", part.expression.as_deref().unwrap_or_default()),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, inplace};

    #[test]
    fn a_new_unique_key_is_found_unless_an_old_one_implies_it() {
        let users = "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(99), KEY e (email))";
        let message = |after: &str| {
            let bench =
                Bench::new("ALTER TABLE users ADD UNIQUE KEY u (email)").schemas(users, after).attempt(inplace());
            bench.size("users", Some(9), None).only("unique-on-existing").map(|finding| finding.message)
        };
        assert_eq!(
            message("CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(99), UNIQUE KEY u (email))").unwrap(),
            "adds the unique key u on `users` (email): it fails if two rows are equal (9 rows)"
        );
        assert_eq!(
            message("CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(99), UNIQUE KEY u (email, id))"),
            None
        );
        assert_eq!(message(users), None);
    }
}
