//! What a run of several migrations as one unit began from, as the journal keeps it: to take the unit back, also after a
//! crash, nothing may be taken for the unit's own that was there before it or that came by another way since.

use super::traces::Traces;
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::{Direction, LedgerRow};
use crate::model::schema::Schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The state from before a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Began {
    /// The definitions of what it names, as far as that was there.
    pub schema: Schema,
    /// What it names, in lower case: what is not in the schema was not there.
    #[serde(default)]
    pub names: BTreeSet<String>,
    /// What its statements have left, where it is being taken back.
    #[serde(default)]
    pub traces: Traces,
    /// Its migrations.
    pub versions: Vec<i64>,
}

impl Began {
    /// From the journal's row of the unit.
    ///
    /// # Errors
    /// When the row holds something else.
    pub fn read(row: &JournalRow) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&row.before)
    }

    /// Whether nothing of the unit is left to go on with: all of it is applied, or a part of it was adopted, or applied by
    /// another tool, and is not the unit's to take back. `journal` and `ledger` are all rows of the ledger at hand.
    #[must_use]
    pub fn is_over(&self, ledger: &[LedgerRow], journal: &[JournalRow]) -> bool {
        let applied = |version: &i64| ledger.iter().any(|row| row.version == *version && row.success);
        let is_own = |version: &i64| {
            let rows: Vec<_> = journal
                .iter()
                .filter(|row| row.version == *version && row.position > 0 && row.direction == Direction::Up)
                .collect();
            let ran = |row: &&JournalRow| matches!(row.progress, Progress::Done | Progress::Skipped);
            rows.last().is_some_and(|last| last.position == last.of) && rows.iter().all(ran)
        };
        self.versions.iter().all(applied) || self.versions.iter().any(|version| applied(version) && !is_own(version))
    }

    /// The tables that are there now and were not before it, among those that it names, in lower case: what it has made.
    #[must_use]
    pub fn made(&self, now: &Schema) -> Vec<String> {
        let names = now.tables.iter().map(|table| table.name.to_ascii_lowercase());
        names.filter(|name| self.names.contains(name) && self.schema.table(name).is_none()).collect()
    }

    /// A schema that is read now, with what the unit names as it was before it.
    #[must_use]
    pub fn before(&self, now: Schema) -> Schema {
        let named = |name: &str| self.names.contains(&name.to_ascii_lowercase());
        let mut before = now;
        before.tables.retain(|table| !named(&table.name));
        before.routines.retain(|routine| !named(&routine.name));
        before.tables.extend(self.schema.tables.iter().cloned());
        before.routines.extend(self.schema.routines.iter().cloned());
        before
    }
}
