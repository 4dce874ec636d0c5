//! Brings back what a rollback has put aside: rows into the table that is there again, values by the primary key.
//!
//! The archive goes only after its rows are committed. Triggers would fire on what is no new row; they are kept in the
//! registry and dropped for that time, so that a run that is cut off makes them again.

use super::archive::{ask, columns, discard, set_state};
use super::archive_again;
use super::archive_triggers;
use super::counter;
use super::history::{Period, periods};
use super::{EngineError, Session};
use crate::model::archive::{Archive, ArchiveState};
use crate::model::schema::{ForeignKey, Table};
use crate::sql::quote;

/// `MariaDB`'s variable under which the columns of a row's period may be written.
const INSERT_HISTORY: &str = "system_versioning_insert_history";

/// What became of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// So many rows or values are back, and the archive is gone.
    Restored {
        /// Rows, or values.
        rows: u64,
        /// Rows of the table's history.
        past: u64,
    },
    /// The archive with so many rows has the table's name again, as that was not there.
    Renamed(u64),
    /// The archive is still there, and why.
    Kept(String),
}

/// Brings back one archive. With `replace` its rows take the place of those that have the same key.
///
/// # Errors
/// When the connection breaks; what the server refuses for the sake of the data keeps the archive.
pub async fn restore(session: &mut Session, archive: &Archive, replace: bool) -> Result<Outcome, EngineError> {
    let held = columns(session, &archive.name).await?;
    if held.is_empty() {
        discard(session, archive).await?;
        return Ok(Outcome::Restored { rows: 0, past: 0 });
    }
    if let ArchiveState::Rest(columns) = &archive.state {
        let columns = columns.join(", ");
        return Ok(Outcome::Kept(format!("its rows are back already, and only the values of {columns} are left")));
    }
    let schema = session.schema_of(std::slice::from_ref(&archive.table)).await?;
    let Some(table) = schema.table(&archive.table) else {
        return rename_back(session, archive, !replace).await;
    };
    let rows = session.count(&format!("SELECT COUNT(*) FROM {}", quote::name(&archive.name))).await?;
    let history = History::of(session, archive).await?;
    let saved = archive_triggers::save(session, archive).await?;
    if archive.state != ArchiveState::Filled {
        let statements = statements(table, archive, (&held, history.written.as_ref()));
        let obstacle = archive_triggers::obstacle(session, &saved).await?;
        let filled = match history.refusal.or(obstacle).map_or(statements, Err) {
            Ok(statements) => {
                archive_triggers::drop(session, &saved).await?;
                fill(session, archive, table, &statements, replace).await
            }
            Err(why) => Ok(Err(why)),
        };
        if let Err(why) = filled? {
            archive_triggers::make(session, archive, &saved).await?;
            return Ok(Outcome::Kept(why));
        }
    }
    if let Err(why) = go_on_counting(session, archive).await? {
        archive_triggers::make(session, archive, &saved).await?;
        return Ok(Outcome::Kept(why));
    }
    archive_triggers::make(session, archive, &saved).await?;
    let mut missing = Vec::new();
    let is_period =
        |name: &String| history.written.as_ref().is_some_and(|(here, _)| [&here.start, &here.end].contains(&name));
    for name in held.iter().filter(|name| table.column(name).is_none() && !is_period(name)) {
        let values = format!("SELECT COUNT({}) FROM {}", quote::name(name), quote::name(&archive.name));
        if session.count(&values).await? > 0 {
            missing.push(name.clone());
        }
    }
    if !missing.is_empty() {
        let names = missing.join(", ");
        // Its rows are not to be written again, and what is left not to be forgotten when the table gets such a column.
        set_state(session, archive, ArchiveState::Rest(missing)).await?;
        return Ok(Outcome::Kept(format!("its rows are back, but table {} has no column {names}", table.name)));
    }
    discard(session, archive).await?;
    Ok(Outcome::Restored { rows, past: history.rows })
}

/// Lets the table count on where the archive's had stopped. The inner error is a reason to keep the archive.
async fn go_on_counting(session: &mut Session, archive: &Archive) -> Result<Result<(), String>, EngineError> {
    if archive.column.is_some() {
        return Ok(Ok(()));
    }
    let Some(next) = counter::next(session, &archive.name).await? else { return Ok(Ok(())) };
    match counter::raise(session, &archive.table, next).await {
        Err(EngineError::Server(error)) => Ok(Err(format!(
            "its rows are back, but the next AUTO_INCREMENT, {next}, could not be set: {}",
            error.message
        ))),
        raised => raised.map(Ok),
    }
}

/// The history that an archive has.
struct History {
    /// Rows that are not current any more.
    rows: u64,
    /// What to write it with: the period's columns in the archive and in the table.
    written: Option<(Period, Period)>,
    /// Why there is no place for it.
    refusal: Option<String>,
}

