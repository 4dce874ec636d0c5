//! The classes of a log as a table.

use super::Style;
use super::paint::{fix_widths, lines, plain_table};
use crate::model::count::counted;
use crate::model::digest::Digest;
use comfy_table::{Cell, CellAlignment};

/// Widths of the figures; the fingerprint takes the rest.
const WIDTHS: [u16; 5] = [9, 12, 10, 10, 12];

/// One row for each class, and a line on the whole.
#[must_use]
pub fn table(digest: &Digest, style: &Style) -> String {
    let mut table = plain_table(style);
    table.set_header(["COUNT", "TOTAL MS", "P95 MS", "MAX MS", "ROWS READ", "CLASS"]);
    for class in &digest.classes {
        let unknown = || "-".to_owned();
        let figures = [
            class.count.to_string(),
            class.total_ms.map_or_else(unknown, |ms| format!("{ms:.1}")),
            class.p95_ms.map_or_else(unknown, |ms| format!("{ms:.2}")),
            class.max_ms.map_or_else(unknown, |ms| format!("{ms:.2}")),
            class.rows_examined.map_or_else(unknown, |rows| rows.to_string()),
        ];
        let cells = figures.into_iter().map(|figure| Cell::new(figure).set_alignment(CellAlignment::Right));
        let fingerprint = class.fingerprint.split_whitespace().collect::<Vec<_>>().join(" ");
        table.add_row(cells.chain([Cell::new(short(&fingerprint))]));
    }
    fix_widths(&mut table, &WIDTHS);
    let span = digest.span_seconds.map(|seconds| format!(" in {}", counted(seconds, "second"))).unwrap_or_default();
    let classes = match digest.class_count {
        1 => "1 class".to_owned(),
        number => format!("{number} classes"),
    };
    let more = digest.class_count - digest.classes.len() as u64;
    let more = if more > 0 { format!("; {more} of them are not shown") } else { String::new() };
    format!("{}\n{} of {classes}{span}{more}\n", lines(&table), counted(digest.events, "statement"))
}

/// What fits into a table; JSON has all of it.
fn short(fingerprint: &str) -> String {
    const LETTERS: usize = 400;
    match fingerprint.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &fingerprint[..end]),
        None => fingerprint.to_owned(),
    }
}
