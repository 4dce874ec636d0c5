//! `table-copy`: the server makes the change by copying the whole table.

use super::{Check, Needs, Rule};
use crate::lint::context::{Case, Weight};
use crate::model::finding::{Finding, Severity};
use crate::model::lint::bytes_in_words;
use crate::model::online::OnlineClass;

pub(super) const RULE: Rule = Rule {
    id: "table-copy",
    severity: Severity::Error,
    summary: "the server copies the whole table, row by row",
    help: "A copy blocks every write for as long as it takes, and needs the table's room on disk a second time.",
    needs: Needs::TrialAndSize,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.class() != Some(OnlineClass::Copy) {
        return Vec::new();
    }
    let finding = |target: &crate::lint::context::Target| {
        let limit = case.options.copy_limit_bytes;
        let (severity, rest) = match (case.weight(target), target.size.bytes) {
            (Weight::Small, _) => return None,
            (_, Some(bytes)) if bytes >= limit => {
                (Severity::Error, format!(", more than the {} that may be copied unasked", bytes_in_words(limit)))
            }
            (Weight::Large, None) => (Severity::Error, ", and how many bytes is unknown".into()),
            (Weight::Unknown, _) => (Severity::Warning, ", because nobody knows how large the table is".into()),
            _ => (Severity::Warning, String::new()),
        };
        let message =
            format!("copies the whole table `{}` and blocks writes meanwhile: {}{rest}", target.table, target.size);
        let mut finding = case.finding(RULE.id, severity, Some(&target.table), message);
        finding.evidence = case.refusals();
        finding.remedy =
            "make the change in steps that need no copy (a new column, filled in batches, then a rename), run \
                          it while the app rests, or use a tool that copies in the background"
                .into();
        Some(finding)
    };
    case.targets.iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, copy, instant};
    use crate::model::finding::Severity;

    #[test]
    fn a_copy_is_as_bad_as_the_table_is_large() {
        let sql = "ALTER TABLE orders MODIFY state INT";
        let seen = |rows, bytes| Bench::new(sql).attempt(copy()).size("orders", rows, bytes).severity("table-copy");
        assert_eq!(seen(Some(500), Some(1 << 14)), None);
        assert_eq!(seen(Some(5000), Some(1_000_000)), Some(Severity::Warning));
        assert_eq!(seen(Some(50_000_000), Some(8_000_000_000)), Some(Severity::Error));
        assert_eq!(seen(Some(50_000_000), None), Some(Severity::Error));
        assert_eq!(seen(None, None), Some(Severity::Warning));
        assert_eq!(
            Bench::new(sql).attempt(instant()).size("orders", Some(9_000_000), None).severity("table-copy"),
            None
        );
    }

    #[test]
    fn a_table_of_this_run_may_be_copied() {
        let bench = Bench::new("ALTER TABLE fresh MODIFY state INT")
            .attempt(copy())
            .after_running("CREATE TABLE fresh (a INT)");
        assert_eq!(bench.severity("table-copy"), None);
    }
}
