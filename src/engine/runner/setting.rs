//! What a migration sets for its session: kept away from our own statements while it runs, and put back at its end, so that
//! migrations of one run are to each other what they are in runs of their own.

use super::{Open, Runner};
use crate::engine::EngineError;
use crate::engine::baseline::{self, Baseline};
use crate::sql::ddl::Effect;
use crate::sql::setting::may_set;

/// What is known of the session's settings.
#[derive(Debug, Default)]
pub(super) struct Setting {
    /// As they were before any migration changed one.
    baseline: Option<Baseline>,
    /// Whether the migration at hand may have changed one.
    has_set: bool,
}

impl Runner<'_> {
    /// Before a statement is sent that may change a setting.
    pub(super) async fn before_setting(&mut self, sql: &str, effect: &Effect) -> Result<(), EngineError> {
        if self.setting.has_set || !may_set(sql, effect) {
            return Ok(());
        }
        if self.setting.baseline.is_none() {
            self.setting.baseline = Some(baseline::read(self.session).await?);
        }
        self.session.guard();
        self.setting.has_set = true;
        Ok(())
    }

    /// Puts back what the migration has set; commits what is open.
    pub(super) async fn put_back(&mut self) -> Result<(), EngineError> {
        if !self.setting.has_set {
            return Ok(());
        }
        if self.open != Open::Nothing {
            self.session.run_own("COMMIT").await?;
            self.open = Open::Nothing;
        }
        if let Some(baseline) = &self.setting.baseline {
            baseline::put_back(self.session, baseline).await?;
        }
        self.setting.has_set = false;
        Ok(())
    }
}
