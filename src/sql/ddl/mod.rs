//! What a statement does to a schema, read from its tokens.
//!
//! Tokens rather than a syntax tree: the parser knows about three in four of `MySQL`'s ALTER forms, while the first
//! words of each clause say enough here. What is not recognised is [`Effect::Other`], never a guess.

mod alter;
mod definition;
pub(in crate::sql) mod index;
mod load;
mod program;
pub(in crate::sql) mod reader;
mod row_loss;
mod table;
mod trace;
mod unseen;

pub use definition::{Definition, Redefinition, redefinitions};
pub use index::IndexDefinition;
pub use load::loaded;
pub use program::dropped_views;
pub use row_loss::{RowLoss, deletes_history, row_losses};
pub use table::{Created, created};
pub use trace::{Trace, option_in, traces};
pub use unseen::unseen;

use crate::model::schema::IndexKind;
use program::routine;
use reader::Reader;

/// What a statement does to temporary tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Temporary {
    /// Makes one.
    Made(String),
    /// Drops these, with `DROP TEMPORARY TABLE`.
    Dropped(Vec<String>),
}

/// What one statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Makes a table.
    CreateTable {
        /// The table.
        table: String,
    },
    /// Drops tables.
    DropTable {
        /// The tables.
        tables: Vec<String>,
    },
    /// Empties a table.
    Truncate {
        /// The table.
        table: String,
    },
    /// Renames tables, as (from, to).
    RenameTable {
        /// The pairs.
        pairs: Vec<(String, String)>,
    },
    /// Changes a table, one entry per clause.
    AlterTable {
        /// The table.
        table: String,
        /// The clauses.
        actions: Vec<AlterAction>,
    },
    /// Makes an index by `CREATE INDEX`.
    CreateIndex {
        /// The table.
        table: String,
        /// The index.
        index: IndexDefinition,
    },
    /// Drops an index by `DROP INDEX`.
    DropIndex {
        /// The table.
        table: String,
        /// The index.
        index: String,
    },
    /// Writes rows: the verb in upper case (`INSERT`, `UPDATE`, `DELETE`, `REPLACE`, `LOAD`) and the first table.
    Rows {
        /// The verb.
        verb: String,
        /// The table, when it could be read.
        table: Option<String>,
    },
    /// Makes, changes or drops a view, a stored program or a sequence; (`CREATE`, `view`), for example.
    Routine {
        /// `CREATE`, `ALTER` or `DROP`.
        verb: String,
        /// `view`, `trigger`, `procedure`, `function`, `event` or `sequence`.
        kind: String,
        /// Its name, when it could be read.
        name: Option<String>,
    },
    /// `CREATE OR REPLACE TABLE`: drops the table that is there.
    ReplaceTable {
        /// The table.
        table: String,
    },
    /// Commits or rolls back what is open, and changes nothing else: `BEGIN`, `COMMIT`, `LOCK TABLES`, `SET autocommit`,
    /// `ANALYZE TABLE` and their like.
    Transaction,
    /// Changes the session only: `SET`, `PREPARE`, `DEALLOCATE`, `DO`.
    Session,
    /// Only reads.
    Read,
    /// Changes the current database, which a migration may not.
    Use,
    /// Anything else; nothing is known about what it does.
    Other,
}

/// One clause of an `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterAction {
    /// Adds a column.
    AddColumn(String),
    /// Drops a column and its values.
    DropColumn(String),
    /// Redefines a column under the same name.
    ModifyColumn(String),
    /// Redefines a column under a new name, as (from, to).
    ChangeColumn(String, String),
    /// Gives a column another name and nothing else, as (from, to).
    RenameColumn(String, String),
    /// Adds an index.
    AddIndex(IndexDefinition),
    /// Drops an index.
    DropIndex(String),
    /// Changes an index's visibility.
    AlterIndex,
    /// Gives an index another name, as (from, to).
    RenameIndex(String, String),
    /// `ALGORITHM=` or `LOCK=`, which say how and not what.
    Execution,
    /// Drops or empties a partition, trades its rows for others, or drops a table's history.
    DropPartition,
    /// Renames the table.
    RenameTo(String),
    /// Adds a primary key, a foreign key or a check.
    AddConstraint,
    /// Drops a foreign key, a check or another constraint by its name.
    DropConstraint(String),
    /// Drops the primary key.
    DropPrimaryKey,
    /// Any other clause: options, defaults, partitions.
    Other,
}

/// Reads what a statement does.
#[must_use]
pub fn effect(sql: &str) -> Effect {
    Reader::new(sql).map_or(Effect::Other, |mut reader| read(&mut reader))
}

