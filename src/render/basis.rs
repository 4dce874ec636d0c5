//! What a report rests on, in one line and its notes.

use super::Style;
use super::paint::{bold, wrap};
use crate::model::report::{Basis, Statistics};
use std::fmt::Write;

/// The basis: engine, place, statistics, and what the reader must know before believing the rest.
pub(super) fn render(basis: &Basis, style: &Style) -> String {
    let statistics = match &basis.statistics {
        Statistics::Server => "its own statistics".into(),
        Statistics::Injected { scale } => format!("statistics of the scale profile `{scale}`, on empty tables"),
    };
    let line = format!("{} · {} · {statistics}", basis.engine, basis.place);
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
