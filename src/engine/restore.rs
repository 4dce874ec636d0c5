//! Brings a schema back to what it was, by undoing what was added since and putting back indexes that went.
//!
//! Only for runs without an obstacle (see `migration::undoable`), where nothing else can have changed.

use super::{EngineError, Session};
use crate::migration::difference::{Difference, differences};
use crate::migration::traces::Traces;
use crate::model::engine::EngineKind;
use crate::model::schema::{ForeignKey, Index, IndexKind, Schema, Table};
use crate::sql::quote::{literal, name as quote};

/// Restores the schema `before`; tables named in `skip` are left alone, and so is everything that is not among `traces`:
/// somebody else may have made it meanwhile. Gives what could not be restored, in words.
///
/// # Errors
/// When the engine refuses a step or the connection breaks.
pub async fn restore(
    session: &mut Session,
    before: &Schema,
    skip: &[&str],
    traces: &Traces,
) -> Result<Vec<String>, EngineError> {
    let now = session.schema(skip).await?;
    let found = own(before, &now, traces);
    let kept = kept(session, &found, &now, traces).await?;
    if !kept.is_empty() {
        return Ok(kept);
    }
    let steps = steps(&found, session.engine.kind);
    if !steps.is_empty() {
        // Tables that refer to each other can go in any order.
        session.run_own("SET SESSION foreign_key_checks = 0").await?;
        for step in &steps {
            session.run_own(step).await?;
        }
        session.run_own("SET SESSION foreign_key_checks = DEFAULT").await?;
    }
    let now = session.schema(skip).await?;
    Ok(own(before, &now, traces).iter().map(words).collect())
}

/// The differences that are the unit's.
fn own<'a>(before: &'a Schema, now: &'a Schema, traces: &Traces) -> Vec<Difference<'a>> {
    differences(before, now).into_iter().filter(|difference| traces.has(difference)).collect()
}

/// Why tables that the unit has made cannot be dropped: somebody else uses them already.
async fn kept(
    session: &mut Session,
    found: &[Difference<'_>],
    now: &Schema,
    traces: &Traces,
) -> Result<Vec<String>, EngineError> {
    let made = |name: &str| {
        found.iter().any(|one| matches!(one, Difference::TableAdded(table) if table.name.eq_ignore_ascii_case(name)))
    };
    let goes = |table: &Table, key: &ForeignKey| {
        found.iter().any(
            |one| matches!(one, Difference::ForeignKeyAdded(of, one) if of.name == table.name && one.name == key.name),
        )
    };
    let mut kept = Vec::new();
    for table in found.iter().filter_map(|one| if let Difference::TableAdded(table) = one { Some(table) } else { None })
    {
        let refers = |other: &&Table| {
            let to = |key: &&ForeignKey| key.referenced_table.eq_ignore_ascii_case(&table.name) && !goes(other, key);
            !made(&other.name) && other.foreign_keys.iter().any(|key| to(&key))
        };
        if let Some(other) = now.tables.iter().find(refers) {
            kept.push(format!("table {} is new, and a foreign key of {} refers to it by now", table.name, other.name));
            continue;
        }
        let rows = format!("SELECT EXISTS (SELECT 1 FROM {})", quote(&table.name));
        if !traces.fills(&table.name) && session.count(&rows).await? > 0 {
            kept.push(format!("table {} is new, and somebody else has put rows into it", table.name));
        }
    }
    Ok(kept)
}

/// The statements that undo these, one for each table: clauses of one ALTER may depend on each other in any order.
fn steps(differences: &[Difference<'_>], engine: EngineKind) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for difference in differences {
        let Some(step) = undo(difference, differences, engine) else { continue };
        let table = format!("ALTER TABLE {} ", quote(difference.subject()));
        let clause = step.strip_prefix(&table);
        match (clause, steps.iter_mut().find(|step| step.starts_with(&table))) {
            (Some(clause), Some(first)) => *first = format!("{first}, {clause}"),
            _ => steps.push(step),
        }
    }
    steps
}

/// The statement that undoes a difference; `None` for what cannot be undone from the schema alone.
fn undo(difference: &Difference<'_>, all: &[Difference<'_>], engine: EngineKind) -> Option<String> {
    let goes_with_column = |table: &Table, name: &str| {
        all.iter().any(|other| {
            matches!(other, Difference::ColumnAdded(of, column)
                if of.name == table.name && column.name.eq_ignore_ascii_case(name))
        })
    };
    Some(match difference {
        // MariaDB names a column's own check, that of a JSON column for example, as the column.
        Difference::CheckAdded(table, name) if goes_with_column(table, name) => return None,
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
    // COMMENT takes a plain literal only, no introducer and no hexadecimal one.
    let comment =
        if index.comment.is_empty() { String::new() } else { format!(" COMMENT {}", literal(&index.comment)) };
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
