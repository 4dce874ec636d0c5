//! `unbounded-result`: a SELECT whose result grows with the data.

use super::{Check, Rule};
use crate::audit::context::{Context, Options};
use crate::audit::reading::{Reading, is_guess, readings};
use crate::audit::{harm, skew};
use crate::model::finding::{Finding, Severity};
use crate::model::plan::AccessType;
use crate::sql::shape::{Bound, Condition, Scope, StatementKind};

pub(super) const RULE: Rule = Rule {
    id: "unbounded-result",
    severity: Severity::Error,
    summary: "a result that grows with the data",
    help: "A result without a bound is fine on the day it is written and fills the app's memory when the table has grown.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(shape) = context.shape.filter(|shape| shape.kind == StatementKind::Select) else { return Vec::new() };
    let Bound::Unbounded { scope, expected, missing } = &shape.bound else { return Vec::new() };
    let grouped = shape.blocks().first().is_some_and(|(_, block)| block.grouped() || block.distinct);
    let rows = if grouped { *expected } else { expected_rows(scope, *expected, context) };
    let Some(severity) = severity(scope, rows, grouped, context) else { return Vec::new() };
    let message = format!("the result grows with {}: {}", describe(scope), expectation(rows));
    let mut finding = context.finding(RULE.id, severity, Some(scope.table()), message);
    finding.evidence.push(format!("missing for a proof: {missing}"));
    finding.evidence.push(size(scope.table(), context));
    finding.remedy = format!(
        "add LIMIT {} with an ORDER BY on a unique key, and page with a condition on that key (WHERE key > last seen)",
        context.options.few_rows
    );
    vec![finding]
}

/// Rows to expect: the schema's average, or the plan's estimate for this very sample when that is higher or the only one.
pub(super) fn expected_rows(scope: &Scope, expected: Option<f64>, context: &Context<'_>) -> Option<f64> {
    if matches!(scope, Scope::WholeTable { .. }) {
        return expected;
    }
    let expected = expected.or_else(|| by_distinct_values(scope, context));
    let skew = skew::of_sample(scope, context);
    let expected = expected.map(|rows| rows * skew.unwrap_or(1.0));
    // A profile that tells of NULLs and of hot values knows more than the index that the injected estimate comes from.
    if context.injected && expected.is_some() && (skew.is_some() || leaves_nulls_out(scope, context)) {
        return expected;
    }
    let mut narrowed = false;
    let readings = readings(context);
    let planned = readings.iter().enumerate().find_map(|(at, reading)| {
        if !reading.table.name.eq_ignore_ascii_case(scope.table()) || reading.skips() {
            return None;
        }
        let access = reading.access;
        narrowed = matches!(
            access.access_type,
            AccessType::Ref | AccessType::RefOrNull | AccessType::Range | AccessType::IndexMerge
        );
        let share = match access.filtered {
            // Of several conditions the optimizer multiplies guesses; of one, an unusual share is a histogram's.
            Some(share)
                if !is_guess(share) && (narrowed || matches!(reading.conditions()[..], [Condition::Compare(_)])) =>
            {
                share / 100.0
            }
            // A guess about what is left of a scan is no estimate of a result.
            _ if !narrowed => return None,
            _ => 1.0,
        };
        // What the plan says of an inner table is said for each row of the ones before it.
        let before = readings[..at].iter().filter(|outer| outer.is_beside(reading));
        let times = before.map(Reading::rows_read).try_fold(reading.derived?, |all, rows| Some(all * rows?))?;
        reading.rows_read().map(|rows| rows * share * times)
    });
    match (expected, planned) {
        (Some(average), Some(planned)) if narrowed => Some(average.max(planned)),
        (Some(average), _) => Some(average),
        (None, planned) => planned,
    }
}