/// The databases that a statement's targets are qualified with, such as `shop` of `DROP TABLE shop.item`.
#[must_use]
pub fn databases(sql: &str) -> Vec<String> {
    let Some(mut reader) = Reader::new(sql) else { return Vec::new() };
    read(&mut reader);
    reader.databases()
}

/// The tables and programs that a statement makes, changes or drops, without their databases.
#[must_use]
pub fn targets(sql: &str) -> Vec<String> {
    match effect(sql) {
        Effect::CreateTable { table }
        | Effect::ReplaceTable { table }
        | Effect::Truncate { table }
        | Effect::CreateIndex { table, .. }
        | Effect::DropIndex { table, .. }
        | Effect::Rows { table: Some(table), .. } => vec![table],
        Effect::DropTable { tables } => tables,
        Effect::RenameTable { pairs } => pairs.into_iter().flat_map(|(from, to)| [from, to]).collect(),
        Effect::AlterTable { table, actions } => {
            let renamed = actions.into_iter().filter_map(|action| match action {
                AlterAction::RenameTo(to) => Some(to),
                _ => None,
            });
            std::iter::once(table).chain(renamed).collect()
        }
        Effect::Routine { name, .. } => {
            Some(dropped_views(sql)).filter(|views| !views.is_empty()).unwrap_or_else(|| name.into_iter().collect())
        }
        _ => Vec::new(),
    }
}

fn read(reader: &mut Reader) -> Effect {
    let verb = reader.word();
    match verb.as_str() {
        "CREATE" => create(reader),
        "DROP" => drop(reader),
        "ALTER" => alter::read(reader),
        "RENAME" if reader.eat("TABLE") || reader.eat("TABLES") => Effect::RenameTable { pairs: pairs(reader) },
        "TRUNCATE" => {
            reader.eat("TABLE");
            reader.name().map_or(Effect::Other, |table| Effect::Truncate { table })
        }
        "INSERT" | "REPLACE" | "UPDATE" | "DELETE" => rows(verb, reader),
        "LOAD" => Effect::Rows { verb, table: None },
        "SET" => set(reader),
        // `GET DIAGNOSTICS` only sets variables.
        "PREPARE" | "DEALLOCATE" | "DO" | "SAVEPOINT" | "RELEASE" | "GET" => Effect::Session,
        "WITH" => {
            match (reader.seek(&["SELECT", "VALUES", "TABLE", "UPDATE", "DELETE", "INSERT", "REPLACE"]), reader.word())
            {
                (true, verb) if matches!(verb.as_str(), "UPDATE" | "DELETE" | "INSERT" | "REPLACE") => {
                    rows(verb, reader)
                }
                (true, _) => Effect::Read,
                _ => Effect::Other,
            }
        }
        // A block without a name may do anything; `BEGIN` and `BEGIN WORK` open a transaction.
        "BEGIN" if reader.is_done() || reader.eat("WORK") => Effect::Transaction,
        "START" if reader.eat("TRANSACTION") => Effect::Transaction,
        "COMMIT" | "ROLLBACK" | "FLUSH" | "LOCK" | "UNLOCK" => Effect::Transaction,
        "ANALYZE" | "OPTIMIZE" | "CHECK" | "CHECKSUM"
            if {
                let _how = reader.eat("LOCAL") || reader.eat("NO_WRITE_TO_BINLOG");
                reader.eat("TABLE") || reader.eat("TABLES")
            } =>
        {
            Effect::Transaction
        }
        "SELECT" | "SHOW" | "VALUES" | "EXPLAIN" | "DESCRIBE" | "DESC" => Effect::Read,
        "USE" => Effect::Use,
        _ => Effect::Other,
    }
}

impl Effect {
    /// Whether the statement touches nothing but non-unique secondary indexes. A UNIQUE key is a constraint: it decides
    /// which rows may exist, so it belongs to the schema.
    #[must_use]
    pub fn is_index_only(&self) -> bool {
        match self {
            Self::CreateIndex { index, .. } => !index.unique,
            Self::DropIndex { index, .. } => !index.eq_ignore_ascii_case("PRIMARY"),
            Self::AlterTable { actions, .. } => {
                actions.iter().any(|action| !matches!(action, AlterAction::Execution))
                    && actions.iter().all(|action| match action {
                        AlterAction::AddIndex(index) => !index.unique,
                        AlterAction::DropIndex(name) => !name.eq_ignore_ascii_case("PRIMARY"),
                        AlterAction::AlterIndex | AlterAction::RenameIndex(..) | AlterAction::Execution => true,
                        _ => false,
                    })
            }
            _ => false,
        }
    }

