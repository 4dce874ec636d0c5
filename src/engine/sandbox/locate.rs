//! Finds an installed server of each engine. A program is taken for what its `--version` says it is, never for its
//! name: many systems call `MariaDB`'s server `mysqld` too.

use super::error::SandboxError;
use crate::model::engine::{Engine, EngineKind};
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The engines that can be had as a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerKind {
    /// `MySQL` 8.0 and later.
    Mysql,
    /// `MariaDB` 10.6 and later.
    Mariadb,
}

impl ServerKind {
    /// The engine that the server is of.
    #[must_use]
    pub const fn engine(self) -> EngineKind {
        match self {
            Self::Mysql => EngineKind::Mysql,
            Self::Mariadb => EngineKind::Mariadb,
        }
    }

    /// The environment variable that names the program, before any search.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Mysql => "AURA_DB_MYSQLD",
            Self::Mariadb => "AURA_DB_MARIADBD",
        }
    }

    /// The usual name of the program.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Mysql => "mysqld",
            Self::Mariadb => "mariadbd",
        }
    }

    /// The names that it may be installed under, its own first.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Mysql => &["mysqld"],
            Self::Mariadb => &["mariadbd", "mysqld"],
        }
    }

    pub(super) const fn install(self) -> &'static str {
        match self {
            Self::Mysql => "install one (`scripts/servers` of aura-db's source does it on Debian)",
            Self::Mariadb => "install one (on Debian and Ubuntu: `apt-get install mariadb-server-core`)",
        }
    }

    const fn oldest(self) -> (u32, u32) {
        match self {
            Self::Mysql => (8, 0),
            Self::Mariadb => (10, 6),
        }
    }
}

/// An installed server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerProgram {
    /// What it is.
    pub kind: ServerKind,
    /// Where it is.
    pub path: PathBuf,
    /// Its version as `--version` words it, such as `10.11.14-MariaDB-0+deb12u2`.
    pub version: String,
}

impl ServerProgram {
    fn major_minor(&self) -> (u32, u32) {
        Engine { kind: self.kind.engine(), version: self.version.clone() }.major_minor()
    }
}

/// Finds the server of `kind`: the one that the environment variable names, else the first fit one on `PATH`, in the
/// usual folders outside it, and where `scripts/servers` puts one. Of several, one of the `wanted` version comes first.
///
/// # Errors
/// None is installed, or the variable names something else.
pub(super) fn find(kind: ServerKind, wanted: Option<(u32, u32)>) -> Result<ServerProgram, SandboxError> {
    let variable = kind.variable();
    if let Some(path) = env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from) {
        return identify(kind, &path).map_err(|reason| SandboxError::Unfit { kind, variable, path, reason });
    }
    first_fit(kind, wanted, &folders(env::var_os("PATH").as_deref(), cache().as_deref()))
}

fn first_fit(kind: ServerKind, wanted: Option<(u32, u32)>, folders: &[PathBuf]) -> Result<ServerProgram, SandboxError> {
    let mut first = None;
    let mut rejected = Vec::new();
    let mut seen = BTreeSet::new();
    for path in folders.iter().flat_map(|folder| kind.names().iter().map(|name| folder.join(name))) {
        // The same program under several names and links is asked once.
        let Ok(real) = path.canonicalize() else { continue };
        if !real.is_file() || !seen.insert(real) {
            continue;
        }
        match identify(kind, &path) {
            Ok(program) if wanted.is_none_or(|wanted| program.major_minor() == wanted) => return Ok(program),
            Ok(program) => {
                first.get_or_insert(program);
            }
            Err(reason) => rejected.push(format!("`{}` is not one: {reason}", path.display())),
        }
    }
    first.ok_or(SandboxError::NotInstalled { kind, rejected })
}

fn folders(path: Option<&OsStr>, cache: Option<&Path>) -> Vec<PathBuf> {
    // An ordinary user's PATH has no sbin, where packages put servers; the rest are the vendors' own places.
    const USUAL: [&str; 9] = [
        "/usr/sbin",
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/libexec",
        "/usr/local/mysql/bin",
        "/usr/local/mariadb/bin",
        "/opt/mysql/bin",
        "/opt/homebrew/bin",
        "/opt/homebrew/opt/mariadb/bin",
    ];
    let on_path = path.iter().flat_map(env::split_paths).filter(|folder| folder.is_absolute()).collect::<Vec<_>>();
    let installed = cache.into_iter().flat_map(|cache| {
        let mut prefixes: Vec<_> = std::fs::read_dir(cache.join("servers"))
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|prefix| prefix.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')))
            .map(|prefix| prefix.join("bin"))
            .collect();
        prefixes.sort();
        prefixes
    });
    on_path.into_iter().chain(USUAL.map(PathBuf::from)).chain(installed).collect()
}

/// The folder that is aura-db's in the user's cache; `None` when the user has no home.
pub(super) fn cache() -> Option<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    base.or_else(|| env::home_dir().map(|home| home.join(".cache"))).map(|base| base.join("aura-db"))
}

