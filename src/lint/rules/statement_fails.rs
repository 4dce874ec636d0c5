//! `statement-fails`: the statement fails on an empty copy of the schema.

use super::{Check, Needs, Rule, foreign_dialect, missing_target};
use crate::lint::context::Case;
use crate::model::finding::{Finding, Severity};

pub(super) const RULE: Rule = Rule {
    id: "statement-fails",
    severity: Severity::Error,
    summary: "the statement fails on an empty copy of the schema",
    help: "The run stops there, with the migrations before it applied and those after it not.",
    needs: Needs::Trial,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some((code, message)) = case.failure() else { return Vec::new() };
    // One failure, one finding: the rules that know the reason speak for it.
    if foreign_dialect::construct(case).is_some() || !missing_target::missing(case).is_empty() {
        return Vec::new();
    }
    let code = if code == 0 { String::new() } else { format!("error {code}: ") };
    let target = case.targets.first().map(|target| target.table.as_str());
    let mut finding =
        case.finding(RULE.id, RULE.severity, target, format!("fails: {code}{}", case.statement.at.of_server(message)));
    if let Some(at) = case.failed {
        finding.evidence.push(format!("the statement at {at} failed before it, which may be why"));
    }
    finding.remedy = "correct the statement; a migration that nobody has applied yet may still be edited".into();
    vec![finding]
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, fails};

    #[test]
    fn the_servers_words_are_told_and_what_failed_before() {
        let bench = Bench::new("DROP VIEW v").attempt(fails(1051, "Unknown table 'v'"));
        let finding = bench.only("statement-fails").unwrap();
        assert_eq!(finding.message, "fails: error 1051: Unknown table 'v'");
        assert!(finding.evidence.is_empty());
        let later =
            Bench::new("DROP VIEW v").attempt(fails(1051, "x")).after_failure().only("statement-fails").unwrap();
        assert!(later.evidence[0].contains("m.up.sql:1"), "{later:?}");
    }

    #[test]
    fn a_rule_that_knows_the_reason_speaks_instead() {
        let bench = Bench::new("CREATE SEQUENCE s").attempt(fails(1064, "You have an error in your SQL syntax"));
        assert!(bench.only("statement-fails").is_none());
        assert!(bench.only("foreign-dialect").is_some());
    }
}
