//! Indexes that are there before a run comes to make them: on the way up they are not made again, and on the way down they
//! stay. One small read for each statement that adds indexes to a table which the run has not made itself.

use super::Runner;
use crate::engine::{EngineError, foreign_keys};
use crate::migration::existing::{Existing, added, judge, keep, kept, taken};
use crate::migration::partial_down::Action;
use crate::model::journal::Progress;
use crate::model::migration::{Direction, Migration};
use crate::sql::ddl::{Effect, databases, targets};

/// The servers' code for an index name that is taken.
const DUPLICATE_NAME: u32 = 1061;

impl Runner<'_> {
    /// What becomes of a statement, as far as it adds indexes.
    pub(super) async fn existing(&mut self, sql: &str, effect: &Effect) -> Result<Existing, EngineError> {
        let Some(table) = added(effect).next().map(|(table, _)| table.to_owned()) else { return Ok(Existing::Run) };
        if self.direction == Direction::Down || self.made.contains(&table.to_ascii_lowercase()) {
            return Ok(Existing::Run);
        }
        self.look(sql, effect, table).await
    }

    async fn look(&mut self, sql: &str, effect: &Effect, table: String) -> Result<Existing, EngineError> {
        if databases(sql).iter().any(|database| self.session.is_elsewhere(database)) {
            return Ok(Existing::Run);
        }
        let names = [table];
        let schema = self.session.schema_of(&names).await?;
        let judged =
            schema.table(&names[0]).map(|table| judge(sql, effect, table, &self.session.engine, &self.defined));
        Ok(judged.unwrap_or(Existing::Run))
    }

    /// Remembers a table that the run has made, about whose indexes nobody else can know.
    pub(super) fn note_made(&mut self, sql: &str, effect: &Effect) {
        let (Effect::CreateTable { table } | Effect::ReplaceTable { table }) = effect else { return };
        let may_be_there = sql.split_whitespace().take(6).any(|word| word.eq_ignore_ascii_case("EXISTS"));
        if !may_be_there {
            self.made.insert(table.to_ascii_lowercase());
        }
    }

    /// In place of the server's word on a name that is taken: by what; and behind its word on an index that is needed, which
    /// foreign keys.
    pub(super) async fn explain(&mut self, error: EngineError, sql: &str, effect: &Effect) -> EngineError {
        if error.code() != Some(DUPLICATE_NAME) {
            return foreign_keys::explain(self.session, error, sql, effect).await;
        }
        let elsewhere = databases(sql).iter().any(|database| self.session.is_elsewhere(database));
        let schema = if elsewhere { None } else { self.session.schema_of(&targets(sql)).await.ok() };
        let table = targets(sql).first().and_then(|table| schema.as_ref()?.table(table));
        let taken = taken(sql, effect, table);
        taken.map_or(error, EngineError::Conflict)
    }

    /// Leaves the indexes that the migration found on its way up where they are.
    pub(super) fn keep_existing(&mut self, migration: &Migration) -> Result<(), EngineError> {
        let ups = self
            .journal
            .iter()
            .filter(|row| row.version == migration.version && row.direction == Direction::Up && row.position > 0);
        let ran = ups.filter_map(|row| match row.progress {
            Progress::Skipped | Progress::Adopted => Some((row.sql.as_str(), None)),
            Progress::Done => {
                let statement = migration.up.statements.get(row.position as usize - 1)?;
                Some((statement.sql.as_str(), Some(row.sql.as_str())))
            }
            _ => None,
        });
        let kept = kept(ran);
        if kept.is_empty() {
            return Ok(());
        }
        let down = Direction::Down.statements(migration);
        self.actions.resize(down.len(), Action::Run);
        for (statement, action) in down.iter().zip(&mut self.actions) {
            if *action != Action::Run {
                continue;
            }
            *action = match keep(&statement.sql, &kept) {
                Existing::Run => Action::Run,
                Existing::RunInstead(sql, _) => Action::RunInstead(sql),
                Existing::Skip(reason) => Action::Skip(reason),
                Existing::Conflict(reason) => {
                    return Err(EngineError::Conflict(format!("{}: {reason}", statement.at)));
                }
            };
        }
        Ok(())
    }
}
