//! The audit for people: what was found, query by query, worst first.

use super::paint::{bold, count};
use super::{Style, baseline, basis, findings, waived};
use crate::model::count::counted;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::report::{AuditReport, AuditedQuery, Summary};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

/// The report. Without `verbose`, infos are only counted and evidence is left out.
#[must_use]
pub fn audit(report: &AuditReport, verbose: bool, style: &Style) -> String {
    let mut text = basis::render(&report.basis, style);
    let shown = |finding: &&Finding| verbose || finding.severity > Severity::Info;
    let visible: Vec<&Finding> = report.findings.iter().filter(shown).collect();
    let (missing, others): (Vec<&Finding>, Vec<&Finding>) =
        visible.iter().partition(|finding| !verbose && is_missing_table(finding));
    // One alone reads better where it was found.
    let (missing, others) = if missing.len() > 1 { (missing, others) } else { (Vec::new(), visible.clone()) };
    text.push_str(&missing_tables(&missing, style));
    let queries_by_name: HashMap<&str, &AuditedQuery> =
        report.queries.iter().map(|query| (query.name.as_str(), query)).collect();
    for group in groups(&others) {
        text.push('\n');
        text.push_str(&title(group[0], &queries_by_name, style));
        text.push_str(&findings::render(&group, verbose, style));
    }
    if verbose {
        text.push_str(&waived::render(&report.waived, style));
    }
    let hidden = report.findings.len() - visible.len();
    if visible.is_empty() {
        // What is hidden was found all the same.
        let what = match (hidden, &report.baseline) {
            (1.., _) => "no errors and no warnings",
            (0, Some(_)) => "nothing that the baseline does not have",
            (0, None) => "nothing",
        };
        let _ = writeln!(text, "\nfound {what} in {}, on the basis above", queries(report.summary.queries));
    }
    if hidden > 0 {
        let _ =
            write!(text, "\n{} not shown: --verbose shows every finding, with its evidence\n", count(hidden, "info"));
    }
    if let Some(baseline) = &report.baseline {
        text.push_str(&baseline::render(baseline, &report.findings, verbose, style));
    }
    text.push('\n');
    let worse = report.baseline.as_ref().map_or(0, |baseline| baseline.worse.len());
    text.push_str(&bold(&summary(&report.summary, worse), style));
    text.push('\n');
    text
}

/// Whether a statement has no plan because a table is not there.
fn is_missing_table(finding: &Finding) -> bool {
    finding.rule == "cannot-explain" && finding.subject.table.is_some()
}

/// Queries without a plan for want of their tables as one paragraph: on a database that was never migrated it is all of
/// them, and each would say the same.
fn missing_tables(findings: &[&Finding], style: &Style) -> String {
    let Some(worst) = findings.iter().map(|finding| finding.severity).max() else { return String::new() };
    let named =
        |of: fn(&Finding) -> Option<&str>| -> BTreeSet<&str> { findings.iter().filter_map(|one| of(one)).collect() };
    let tables = named(|finding| finding.subject.table.as_deref());
    let asking = named(|finding| finding.subject.query.as_deref());
    let list = tables.iter().copied().collect::<Vec<_>>().join(", ");
    let whole = Finding {
        rule: findings[0].rule.clone(),
        severity: worst,
        subject: Subject::default(),
        message: format!("{} cannot be explained, as these tables are not there: {list}", queries(asking.len())),
        evidence: Vec::new(),
        remedy: "apply the pending migrations first (aura-db migrate); --verbose shows query by query".into(),
    };
    let title = bold(&counted(tables.len() as u64, "missing table"), style);
    format!("\n{title}\n{}", findings::render(&[&whole], false, style))
}