fn leaves_nulls_out(scope: &Scope, context: &Context<'_>) -> bool {
    let Scope::RowsOfKey { table, columns, .. } = scope else { return false };
    let Some(table) = context.schema.table(table) else { return false };
    let mut shares = columns.iter().filter_map(|column| table.column(column)?.null_fraction);
    shares.any(|share| share > 0.0)
}

/// Rows that share one value, from what statistics say of the columns themselves where no index counts them. Of several
/// columns the most distinct one speaks, as nothing is known of how they go together.
fn by_distinct_values(scope: &Scope, context: &Context<'_>) -> Option<f64> {
    let Scope::RowsOfKey { table, columns, .. } = scope else { return None };
    let table = context.schema.table(table)?;
    let known = columns.iter().filter_map(|column| Some((table.column(column)?.distinct?, column)));
    let (distinct, column) = known.max_by_key(|(distinct, _)| *distinct)?;
    let listed = skew::listed(table, column, context);
    let null = columns.iter().filter_map(|column| table.column(column)?.null_fraction).fold(0.0, f64::max);
    Some(table.rows? as f64 * (1.0 - null) * (listed / distinct.max(1) as f64).min(1.0))
}

fn severity(scope: &Scope, rows: Option<f64>, grouped: bool, context: &Context<'_>) -> Option<Severity> {
    let table = context.schema.table(scope.table());
    if table.is_some_and(|table| context.is_small(table))
        && rows.is_none_or(|rows| rows <= context.options.small_table_rows as f64)
    {
        return None;
    }
    match rows {
        Some(rows) => harm::of_result(rows, context.options, context.per_minute()),
        None if grouped => Some(Severity::Info),
        None => Some(unknown(scope, table.and_then(|table| table.rows))),
    }
}

/// A window has no upper end; the rows of one key usually are few; of a table without a known size nothing can be said.
pub(super) fn unknown(scope: &Scope, table_rows: Option<u64>) -> Severity {
    match scope {
        Scope::Window { .. } if table_rows.is_some() => Severity::Warning,
        _ => Severity::Info,
    }
}

/// A scope in words.
pub(super) fn describe(scope: &Scope) -> String {
    match scope {
        Scope::WholeTable { table } => format!("the whole table `{table}`"),
        Scope::Window { table, columns } => format!("a window of `{table}` ({})", columns.join(", ")),
        Scope::RowsOfKey { table, columns, .. } => {
            format!("the rows of `{table}` that share one value of ({})", columns.join(", "))
        }
    }
}

/// Expected rows in words.
pub(super) fn expectation(rows: Option<f64>) -> String {
    rows.map_or_else(|| "how many rows is unknown".into(), |rows| format!("about {} rows", harm::count(rows)))
}

/// A table's size, as evidence.
pub(super) fn size(table: &str, context: &Context<'_>) -> String {
    let rows = context.schema.table(table).and_then(|table| table.rows);
    rows.map_or_else(
        || format!("schema: the size of `{table}` is unknown"),
        |rows| format!("schema: `{table}` has {} rows", harm::count(rows as f64)),
    )
}

