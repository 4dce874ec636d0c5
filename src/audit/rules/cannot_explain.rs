//! `cannot-explain`: a statement that the server or the translation refused.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::model::finding::{Finding, Severity};
use crate::sql::shape::StatementKind;

pub(super) const RULE: Rule = Rule {
    id: "cannot-explain",
    severity: Severity::Warning,
    summary: "a statement without a plan",
    help: "What the server refuses to explain it refuses to run as well, or the audit cannot vouch for it.",
    check: Check::Query(check),
};

/// How the embedded engine words that it has no dictionary: nothing to judge there.
const NO_DICTIONARY: &str = "the embedded engine has no information_schema";

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(error) = context.explain_error else { return Vec::new() };
    let dictionary = context.shape.is_some_and(crate::sql::shape::Shape::is_dictionary_read);
    if error.message.starts_with(NO_DICTIONARY) || (dictionary && error.code.is_none()) {
        return Vec::new();
    }
    // SHOW and DESCRIBE read the dictionary and have no plan anywhere: there is nothing to judge.
    let plans_nothing = context.shape.is_some_and(|shape| shape.kind == StatementKind::Other);
    if error.code.is_none() && plans_nothing && is_information(&context.query.sql) {
        return Vec::new();
    }
    let code = error.code.map(|code| format!(" (error {code})")).unwrap_or_default();
    let table = missing_table(error.code, &error.message);
    let mut finding =
        context.finding(RULE.id, RULE.severity, table, format!("cannot be explained{code}: {}", error.message));
    finding.evidence.push(format!("{} said: {}", context.engine, error.message));
    finding.remedy = remedy(error.code, &error.message).into();
    vec![finding]
}

/// The table that is not there, by the server's words: `Table 'shop.orders' doesn't exist`, or `SQLite`'s.
fn missing_table(code: Option<u32>, message: &str) -> Option<&str> {
    if code == Some(1146) {
        let name = message.split('\'').nth(1)?;
        return Some(name.split_once('.').map_or(name, |(_, table)| table));
    }
    let (_, name) = message.split_once("no such table: ").filter(|_| code.is_none_or(|code| code == 0))?;
    Some(name.trim())
}

/// Whether it only asks the server about itself.
fn is_information(sql: &str) -> bool {
    let word = sql.split_whitespace().next().unwrap_or_default();
    ["SHOW", "DESC", "DESCRIBE", "EXPLAIN"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn remedy(code: Option<u32>, message: &str) -> &'static str {
    match code {
        Some(1054) => {
            "the column does not exist in this schema: apply the pending migrations, or correct the statement"
        }
        Some(1146) => "the table does not exist in this schema: apply the pending migrations, or correct the statement",
        Some(1136) => "the number of values differs from the number of columns: correct the statement",
        Some(1191) => "MATCH needs a FULLTEXT index on exactly these columns: ALTER TABLE … ADD FULLTEXT INDEX …",
        Some(1064) => {
            "the statement is not valid SQL for this server: correct it, or check what the catalogue's scan filled in"
        }
        Some(1142 | 1044 | 1227 | 1370) => {
            "EXPLAIN of a statement needs the privileges of that statement: grant them to the auditing account"
        }
        Some(_) => "correct the statement, or the schema that it was explained against",
        None if message.contains("no such column") || message.contains("no such table") => {
            "it does not exist in this schema: apply the pending migrations, or correct the statement"
        }
        None => "audit this statement on MySQL or MariaDB (--sandbox), which may understand it as it is",
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Case;
    use crate::model::finding::Severity;

    #[test]
    fn a_server_error_is_named_with_its_code() {
        let findings = Case::new("CREATE TABLE t (id INT PRIMARY KEY)", "SELECT nope FROM t")
            .error(Some(1054), "Unknown column 'nope'")
            .audit();
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].rule.as_str(), findings[0].severity), ("cannot-explain", Severity::Warning));
        assert!(findings[0].message.contains("1054") && findings[0].message.contains("nope"));
        assert!(findings[0].remedy.contains("column"));
    }

    #[test]
    fn a_table_that_is_not_there_is_what_the_finding_is_about() {
        let table = |code, message: &str| {
            let case = Case::new("CREATE TABLE t (id INT PRIMARY KEY)", "SELECT 1 FROM nope").error(code, message);
            case.audit().remove(0).subject.table
        };
        assert_eq!(table(Some(1146), "Table 'shop.nope' doesn't exist").as_deref(), Some("nope"));
        assert_eq!(table(None, "(code: 1) no such table: nope").as_deref(), Some("nope"));
        assert_eq!(table(Some(1054), "Unknown column 'no such table: x'"), None);
    }

    #[test]
    fn a_dictionary_read_on_the_embedded_engine_is_ignored() {
        let case = Case::new(
            "CREATE TABLE t (id INT PRIMARY KEY)",
            "SELECT 1 FROM information_schema.columns WHERE table_name = 'x'",
        );
        assert!(case.error(None, "the embedded engine has no information_schema").audit().is_empty());
    }

    #[test]
    fn what_only_reads_the_dictionary_needs_no_plan() {
        let refused = "EXPLAIN takes SELECT, INSERT, REPLACE, UPDATE, DELETE, WITH, TABLE or VALUES; found `SHOW`";
        assert!(
            Case::new(crate::audit::fixture::SHOP, "SHOW TABLES")
                .error(None, refused)
                .only("cannot-explain")
                .is_empty()
        );
        assert_eq!(
            Case::new(crate::audit::fixture::SHOP, "DROP TABLE orders")
                .error(None, refused)
                .only("cannot-explain")
                .len(),
            1
        );
    }
}
