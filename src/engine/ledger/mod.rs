//! The history of migrations in the target database: which table it is, and in whose format.
//!
//! Both formats are other tools' own, byte for byte, so that they and aura-db can take turns. What they cannot hold is
//! kept elsewhere: refinery's has no row for a migration that is begun and not finished.

mod find;
mod refinery;
mod sqlx;
mod statement;

pub use find::find;

pub use crate::model::ledger::{DEFAULT_TABLES, Format, Ledger};

use super::session::SessionConnection;
use super::text::numbers;
use super::{EngineError, Session};
use crate::model::migration::{LedgerRow, Migration};
use ::sqlx::query_scalar;
use statement::{Value, execute};

/// What becomes of the row of a migration that is begun or applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Being taken down: half-applied until the row is gone. refinery's ledger cannot say so and stays as it is.
    Reverting,
    /// Applied after all: taking it down failed without effect.
    Kept,
    /// Gone.
    Removed,
}

impl Ledger {
    /// The table's name as statements write it.
    fn quoted(&self) -> String {
        format!("`{}`", self.table.replace('`', "``"))
    }

    /// Whether the ledger is there.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn exists(&self, session: &mut Session) -> Result<bool, EngineError> {
        let count: i64 = match &mut session.connection {
            SessionConnection::Server(connection) => {
                let sql = format!("SELECT 1 FROM {} LIMIT 0", self.quoted());
                return match super::text::rows(connection, sql).await {
                    Err(error) if error.code() == Some(super::journal::NO_SUCH_TABLE) => Ok(false),
                    answer => answer.map(|_| true),
                };
            }
            SessionConnection::Embedded(connection) => {
                query_scalar("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE")
                    .bind(&self.table)
                    .fetch_one(connection.as_mut())
                    .await?
            }
        };
        Ok(count > 0)
    }

    /// Creates the ledger if it is missing.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn create(&self, session: &mut Session) -> Result<(), EngineError> {
        let table = self.quoted();
        session
            .run_own(&match self.format {
                Format::Sqlx => sqlx::create(&table),
                Format::Refinery { wide } => refinery::create(&table, wide),
            })
            .await
    }

    /// Drops the ledger. Only for one that this run created and that is empty again.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn drop_table(&self, session: &mut Session) -> Result<(), EngineError> {
        session.run_own(&format!("DROP TABLE IF EXISTS {}", self.quoted())).await
    }

    /// All rows by version; none when the ledger is not there. Writes nothing.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub async fn rows(&self, session: &mut Session) -> Result<Vec<LedgerRow>, EngineError> {
        // On a server the rows themselves tell that there are none, which saves a look into the catalogue.
        if session.has_transactional_ddl() && !self.exists(session).await? {
            return Ok(Vec::new());
        }
        let rows = match self.format {
            Format::Sqlx => sqlx::rows(session, &self.quoted()).await,
            Format::Refinery { .. } => refinery::rows(session, &self.quoted()).await,
        };
        if matches!(&rows, Err(error) if error.code() == Some(super::journal::NO_SUCH_TABLE)) {
            Ok(Vec::new())
        } else {
            rows
        }
    }

    /// Records that a migration is begun: in sqlx's ledger the row that stays with `success = 0` if the run is cut off,
    /// in refinery's nothing (see [`Format::remembers_begun`]).
    ///
    /// # Errors
    /// When the engine refuses, for example as the version is there already.
    pub async fn begin(&self, session: &mut Session, migration: &Migration) -> Result<(), EngineError> {
        match self.format {
            Format::Sqlx => sqlx::begin(session, &self.quoted(), migration).await,
            Format::Refinery { .. } => Ok(()),
        }
    }

    /// Records that a migration is applied, after that many nanoseconds (-1: not measured).
    ///
    /// # Errors
    /// When the engine refuses, or the row that [`Ledger::begin`] wrote is not there.
    pub async fn finish(&self, session: &mut Session, migration: &Migration, nanos: i64) -> Result<(), EngineError> {
        let affected = match self.format {
            Format::Sqlx => sqlx::finish(session, &self.quoted(), migration.version, nanos).await?,
            Format::Refinery { wide } => refinery::insert(session, &self.quoted(), migration, wide, nanos).await?,
        };
        self.exactly_one(affected, migration.version)
    }

    /// [`Ledger::begin`] on a server, sent together with the next statement.
    pub(super) fn defer_begin(&self, session: &mut Session, migrations: &[&Migration]) {
        if self.format == Format::Sqlx {
            session.defer(sqlx::begin_text(&self.quoted(), migrations));
        }
    }

    /// [`Ledger::finish`] on a server, sent together with the next statement.
    pub(super) fn defer_finish(
        &self,
        session: &mut Session,
        migrations: &[(&Migration, i64)],
    ) -> Result<(), EngineError> {
        match self.format {
            Format::Sqlx => {
                let times: Vec<_> = migrations.iter().map(|(migration, nanos)| (migration.version, *nanos)).collect();
                session.defer(sqlx::finish_text(&self.quoted(), &times));
            }
            Format::Refinery { wide } => {
                for (migration, nanos) in migrations {
                    session.defer(refinery::insert_text(&self.quoted(), migration, wide, *nanos)?);
                }
            }
        }
        Ok(())
    }

    /// [`Ledger::mark`] on a server, sent together with the next statement; no row is no error here.
    pub(super) fn defer_mark(&self, session: &mut Session, versions: &[i64], mark: Mark) {
        if let Some(sql) = self.marked(mark) {
            session.defer(format!("{sql} WHERE version IN ({})", numbers(versions)));
        }
    }

    /// Whether the row of a migration is there, and whether it says applied.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn success(&self, session: &mut Session, version: i64) -> Result<Option<bool>, EngineError> {
        match self.format {
            Format::Sqlx => sqlx::success(session, &self.quoted(), version).await,
            Format::Refinery { .. } => Ok(refinery::is_there(session, &self.quoted(), version).await?.then_some(true)),
        }
    }

    /// Marks the row of a migration, which must be there.
    ///
    /// # Errors
    /// When the engine refuses, or there is not exactly one row of that version to mark.
    pub async fn mark(&self, session: &mut Session, version: i64, mark: Mark) -> Result<(), EngineError> {
        let Some(sql) = self.marked(mark) else { return Ok(()) };
        // Rows that are as they should be already count too: the driver asks the servers for the rows that are found.
        let affected = execute(session, format!("{sql} WHERE version = ?"), &[Value::Number(version)]).await?;
        self.exactly_one(affected, version)
    }

    /// The statement that marks every row; `None` where the format cannot say it.
    fn marked(&self, mark: Mark) -> Option<String> {
        let table = self.quoted();
        Some(match (self.format, mark) {
            (_, Mark::Removed) => format!("DELETE FROM {table}"),
            (Format::Refinery { .. }, Mark::Reverting | Mark::Kept) => return None,
            (Format::Sqlx, Mark::Reverting) => format!("UPDATE {table} SET success = FALSE"),
            (Format::Sqlx, Mark::Kept) => format!("UPDATE {table} SET success = TRUE"),
        })
    }

    fn exactly_one(&self, affected: u64, version: i64) -> Result<(), EngineError> {
        if affected == 1 {
            return Ok(());
        }
        Err(EngineError::Unexpected(format!(
            "the ledger {} has {affected} rows of version {version} where one was expected; somebody else changed it \
             meanwhile",
            self.table
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_name_is_quoted() {
        assert_eq!(Ledger { table: "a`b".into(), ..Ledger::default() }.quoted(), "`a``b`");
    }
}
