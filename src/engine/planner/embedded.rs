//! `SQLite` in memory with the migrations replayed and a scale profile injected.

use super::{Planner, PlannerError};
use crate::engine::EngineError;
use crate::model::migration::Statement;
use crate::model::plan::Plan;
use crate::model::scale::Scale;
use sqlx::SqlitePool;
use std::path::Path;

impl Planner {
    /// stub
    pub async fn embedded(_s: &[&Statement], _c: &Scale) -> Result<Self, PlannerError> {
        Err(EngineError::Unexpected("stub".into()).into())
    }
    /// stub
    pub async fn embedded_copy(_s: &Path, _c: &Scale) -> Result<Self, PlannerError> {
        Err(EngineError::Unexpected("stub".into()).into())
    }
}
pub(super) async fn explain(_p: &Planner, _pool: &SqlitePool, _sql: &str) -> Result<Plan, EngineError> {
    Err(EngineError::Unexpected("stub".into()))
}
