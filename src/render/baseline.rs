//! What has changed since a baseline, for people: worse plans beside what they were, the rest in a line each.

use super::Style;
use super::paint::{bold, count, fix_widths, lines, plain_table, wrap};
use crate::model::baseline::{BaselineReport, ChangeKind, Cleared, Shift};
use crate::model::finding::Finding;
use std::collections::BTreeSet;
use std::fmt::Write;

/// More lines than these about what is better are one line.
const MANY: usize = 6;

/// The section. `findings` are those that the baseline does not know: a plan that is another one is shown beside what it
/// was where there are any.
pub(super) fn render(report: &BaselineReport, findings: &[Finding], verbose: bool, style: &Style) -> String {
    let mut text = String::new();
    for shift in &report.worse {
        text.push_str(&block("worse than the baseline", shift, style));
    }
    let is_found = |shift: &&Shift| findings.iter().any(|one| one.subject.query.as_deref() == Some(&shift.query));
    for shift in report.changed.iter().chain(&report.improved).filter(is_found) {
        text.push_str(&block("not as in the baseline", shift, style));
    }
    let lines: Vec<String> =
        told(report, findings, verbose).iter().flat_map(|line| wrap(line, style.width, "  ")).collect();
    if !lines.is_empty() {
        let _ = write!(text, "\n{}\n", lines.join("\n"));
    }
    text
}

/// `orders.open (with the sample `busy day`)`.
fn name(shift: &Shift) -> String {
    if shift.sample.is_empty() {
        return shift.query.clone();
    }
    format!("{} (with the sample `{}`)", shift.query, shift.sample)
}

/// Both plans side by side, under what has changed.
fn block(title: &str, shift: &Shift, style: &Style) -> String {
    let mut text = format!("\n{}  {title}\n", bold(&name(shift), style));
    for change in &shift.changes {
        let line = format!("{}: {}", word(change.kind), change.message);
        let _ = writeln!(text, " {}", wrap(&line, style.width.saturating_sub(1), "   ").join("\n"));
    }
    let mut table = plain_table(style);
    table.add_row(["   baseline", "now"]);
    for at in 0..shift.before.len().max(shift.now.len()) {
        let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_default();
        table.add_row([format!("   {}", line(&shift.before)), line(&shift.now)]);
    }
    let longest = shift.before.iter().map(|line| line.chars().count()).max().unwrap_or(0).max("baseline".len());
    let widest = (style.width / 2).max(20);
    fix_widths(&mut table, &[u16::try_from((longest + 5).min(widest)).unwrap_or(u16::MAX)]);
    text.push_str(&lines(&table));
    text
}

/// The word for a kind, as JSON has it.
fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::LostIndex => "lost-index",
        ChangeKind::WorseAccess => "worse-access",
        ChangeKind::NewSort => "new-sort",
        ChangeKind::NewTemporary => "new-temporary",
        ChangeKind::MoreRows => "more-rows",
        ChangeKind::NoPlan => "no-plan",
        ChangeKind::Better => "better",
        ChangeKind::Other => "other",
    }
}

/// What is better, gone or new, a line each; what was shown with its findings is left out. Many that are better are only
/// named.
fn told(report: &BaselineReport, findings: &[Finding], verbose: bool) -> Vec<String> {
    let changes = |shift: &Shift| {
        let words: Vec<&str> = shift.changes.iter().map(|change| change.message.as_str()).collect();
        words.join("; ")
    };
    let is_found = |shift: &&Shift| findings.iter().any(|one| one.subject.query.as_deref() == Some(&shift.query));
    let better: Vec<&Shift> = report.improved.iter().filter(|shift| !is_found(shift)).collect();
    let mut said: Vec<String> =
        better.iter().map(|shift| format!("improved: {}: {}", name(shift), changes(shift))).collect();
    said.extend(report.cleared.iter().map(cleared));
    if said.len() > MANY && !verbose {
        let subject = |cleared: &Cleared| cleared.query.clone().unwrap_or_else(|| "the schema".into());
        let mut names: Vec<String> = better.iter().map(|shift| shift.query.clone()).collect();
        names.extend(report.cleared.iter().map(subject));
        let names: BTreeSet<String> = names.into_iter().collect();
        let list = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        said = vec![format!("improved: {list} (--verbose says how)")];
    }
    if verbose {
        said.extend(report.changed.iter().map(|shift| format!("changed: {}: {}", name(shift), changes(shift))));
    } else if !report.changed.is_empty() {
        let plans = count(report.changed.len(), "plan");
        said.push(format!("changed: {plans}, neither better nor worse (--verbose shows them)"));
    }
    if !report.vanished.is_empty() {
        said.push(format!("no longer in the workload: {}", report.vanished.join(", ")));
    }
    if !report.new_queries.is_empty() {
        said.push(format!("not in the baseline, and judged in full: {}", report.new_queries.join(", ")));
    }
    if verbose {
        let line = |known: &Finding| {
            let subject = known.subject.query.as_deref().unwrap_or("the schema");
            format!("in the baseline: {subject}: {} {} ({})", known.severity, known.rule, known.message)
        };
        said.extend(report.known.iter().map(line));
    } else if !report.known.is_empty() {
        let is = if report.known.len() == 1 { "is" } else { "are" };
        let known = count(report.known.len(), "finding");
        said.push(format!("{known} {is} in the baseline and not shown (--verbose shows them)"));
    }
    said
}

fn cleared(cleared: &Cleared) -> String {
    let subject = cleared.query.as_deref().unwrap_or("the schema");
    format!("improved: {subject}: no longer found: {}", cleared.rules.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{baseline, finding, plain};
    use super::*;
    use crate::model::finding::Severity;

    #[test]
    fn worse_plans_stand_beside_what_they_were() {
        insta::assert_snapshot!(render(&baseline(), &[], false, &plain(80)), @"

        shop.open-orders (with the sample `busy day`)  worse than the baseline
         lost-index: the index idx_placed is gone: `o` was read by ref through
           idx_placed, and is by full_scan
         more-rows: it looks at 1,000,000 rows, and did at 20 (tolerance 2)
            baseline          now
            o ref idx_placed  o full_scan
            c eq_ref PRIMARY  c eq_ref PRIMARY
            rows 40           sort
                              rows 2000000

        improved: shop.clean: `c` was read by full_scan, and is by ref through idx_name
        improved: shop.clean: no longer found: full-table-scan customers
        changed: 1 plan, neither better nor worse (--verbose shows them)
        no longer in the workload: shop.removed
        not in the baseline, and judged in full: shop.added
        1 finding is in the baseline and not shown (--verbose shows them)
        ");
    }

    #[test]
    fn every_line_fits_and_a_new_finding_shows_both_plans() {
        let found = [finding("filesort", Severity::Warning, Some("shop.both"), "sorts 9 rows")];
        for width in [80, 120] {
            let text = render(&baseline(), &found, true, &plain(width));
            assert!(text.lines().all(|line| line.chars().count() <= width && line.trim_end() == line), "{text}");
            assert!(text.contains("\nshop.both  not as in the baseline\n"), "{text}");
            assert!(text.contains("changed: shop.both: it takes its steps in another order"), "{text}");
        }
    }
}
