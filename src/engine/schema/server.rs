//! stub
use crate::engine::EngineError;
use crate::model::{engine::Engine, schema::Schema};
pub async fn read(_c: &mut sqlx::MySqlConnection, _e: &Engine, _skip: &[&str]) -> Result<Schema, EngineError> {
    Ok(Schema::default())
}