/// Asks the program at `path` what it is. The error says why it is not a server of `kind` that will do.
fn identify(kind: ServerKind, path: &Path) -> Result<ServerProgram, String> {
    // Without --no-defaults a server reads the option files of another and fails over them.
    let output = Command::new(path)
        .args(["--no-defaults", "--version"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(version) = version(&text) else {
        let said = [&text, &*String::from_utf8_lossy(&output.stderr)].concat();
        let said = said.lines().next().unwrap_or("nothing");
        return Err(format!("asked for its version, it says: {said}"));
    };
    fits(kind, version)?;
    Ok(ServerProgram { kind, path: path.to_owned(), version: version.to_owned() })
}

/// `9.7.4-2` of `/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))`.
fn version(text: &str) -> Option<&str> {
    let mut words = text.split_whitespace().skip_while(|word| *word != "Ver").skip(1);
    words.next().filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

fn fits(kind: ServerKind, version: &str) -> Result<(), String> {
    let is = if version.contains("MariaDB") { ServerKind::Mariadb } else { ServerKind::Mysql };
    let engine = Engine { kind: is.engine(), version: version.to_owned() };
    if is != kind {
        return Err(format!("it is {engine}"));
    }
    let (major, minor) = kind.oldest();
    if engine.major_minor() < (major, minor) {
        return Err(format!("it is {engine}, and aura-db needs {major}.{minor} or later"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_the_word_after_ver() {
        assert_eq!(version("/x/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))\n"), Some("9.7.4-2"));
        assert_eq!(
            version("mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu on x86_64 (Debian 12)"),
            Some("10.11.14-MariaDB-0+deb12u2")
        );
        assert_eq!(version("bash: line 1: not found"), None);
        assert_eq!(version("Ver unknown"), None);
    }

    #[test]
    fn a_mariadb_is_never_taken_for_mysql_nor_an_old_server_for_a_fit_one() {
        assert_eq!(fits(ServerKind::Mysql, "8.0.36"), Ok(()));
        assert_eq!(fits(ServerKind::Mariadb, "11.4.2-MariaDB-ubu2404"), Ok(()));
        assert_eq!(fits(ServerKind::Mysql, "10.11.14-MariaDB").unwrap_err(), "it is MariaDB 10.11.14-MariaDB");
        assert_eq!(fits(ServerKind::Mariadb, "9.7.4-2").unwrap_err(), "it is MySQL 9.7.4-2");
        assert_eq!(
            fits(ServerKind::Mysql, "5.7.44").unwrap_err(),
            "it is MySQL 5.7.44, and aura-db needs 8.0 or later"
        );
        assert!(fits(ServerKind::Mariadb, "10.5.9-MariaDB").is_err());
    }

    #[test]
    fn what_is_not_a_server_is_listed_with_the_reason() {
        let empty = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/bin/echo", folder.path().join("mysqld")).unwrap();
        let folders = [empty.path().to_owned(), folder.path().to_owned(), folder.path().to_owned()];
        let error = first_fit(ServerKind::Mysql, None, &folders).unwrap_err();
        let SandboxError::NotInstalled { rejected, .. } = &error else { panic!("{error}") };
        assert_eq!(rejected.len(), 1, "{rejected:?}");
        assert!(rejected[0].contains("--no-defaults --version"), "what it said is missing: {rejected:?}");
        let text = error.to_string();
        assert!(text.contains("AURA_DB_MYSQLD") && text.contains("scripts/servers"), "{text}");
    }

    #[test]
    fn of_several_servers_the_wanted_version_is_found() {
        use std::os::unix::fs::PermissionsExt as _;
        let install = |version: &str| {
            let folder = tempfile::tempdir().unwrap();
            let program = folder.path().join("mysqld");
            std::fs::write(&program, format!("#!/bin/sh\necho mysqld  Ver {version} for Linux\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            folder
        };
        let installed = [install("9.7.4"), install("8.0.36")];
        let folders: Vec<PathBuf> = installed.iter().map(|folder| folder.path().to_owned()).collect();
        let found = |wanted| first_fit(ServerKind::Mysql, wanted, &folders).unwrap().version;
        assert_eq!(found(None), "9.7.4");
        assert_eq!(found(Some((8, 0))), "8.0.36");
        assert_eq!(found(Some((8, 4))), "9.7.4", "another version is better than none");
    }

    #[test]
    fn the_users_path_comes_before_the_usual_folders_and_the_cache() {
        let cache = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(cache.path().join("servers/mysql-9.7")).unwrap();
        std::fs::create_dir_all(cache.path().join("servers/.installing-x")).unwrap();
        let folders = folders(Some(OsStr::new("relative:/mine/bin")), Some(cache.path()));
        assert_eq!(folders.first(), Some(&PathBuf::from("/mine/bin")));
        assert_eq!(folders.last(), Some(&cache.path().join("servers/mysql-9.7/bin")));
        assert!(folders.iter().all(|folder| !folder.to_string_lossy().contains("installing")));
    }
}
