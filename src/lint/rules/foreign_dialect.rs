//! `foreign-dialect`: the server refuses a statement that is written for the other one.

use super::{Check, Needs, Rule};
use crate::lint::context::Case;
use crate::lint::dialect;
use crate::model::engine::{Engine, EngineKind};
use crate::model::finding::{Finding, Severity};
use crate::model::lint::Attempt;
use crate::sql::dialect::foreign;

pub(super) const RULE: Rule = Rule {
    id: "foreign-dialect",
    severity: Severity::Error,
    summary: "MariaDB's syntax on MySQL, or the reverse",
    help: "The run stops there, although the file is right on the other server.",
    needs: Needs::Trial,
    check: Check::Statement(check),
};

/// Codes by which a server says that it does not know something: a syntax error, an unknown variable, character set,
/// collation, function, engine or option, a statement that is not supported.
const DOES_NOT_KNOW: [u32; 14] = [1064, 1115, 1128, 1149, 1193, 1221, 1235, 1273, 1286, 1305, 1630, 1901, 1911, 4161];

fn check(case: &Case<'_>) -> Vec<Finding> {
    let (evidence, owner, name) = match (case.failure(), construct(case)) {
        (Some((code, message)), Some((owner, name))) => (format!("error {code}: {message}"), owner, name),
        _ => match proved(case) {
            Some((owner, name)) => ("not tried: its text proves it".into(), owner, name),
            None => return Vec::new(),
        },
    };
    let target = case.targets.first().map(|target| target.table.as_str());
    let message_words = format!("{} refuses it, as it is {owner}'s syntax: {name}", case.engine);
    let mut finding = case.finding(RULE.id, RULE.severity, target, message_words);
    finding.evidence.push(evidence);
    finding.remedy = format!("write it in words that both servers know, or keep the file for {owner} only");
    vec![finding]
}

/// The other server's construct in a statement that could not be tried, where the text alone proves the refusal.
fn proved(case: &Case<'_>) -> Option<(EngineKind, &'static str)> {
    let (Attempt::Unknown { .. }, Some((major, minor, patch))) = (&case.trial.attempt, case.options.release) else {
        return None;
    };
    let engine = Engine { kind: case.engine, version: format!("{major}.{minor}.{patch}") };
    foreign(&case.statement.sql, &engine)
}

/// The other server's construct that a refusal is about.
pub(super) fn construct(case: &Case<'_>) -> Option<(EngineKind, &'static str)> {
    let (code, _) = case.failure()?;
    if DOES_NOT_KNOW.contains(&code) { dialect::foreign(&case.statement.sql, case.engine) } else { None }
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, fails, instant, untried};

    #[test]
    fn only_a_refusal_is_called_foreign() {
        let sql = "ALTER TABLE orders ADD COLUMN IF NOT EXISTS a INT";
        let finding = Bench::new(sql).attempt(fails(1064, "near 'IF'")).only("foreign-dialect").unwrap();
        assert_eq!(finding.message, "MySQL refuses it, as it is MariaDB's syntax: ADD COLUMN IF NOT EXISTS");
        assert_eq!(finding.subject.location.unwrap().line, 2);
        assert!(Bench::new(sql).attempt(instant()).only("foreign-dialect").is_none());
        assert!(Bench::new(sql).attempt(fails(1146, "no table")).only("foreign-dialect").is_none());
        assert!(Bench::new("ALTER TABEL t").attempt(fails(1064, "near")).only("foreign-dialect").is_none());
    }

    #[test]
    fn where_nothing_could_be_tried_the_text_decides_if_it_proves_it() {
        let seen = |sql: &str, release| {
            let mut bench = Bench::new(sql).attempt(untried());
            bench.options.release = release;
            bench.only("foreign-dialect").is_some()
        };
        assert!(seen("ALTER TABLE orders ADD COLUMN IF NOT EXISTS a INT", Some((9, 7, 4))));
        assert!(!seen("ALTER TABLE orders ADD COLUMN IF NOT EXISTS a INT", Some((12, 0, 0))));
        assert!(!seen("ALTER TABLE orders ADD COLUMN IF NOT EXISTS a INT", None));
        assert!(!seen("CREATE TABLE t (a INT) ENGINE=Aria", Some((9, 7, 4))), "a plugin might bring it");
    }
}
