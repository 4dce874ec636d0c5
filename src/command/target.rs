//! Which database a verb works on, settled from flags, profile, variables and `.env`.

use crate::cli::{Global, Write};
use crate::engine::online::CopyPolicy;
use crate::engine::settings::{Address, ServerParts, Settings};
use crate::model::environment::{COPY_LIMIT, Environment, RunnerLockKind, TargetKind, TlsMode};
use crate::model::ledger::Tool;
use crate::source::dotenv::{self, Dotenv};
use crate::source::environment as profiles;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The embedded engine's file when nothing else is said.
pub(super) const EMBEDDED_FILE: &str = "aura-db.sqlite3";

const VARIABLES: [&str; 4] = ["MYSQL_HOST", "MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_DATABASE"];

/// A settled target.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Where and how.
    pub(super) settings: Settings,
    /// Size in bytes up to which a schema change may copy a table.
    pub(super) copy_limit: u64,
    /// Whether writing verbs ask first.
    pub(super) confirm_writes: bool,
    /// How runners keep out of each other's way.
    pub(super) runner_lock: RunnerLockKind,
    /// What the user should know of the settings, such as a line that could not be read.
    pub(super) note: Option<String>,
    /// Whose ledger the profile says it is.
    pub(super) ledger: Option<Tool>,
    /// The ledger's table, by the profile.
    pub(super) ledger_table: Option<String>,
}

impl Target {
    /// Which tables a verb may copy.
    pub(super) fn copies(&self, write: &Write) -> CopyPolicy {
        CopyPolicy::new(self.copy_limit, write.allow_copy)
    }
}

impl Target {
    /// The file of an embedded database that is not there, and whether somebody named it.
    pub(super) fn missing_file(&self) -> Option<(&Path, bool)> {
        match &self.settings.address {
            Address::Embedded(file) if !file.exists() => Some((file, file != Path::new(EMBEDDED_FILE))),
            _ => None,
        }
    }
}

/// Settles the target from the process's environment and the current directory.
///
/// # Errors
/// When a profile, a variable or a URL cannot be used. No message holds a secret.
pub(super) fn resolve(global: &Global) -> Result<Target> {
    let path = Path::new(".env");
    let file = env_file(path)?;
    let lookup = |name: &str| std::env::var(name).ok().or_else(|| file.values.get(name).cloned());
    let note = unread(path, &file);
    match (settle(global, &lookup), note) {
        // What is missing may stand on such a line.
        (Err(error), Some(note)) => bail!("{error:#}\n{note}"),
        (target, note) => Ok(Target { note, ..target? }),
    }
}

/// What a `.env` file sets; nothing when there is no file.
fn env_file(path: &Path) -> Result<Dotenv> {
    if !path.is_file() {
        return Ok(Dotenv::default());
    }
    let bytes = std::fs::read(path).map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", path.display()))?;
    Ok(dotenv::read(&String::from_utf8_lossy(&bytes)))
}

/// Names the lines that set nothing, without showing them: one may hold a password.
fn unread(path: &Path, file: &Dotenv) -> Option<String> {
    let lines: Vec<String> = file.unread.iter().map(|line| format!("{}:{line}", path.display())).collect();
    (!lines.is_empty()).then(|| format!("{}: passed over, as it is not of the form NAME=value", lines.join(", ")))
}

