//! `breaks-query`: a query of the app's that explained before the statement does not after it.

use super::{Check, Needs, Rule};
use crate::lint::context::Case;
use crate::model::finding::{Finding, Severity};

pub(super) const RULE: Rule = Rule {
    id: "breaks-query",
    severity: Severity::Error,
    summary: "a query of the app's fails afterwards",
    help: "From that moment on the app that is running gets an error where it got rows.",
    needs: Needs::Catalogue,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let finding = |query: &crate::model::lint::BrokenQuery| {
        let message = format!("the query {} fails afterwards: {}", query.name, query.error);
        let target = case.targets.first().map(|target| target.table.as_str());
        let mut finding = case.finding(RULE.id, RULE.severity, target, message);
        finding.subject.query = Some(query.name.clone());
        finding.evidence.push(format!("the app runs it at {}; it explained before this statement", query.at));
        finding.remedy = "change the app first, so that it needs neither the old nor the new form; then migrate".into();
        finding
    };
    case.trial.broken.iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, instant};

    #[test]
    fn the_query_its_place_and_the_error_are_told() {
        let bench = Bench::new("ALTER TABLE orders DROP COLUMN note").attempt(instant()).breaks("orders.list");
        let finding = bench.only("breaks-query").unwrap();
        assert_eq!(finding.message, "the query orders.list fails afterwards: error 1054: Unknown column");
        assert_eq!(finding.subject.query.as_deref(), Some("orders.list"));
        assert!(finding.evidence[0].contains("api/orders.js:7"));
        assert!(Bench::new("ALTER TABLE orders DROP COLUMN note").only("breaks-query").is_none());
    }
}
