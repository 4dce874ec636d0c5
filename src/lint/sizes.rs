//! Which tables a run makes, renames and fills while it goes on, and so how large each is when a statement reaches it.

use super::context::Target;
use crate::model::lint::{Size, Sizes};
use crate::sql::ddl::{AlterAction, Effect};
use std::collections::BTreeMap;

/// The tables that a run has touched so far.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// By its present name in lower case, what became of a table in this run.
    tables: BTreeMap<String, State>,
}

#[derive(Debug, Clone)]
enum State {
    /// Made by this run; the size, zero until rows are copied into it.
    Fresh(Size),
    /// There before, under this name in lower case.
    Renamed(String),
}

const EMPTY: Size = Size { rows: Some(0), bytes: Some(0) };
const UNKNOWN: Size = Size { rows: None, bytes: None };

impl Course {
    /// The tables that a statement works on, with their sizes by then.
    pub(super) fn targets(&self, effect: &Effect, sizes: &Sizes) -> Vec<Target> {
        names(effect).into_iter().map(|table| self.target(table, sizes)).collect()
    }

    fn target(&self, table: &str, sizes: &Sizes) -> Target {
        let name = table.to_ascii_lowercase();
        let (size, fresh) = match self.tables.get(&name) {
            Some(State::Fresh(size)) => (*size, true),
            Some(State::Renamed(from)) => (sizes.get(from).copied().unwrap_or(UNKNOWN), false),
            None => (sizes.get(&name).copied().unwrap_or(UNKNOWN), false),
        };
        Target { table: table.to_owned(), size, fresh }
    }

    /// Takes note of what a statement does.
    pub(super) fn follow(&mut self, effect: &Effect, sql: &str) {
        match effect {
            Effect::CreateTable { table } => {
                let name = table.to_ascii_lowercase();
                // IF NOT EXISTS may find the table of before.
                if !has_words(sql, &["IF", "NOT", "EXISTS"]) || self.tables.contains_key(&name) {
                    self.tables.insert(name, State::Fresh(if copies_rows(sql) { UNKNOWN } else { EMPTY }));
                }
            }
            Effect::ReplaceTable { table } | Effect::Truncate { table } => {
                let size = if copies_rows(sql) { UNKNOWN } else { EMPTY };
                self.tables.insert(table.to_ascii_lowercase(), State::Fresh(size));
            }
            Effect::RenameTable { pairs } => pairs.iter().for_each(|(from, to)| self.rename(from, to)),
            Effect::AlterTable { table, actions } => {
                for action in actions {
                    if let AlterAction::RenameTo(to) = action {
                        self.rename(table, to);
                    }
                }
            }
            Effect::Rows { verb, table: Some(table) } if matches!(verb.as_str(), "INSERT" | "REPLACE") => {
                if let Some(State::Fresh(size)) = self.tables.get_mut(&table.to_ascii_lowercase())
                    && copies_rows(sql)
                {
                    *size = UNKNOWN;
                }
            }
            Effect::Rows { verb, table: None } if verb == "LOAD" => {
                for state in self.tables.values_mut() {
                    if let State::Fresh(size) = state {
                        *size = UNKNOWN;
                    }
                }
            }
            _ => {}
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        let from = from.to_ascii_lowercase();
        let state = self.tables.remove(&from).unwrap_or(State::Renamed(from));
        self.tables.insert(to.to_ascii_lowercase(), state);
    }

    /// A table that was known as fresh counts as standing from now on.
    pub(super) fn settle(&mut self) {
        self.tables.clear();
    }
}

/// The tables that a statement works on, those that it makes left out.
fn names(effect: &Effect) -> Vec<&str> {
    match effect {
        Effect::AlterTable { table, .. }
        | Effect::CreateIndex { table, .. }
        | Effect::DropIndex { table, .. }
        | Effect::Truncate { table }
        | Effect::ReplaceTable { table }
        | Effect::Rows { table: Some(table), .. } => vec![table],
        Effect::DropTable { tables } => tables.iter().map(String::as_str).collect(),
        Effect::RenameTable { pairs } => pairs.iter().map(|(from, _)| from.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Whether rows come from a query rather than from the statement itself.
fn copies_rows(sql: &str) -> bool {
    has_words(sql, &["SELECT"])
}

/// Whether these words follow each other outside quotes.
pub(super) fn has_words(sql: &str, words: &[&str]) -> bool {
    let tokens = super::dialect::tokens(sql);
    tokens.windows(words.len()).any(|window| window.iter().zip(words).all(|(token, word)| token == word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::ddl::effect;

    fn sizes() -> Sizes {
        Sizes::from([("big".into(), Size { rows: Some(9), bytes: None })])
    }

    fn target(run: &[&str], sql: &str) -> (Option<u64>, bool) {
        let mut course = Course::default();
        for sql in run {
            course.follow(&effect(sql), sql);
        }
        let targets = course.targets(&effect(sql), &sizes());
        (targets[0].size.rows, targets[0].fresh)
    }

    #[test]
    fn a_table_of_this_run_is_empty_until_a_query_fills_it() {
        assert_eq!(target(&["CREATE TABLE t (a INT)"], "ALTER TABLE T ADD b INT"), (Some(0), true));
        let filled = ["CREATE TABLE t (a INT)", "INSERT INTO t SELECT a FROM big"];
        assert_eq!(target(&filled, "DROP TABLE t"), (None, true));
        assert_eq!(target(&["CREATE TABLE t SELECT * FROM big"], "TRUNCATE t"), (None, true));
        let seeded = ["CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1, 'select')"];
        assert_eq!(target(&seeded, "DELETE FROM t"), (Some(0), true));
    }

    #[test]
    fn a_table_of_before_keeps_its_size_through_renames() {
        assert_eq!(target(&[], "ALTER TABLE big ADD b INT"), (Some(9), false));
        assert_eq!(target(&["RENAME TABLE big TO x", "ALTER TABLE x RENAME y"], "DROP TABLE y"), (Some(9), false));
        assert_eq!(target(&["CREATE TABLE IF NOT EXISTS big (a INT)"], "TRUNCATE big"), (Some(9), false));
        assert_eq!(target(&[], "DROP TABLE elsewhere"), (None, false));
    }
}
