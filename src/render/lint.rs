//! What pending migrations will do, for people: each statement with its class and size, then what was found.

use super::paint::{bold, count, fix_widths, lines, plain_table, wrap};
use super::{Style, findings, waived};
use crate::model::finding::{Finding, Severity};
use crate::model::lint::{LintBasis, LintReport, LintSummary, LintedStatement, SizeSource};
use crate::model::location::Location;
use comfy_table::Cell;
use std::fmt::Write;

/// Characters of a statement that are shown.
const EXCERPT: usize = 60;

/// The report. Without `verbose`, infos are only counted and evidence is left out.
#[must_use]
pub fn report(report: &LintReport, verbose: bool, style: &Style) -> String {
    let mut text = basis(&report.basis, style);
    for group in by_file(&report.statements) {
        let _ = write!(text, "\n{}\n", bold(&group[0].at.file, style));
        text.push_str(&statements(&group, style));
    }
    let shown: Vec<&Finding> =
        report.findings.iter().filter(|finding| verbose || finding.severity > Severity::Info).collect();
    for group in by_place(&shown) {
        let place = group[0].subject.location.as_ref().map_or_else(|| "migrations".to_owned(), Location::to_string);
        let _ = write!(text, "\n{}\n", bold(&place, style));
        // The place is the title; a finding need not repeat it.
        let bare: Vec<Finding> = group.iter().map(|finding| without_place(finding)).collect();
        text.push_str(&findings::render(&bare.iter().collect::<Vec<_>>(), verbose, style));
    }
    if verbose {
        text.push_str(&waived::render(&report.waived, style));
    }
    let hidden = report.findings.len() - shown.len();
    if hidden > 0 {
        let _ =
            write!(text, "\n{} not shown: --verbose shows every finding, with its evidence\n", count(hidden, "info"));
    }
    text.push('\n');
    for line in wrap(&summary(&report.summary), style.width, "  ") {
        let _ = writeln!(text, "{}", bold(&line, style));
    }
    text
}

pub(super) fn basis(basis: &LintBasis, style: &Style) -> String {
    let tried = match basis.tried.as_deref() {
        Some(place) => format!("tried on an empty copy ({place})"),
        None => "not tried".into(),
    };
    let sizes = match &basis.sizes {
        SizeSource::Server => "the server's own sizes".into(),
        SizeSource::Scale { scale } => format!("sizes of the scale profile `{scale}`, bytes estimated"),
        SizeSource::Unknown => "sizes unknown".into(),
    };
    let line = format!("{} · {tried} · schema of {} · {sizes}", basis.engine, basis.schema);
    let mut text = String::new();
    for line in wrap(&line, style.width, "  ") {
        let _ = writeln!(text, "{}", bold(&line, style));
    }
    for note in &basis.notes {
        for line in wrap(&format!("note: {note}"), style.width, "      ") {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

fn statements(group: &[&LintedStatement], style: &Style) -> String {
    let mut table = plain_table(style);
    for statement in group {
        let has_size = statement.size.rows.is_some() || statement.size.bytes.is_some();
        let size = if has_size { statement.size.to_string() } else { String::new() };
        let mut what = excerpt(&statement.sql);
        for remark in statement.remarks() {
            let _ = write!(what, "\n· {remark}");
        }
        table.add_row([
            Cell::new(format!(":{}", statement.at.line)),
            Cell::new(statement.how()),
            Cell::new(size),
            Cell::new(what),
        ]);
    }
    fix_widths(&mut table, &[6, 22, 24]);
    lines(&table)
}

/// The beginning of a statement, its spaces and line ends as single spaces.
fn excerpt(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= EXCERPT {
        return line;
    }
    let cut: String = line.chars().take(EXCERPT).collect();
    format!("{} …", cut.trim_end())
}

fn by_file(statements: &[LintedStatement]) -> Vec<Vec<&LintedStatement>> {
    let mut groups: Vec<Vec<&LintedStatement>> = Vec::new();
    for statement in statements {
        match groups.last_mut() {
            Some(group) if group[0].at.file == statement.at.file => group.push(statement),
            _ => groups.push(vec![statement]),
        }
    }
    groups
}

/// Findings of one place together, in the order of the worst of each.
fn by_place<'a>(findings: &[&'a Finding]) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|group| group[0].subject.location == finding.subject.location) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn without_place(finding: &Finding) -> Finding {
    let mut bare = finding.clone();
    bare.subject.location = None;
    bare
}

