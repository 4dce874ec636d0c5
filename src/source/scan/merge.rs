//! A new scan or import into a workload that people have edited: lines move, statements change, and all else stays as it is
//! written.
//!
//! The file's text is edited, not written anew, so that comments and order stay and a diff is small. An entry is the
//! scan's as long as `# scanned` stands behind its name, and an import's with `# imported`; without it, it is a person's and is
//! left alone.

use crate::model::query::Query;
use std::collections::BTreeSet;

/// Who has made an entry; it stands behind its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// `catalogue scan`.
    Scanned,
    /// `catalogue import`.
    Imported,
}

impl Mark {
    fn word(self) -> &'static str {
        match self {
            Self::Scanned => "# scanned",
            Self::Imported => "# imported",
        }
    }

    /// The word for an entry whose statement is there no more.
    fn gone(self) -> String {
        format!("{}, vanished", self.word())
    }

    /// Where its statements come from.
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Scanned => "in the code",
            Self::Imported => "in what was imported",
        }
    }
}

/// A workload after a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Its text.
    pub text: String,
    /// Names of new entries.
    pub added: Vec<String>,
    /// Names of entries whose statement or line changed.
    pub changed: Vec<String>,
    /// Names of entries whose statement the code has no more.
    pub vanished: Vec<String>,
}

type Same<'a> = &'a dyn Fn(&Query, &Query) -> bool;

/// Merges. `old` are the entries of `text` in their order, `new` those of the scan, each with its rendered text.
///
/// # Errors
/// When the entries of the text cannot be told apart as they are laid out: none may be lost.
pub fn merge(text: &str, old: &[Query], new: &[(Query, String)], mark: Mark, prune: bool) -> Result<Merged, String> {
    let Blocks { head, list: blocks, tail } = blocks(text);
    let mut merged = Merged { text: head, added: Vec::new(), changed: Vec::new(), vanished: Vec::new() };
    if !merged.text.lines().any(|line| line.starts_with("queries:")) {
        merged.text.push_str("queries:\n");
    }
    let is_own = |(block, entry): (&String, &Query)| block.contains(&entry.name);
    if blocks.len() != old.len() || !blocks.iter().zip(old).all(is_own) {
        return Err(
            "its entries are not laid out as a scan can edit them: each has to begin on a line of its own, with \
                    `- name:`, below a line `queries:`"
                .into(),
        );
    }
    let file = |query: &Query| query.source.as_ref().map(|source| source.file.clone());
    let mut taken = BTreeSet::new();
    let mut pairs = vec![None; old.len()];
    // The same words at the same place first, so that a new statement above does not take an old one's name.
    let same: [Same<'_>; 3] = [
        &|one, other| one.name == other.name && one.sql == other.sql && file(one) == file(other),
        &|one, other| one.sql == other.sql && file(one) == file(other),
        &|one, other| one.name == other.name,
    ];
    for is_same in same {
        for (place, entry) in old.iter().enumerate() {
            if pairs[place].is_none()
                && let Some(found) =
                    (0..new.len()).find(|number| !taken.contains(number) && is_same(entry, &new[*number].0))
            {
                taken.insert(found);
                pairs[place] = Some(found);
            }
        }
    }
    let mut written: Vec<(Option<String>, String)> = Vec::new();
    for ((block, entry), pair) in blocks.into_iter().zip(old).zip(pairs) {
        let is_scanned = block.lines().next().is_some_and(|line| line.contains(mark.word()));
        match pair.map(|found| &new[found]) {
            _ if !is_scanned => written.push((file(entry), block)),
            Some((query, rendered)) => {
                let next = refreshed(&block, entry, query, rendered, mark);
                if next != block {
                    merged.changed.push(entry.name.clone());
                }
                written.push((file(query), next));
            }
            None => {
                merged.vanished.push(entry.name.clone());
                if !prune {
                    let gone = mark.gone();
                    let block = if block.contains(&gone) { block } else { block.replacen(mark.word(), &gone, 1) };
                    written.push((file(entry), block));
                }
            }
        }
    }
    let mut names: BTreeSet<String> = old.iter().map(|query| query.name.clone()).collect();
    for (number, (query, rendered)) in new.iter().enumerate() {
        if taken.contains(&number) {
            continue;
        }
        let (mut name, mut count) = (query.name.clone(), 2_u32);
        while !names.insert(name.clone()) {
            name = format!("{}-{count}", query.name);
            count += 1;
        }
        let block = rendered.replacen(&query.name, &name, 1);
        merged.added.push(name);
        let source = file(query);
        let at = written.iter().rposition(|(file, _)| *file == source).map_or(written.len(), |at| at + 1);
        written.insert(at, (source, block));
    }
    for (_, block) in written {
        if !merged.text.is_empty() && !merged.text.ends_with('\n') {
            merged.text.push('\n');
        }
        merged.text.push_str(&block);
    }
    if !tail.is_empty() && !merged.text.ends_with('\n') {
        merged.text.push('\n');
    }
    merged.text.push_str(&tail);
    Ok(merged)
}

