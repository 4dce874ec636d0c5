//! Which of the two servers a statement is written for, where its text proves it.
//!
//! Only what the other server refuses whatever its settings, its plugins and its schema are: an engine, a function or an
//! option that somebody may have added proves nothing. Each construct was tried on `MySQL` 9.7 and on `MariaDB` 10.11.

mod mariadb;
mod mysql;
mod words;

use super::executable::as_read_by;
use crate::model::engine::{Engine, EngineKind};
use words::Words;

/// The latest `MySQL` that is known not to know what `MariaDB` alone has.
const LATEST_MYSQL: (u32, u32) = (9, 7);
/// The latest `MariaDB` that is known not to know what `MySQL` alone has.
const LATEST_MARIADB: (u32, u32) = (11, 8);

/// What the other server alone knows, in a statement that this one refuses for certain: whose it is, and its name. A
/// server that is later than all that are known may have learned it, and is left to say so itself.
#[must_use]
pub fn foreign(sql: &str, engine: &Engine) -> Option<(EngineKind, &'static str)> {
    let version = engine.major_minor();
    let latest = match engine.kind {
        EngineKind::Mysql => LATEST_MYSQL,
        EngineKind::Mariadb => LATEST_MARIADB,
        EngineKind::Embedded => return None,
    };
    if version == (0, 0) || version > latest {
        return None;
    }
    let text = as_read_by(sql, engine)?;
    let words = Words::of(&text)?;
    match engine.kind {
        EngineKind::Mysql => mariadb::construct(&words).map(|name| (EngineKind::Mariadb, name)),
        EngineKind::Mariadb => mysql::construct(&words, version).map(|name| (EngineKind::Mysql, name)),
        EngineKind::Embedded => None,
    }
}

#[cfg(test)]
mod tests;
