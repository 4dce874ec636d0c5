//! Tries one statement on the copy.

use super::Rehearsal;
use crate::engine::{EngineError, Session, online};
use crate::model::lint::Attempt;
use crate::model::migration::Statement;
use crate::sql::ddl::{Effect, effect};
use std::time::Duration;

/// Longest time for one statement: the copy has no rows to speak of.
const LIMIT: Duration = Duration::from_mins(1);
/// What a change of rows may fail with because the copy has none of the real rows, files and rights: duplicate and
/// missing partners, files, privileges.
const DEPENDS_ON_ROWS: [u32; 15] = [1062, 1216, 1217, 1451, 1452, 2, 13, 29, 1045, 1105, 1142, 1143, 1148, 1290, 3948];
/// What a change of a table may fail with because its rows' partners are not in the copy.
const DEPENDS_ON_PARTNERS: [u32; 2] = [1216, 1452];

/// Codes for something that is not there: table, column, key, view, routine, trigger.
const NOT_THERE: [u32; 9] = [1051, 1054, 1072, 1091, 1146, 1176, 1305, 1356, 1360];
/// Why a change of a table that ran has no class.
const NO_CLASS: &str = "the embedded engine has no online DDL";

impl Rehearsal {
    /// Tries a statement. What it changes stays, for those that follow.
    ///
    /// # Errors
    /// When the copy is gone, so that nothing more can be tried.
    pub async fn attempt(&mut self, statement: &Statement) -> Result<Attempt, EngineError> {
        let effect = effect(&statement.sql);
        if let Some(reason) = self.out_of_bounds(&statement.sql) {
            self.incomplete |= !matches!(effect, Effect::Rows { .. } | Effect::Read);
            return Ok(Attempt::Unknown { because: format!("{reason}, so it is not tried beside the app") });
        }
        let embedded = self.session.has_transactional_ddl();
        let canceller = self.session.canceller();
        let mut late = false;
        let outcome = {
            let mut work = std::pin::pin!(run(&mut self.session, &statement.sql, &effect));
            tokio::select! {
                outcome = &mut work => outcome,
                () = tokio::time::sleep(LIMIT) => {
                    late = true;
                    canceller.cancel().await?;
                    work.await
                }
            }
        };
        let incomplete = self.incomplete;
        let attempt = match outcome {
            _ if late => {
                Attempt::Unknown { because: format!("it does not end on an empty copy within {} s", LIMIT.as_secs()) }
            }
            Ok(Some(outcome)) => Attempt::Classed(outcome),
            Ok(None) if embedded && is_table_change(&effect) => Attempt::Unknown { because: NO_CLASS.into() },
            Ok(None) => Attempt::Ran,
            Err(EngineError::Server(refused)) if is_table_change(&effect) && !embedded => {
                match self.session.run(&statement.sql).await {
                    // The ladder's own clauses must not be what the verdict is about.
                    Ok(()) => Attempt::Unknown {
                        because: format!("it runs only without a clause of ours: {}", refused.message),
                    },
                    Err(error) => failed(&effect, error)?,
                }
            }
            Err(error) => failed(&effect, error)?,
        };
        let left_out = matches!(&attempt, Attempt::Unknown { because } if because != NO_CLASS);
        self.incomplete |= left_out && !matches!(effect, Effect::Rows { .. });
        Ok(match attempt {
            Attempt::Failed { code, message } if incomplete && (embedded || NOT_THERE.contains(&code)) => {
                Attempt::Unknown { because: format!("it fails on a copy that lacks something: {message}") }
            }
            other => other,
        })
    }

    /// Whether the copy lacks something, so that what is not in it may be there all the same.
    pub(super) fn is_incomplete(&self) -> bool {
        self.incomplete
    }
}

/// What a refusal says about the statement.
fn failed(effect: &Effect, error: EngineError) -> Result<Attempt, EngineError> {
    Ok(match error {
        EngineError::Server(error) if depends_on_rows(effect, error.code) => Attempt::Unknown {
            because: format!("it depends on rows, which the copy has not: error {}: {}", error.code, error.message),
        },
        EngineError::Server(error) => Attempt::Failed { code: error.code, message: error.message },
        EngineError::Untranslatable(message) => {
            Attempt::Unknown { because: format!("the embedded engine cannot run it: {message}") }
        }
        EngineError::Refused(message) => Attempt::Unknown { because: message },
        error => return Err(error),
    })
}

async fn run(
    session: &mut Session,
    sql: &str,
    effect: &Effect,
) -> Result<Option<crate::model::online::Outcome>, EngineError> {
    let server = !session.has_transactional_ddl();
    if server && is_table_change(effect) {
        return online::classify(session, sql).await;
    }
    if server && matches!(effect, Effect::Rows { .. }) {
        // The rows that these would refer to are not in the copy.
        let checks = session.count("SELECT @@SESSION.foreign_key_checks").await?;
        session.run_own("SET SESSION foreign_key_checks = 0").await?;
        let outcome = session.run(sql).await;
        session.run_own(&format!("SET SESSION foreign_key_checks = {checks}")).await?;
        return outcome.map(|()| None);
    }
    session.run(sql).await.map(|()| None)
}

/// Whether the statement has an online class.
fn is_table_change(effect: &Effect) -> bool {
    matches!(effect, Effect::AlterTable { .. } | Effect::CreateIndex { .. } | Effect::DropIndex { .. })
}

fn depends_on_rows(effect: &Effect, code: u32) -> bool {
    let codes: &[u32] = match effect {
        Effect::Rows { .. } => &DEPENDS_ON_ROWS,
        _ => &DEPENDS_ON_PARTNERS,
    };
    codes.contains(&code)
}