impl History {
    async fn of(session: &mut Session, archive: &Archive) -> Result<Self, EngineError> {
        let mut periods = periods(session).await?;
        let table = &archive.table;
        let (here, there) =
            (periods.remove(&archive.name.to_ascii_lowercase()), periods.remove(&table.to_ascii_lowercase()));
        let Some(here) = here else { return Ok(Self { rows: 0, written: None, refusal: None }) };
        let kept = quote::name(&archive.name);
        let rows =
            session.count(&format!("SELECT COUNT(*) FROM {kept} FOR SYSTEM_TIME ALL WHERE {}", here.is_past())).await?;
        let refusal = match &there {
            None => format!("table {table} keeps no history any more"),
            Some(there) if here.by_transaction || there.by_transaction => {
                "they have numbers of transactions, which nobody can write".into()
            }
            Some(_) if !can_write(session).await? => {
                "this server takes no rows of history, which MariaDB 10.11 does".into()
            }
            Some(_) => return Ok(Self { rows, written: there.map(|there| (here, there)), refusal: None }),
        };
        let refusal = (rows > 0).then(|| {
            format!(
                "{rows} rows of its history would be lost: {refusal}; where table {table} is of no use, drop it, and \
                 `aura-db rollback --restore` gives the archive its name back"
            )
        });
        Ok(Self { rows, written: None, refusal })
    }
}

/// Whether the server lets the columns of the period be written.
async fn can_write(session: &mut Session) -> Result<bool, EngineError> {
    Ok(!ask(session, format!("SHOW SESSION VARIABLES LIKE '{INSERT_HISTORY}'"), 1).await?.is_empty())
}

/// Gives an archive the name of the table that is not there, where that is asked for and can be.
async fn rename_back(session: &mut Session, archive: &Archive, asked: bool) -> Result<Outcome, EngineError> {
    let missing = format!("table {} is not there; the migration that makes it brings this back", archive.table);
    // The embedded engine's copy has no keys.
    if !asked || archive.column.is_some() || session.has_transactional_ddl() {
        return Ok(Outcome::Kept(missing));
    }
    let (name, table) = (quote::name(&archive.name), quote::name(&archive.table));
    let rows = session.count(&format!("SELECT COUNT(*) FROM {name}")).await?;
    archive_again::mark(session, archive).await?;
    match session.run_own(&format!("RENAME TABLE {name} TO {table}")).await {
        Err(EngineError::Server(error)) => {
            set_state(session, archive, ArchiveState::Kept).await?;
            Ok(Outcome::Kept(error.message))
        }
        renamed => renamed.map(|()| Outcome::Renamed(rows)),
    }
}

/// What fills the table: which of its rows are in the way, and the write itself.
struct Filling {
    in_the_way: Option<String>,
    write: String,
    /// Whether it writes rows of history.
    history: bool,
}

fn statements(
    table: &Table,
    archive: &Archive,
    (held, history): (&[String], Option<&(Period, Period)>),
) -> Result<Filling, String> {
    let holds = |name: &str| held.iter().any(|other| other.eq_ignore_ascii_case(name));
    let (own, kept) = (quote::name(&table.name), quote::name(&archive.name));
    let same = |names: &[&str]| {
        let terms: Vec<String> =
            names.iter().map(|name| quote::name(name)).map(|name| format!("{kept}.{name} = {own}.{name}")).collect();
        format!("EXISTS (SELECT 1 FROM {kept} WHERE {})", terms.join(" AND "))
    };
    let Some(column) = &archive.column else {
        let columns: Vec<&String> = table
            .columns
            .iter()
            .filter(|column| column.generated.is_empty() && holds(&column.name))
            .map(|column| &column.name)
            .collect();
        let unique = table.indexes.iter().filter(|index| index.is_unique());
        let keys = unique.filter_map(|index| index.parts.iter().map(|part| part.column.as_deref()).collect());
        let clashes: Vec<String> =
            keys.filter(|key: &Vec<&str>| key.iter().all(|name| holds(name))).map(|key| same(&key)).collect();
        let columns = quote::names(&columns);
        let write = match history {
            None => format!("INSERT INTO {own} ({columns}) SELECT {columns} FROM {kept}"),
            Some((here, there)) => {
                let period = |period: &Period| quote::names(&[&period.start, &period.end]);
                let (here, there) = (period(here), period(there));
                format!(
                    "INSERT INTO {own} ({columns}, {there}) SELECT {columns}, {here} FROM {kept} FOR SYSTEM_TIME ALL"
                )
            }
        };
        let in_the_way = (!clashes.is_empty()).then(|| clashes.join(" OR "));
        return Ok(Filling { in_the_way, write, history: history.is_some() });
    };
    let Some(now) = table.column(column) else { return Err(format!("table {} has no column {column}", table.name)) };
    if !now.generated.is_empty() {
        return Err(format!("column {}.{column} is computed now", table.name));
    }
    let key: Vec<&str> = held.iter().map(String::as_str).filter(|name| !name.eq_ignore_ascii_case(column)).collect();
    if let Some(gone) = key.iter().find(|name| table.column(name).is_none()) {
        return Err(format!("table {} has no column {gone}", table.name));
    }
    let name = quote::name(column);
    let terms: Vec<String> =
        key.iter().map(|part| quote::name(part)).map(|part| format!("{kept}.{part} = {own}.{part}")).collect();
    // A column that follows every change of its row must not follow this one.
    let still = table.columns.iter().filter(|other| {
        other.extra.to_ascii_lowercase().contains("on update") && !other.name.eq_ignore_ascii_case(column)
    });
    let still: Vec<String> =
        still.map(|other| quote::name(&other.name)).map(|other| format!(", {other} = {other}")).collect();
    let still = still.concat();
    let not_null = if now.nullable { String::new() } else { format!(" AND {kept}.{name} IS NOT NULL") };
    let from = format!("FROM {kept} WHERE {}{not_null}", terms.join(" AND "));
    Ok(Filling {
        in_the_way: None,
        history: false,
        write: format!("UPDATE {own} SET {name} = (SELECT {kept}.{name} {from}){still} WHERE EXISTS (SELECT 1 {from})"),
    })
}