/// `2 migrations, 5 statements: 1 error · 2 warnings · no infos · 1 waived · failed at error`
pub(super) fn summary(summary: &LintSummary) -> String {
    if summary.migrations == 0 {
        return "nothing is pending".into();
    }
    let verdict = match (summary.fail_on, summary.failed) {
        (None, _) => "never fails".into(),
        (Some(least), true) => format!("failed at {least}"),
        (Some(least), false) => format!("passed at {least}"),
    };
    let waived = if summary.waived == 0 { String::new() } else { format!(" · {} waived", summary.waived) };
    format!(
        "{}, {}: {} · {} · {}{waived} · {verdict}",
        count(summary.migrations, "migration"),
        count(summary.statements, "statement"),
        count(summary.errors, "error"),
        count(summary.warnings, "warning"),
        count(summary.infos, "info"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{lint, plain};
    use super::*;

    #[test]
    fn a_report_at_80_columns() {
        insta::assert_snapshot!(report(&lint(), false, &plain(80)), @r#"
        MySQL 9.7.0 · tried on an empty copy (sandbox) · schema of localhost:3306/shop ·
          sizes of the scale profile `high`, bytes estimated
        note: tried on MySQL 9.7.0, while the server is MySQL 8.4.0

        migrations/7_orders.up.sql
         :1    INSTANT               1,200,000 rows, 140 MB  ALTER TABLE orders ADD
                                                             COLUMN total DECIMAL(10,2)
                                                             NOT NULL D …
         :3    COPY, LOCK=SHARED     1,200,000 rows, 140 MB  ALTER TABLE orders MODIFY
                                                             state INT
         :4    INPLACE, LOCK=NONE,   1,200,000 rows, 140 MB  ALTER TABLE orders
               rebuilds the table                            ENGINE=InnoDB
         :5    fails                 1,200,000 rows, 140 MB  ALTER TABLE orders ADD
                                                             COLUMN note TEXT
                                                             · error 1060: Duplicate
                                                             column name 'note'
         :6    writes rows                                   INSERT INTO orders VALUES
                                                             (1)
                                                             · unknown, because it
                                                             depends on rows, which the
                                                             copy has not
                                                             · `orders` is made by this
                                                             run

        migrations/7_orders.up.sql:3:1
         error     table-copy           copies the whole table `orders`: 1,200,000
                                        rows, 140 MB
                                        → run it while the app rests
         warning   long-replication     replicates as one long statement on `orders`
                                        → run it while the app rests

        1 info not shown: --verbose shows every finding, with its evidence

        1 migration, 5 statements: 1 error · 1 warning · 1 info · 1 waived · failed at
          error
        "#);
    }

    #[test]
    fn a_verbose_report_shows_what_is_waived_and_every_line_fits() {
        for width in [80, 120, 200] {
            let text = report(&lint(), true, &plain(width));
            assert!(text.contains("because it is gone by then") && text.contains("table-rebuild"), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            assert!(text.lines().all(|line| line.trim_end() == line), "spaces at the end of a line");
        }
    }

    #[test]
    fn nothing_pending_is_said() {
        let mut nothing = lint();
        nothing.statements.clear();
        nothing.findings.clear();
        nothing.summary.migrations = 0;
        assert!(report(&nothing, false, &plain(80)).ends_with("\nnothing is pending\n"));
    }
}
