//! Brings a schema back to what it was, by undoing what was added since and putting back indexes that went.
//!
//! Only for runs without an obstacle (see `migration::undoable`), where nothing else can have changed.

use super::{EngineError, Session};
use crate::migration::difference::{Difference, differences};
use crate::migration::fingerprint::fingerprint;
use crate::model::engine::EngineKind;
use crate::model::schema::{Index, IndexKind, Schema};

/// Restores the schema `before`; tables named in `skip` are left alone. Gives what could not be restored, in words.
///
/// # Errors
/// When the engine refuses a step or the connection breaks.
pub async fn restore(session: &mut Session, before: &Schema, skip: &[&str]) -> Result<Vec<String>, EngineError> {
    let now = session.schema(skip).await?;
    let steps: Vec<String> =
        differences(before, &now).iter().filter_map(|one| undo(one, session.engine.kind)).collect();
    if !steps.is_empty() {
        // Tables that refer to each other can go in any order.
        session.run_own("SET SESSION foreign_key_checks = 0").await?;
        for step in &steps {
            session.run_own(step).await?;
        }
        session.run_own("SET SESSION foreign_key_checks = DEFAULT").await?;
    }
    let now = session.schema(skip).await?;
    if fingerprint(&now) == fingerprint(before) {
        return Ok(Vec::new());
    }
    Ok(differences(before, &now).iter().map(words).collect())
}

/// The statement that undoes a difference; `None` for what cannot be undone from the schema alone.
fn undo(difference: &Difference<'_>, engine: EngineKind) -> Option<String> {
    Some(match difference {
        Difference::TableAdded(table) => format!("DROP TABLE {}", quote(&table.name)),
        Difference::ColumnAdded(table, column) => {
            format!("ALTER TABLE {} DROP COLUMN {}", quote(&table.name), quote(&column.name))
        }
        Difference::IndexAdded(table, index) if index.kind == IndexKind::Primary => {
            format!("ALTER TABLE {} DROP PRIMARY KEY", quote(&table.name))
        }
        Difference::IndexAdded(table, index) => {
            format!("ALTER TABLE {} DROP INDEX {}", quote(&table.name), quote(&index.name))
        }
        Difference::IndexMissing(table, index) => {
            format!("ALTER TABLE {} ADD {}", quote(&table.name), definition(index, engine))
        }
        // In one statement: the name is taken until it is dropped, and a foreign key may need the index all the time.
        Difference::IndexChanged(table, index) => {
            let drop = if index.kind == IndexKind::Primary {
                "PRIMARY KEY".into()
            } else {
                format!("INDEX {}", quote(&index.name))
            };
            format!("ALTER TABLE {} DROP {drop}, ADD {}", quote(&table.name), definition(index, engine))
        }
        Difference::ForeignKeyAdded(table, key) => {
            format!("ALTER TABLE {} DROP FOREIGN KEY {}", quote(&table.name), quote(&key.name))
        }
        Difference::CheckAdded(table, name) => {
            format!("ALTER TABLE {} DROP CONSTRAINT {}", quote(&table.name), quote(name))
        }
        Difference::RoutineAdded(routine) => {
            format!("DROP {} {}", routine.kind.to_ascii_uppercase(), quote(&routine.name))
        }
        _ => return None,
    })
}

/// An index as `ADD …` takes it.
fn definition(index: &Index, engine: EngineKind) -> String {
    let parts: Vec<String> = index
        .parts
        .iter()
        .map(|part| {
            let column = part.column.as_deref().map(quote);
            let name = column.unwrap_or_else(|| format!("({})", part.expression.as_deref().unwrap_or_default()));
            let prefix = part.prefix.map(|length| format!("({length})")).unwrap_or_default();
            let order = if part.descending { " DESC" } else { "" };
            format!("{name}{prefix}{order}")
        })
        .collect();
    let kind = match index.kind {
        IndexKind::Primary => return format!("PRIMARY KEY ({})", parts.join(", ")),
        IndexKind::Unique => "UNIQUE INDEX",
        IndexKind::Plain => "INDEX",
        IndexKind::Fulltext => "FULLTEXT INDEX",
        IndexKind::Spatial => "SPATIAL INDEX",
    };
    let hidden = match engine {
        _ if index.visible => "",
        EngineKind::Mariadb => " IGNORED",
        EngineKind::Mysql | EngineKind::Embedded => " INVISIBLE",
    };
    let comment = index.comment.replace('\\', "\\\\").replace('\'', "''");
    let comment = if comment.is_empty() { comment } else { format!(" COMMENT '{comment}'") };
    format!("{kind} {} ({}){comment}{hidden}", quote(&index.name), parts.join(", "))
}

fn words(difference: &Difference<'_>) -> String {
    match difference {
        Difference::TableAdded(table) => format!("table {} is new", table.name),
        Difference::TableMissing(table) => format!("table {} is gone", table.name),
        Difference::ColumnAdded(table, column) => format!("column {}.{} is new", table.name, column.name),
        Difference::ColumnMissing(table, column) => format!("column {}.{} is gone", table.name, column.name),
        Difference::ColumnChanged(table, column) => format!("column {}.{} has changed", table.name, column.name),
        Difference::IndexAdded(table, index) => format!("index {} on {} is new", index.name, table.name),
        Difference::IndexMissing(table, index) => format!("index {} on {} is gone", index.name, table.name),
        Difference::IndexChanged(table, index) => format!("index {} on {} has changed", index.name, table.name),
        Difference::ForeignKeyAdded(table, key) => format!("foreign key {} of {} is new", key.name, table.name),
        Difference::ForeignKeyMissing(table, key) => format!("foreign key {} of {} is gone", key.name, table.name),
        Difference::CheckAdded(table, name) => format!("check {name} of {} is new", table.name),
        Difference::TableChanged(table) => format!("table {} has changed", table.name),
        Difference::RoutineAdded(routine) => format!("{} {} is new", routine.kind, routine.name),
        Difference::RoutineMissing(routine) => format!("{} {} is gone or changed", routine.kind, routine.name),
    }
}

/// A name in backticks, with backticks in it doubled.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