/// Writes the rows in one transaction. The inner error is a reason to keep the archive.
async fn fill(
    session: &mut Session,
    archive: &Archive,
    table: &Table,
    filling: &Filling,
    replace: bool,
) -> Result<Result<(), String>, EngineError> {
    let embedded = session.has_transactional_ddl();
    let (begin, commit, back) = if embedded {
        ("SAVEPOINT archive", "RELEASE archive", "ROLLBACK TO archive; RELEASE archive")
    } else {
        // Zero dates and a zero in a counted column are values like others here; what does not fit is an error.
        session
            .run_own(
                "SET @aura_db_mode = @@SESSION.sql_mode, @aura_db_keys = @@SESSION.foreign_key_checks, \
                 SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO', SESSION foreign_key_checks = 0",
            )
            .await?;
        if filling.history {
            let set = format!("SET @aura_db_history = @@SESSION.{INSERT_HISTORY}, SESSION {INSERT_HISTORY} = 1");
            session.run_own(&set).await?;
        }
        ("START TRANSACTION", "COMMIT", "ROLLBACK")
    };
    session.run_own(begin).await?;
    let outcome = match write(session, archive, table, filling, replace).await {
        Err(error @ (EngineError::Connection(_) | EngineError::Interrupted)) => return Err(error),
        Err(error) => Err(error.to_string()),
        Ok(outcome) => outcome,
    };
    session.run_own(if outcome.is_ok() { commit } else { back }).await?;
    if filling.history {
        session.run_own(&format!("SET SESSION {INSERT_HISTORY} = @aura_db_history")).await?;
    }
    if !embedded {
        session.run_own("SET SESSION sql_mode = @aura_db_mode, SESSION foreign_key_checks = @aura_db_keys").await?;
    }
    Ok(outcome)
}

async fn write(
    session: &mut Session,
    archive: &Archive,
    table: &Table,
    filling: &Filling,
    replace: bool,
) -> Result<Result<(), String>, EngineError> {
    let own = quote::name(&table.name);
    if let Some(condition) = &filling.in_the_way {
        let rows = session.count(&format!("SELECT COUNT(*) FROM {own} WHERE {condition}")).await?;
        if rows > 0 && !replace {
            return Ok(Err(format!("{rows} rows of table {} have keys of archived rows", table.name)));
        }
        if rows > 0 {
            session.run_own(&format!("DELETE FROM {own} WHERE {condition}")).await?;
        }
    }
    session.run_own(&filling.write).await?;
    // Its rows may have taken the place of others that somebody refers to.
    let mut referring = session.schema(&[]).await?.tables;
    referring.retain(|other| !other.name.eq_ignore_ascii_case(&table.name));
    for (child, key) in keys(std::slice::from_ref(table))
        .chain(keys(&referring).filter(|(_, key)| key.referenced_table.eq_ignore_ascii_case(&table.name)))
    {
        let orphans = session.count(&orphans(child, key)).await?;
        if orphans > 0 {
            return Ok(Err(format!(
                "{orphans} rows of table {} would refer by {} to rows that are not in {}",
                child.name, key.name, key.referenced_table
            )));
        }
    }
    set_state(session, archive, ArchiveState::Filled).await?;
    Ok(Ok(()))
}

fn keys(tables: &[Table]) -> impl Iterator<Item = (&Table, &ForeignKey)> {
    tables.iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)))
}

/// Counts the rows that refer to nothing.
fn orphans(child: &Table, key: &ForeignKey) -> String {
    let given: Vec<String> =
        key.columns.iter().map(|name| format!("child.{} IS NOT NULL", quote::name(name))).collect();
    let pairs = key.columns.iter().zip(&key.referenced_columns);
    let same: Vec<String> =
        pairs.map(|(a, b)| format!("parent.{} = child.{}", quote::name(b), quote::name(a))).collect();
    format!(
        "SELECT COUNT(*) FROM {} child WHERE {} AND NOT EXISTS (SELECT 1 FROM {} parent WHERE {})",
        quote::name(&child.name),
        given.join(" AND "),
        quote::name(&key.referenced_table),
        same.join(" AND ")
    )
}
