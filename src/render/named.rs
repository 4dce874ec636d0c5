//! Statements of files as a table.

use super::Style;
use super::paint::{lines, plain_table};
use super::review::one_line;
use crate::model::count::counted;
use crate::model::scan::Named;
use std::fmt::Write as _;

/// Letters of a statement that a table shows; JSON has all of it.
const LETTERS: usize = 400;

/// One row for each statement, what is none below, and a line on the whole.
#[must_use]
pub fn table(named: &Named, style: &Style) -> String {
    let mut table = plain_table(style);
    table.set_header(["NAME", "PLACE", "STATEMENT"]);
    for query in &named.statements {
        let statement: String = one_line(&query.sql).chars().take(LETTERS).collect();
        table.add_row([query.name.clone(), query.defined_at.to_string(), statement]);
    }
    let mut text = if named.statements.is_empty() { String::new() } else { format!("{}\n", lines(&table)) };
    for left in &named.not_covered {
        let _ = writeln!(text, "{}: not covered: {}", left.at, left.because);
    }
    let more = named.count - named.statements.len() as u64;
    let more = if more > 0 { format!("; {more} of them are not shown") } else { String::new() };
    let (statements, files) = (counted(named.count, "statement"), counted(named.files, "file"));
    text + &format!("{statements} in {files}, {} not covered{more}\n", named.not_covered.len())
}