fn settle(global: &Global, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Target> {
    let profile = global.profile.as_deref().map(load_profile).transpose()?;
    let address = address(global, profile.as_ref(), lookup)?;
    let is_server = matches!(address, Address::Server(_));
    // A URL carries its own ssl-mode; only a profile overrules it.
    let by_profile = matches!(profile.as_ref().map(|profile| &profile.target), Some(TargetKind::UrlVariable { .. }));
    let from_url = global.database_url.is_some() || by_profile || profile.is_none() && lookup("DATABASE_URL").is_some();
    let tls = match profile.as_ref().and_then(|profile| profile.tls) {
        Some(mode) => Some(mode),
        // What does not count here cannot be wrong either.
        None if from_url || !is_server => None,
        None => mysql_ssl(lookup)?,
    };
    let authorities = profile.as_ref().and_then(|profile| profile.tls_ca.clone()).or_else(|| lookup("MYSQL_SSL_CA"));
    let authorities = authorities.filter(|path| is_server && !path.is_empty()).map(PathBuf::from);
    if let Some(path) = &authorities {
        // The driver's own error would not name the file.
        std::fs::File::open(path)
            .with_context(|| format!("the authority's certificate {} cannot be read", path.display()))?;
    }
    let defaults = profile.clone().unwrap_or_else(default_environment);
    Ok(Target {
        settings: Settings {
            address: address.with_tls(tls, authorities.as_deref()),
            pool: defaults.pool,
            connect_timeout: Duration::from_secs(defaults.connect_timeout_s),
            lock_wait_timeout: Duration::from_secs(defaults.lock_wait_timeout_s),
            lock_give_up: Duration::from_secs(defaults.lock_give_up_s),
            runner_lock_timeout: Duration::from_secs(defaults.runner_lock_timeout_s),
        },
        runner_lock: defaults.runner_lock,
        copy_limit: defaults.copy_limit_bytes,
        confirm_writes: defaults.confirm_writes,
        note: None,
        ledger: defaults.ledger,
        ledger_table: defaults.ledger_table,
    })
}

fn load_profile(name: &str) -> Result<Environment> {
    let path = crate::source::find::find(Path::new("profiles/environments"), name)?;
    Ok(profiles::load(&path)?)
}

fn default_environment() -> Environment {
    Environment {
        name: "default".into(),
        target: TargetKind::MysqlVariables,
        tls: None,
        tls_ca: None,
        pool: 20,
        connect_timeout_s: 10,
        lock_wait_timeout_s: 3,
        lock_give_up_s: 60,
        runner_lock_timeout_s: 60,
        runner_lock: RunnerLockKind::default(),
        copy_limit_bytes: COPY_LIMIT,
        confirm_writes: false,
        ledger: None,
        ledger_table: None,
    }
}

fn address(global: &Global, profile: Option<&Environment>, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Address> {
    if let Some(url) = &global.database_url {
        return Address::from_url(url).context("--database-url");
    }
    match profile.map(|profile| &profile.target) {
        Some(TargetKind::Embedded { file }) => return Ok(Address::Embedded(PathBuf::from(file))),
        Some(TargetKind::UrlVariable { name }) => {
            let url = lookup(name).filter(|url| !url.is_empty());
            let Some(url) = url else { bail!("{name} is not set, and the profile takes the database from it") };
            return Address::from_url(&url).with_context(|| name.clone());
        }
        Some(TargetKind::MysqlVariables) => return from_variables(lookup),
        None => {}
    }
    if let Some(url) = lookup("DATABASE_URL") {
        if url.is_empty() {
            bail!("DATABASE_URL is set but empty; give it a URL, or unset it");
        }
        return Address::from_url(&url).context("DATABASE_URL");
    }
    if VARIABLES.iter().any(|name| lookup(name).is_some()) {
        return from_variables(lookup);
    }
    Ok(Address::Embedded(PathBuf::from(EMBEDDED_FILE)))
}

/// The app's own variables, with the app's meaning. An empty one is as good as a missing one.
fn from_variables(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Address> {
    let missing: Vec<String> = VARIABLES
        .iter()
        .filter_map(|name| match lookup(name) {
            None => Some(format!("{name} is not set")),
            Some(value) if value.is_empty() => Some(format!("{name} is empty")),
            Some(_) => None,
        })
        .collect();
    if !missing.is_empty() {
        bail!("{}; set it in the environment or in .env", missing.join(", "));
    }
    let value = |name: &str| lookup(name).unwrap_or_default();
    let port = match lookup("MYSQL_PORT").filter(|port| !port.is_empty()) {
        None => 3306,
        Some(port) => match port.trim().parse() {
            Ok(port) if port > 0 => port,
            _ => bail!("MYSQL_PORT is `{port}`, which is no port; write a number from 1 to 65535"),
        },
    };
    Ok(Address::from_parts(&ServerParts {
        host: value("MYSQL_HOST"),
        port,
        user: value("MYSQL_USER"),
        password: value("MYSQL_PASSWORD"),
        database: value("MYSQL_DATABASE"),
    }))
}

/// `MYSQL_SSL` as the app means it: `true` encrypts without checking the certificate. Unset, TLS is used when the
/// server offers it, as accounts of recent servers only log in over an encrypted connection.
fn mysql_ssl(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<TlsMode>> {
    let Some(value) = lookup("MYSQL_SSL") else { return Ok(None) };
    Ok(Some(match value.trim().to_ascii_lowercase().as_str() {
        "" | "false" | "0" | "preferred" => TlsMode::Preferred,
        "true" | "1" | "required" => TlsMode::Required,
        "disabled" => TlsMode::Disabled,
        "verify-ca" => TlsMode::VerifyCa,
        "verify-identity" => TlsMode::VerifyIdentity,
        _ => bail!(
            "MYSQL_SSL is `{value}`; write true (encrypted, certificate not checked), false, disabled, verify-ca or \
             verify-identity"
        ),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ColorChoice;
    use std::collections::BTreeMap;

    fn global(url: Option<&str>) -> Global {
        Global { color: ColorChoice::Never, quiet: false, database_url: url.map(Into::into), profile: None }
    }

    fn settled(url: Option<&str>, variables: &[(&str, &str)]) -> Result<Target> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        settle(&global(url), &|name| variables.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn the_flag_wins_over_the_url_variable_over_the_apps_variables_over_embedded() {
        let app = [("MYSQL_HOST", "h"), ("MYSQL_USER", "u"), ("MYSQL_PASSWORD", "p/@:#"), ("MYSQL_DATABASE", "d")];
        let shown = |url, variables: &[(&str, &str)]| settled(url, variables).unwrap().settings.address.shown();
        assert_eq!(shown(None, &[]), EMBEDDED_FILE);
        assert_eq!(shown(None, &app), "h:3306/d");
        let both = [&app[..], &[("DATABASE_URL", "mysql://x@y:1/z")]].concat();
        assert_eq!(shown(None, &both), "y:1/z");
        assert_eq!(shown(Some("mysql://root@127.0.0.1:3307/a"), &both), "127.0.0.1:3307/a");
    }

    #[test]
    fn missing_and_empty_variables_are_named() {
        let error = settled(None, &[("MYSQL_HOST", "h"), ("MYSQL_PASSWORD", ""), ("MYSQL_USER", "u")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "MYSQL_PASSWORD is empty, MYSQL_DATABASE is not set; set it in the environment or in .env"
        );
    }

    #[test]
    fn a_bad_url_is_refused_without_repeating_it() {
        for url in ["postgres://u:secret@h/d", "mysql://u:secret@h", "mysql://u:secret@h:port/d", "secret"] {
            let error = format!("{:#}", settled(Some(url), &[]).unwrap_err());
            assert!(!error.contains("secret"), "{error}");
            assert!(error.contains("--database-url"), "{error}");
        }
    }

    #[test]
    fn a_line_of_a_dotenv_file_that_cannot_be_read_is_named_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, "MYSQL_HOST=h\nPASSWORD hunter two\nMYSQL_USER=u\n").unwrap();
        let file = env_file(&path).unwrap();
        let note = unread(&path, &file).unwrap();
        assert!(note.contains(".env:2: passed over") && !note.contains("hunter"), "{note}");
        assert_eq!(file.values["MYSQL_USER"], "u");
    }

    #[test]
    fn settings_of_tls_do_not_matter_where_there_is_none() {
        let wrong = [("MYSQL_SSL", "maybe"), ("MYSQL_SSL_CA", "/no/such/file")];
        assert_eq!(settled(None, &wrong).unwrap().settings.address.shown(), EMBEDDED_FILE);
        let app = [("MYSQL_HOST", "h"), ("MYSQL_USER", "u"), ("MYSQL_PASSWORD", "p"), ("MYSQL_DATABASE", "d")];
        let error = settled(None, &[&app[..], &wrong[..1]].concat()).unwrap_err();
        assert!(error.to_string().contains("MYSQL_SSL is `maybe`"), "{error}");
    }
}