    /// Whether the statement only prepares others: it changes the session or reads.
    #[must_use]
    pub fn is_neutral(&self) -> bool {
        matches!(self, Self::Session | Self::Read)
    }

    /// Whether the statement can be part of a transaction: it writes rows, reads, or sets variables.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.is_neutral() || matches!(self, Self::Rows { .. })
    }
}

/// `SET` of variables. Turning autocommit on commits; what outlives the session is no matter of it.
fn set(reader: &Reader) -> Effect {
    // MariaDB's `SET STATEMENT … FOR` runs any statement.
    if reader.peek(0) == "STATEMENT" {
        return Effect::Other;
    }
    if reader.has_ahead(&[
        "GLOBAL",
        "PERSIST",
        "PERSIST_ONLY",
        "PASSWORD",
        "ROLE",
        "@@global",
        "@@persist",
        "@@persist_only",
    ]) {
        return Effect::Other;
    }
    if reader.has_ahead(&["autocommit", "@@autocommit"]) { Effect::Transaction } else { Effect::Session }
}

/// What a statement does to temporary tables, if anything.
#[must_use]
pub fn temporary(sql: &str) -> Option<Temporary> {
    let mut reader = Reader::new(sql)?;
    let creates = reader.eat("CREATE");
    if creates && reader.eat("OR") {
        reader.eat("REPLACE");
    }
    if !(creates || reader.eat("DROP")) || !reader.eat("TEMPORARY") || !(reader.eat("TABLE") || reader.eat("TABLES")) {
        return None;
    }
    reader.if_exists();
    if creates { reader.name().map(Temporary::Made) } else { Some(Temporary::Dropped(reader.names())) }
}

fn create(reader: &mut Reader) -> Effect {
    let replace = reader.eat("OR") && reader.eat("REPLACE");
    let temporary = reader.eat("TEMPORARY");
    let unique = reader.eat("UNIQUE");
    let kind = index::kind(unique, reader);
    let special = kind != IndexKind::Plain || reader.eat("ONLINE") || reader.eat("OFFLINE");
    if reader.eat("INDEX") || ((unique || special) && reader.eat("KEY")) {
        reader.if_exists();
        let name = reader.name();
        reader.index_type();
        if !reader.eat("ON") {
            return Effect::Other;
        }
        let Some(table) = reader.name() else { return Effect::Other };
        return Effect::CreateIndex { table, index: index::definition(reader, name, kind) };
    }
    if reader.eat("TABLE") {
        reader.if_exists();
        // A temporary table lives and dies with the session.
        return match (temporary, reader.name()) {
            (true, _) => Effect::Session,
            (false, Some(table)) if replace => Effect::ReplaceTable { table },
            (false, Some(table)) => Effect::CreateTable { table },
            (false, None) => Effect::Other,
        };
    }
    // One that takes another's place begins to count anew, which no definition shows; a temporary one hides another.
    if reader.peek(0) == "SEQUENCE" && (replace || temporary) {
        return Effect::Other;
    }
    routine("CREATE", reader)
}

fn drop(reader: &mut Reader) -> Effect {
    if reader.eat("TEMPORARY") {
        return Effect::Session;
    }
    if reader.eat("PREPARE") {
        return Effect::Session;
    }
    if reader.eat("TABLE") || reader.eat("TABLES") {
        reader.if_exists();
        let tables = reader.names();
        return if tables.is_empty() { Effect::Other } else { Effect::DropTable { tables } };
    }
    if reader.eat("INDEX") {
        reader.if_exists();
        let index = reader.name();
        return match (index, reader.eat("ON").then(|| reader.name()).flatten()) {
            (Some(index), Some(table)) => Effect::DropIndex { table, index },
            _ => Effect::Other,
        };
    }
    routine("DROP", reader)
}

fn pairs(reader: &mut Reader) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    while let Some(from) = reader.name() {
        if !reader.eat("TO") {
            break;
        }
        pairs.extend(reader.name().map(|to| (from, to)));
        if !reader.eat(",") {
            break;
        }
    }
    pairs
}

fn rows(verb: String, reader: &mut Reader) -> Effect {
    let _history = verb == "DELETE" && row_loss::eat_history(reader);
    for noise in ["LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE", "INTO", "FROM"] {
        reader.eat(noise);
    }
    let table = reader.name();
    // Several tables: which of them change is not read here.
    let many = match verb.as_str() {
        "UPDATE" => {
            let mut ahead = reader.clone();
            let from = ahead.position();
            ahead.seek(&["SET"]);
            reader.has_join(from, ahead.position())
        }
        "DELETE" => reader.eat(","),
        _ => false,
    };
    Effect::Rows { verb, table: table.filter(|_| !many) }
}

#[cfg(test)]
mod tests;
