//! A schema for what judges statements in the light of one.

use aura_db::model::engine::{Engine, EngineKind};
use aura_db::model::schema::Schema;
use std::sync::LazyLock;

/// The schema.
pub(crate) static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| serde_json::from_str(include_str!("../schema.json")).expect("the schema is JSON"));

/// One engine of each kind.
pub(crate) fn engines() -> [Engine; 3] {
    let engine = |kind, version: &str| Engine { kind, version: version.into() };
    [
        engine(EngineKind::Mysql, "9.7.4"),
        engine(EngineKind::Mariadb, "10.11.19-MariaDB"),
        engine(EngineKind::Embedded, "3.51.3"),
    ]
}
