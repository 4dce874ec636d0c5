//! What a database has of what its migrations build, for people: `drift` and `adopt`.

use super::Style;
use super::paint::{lines, plain_table};
use crate::model::drift::{AdoptReport, Compared, DriftReport, Standing, Verdict};
use comfy_table::{Cell, Color};
use std::fmt::Write;

/// The objects that are not simply present, then counts.
#[must_use]
pub fn drift(report: &DriftReport, style: &Style) -> String {
    let mut text = objects(&report.objects, style);
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    let _ = writeln!(text, "{}", summary(report));
    text
}

/// The verdict and the counts in one line.
pub(super) fn summary(report: &DriftReport) -> String {
    let count = |wanted: fn(&Verdict) -> bool| report.objects.iter().filter(|one| wanted(&one.verdict)).count();
    let unknown = count(|one| matches!(one, Verdict::Unknown { .. }));
    let word = match (report.drifted, unknown) {
        (true, _) => "drift",
        (false, 0) => "no drift",
        (false, _) => "no drift to be seen, but not everything could be looked at",
    };
    let foreign = count(|one| *one == Verdict::Foreign);
    let mut told = String::new();
    for (number, word) in [(unknown, "unknown"), (foreign, "foreign")].into_iter().filter(|(number, _)| *number > 0) {
        let _ = write!(told, ", {number} {word}");
    }
    format!(
        "{word}: {} present, {} equivalent or redundant, {} conflicting, {} missing{told}; {} migrations, {}",
        report.present,
        count(|one| matches!(one, Verdict::Equivalent { .. } | Verdict::Redundant { .. })),
        count(|one| matches!(one, Verdict::Conflicting { .. })),
        count(|one| *one == Verdict::Missing),
        report.applied,
        report.replayed_on.as_ref().map_or("read in embedded terms".into(), |engine| format!("replayed on {engine}"))
    )
}

/// Each migration with its standing, then the objects that are not simply present.
#[must_use]
pub fn adopt(report: &AdoptReport, style: &Style) -> String {
    let mut table = plain_table(style);
    table.set_header(["VERSION", "STANDING", "DESCRIPTION"]);
    for row in &report.migrations {
        let mut standing = Cell::new(row.standing);
        if style.color {
            standing = standing.fg(match row.standing {
                Standing::Adopted => Color::Green,
                Standing::Pending => Color::Yellow,
                _ => Color::Red,
            });
        }
        let because = row.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
        table.add_row([Cell::new(row.version), standing, Cell::new(format!("{}{because}", row.description))]);
    }
    let mut text = if report.migrations.is_empty() { String::new() } else { lines(&table) };
    let shown = |one: &&Compared| one.verdict != Verdict::Present;
    let of = report.migrations.iter().filter(|row| row.standing != Standing::Pending);
    let told: Vec<Compared> = of.flat_map(|row| row.objects.iter().filter(shown)).cloned().collect();
    if !told.is_empty() {
        let _ = write!(text, "\n{}", objects(&told, style));
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

fn objects(objects: &[Compared], style: &Style) -> String {
    if objects.is_empty() {
        return String::new();
    }
    let mut table = plain_table(style);
    table.set_header(["OBJECT", "VERDICT", "DETAIL"]);
    for one in objects {
        let at = one.at.as_ref().map(ToString::to_string);
        let detail = one.verdict.detail();
        let detail: Vec<&str> =
            [detail.as_str(), at.as_deref().unwrap_or_default()].into_iter().filter(|text| !text.is_empty()).collect();
        let mut verdict = Cell::new(one.verdict.word());
        if style.color {
            verdict = verdict.fg(if one.verdict.holds() { Color::Green } else { Color::Red });
        }
        table.add_row([Cell::new(&one.object), verdict, Cell::new(detail.join("\n"))]);
    }
    lines(&table)
}
