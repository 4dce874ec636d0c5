//! `MySQL`'s dialect to `SQLite`'s, through the syntax tree.
//!
//! What means the same is passed on, what can be said otherwise is rewritten, what makes no difference to a plan is left
//! out with a note, and everything else is an error that names it. Nothing is passed on in the hope that it works.

mod alter;
mod alter_tokens;
mod column;
mod dates;
mod delete;
mod expression;
mod functions;
mod index;
mod insert;
mod json;
mod literal;
mod names;
mod operand;
mod placeholder;
mod query;
mod refusal;
mod special;
mod table;
mod tokens;
mod types;
mod update;
mod view;

pub use names::{index_name, split_index_name};
pub use refusal::NO_DICTIONARY;

use crate::sql::parse::SqlError;
use sqlparser::ast::{ObjectType, Spanned, Statement};

/// One `MySQL` statement as `SQLite` runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The statements, in order; empty when nothing is left to do.
    pub statements: Vec<String>,
    /// What the embedded engine does differently, for the reader.
    pub notes: Vec<String>,
}

/// Notes for the reader, each once.
#[derive(Debug, Default)]
struct Notes(Vec<String>);

impl Notes {
    fn add(&mut self, note: String) {
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }
}

/// Translates one statement. Placeholders stay `?`, unless a rewrite repeats them or changes their order: then all are
/// numbered (`?1`, `?2`) in the order of the original.
///
/// # Errors
/// When the statement cannot be read or the embedded engine has nothing like a part of it; the message names the part.
pub fn to_sqlite(sql: &str) -> Result<Translation, SqlError> {
    let mut notes = Notes::default();
    let statements = match tokens::parse(sql, &mut notes)? {
        Some(statement) => translate(statement, &mut notes)?,
        None => Vec::new(),
    };
    let statements = statements.into_iter().map(|text| placeholder::plain_when_in_order(&text)).collect();
    Ok(Translation { statements, notes: notes.0 })
}

fn translate(statement: Statement, notes: &mut Notes) -> Result<Vec<String>, SqlError> {
    Ok(match statement {
        Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) => {
            vec![query::statement(statement, notes)?]
        }
        Statement::CreateTable(create) => table::create(&create, notes)?,
        Statement::CreateIndex(create) => index::create(&create, notes)?,
        Statement::CreateView(create) => view::create(&create, notes)?,
        Statement::AlterTable(change) => alter::alter(&change, notes)?,
        Statement::Truncate(truncate) => {
            truncate.table_names.iter().map(|table| format!("DELETE FROM {}", names::written(&table.name))).collect()
        }
        Statement::RenameTable(renames) => renames
            .iter()
            .map(|one| alter::rename(&names::written(&one.old_name), &names::written(&one.new_name), notes))
            .collect(),
        Statement::Drop { object_type: ObjectType::Index, names: indexes, table: Some(table), if_exists, .. } => {
            let table = names::last(&table);
            let index = indexes.first().and_then(names::last);
            index.zip(table).map(|(index, table)| index::drop(table, index, if_exists)).into_iter().collect()
        }
        Statement::Drop { object_type: kind @ (ObjectType::Table | ObjectType::View), names, if_exists, .. } => {
            let condition = if if_exists { "IF EXISTS " } else { "" };
            names.iter().map(|name| format!("DROP {kind} {condition}{}", names::written(name))).collect()
        }
        other => {
            let text = other.to_string();
            let words: Vec<&str> = text.split_whitespace().take(3).collect();
            let message = format!("the embedded engine has no {}", words.join(" "));
            return Err(query::refusal(message, other.span()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first(sql: &str) -> String {
        to_sqlite(sql).unwrap_or_else(|error| panic!("{sql}: {error}")).statements.remove(0)
    }

    #[test]
    fn operators_that_mysql_reads_otherwise() {
        assert_eq!(
            first("SELECT a = 1 || b = 2, value MOD 3, MOD(a, 3) FROM t"),
            "SELECT a = 1 OR b = 2, value % 3, (a % 3) FROM t"
        );
        assert_eq!(
            first("SELECT a / 2, a DIV 2, a <=> b FROM t"),
            "SELECT (a * 1.0 / 2), CAST(a / 2 AS INTEGER), (a IS b) FROM t"
        );
    }

    #[test]
    fn names_that_are_not_there_stay_names() {
        assert_eq!(first("SELECT `order`, \"text\" FROM t"), "SELECT `order`, 'text' FROM t");
    }

    #[test]
    fn placeholders_are_numbered_only_when_their_order_changes() {
        assert_eq!(first("SELECT a FROM t WHERE b = ? LIMIT ?, ?"), "SELECT a FROM t WHERE b = ?1 LIMIT ?3 OFFSET ?2");
        assert_eq!(first("SELECT a FROM t WHERE b = ? AND c = ?"), "SELECT a FROM t WHERE b = ? AND c = ?");
    }

    #[test]
    fn a_foreign_key_has_the_index_that_innodb_makes_for_it() {
        let sql = "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, KEY (b), CONSTRAINT one FOREIGN KEY (a) REFERENCES u (id), FOREIGN KEY (b) REFERENCES u (id))";
        let statements = to_sqlite(sql).unwrap().statements;
        assert_eq!(statements[1..], ["CREATE INDEX \"t.b\" ON t (b)", "CREATE INDEX \"t.one\" ON t (a)"]);
    }

    #[test]
    fn text_is_compared_without_case_unless_the_collation_says_otherwise() {
        let sql = "CREATE TABLE t (a TEXT, b CHAR(2) COLLATE utf8mb4_general_ci, c JSON) COLLATE=utf8mb4_bin";
        assert_eq!(first(sql), "CREATE TABLE t (a TEXT, b CHAR(2) COLLATE NOCASE, c TEXT)");
        assert_eq!(first("CREATE TABLE t (a TEXT)"), "CREATE TABLE t (a TEXT COLLATE NOCASE)");
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(words in proptest::collection::vec("(SELECT|FROM|WHERE|CREATE TABLE|ALTER TABLE|UPDATE|DELETE|INSERT INTO|SET|VALUES|ADD|DROP|KEY|INDEX|DEFAULT|INTERVAL|DAY|MOD|!|\\(|\\)|,|\\?|'x'|\\|\\||=|t|a|1|DATE_FORMAT|UNION|\\PC{0,3})", 0..14)) {
            // Either a translation or an error: what counts is that it ends in one of them.
            if let Err(error) = to_sqlite(&words.join(" ")) {
                prop_assert!(!error.message.is_empty());
            }
        }
    }
}
