//! The status report for people.

use super::Style;
use super::paint::{lines, plain_table};
use crate::model::report::StatusReport;
use comfy_table::{Cell, Color};
use std::fmt::Write;

/// A table of versions, then the problems, then counts and the fingerprint.
#[must_use]
pub fn render(report: &StatusReport, style: &Style) -> String {
    let mut table = plain_table(style);
    table.set_header(["VERSION", "STATE", "SET", "DESCRIPTION", "APPLIED (UTC)", "TOOK"]);
    for row in &report.rows {
        let mut state = Cell::new(&row.state);
        if style.color {
            state = state.fg(match row.state.as_str() {
                "applied" => Color::Green,
                "pending" => Color::Yellow,
                _ => Color::Red,
            });
        }
        let took = row.execution_ms.map(|ms| format!("{ms:.0} ms")).unwrap_or_default();
        table.add_row([
            Cell::new(row.version),
            state,
            Cell::new(row.set.map(|set| set.to_string()).unwrap_or_default()),
            Cell::new(match &row.stopped {
                Some(stopped) => format!("{}: {stopped}", row.description),
                None => row.description.clone(),
            }),
            Cell::new(row.installed_on.as_deref().unwrap_or_default()),
            Cell::new(took),
        ]);
    }
    let mut text = String::new();
    if !report.rows.is_empty() {
        text.push_str(&lines(&table));
        text.push('\n');
    }
    for problem in &report.problems {
        let _ = writeln!(text, "! {problem}");
    }
    for archive in &report.archives {
        let _ = writeln!(text, "archive {archive}");
    }
    let of = |state: &str| report.rows.iter().filter(|row| row.state == state).count();
    let other = report.rows.len() - of("applied") - of("pending");
    let _ = write!(text, "{} applied, {} pending", of("applied"), of("pending"));
    let _ = if other > 0 { writeln!(text, ", {other} need attention") } else { writeln!(text) };
    let _ = writeln!(text, "schema fingerprint {}", report.fingerprint);
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{engine, plain};
    use super::*;
    use crate::model::migration::Set;
    use crate::model::report::{FORMAT_VERSION, StatusRow};

    fn row(version: i64, state: &str) -> StatusRow {
        let applied = state != "pending";
        StatusRow {
            version,
            description: "index orders by customer and by the day on which they were placed".into(),
            set: (state != "missing").then_some(Set::Indexes),
            state: state.into(),
            stopped: None,
            installed_on: applied.then(|| "2026-01-05 09:00:00".into()),
            execution_ms: (state == "applied").then_some(12.6),
            file: None,
        }
    }

    fn report(states: &[&str]) -> StatusReport {
        StatusReport {
            format_version: FORMAT_VERSION,
            engine: engine(),
            place: "localhost:3306/shop".into(),
            fingerprint: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef".into(),
            rows: (20_260_105_090_000..).zip(states).map(|(version, state)| row(version, state)).collect(),
            problems: Vec::new(),
            archives: vec![],
        }
    }

    #[test]
    fn versions_problems_and_counts_at_120_columns() {
        let mut report = report(&["applied", "missing", "pending"]);
        report.problems.push("20260105090001 was applied, but its file is missing: put it back".into());
        insta::assert_snapshot!(render(&report, &plain(120)), @r#"
         VERSION         STATE    SET      DESCRIPTION                                            APPLIED (UTC)        TOOK
         20260105090000  applied  indexes  index orders by customer and by the day on which they  2026-01-05 09:00:00  13 ms
                                           were placed
         20260105090001  missing           index orders by customer and by the day on which they  2026-01-05 09:00:00
                                           were placed
         20260105090002  pending  indexes  index orders by customer and by the day on which they
                                           were placed

        ! 20260105090001 was applied, but its file is missing: put it back
        1 applied, 1 pending, 1 need attention
        schema fingerprint 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
        "#);
    }

    #[test]
    fn long_descriptions_wrap_at_80_columns() {
        insta::assert_snapshot!(render(&report(&["applied", "pending"]), &plain(80)), @r#"
         VERSION         STATE    SET      DESCRIPTION             APPLIED (UTC)  TOOK
         20260105090000  applied  indexes  index orders by         2026-01-05     13 ms
                                           customer and by the     09:00:00
                                           day on which they were
                                           placed
         20260105090001  pending  indexes  index orders by
                                           customer and by the
                                           day on which they were
                                           placed

        1 applied, 1 pending
        schema fingerprint 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
        "#);
    }

    #[test]
    fn an_empty_folder_has_no_table() {
        let text = render(&report(&[]), &plain(80));
        assert!(text.starts_with("0 applied, 0 pending\nschema fingerprint 5f70"), "{text}");
    }

    #[test]
    fn states_have_colours() {
        let text = render(&report(&["applied", "pending", "edited"]), &Style { color: true, width: 120 });
        for (code, state) in [(10, "applied"), (11, "pending"), (9, "edited")] {
            assert!(text.contains(&format!("\u{1b}[38;5;{code}m {state}")), "{state}: {text:?}");
        }
    }
}
