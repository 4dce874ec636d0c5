//! Profiles and settings: workload, scale and environment in YAML, `sqlx.toml`, `.env`.

use crate::text;
use aura_db::source::error::SourceError;
use aura_db::source::{dotenv, environment, scale, sqlx_toml, workload};
use std::fs;

/// Reads a file as each of them.
pub fn profiles(data: &[u8]) {
    if let Some(text) = text(data) {
        let _ = dotenv::read(text);
    }
    let Ok(folder) = tempfile::tempdir() else { return };
    let file = |name: &str| {
        let path = folder.path().join(name);
        fs::write(&path, data).ok().map(|()| path)
    };
    let (Some(yaml), Some(toml)) = (file("p.yaml"), file("sqlx.toml")) else { return };
    let placed = |error: &SourceError| assert!(!error.message.is_empty());
    if let Err(errors) = workload::load(&[yaml.clone()]) {
        assert!(!errors.is_empty());
        errors.iter().for_each(placed);
    }
    scale::load(&yaml).err().iter().for_each(placed);
    environment::load(&yaml).err().iter().for_each(placed);
    sqlx_toml::load(&toml).err().iter().for_each(placed);
}