/// The severity of so many changed or returned rows, for the rule about writes.
pub(super) fn of_rows(rows: f64, options: &Options, per_minute: Option<f64>) -> Option<Severity> {
    harm::of_result(rows, options, per_minute)
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP};
    use crate::model::finding::Severity;

    fn verdict(sql: &str) -> Option<Severity> {
        Case::new(SHOP, sql).only("unbounded-result").first().map(|finding| finding.severity)
    }

    #[test]
    fn the_whole_of_a_large_table_is_an_error() {
        let findings = Case::new(SHOP, "SELECT id, total FROM orders ORDER BY id").only("unbounded-result");
        assert_eq!(findings[0].severity, Severity::Error);
        assert!(findings[0].message.contains("1,000,000"), "{}", findings[0].message);
        assert!(findings[0].evidence[0].contains("PRIMARY") || findings[0].evidence[0].contains("(id)"));
        assert_eq!(findings[0].subject.table.as_deref(), Some("orders"));
    }

    #[test]
    fn bounded_small_and_key_sized_results_are_silent() {
        for sql in [
            "SELECT * FROM orders LIMIT 50",
            "SELECT * FROM orders WHERE id = 5",
            "SELECT COUNT(*) FROM orders",
            "SELECT * FROM settings",
            "SELECT * FROM orders WHERE customer_id = 5",
            "SELECT country, COUNT(*) FROM customers GROUP BY country",
            "DELETE FROM orders",
        ] {
            assert_eq!(verdict(sql), None, "{sql}");
        }
    }

    #[test]
    fn look_ups_by_a_function_or_a_subquery_are_counted() {
        let known = format!("{SHOP}\n-- distinct customers email 50000\n-- distinct orders by_reference 10000\n");
        let rows = |sql: &str| {
            let found = Case::new(&known, sql).only("unbounded-result");
            found.first().map(|finding| finding.message.clone()).unwrap_or_default()
        };
        // A function that keeps values apart finds as few rows as the value itself.
        assert_eq!(rows("SELECT id FROM customers WHERE LOWER(email) = 'x'"), "");
        assert_eq!(rows("SELECT id FROM customers WHERE HEX(TRIM(email)) = 'x'"), "");
        assert!(rows("SELECT id FROM orders WHERE DATE(placed_at) = '2026-01-01'").contains("a window of `orders`"));
        assert!(rows("SELECT id FROM customers WHERE LOWER(SUBSTRING(email, 1, 1)) = 'x'").contains("a window"));
        // As many rows as the subquery finds values.
        let small = "SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE reference = 'x')";
        assert_eq!(rows(small), "");
        let large = "SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE total > 5)";
        assert!(rows(large).contains("a window of `orders` (total)"), "{}", rows(large));
        let counted = "SELECT id FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE country = 'CH')";
        assert!(rows(counted).ends_with("about 16,667 rows"), "{}", rows(counted));
    }

    #[test]
    fn windows_and_large_keys_are_named() {
        assert_eq!(verdict("SELECT * FROM orders WHERE placed_at > '2026-01-01'"), Some(Severity::Warning));
        assert_eq!(verdict("SELECT * FROM customers WHERE country = 'CH'"), Some(Severity::Info));
        assert_eq!(verdict("SELECT * FROM orders WHERE status = 'x'"), Some(Severity::Info));
    }

    #[test]
    fn a_hot_value_in_the_plan_outweighs_the_average() {
        use crate::audit::fixture::access;
        use crate::model::plan::AccessType;
        let case = Case::new(SHOP, "SELECT * FROM orders WHERE customer_id = 7");
        let case = case.plan(access("orders", AccessType::Ref).key("by_customer").rows(150_000.0).node());
        assert_eq!(case.only("unbounded-result")[0].severity, Severity::Error);
    }

    #[test]
    fn the_samples_own_value_counts_where_the_profile_lists_it() {
        let known = format!(
            "{SHOP}\n-- values orders status 4\n-- hot orders status done 0.95\n-- hot orders status open 0.00003\n"
        );
        let rows =
            |sql: &str| Case::new(&known, sql).only("unbounded-result").first().map(|finding| finding.message.clone());
        assert!(rows("SELECT id FROM orders WHERE status = 'done'").unwrap().ends_with("about 950,000 rows"));
        assert!(rows("SELECT id FROM orders WHERE status = 'lost'").unwrap().ends_with("about 24,985 rows"));
        assert_eq!(rows("SELECT id FROM orders WHERE status = 'open'"), None);
        let both = rows("SELECT id FROM orders WHERE status IN ('open', 'lost')");
        assert!(both.unwrap().ends_with("about 25,015 rows"));
        // Beside an index that counts other columns it only leaves rows out.
        assert_eq!(rows("SELECT id FROM orders WHERE customer_id = 7 AND status = 'done'"), None);
    }
}
