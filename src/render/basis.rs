//! What a report rests on, in one line and its notes.

use super::Style;
use super::paint::bold;
use crate::model::report::{Basis, Statistics};
use std::fmt::Write;

/// The basis: engine, place, statistics, and what the reader must know before believing the rest.
pub(super) fn render(basis: &Basis, style: &Style) -> String {
    let statistics = match &basis.statistics {
        Statistics::Server => "its own statistics".into(),
        Statistics::Injected { scale } => format!("statistics of the scale profile `{scale}`, on empty tables"),
    };
    let mut text = bold(&format!("{} · {} · {statistics}", basis.engine, basis.place), style);
    text.push('\n');
    for note in &basis.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}
