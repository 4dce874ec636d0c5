//! Words that several reports share: colours, numbers, wrapped rows.

use super::Style;
use crate::model::finding::Severity;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, Width};

/// A table without lines that fits into the style's width.
pub(super) fn plain_table(style: &Style) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(style.width).unwrap_or(100));
    if style.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

/// Fixes the widths of the first columns; the last one takes what is left.
pub(super) fn fix_widths(table: &mut Table, widths: &[u16]) {
    for (index, width) in widths.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(*width)));
        }
    }
}

/// The table's lines without the spaces at their ends.
pub(super) fn lines(table: &Table) -> String {
    let trimmed: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    trimmed.join("\n") + "\n"
}

/// A cell in the colour of a severity.
pub(super) fn severity_cell(severity: Severity, style: &Style) -> Cell {
    let cell = Cell::new(severity.word());
    if style.color { cell.fg(color(severity)) } else { cell }
}

fn color(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Info => Color::Blue,
    }
}

/// Bold text.
pub(super) fn bold(text: &str, style: &Style) -> String {
    if style.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Lines of at most so many characters, broken at spaces, the second and later ones behind the indent. A word that is
/// longer stays whole, so that a path can still be copied.
pub(super) fn wrap(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let is_first = line.trim_start().is_empty();
        if !is_first && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, format!("{indent}{word}")));
            continue;
        }
        if !is_first {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// `1 error`, `2 errors`, `no errors`.
pub(super) fn count(number: usize, word: &str) -> String {
    match number {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    }
}

/// A number of rows with thousands separators.
pub(super) fn rows(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_keep_long_words_whole() {
        assert_eq!(wrap("note: one two", 9, "  "), ["note: one", "  two"]);
        assert_eq!(wrap("a /a/long/path b", 6, "  "), ["a", "  /a/long/path", "  b"]);
        assert_eq!(wrap("", 9, "  "), [""]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(rows(1_234_567.4), "1,234,567");
        assert_eq!(rows(999.0), "999");
        assert_eq!(
            (count(0, "error"), count(1, "error"), count(2, "error")),
            ("no errors".into(), "1 error".into(), "2 errors".into())
        );
    }
}
