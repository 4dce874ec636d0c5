//! Environment profiles: `profiles/environments/*.yaml`.

use super::duration::seconds;
use super::error::SourceError;
use super::yaml::Document;
use crate::model::environment::{Environment, TargetKind, TlsMode};
use crate::model::location::Location;
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::path::Path;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ProfileFile {
    connect: Connect,
    file: Option<String>,
    tls: Option<TlsMode>,
    tls_ca: Option<String>,
    pool: Option<Spanned<u32>>,
    connect_timeout: Option<Spanned<String>>,
    lock_wait_timeout: Option<Spanned<String>>,
    runner_lock_timeout: Option<Spanned<String>>,
    confirm_writes: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Connect {
    Embedded,
    MysqlVariables,
    UrlVariable(String),
}

/// Fields in which somebody would put a secret.
const SECRETS: [&str; 5] = ["password", "user", "url", "host", "database"];

/// Loads a profile; its name is the file's.
///
/// # Errors
/// When the file cannot be read, or is no profile.
pub fn load(path: &Path) -> Result<Environment, SourceError> {
    let document = Document::open(path)?;
    for (number, line) in (1..).zip(document.text.lines()) {
        let field = line.split(':').next().unwrap_or_default().trim();
        if SECRETS.contains(&field) {
            return Err(without_source(
                document.at(number, 1),
                &format!(
                    "a profile holds no `{field}`; profiles are committed: set it in the environment (MYSQL_* or a URL \
                     variable) or in .env"
                ),
            ));
        }
    }
    let file: ProfileFile = document.parse()?;
    if let Connect::UrlVariable(name) = &file.connect
        && !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        let message = "`url-variable` is the name of a variable, such as DATABASE_URL, and never the URL itself";
        return Err(without_source(document.at(1, 1), message));
    }
    let duration = |value: &Option<Spanned<String>>, default| match value {
        None => Ok(default),
        Some(text) => seconds(&text.value).map_err(|message| document.mistake(document.place(text), &message, "")),
    };
    if let Some(pool) = file.pool.as_ref().filter(|pool| pool.value == 0) {
        return Err(document.mistake(
            document.place(pool),
            "a pool of no connection can do nothing",
            "write 1 or more",
        ));
    }
    Ok(Environment {
        name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        target: match file.connect {
            Connect::Embedded => TargetKind::Embedded { file: file.file.unwrap_or_else(|| "aura-db.sqlite3".into()) },
            Connect::MysqlVariables => TargetKind::MysqlVariables,
            Connect::UrlVariable(name) => TargetKind::UrlVariable { name },
        },
        tls: file.tls,
        tls_ca: file.tls_ca,
        pool: file.pool.map_or(20, |pool| pool.value),
        connect_timeout_s: duration(&file.connect_timeout, 10)?,
        lock_wait_timeout_s: duration(&file.lock_wait_timeout, 10)?,
        runner_lock_timeout_s: duration(&file.runner_lock_timeout, 60)?,
        confirm_writes: file.confirm_writes.unwrap_or(false),
    })
}

/// A mistake whose line is not shown, as a secret may stand in it.
fn without_source(at: Location, message: &str) -> SourceError {
    SourceError { message: format!("{at}: {message}"), at: Some(at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Result<Environment, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("staging.yaml");
        std::fs::write(&path, text).unwrap();
        load(&path).map_err(|error| error.message)
    }

    #[test]
    fn a_profile_is_read_with_its_defaults() {
        let profile = loaded("connect: {url-variable: APP_DB}\ntls: verify-ca\nlock-wait-timeout: 3 s\n").unwrap();
        assert_eq!(profile.name, "staging");
        assert_eq!(profile.target, TargetKind::UrlVariable { name: "APP_DB".into() });
        assert_eq!(profile.tls, Some(TlsMode::VerifyCa));
        assert_eq!((profile.pool, profile.lock_wait_timeout_s, profile.confirm_writes), (20, 3, false));
    }

    #[test]
    fn mistakes_are_shown_where_they_stand() {
        let unknown = loaded("connect: embedded\nlock_wait: 3 s\n").unwrap_err();
        assert!(unknown.contains("lock_wait") && unknown.contains(":2:"), "{unknown}");
        let duration = loaded("connect: embedded\nconnect-timeout: soon\n").unwrap_err();
        assert!(duration.contains("staging.yaml:2:18") && duration.contains("`soon` is no duration"), "{duration}");
        let secret = loaded("connect: mysql-variables\npassword: hunter2\n").unwrap_err();
        assert!(secret.contains(":2:1: a profile holds no `password`") && !secret.contains("hunter2"), "{secret}");
        let nested = loaded("connect:\n  password: hunter2\n").unwrap_err();
        assert!(nested.contains("holds no `password`") && !nested.contains("hunter2"), "{nested}");
        let url = loaded("connect: {url-variable: 'mysql://u:hunter2@h/d'}\n").unwrap_err();
        assert!(url.contains("never the URL itself") && !url.contains("hunter2"), "{url}");
        assert!(loaded("connect: embedded\npool: 0\n").unwrap_err().contains("pool of no connection"));
        assert!(loaded("# nothing\n").unwrap_err().contains("empty"));
    }
}
