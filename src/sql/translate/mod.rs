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