/// Findings of one subject together, in the order of the worst of each.
fn groups<'a>(findings: &[&'a Finding]) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut places = HashMap::new();
    for finding in findings {
        let place = *places.entry(key(finding)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn key(finding: &Finding) -> (Option<&str>, Option<&str>) {
    let query = finding.subject.query.as_deref();
    (query, if query.is_some() { None } else { finding.subject.table.as_deref() })
}

/// The query with where and how often it runs, or the table.
fn title(finding: &Finding, queries: &HashMap<&str, &AuditedQuery>, style: &Style) -> String {
    let Some(name) = &finding.subject.query else {
        let subject = finding.subject.table.as_ref().map_or_else(|| "schema".into(), |table| format!("table {table}"));
        return format!("{}\n", bold(&subject, style));
    };
    let mut parts = vec![bold(name, style)];
    let query = queries.get(name.as_str()).copied();
    // Without a source in the app, the finding knows where the query is written down.
    parts.extend(query.and_then(place).or_else(|| finding.subject.location.as_ref().map(ToString::to_string)));
    if let Some(query) = query {
        parts.extend(query.frequency.map(frequency));
        parts.extend(query.cache_seconds.map(|seconds| format!("cached {}", duration(seconds))));
    }
    format!("{}\n", parts.join("  "))
}

fn place(query: &AuditedQuery) -> Option<String> {
    let source = query.source.as_ref()?;
    Some(source.line.map_or_else(|| source.file.clone(), |line| format!("{}:{line}", source.file)))
}

fn frequency(frequency: crate::model::query::Frequency) -> String {
    let (number, unit) = match frequency.per_minute {
        rate if rate >= 1.0 || rate == 0.0 => (rate, "min"),
        rate if rate * 60.0 >= 1.0 => (rate * 60.0, "hour"),
        rate => (rate * 1440.0, "day"),
    };
    let client = if frequency.per_client { " per client" } else { "" };
    format!("{}/{unit}{client}", (number * 100.0).round() / 100.0)
}

fn duration(seconds: u64) -> String {
    match seconds {
        s if s.is_multiple_of(3600) && s > 0 => format!("{} h", s / 3600),
        s if s.is_multiple_of(60) && s > 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// `152 queries: 140 clean · 7 errors · 12 warnings · 9 infos · fails at warning`
pub(super) fn summary(summary: &Summary, worse: usize) -> String {
    let verdict = match (summary.fail_on, summary.failed) {
        (None, _) => "never fails".into(),
        (Some(least), true) => format!("failed at {least}"),
        (Some(least), false) => format!("passed at {least}"),
    };
    let waived = if summary.waived == 0 { String::new() } else { format!(" · {} waived", summary.waived) };
    let worse = if worse == 0 { String::new() } else { format!(" · {} worse", count(worse, "plan")) };
    format!(
        "{}: {} clean · {} · {} · {}{waived}{worse} · {verdict}",
        queries(summary.queries),
        summary.clean,
        count(summary.errors, "error"),
        count(summary.warnings, "warning"),
        count(summary.infos, "info"),
    )
}

fn queries(number: usize) -> String {
    if number == 1 { "1 query".into() } else { format!("{number} queries") }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{finding, plain, query, report, sample};
    use super::*;

    fn shop() -> AuditReport {
        let mut busy =
            finding("filesort", Severity::Warning, Some("shop.open-orders"), "sorts about 40,000 rows of `orders`");
        busy.subject.sample = Some("busy day".into());
        let mut unplaced = finding(
            "cannot-explain",
            Severity::Error,
            Some("shop.legacy"),
            "cannot be explained: error 1054: Unknown column 'o.colour' in 'field list'",
        );
        unplaced.remedy = String::new();
        let schema = "the index idx_state of `orders` is redundant: it is the beginning of idx_state_placed";
        report(
            vec![
                query("shop.open-orders", Some("api/orders.js"), vec![sample("busy day")]),
                query("shop.legacy", None, vec![sample("")]),
                query("shop.clean", None, vec![sample("")]),
            ],
            vec![
                finding(
                    "full-table-scan",
                    Severity::Error,
                    Some("shop.open-orders"),
                    "reads the whole table: `orders`, 1,000,000 rows",
                ),
                unplaced,
                busy,
                finding("redundant-index", Severity::Warning, None, schema),
                finding(
                    "index-never-used",
                    Severity::Info,
                    None,
                    "no plan of the catalogue uses the index idx_note of `orders`",
                ),
            ],
        )
    }

    #[test]
    fn missing_tables_are_told_once_and_query_by_query_on_demand() {
        let lacking = |query: &str, table: &str| {
            let message = format!("cannot be explained (error 1146): Table 'shop.{table}' doesn't exist");
            let mut finding = finding("cannot-explain", Severity::Warning, Some(query), &message);
            finding.subject.table = Some(table.into());
            finding
        };
        let names = ["shop.open-orders", "shop.legacy", "shop.clean"];
        let findings = vec![lacking(names[0], "orders"), lacking(names[1], "orders"), lacking(names[2], "users")];
        let queries = names.map(|name| query(name, None, vec![sample("")]));
        let report = report(queries.to_vec(), findings);
        let text = audit(&report, false, &plain(200));
        assert!(text.contains("\n2 missing tables\n"), "{text}");
        assert_eq!(text.matches("cannot be explained").count(), 1, "{text}");
        assert!(
            text.contains("3 queries cannot be explained, as these tables are not there: orders, users\n"),
            "{text}"
        );
        assert_eq!(audit(&report, true, &plain(200)).matches("cannot be explained").count(), 3);
    }

    #[test]
    fn a_report_at_80_columns() {
        insta::assert_snapshot!(audit(&shop(), false, &plain(80)), @r#"
        MySQL 9.7.0 · sandbox · statistics of the scale profile `high`, on empty tables
        note: the scale profile says nothing about 2 tables, which count as empty:
              audit_log, sessions

        shop.open-orders  api/orders.js:42  30/hour per client  cached 2 min
         error     full-table-scan      reads the whole table: `orders`, 1,000,000 rows
                                        → CREATE INDEX idx_orders_placed_at ON orders
                                        (placed_at)
         warning   filesort             sorts about 40,000 rows of `orders` (with the
                                        sample `busy day`)
                                        → CREATE INDEX idx_orders_placed_at ON orders
                                        (placed_at)

        shop.legacy  workload/shop.yaml:7  30/hour per client  cached 2 min
         error     cannot-explain       cannot be explained: error 1054: Unknown column
                                        'o.colour' in 'field list'

        table orders
         warning   redundant-index      the index idx_state of `orders` is redundant:
                                        it is the beginning of idx_state_placed
                                        → CREATE INDEX idx_orders_placed_at ON orders
                                        (placed_at)

        1 info not shown: --verbose shows every finding, with its evidence

        3 queries: 1 clean · 2 errors · 2 warnings · 1 info · failed at warning
        "#);
    }

    #[test]
    fn a_verbose_report_at_120_columns() {
        insta::assert_snapshot!(audit(&shop(), true, &plain(120)), @r#"
        MySQL 9.7.0 · sandbox · statistics of the scale profile `high`, on empty tables
        note: the scale profile says nothing about 2 tables, which count as empty: audit_log, sessions

        shop.open-orders  api/orders.js:42  30/hour per client  cached 2 min
         error     full-table-scan      reads the whole table: `orders`, 1,000,000 rows
                                        · plan: orders is read by full scan, 1,000,000 rows
                                        → CREATE INDEX idx_orders_placed_at ON orders (placed_at)
         warning   filesort             sorts about 40,000 rows of `orders` (with the sample `busy day`)
                                        · plan: orders is read by full scan, 1,000,000 rows
                                        → CREATE INDEX idx_orders_placed_at ON orders (placed_at)

        shop.legacy  workload/shop.yaml:7  30/hour per client  cached 2 min
         error     cannot-explain       cannot be explained: error 1054: Unknown column 'o.colour' in 'field list'
                                        · plan: orders is read by full scan, 1,000,000 rows

        table orders
         warning   redundant-index      the index idx_state of `orders` is redundant: it is the beginning of idx_state_placed
                                        · plan: orders is read by full scan, 1,000,000 rows
                                        → CREATE INDEX idx_orders_placed_at ON orders (placed_at)
         info      index-never-used     no plan of the catalogue uses the index idx_note of `orders`
                                        · plan: orders is read by full scan, 1,000,000 rows
                                        → CREATE INDEX idx_orders_placed_at ON orders (placed_at)

        3 queries: 1 clean · 2 errors · 2 warnings · 1 info · failed at warning
        "#);
    }

    #[test]
    fn colours_mark_severity_and_titles_only() {
        let mut report = shop();
        report.findings.truncate(2);
        insta::assert_debug_snapshot!(audit(&report, false, &Style { color: true, width: 80 }).lines().collect::<Vec<_>>(), @r#"
        [
            "\u{1b}[1mMySQL 9.7.0 · sandbox · statistics of the scale profile `high`, on empty tables\u{1b}[0m",
            "note: the scale profile says nothing about 2 tables, which count as empty:",
            "      audit_log, sessions",
            "",
            "\u{1b}[1mshop.open-orders\u{1b}[0m  api/orders.js:42  30/hour per client  cached 2 min",
            "\u{1b}[38;5;9m error    \u{1b}[39m full-table-scan      reads the whole table: `orders`, 1,000,000 rows",
            "                                → CREATE INDEX idx_orders_placed_at ON orders",
            "                                (placed_at)",
            "",
            "\u{1b}[1mshop.legacy\u{1b}[0m  workload/shop.yaml:7  30/hour per client  cached 2 min",
            "\u{1b}[38;5;9m error    \u{1b}[39m cannot-explain       cannot be explained: error 1054: Unknown column",
            "                                'o.colour' in 'field list'",
            "",
            "\u{1b}[1m3 queries: 1 clean · 2 errors · 2 warnings · 1 info · failed at warning\u{1b}[0m",
        ]
        "#);
    }

    #[test]
    fn every_line_fits_and_no_finding_is_lost() {
        for width in [80, 120, 200] {
            let text = audit(&shop(), true, &plain(width));
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            assert!(text.lines().all(|line| line.trim_end() == line), "spaces at the end of a line");
            for finding in shop().findings {
                assert!(text.contains(&finding.rule), "{} at {width}", finding.rule);
            }
        }
        // Too narrow to be pretty, but it must not fail.
        assert!(audit(&shop(), true, &plain(40)).contains("filesort"));
    }

    #[test]
    fn an_empty_report_says_on_what_basis() {
        let clean = report(vec![query("shop.clean", None, vec![sample("")])], Vec::new());
        insta::assert_snapshot!(audit(&clean, false, &plain(80)), @r#"
        MySQL 9.7.0 · sandbox · statistics of the scale profile `high`, on empty tables
        note: the scale profile says nothing about 2 tables, which count as empty:
              audit_log, sessions

        found nothing in 1 query, on the basis above

        1 query: 1 clean · no errors · no warnings · no infos · passed at warning
        "#);
    }

    #[test]
    fn infos_that_are_not_shown_are_not_called_nothing() {
        let mut report = shop();
        report.findings.drain(..4);
        let text = audit(&report, false, &plain(80));
        assert!(text.contains("found no errors and no warnings in 3 queries"), "{text}");
        assert!(text.contains("1 info not shown"), "{text}");
        assert!(!text.contains("found nothing"), "{text}");
    }

    #[test]
    fn rates_and_times_are_said_in_the_unit_that_reads_best() {
        let rate = |per_minute| frequency(crate::model::query::Frequency { per_minute, per_client: false });
        assert_eq!(rate(4.0), "4/min");
        assert_eq!(rate(0.5), "30/hour");
        assert_eq!(rate(1.0 / 1440.0), "1/day");
        assert_eq!(
            (duration(90), duration(120), duration(7200), duration(0)),
            ("90 s".into(), "2 min".into(), "2 h".into(), "0 s".into())
        );
    }

    #[test]
    fn the_last_line_says_whether_the_run_fails() {
        let mut report = shop();
        assert!(summary(&report.summary, 0).ends_with("failed at warning"));
        report.summary.failed = false;
        assert!(summary(&report.summary, 0).ends_with("passed at warning"));
        report.summary.fail_on = None;
        assert!(summary(&report.summary, 0).ends_with("never fails"));
    }
}
