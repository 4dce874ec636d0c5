//! Tells on the terminal what a run does, and keeps the lines of its report.

use crate::engine::runner::Observer;
use crate::model::migration::Migration;
use crate::render;
use crate::term::Progress;
use std::time::Duration;

/// The observer of a run.
#[derive(Debug)]
pub(super) struct Narrator {
    progress: Progress,
    verb: &'static str,
    /// The report: a line for each migration that is done.
    pub(super) lines: Vec<String>,
}

impl Narrator {
    /// For a run whose migrations are then `verb`, as `applied`.
    pub(super) fn new(progress: Progress, verb: &'static str) -> Self {
        Self { progress, verb, lines: Vec::new() }
    }
}

impl Observer for Narrator {
    fn done(&mut self, migration: &Migration, took: Duration) {
        self.progress.step(&migration.description);
        self.lines.push(render::run::line(self.verb, migration, took));
    }

    fn note(&mut self, text: &str) {
        self.progress.note(text);
    }

    fn progress(&mut self, text: &str) {
        self.progress.show(text);
    }
}
