//! `--into`: new entries into a workload that people have edited.

use super::failure::Failure;
use crate::model::query::Query;
use crate::render;
use crate::source::scan::merge::{Mark, marked, merge};
use crate::source::workload;
use crate::term::Term;
use std::path::{Path, PathBuf};

/// The workload to merge into, as it was before; nothing where there is none yet.
#[derive(Debug, Default)]
pub(super) struct Into {
    path: PathBuf,
    old: Option<(String, Vec<Query>)>,
}

impl Into {
    /// Reads it.
    ///
    /// # Errors
    /// When it is there and cannot be used.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let old = if path.exists() { Some((text(path)?, entries(path)?)) } else { None };
        Ok(Self { path: path.to_owned(), old })
    }

    /// Its text with the new entries; `head` is the comment above a file that is made, or was made by the same verb.
    ///
    /// # Errors
    /// When its entries are not laid out as can be edited.
    pub(super) fn merged(
        self,
        new: &[(Query, String)],
        (mark, head): (Mark, &str),
        prune: bool,
        term: &mut Term,
    ) -> Result<String, Failure> {
        let Some((text, old)) = self.old else { return Ok(fresh(new, head)) };
        let text = headed(&text, head);
        let place = self.path.display();
        let merged = merge(&text, &old, new, mark, prune)
            .map_err(|why| Failure::unable(format!("{place}: {why}; nothing was written")))?;
        for name in &merged.vanished {
            let what = if prune { "removed" } else { "kept and marked; --prune removes it" };
            term.note(&format!("{name} is no more {}: {what}", mark.place()));
        }
        let (added, changed) = (merged.added.len(), merged.changed.len());
        term.note(&format!("{added} added, {changed} changed, {} vanished", merged.vanished.len()));
        Ok(merged.text)
    }
}

/// The text with the comment above it written anew, where it is that of an earlier run.
fn headed(text: &str, head: &str) -> String {
    if !text.starts_with("# Made by `aura-db catalogue ") {
        return text.to_owned();
    }
    let rest: String = text.split_inclusive('\n').skip_while(|line| line.starts_with('#')).collect();
    comment(head) + &rest
}

fn comment(text: &str) -> String {
    text.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect()
}

fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::unable(format!("{}: cannot be read: {error}", path.display())))
}

/// The entries of a workload; one that is empty has none.
fn entries(path: &Path) -> Result<Vec<Query>, Failure> {
    let is_empty =
        text(path)?.lines().all(|line| line.trim().is_empty() || line.starts_with('#') || line.trim() == "queries: []");
    if is_empty {
        return Ok(Vec::new());
    }
    workload::load(&[path.to_owned()])
        .map_err(|errors| Failure::unable(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n")))
}

/// A new file.
pub(super) fn fresh(new: &[(Query, String)], head: &str) -> String {
    let list: String = new.iter().map(|(_, block)| block.as_str()).collect();
    let head = comment(head);
    if new.is_empty() { format!("{head}queries: []\n") } else { format!("{head}queries:\n{list}") }
}

/// An entry with its text, marked as made by a verb.
pub(super) fn block(query: Query, mark: Mark) -> (Query, String) {
    let text = render::workload::render(std::slice::from_ref(&query), "");
    let text = marked(text.strip_prefix("queries:\n").unwrap_or(&text), mark);
    (query, text)
}
