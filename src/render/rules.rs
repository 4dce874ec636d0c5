//! The rules as a list.

use super::Style;
use super::paint::{lines, plain_table, severity_cell};
use crate::model::finding::Severity;
use comfy_table::Cell;

/// Id, worst severity and summary of each rule.
#[must_use]
pub fn list(rules: &[(&str, Severity, &str)], style: &Style) -> String {
    let mut table = plain_table(style);
    table.set_header(["RULE", "AT WORST", "WHAT IT FINDS"]);
    for (id, severity, summary) in rules {
        table.add_row([Cell::new(id), severity_cell(*severity, style), Cell::new(summary)]);
    }
    lines(&table)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::plain;
    use super::*;

    const RULES: [(&str, Severity, &str); 3] = [
        (
            "full-table-scan",
            Severity::Error,
            "a large table is read from end to end, although a part of it would do for the answer",
        ),
        ("cannot-explain", Severity::Warning, "a statement without a plan"),
        ("index-never-used", Severity::Info, "no plan of the catalogue reads the index"),
    ];

    #[test]
    fn the_list_at_80_columns() {
        insta::assert_snapshot!(list(&RULES, &plain(80)), @r#"
        RULE              AT WORST  WHAT IT FINDS
        full-table-scan   error     a large table is read from end to end, although a
                                    part of it would do for the answer
        cannot-explain    warning   a statement without a plan
        index-never-used  info      no plan of the catalogue reads the index
        "#);
    }

    #[test]
    fn severities_have_colours() {
        insta::assert_debug_snapshot!(list(&RULES[1..], &Style { color: true, width: 80 }).lines().collect::<Vec<_>>(), @r#"
        [
            " RULE              AT WORST  WHAT IT FINDS",
            " cannot-explain   \u{1b}[38;5;11m warning  \u{1b}[39m a statement without a plan",
            " index-never-used \u{1b}[38;5;12m info     \u{1b}[39m no plan of the catalogue reads the index",
        ]
        "#);
    }
}