/// Marks the first line of a rendered entry.
#[must_use]
pub fn marked(block: &str, mark: Mark) -> String {
    let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
    format!("{first} {}\n{rest}", mark.word())
}

/// A workload's text, taken apart.
#[derive(Debug, Default)]
struct Blocks {
    /// Before the entries.
    head: String,
    /// Each entry.
    list: Vec<String>,
    /// After them: other keys of the file.
    tail: String,
}

fn blocks(text: &str) -> Blocks {
    let (mut blocks, mut indent, mut is_list) = (Blocks::default(), None, false);
    for line in text.split_inclusive('\n') {
        let space = line.len() - line.trim_start_matches(' ').len();
        let begins = is_list && line[space..].starts_with("- ") && indent.is_none_or(|indent| indent == space);
        let is_key = space == 0 && line.starts_with(|c: char| c.is_ascii_alphabetic());
        if !blocks.tail.is_empty() || !blocks.list.is_empty() && is_key {
            blocks.tail.push_str(line);
        } else if begins {
            indent = Some(space);
            blocks.list.push(line.to_owned());
        } else if let Some(block) = blocks.list.last_mut() {
            block.push_str(line);
        } else {
            is_list |= line.starts_with("queries:");
            blocks.head.push_str(if line.trim_end() == "queries: []" { "queries:\n" } else { line });
        }
    }
    blocks
}

/// An entry with its line, and with its statement where that has changed.
fn refreshed(block: &str, old: &Query, new: &Query, rendered: &str, mark: Mark) -> String {
    let mut block = block.replacen(&mark.gone(), mark.word(), 1);
    // Figures of an earlier import, which nobody has written by hand.
    if mark == Mark::Imported && old.note != new.note && has_figures(&old.note) {
        take(&mut block, rendered, "note");
    }
    if old.source.as_ref().and_then(|source| source.line) != new.source.as_ref().and_then(|source| source.line) {
        take(&mut block, rendered, "line");
    }
    if old.source.as_ref().map(|source| &source.file) != new.source.as_ref().map(|source| &source.file) {
        take(&mut block, rendered, "source");
    }
    if old.sql != new.sql {
        take(&mut block, rendered, "sql");
        let count = |query: &Query| query.samples.first().map_or(0, |sample| sample.params.len());
        if count(old) != count(new) {
            if field(&block, "samples").is_none() && field(&block, "params").is_some() {
                take(&mut block, rendered, "params");
            }
            for (key, other) in [("samples", "params"), ("params", "params")] {
                let Some(mine) = field(&block, key) else { continue };
                if field(rendered, other).is_none() || key == "samples" {
                    block.replace_range(mine, "");
                }
            }
            if let (None, Some(theirs), Some(sql)) =
                (field(&block, "params"), field(rendered, "params"), field(&block, "sql"))
            {
                block.insert_str(sql.end, &rendered[theirs]);
            }
        }
    }
    block
}

/// Whether a note begins as those of an import: `7 times, …`, `once, …`.
fn has_figures(note: &str) -> bool {
    let number = note.split_once(" times").map(|(number, _)| number);
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        || note == "once"
        || note.starts_with("once,")
}

/// Takes a field over from the rendered entry where both have it.
fn take(block: &mut String, rendered: &str, key: &str) {
    if let (Some(mine), Some(theirs)) = (field(block, key), field(rendered, key)) {
        block.replace_range(mine, &rendered[theirs]);
    }
}

/// The lines of a field in an entry.
fn field(block: &str, key: &str) -> Option<std::ops::Range<usize>> {
    let (mut at, mut found) = (0, None);
    for line in block.split_inclusive('\n') {
        let space = line.len() - line.trim_start_matches(' ').len();
        if let Some(start) = found {
            // A field ends where a line is indented no deeper than its key.
            let is_inside = line.trim().is_empty() || space > 4;
            if !is_inside {
                return Some(start..at);
            }
        } else if space == 4 && line.trim_start().starts_with(&format!("{key}:")) {
            found = Some(at);
        }
        at += line.len();
    }
    found.map(|start| start..block.len())
}
