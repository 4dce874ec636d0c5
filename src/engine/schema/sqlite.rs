//! stub
use crate::engine::EngineError;
use crate::model::schema::Schema;
pub async fn read(_c: &mut sqlx::SqliteConnection, _skip: &[&str]) -> Result<Schema, EngineError> {
    Ok(Schema::default())
}
