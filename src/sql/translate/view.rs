//! `CREATE VIEW`.

use super::{Notes, names, query};
use crate::sql::parse::SqlError;
use sqlparser::ast::CreateView;

/// `CREATE [OR REPLACE] VIEW`.
pub(super) fn create(statement: &CreateView, notes: &mut Notes) -> Result<Vec<String>, SqlError> {
    let name = names::written(&statement.name);
    let condition = if statement.if_not_exists { "IF NOT EXISTS " } else { "" };
    let columns: Vec<String> = statement.columns.iter().map(|column| column.name.to_string()).collect();
    let columns = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
    let view = format!("CREATE VIEW {condition}{name}{columns} AS {}", query::query(&statement.query, notes)?);
    Ok(if statement.or_replace { vec![format!("DROP VIEW IF EXISTS {name}"), view] } else { vec![view] })
}
