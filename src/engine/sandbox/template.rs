//! Initialised data directories, kept in the user's cache: initialising takes seconds, copying a fraction of one.
//! One per program and version; where no cache can be written, every sandbox is initialised afresh.

use super::arguments::DATA;
use super::error::SandboxError;
use super::locate::{self, ServerKind, ServerProgram};
use super::ready::worded;
use super::supervisor::{self, Supervised};
use sha2::{Digest as _, Sha256};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// To be raised when the way of initialising changes, so that old templates are left alone.
const FORMAT: u32 = 1;
const DEADLINE: Duration = Duration::from_mins(3);
const PAUSE: Duration = Duration::from_millis(10);

/// Makes `data`, which must not exist, a data directory for `program` with an account `root` without a password.
pub(super) fn fill(program: &ServerProgram, data: &Path) -> Result<(), SandboxError> {
    let Some(templates) = writable(locate::cache()) else { return initialise(program, data) };
    let template = templates.join(name(program));
    if !template.is_dir() {
        make(program, &template)?;
    }
    copy(&template, data).map_err(SandboxError::io("copy", &template))
}

fn writable(cache: Option<PathBuf>) -> Option<PathBuf> {
    let templates = cache?.join("templates");
    fs::create_dir_all(&templates).ok()?;
    tempfile::tempfile_in(&templates).ok()?;
    Some(templates)
}

/// `mysql-9.7.4-2-1f0c…`: the version for the reader, the hash because another program may report the same one.
fn name(program: &ServerProgram) -> String {
    let metadata = fs::metadata(&program.path).ok();
    let modified = metadata.as_ref().and_then(|file| file.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    let identity = (FORMAT, &program.path, &program.version, metadata.map(|file| file.len()), modified);
    let hash = Sha256::digest(format!("{identity:?}"));
    let hash = hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let version: String =
        program.version.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    format!("{}-{version}-{hash:016x}", program.kind.program())
}

/// Makes a template, whole or not at all.
fn make(program: &ServerProgram, template: &Path) -> Result<(), SandboxError> {
    // Whoever else wants the same template waits for it. Where locks do not work, both make one, and one is used.
    let mut beside = template.as_os_str().to_owned();
    beside.push(".lock");
    let lock = fs::File::create(beside).ok();
    let _locked = lock.as_ref().map(fs::File::lock);
    if template.is_dir() {
        return Ok(());
    }
    match initialise(program, template) {
        Err(_) if template.is_dir() => Ok(()),
        result => result,
    }
}

/// Initialises `data` in a scratch directory, supervised as a server is, and moves the result into place.
fn initialise(program: &ServerProgram, data: &Path) -> Result<(), SandboxError> {
    let parent = data.parent().unwrap_or(data);
    let scratch = tempfile::Builder::new().prefix(".init-").tempdir_in(parent);
    let scratch = scratch.map_err(SandboxError::io("create a folder in", parent))?;
    let fresh = scratch.path().join(DATA);
    let root = supervisor::owned_by_root(scratch.path())?;
    let (command, arguments) = command(program, &fresh, root);
    let mut run = Supervised::hold(scratch.path(), &command, &arguments)?;
    let scratch = scratch.keep();
    run = run.begin()?;
    let begun = Instant::now();
    let status = loop {
        match run.exited() {
            Some(0) => break None,
            Some(status) => break Some(worded(status)),
            None if begun.elapsed() > DEADLINE => break Some(format!("not done after {DEADLINE:?}")),
            None => std::thread::sleep(PAUSE),
        }
    };
    if let Some(status) = status {
        return Err(SandboxError::Initialise { program: command, status, log: run.log() });
    }
    // The server's own name in a group of servers: each copy is to make up its own.
    let _ = fs::remove_file(fresh.join("auto.cnf"));
    fs::rename(&fresh, data).map_err(SandboxError::io("move", &scratch))
}

fn command(program: &ServerProgram, data: &Path, root: bool) -> (PathBuf, Vec<OsString>) {
    let mut datadir = OsString::from("--datadir=");
    datadir.push(data);
    let mut arguments: Vec<OsString> = vec!["--no-defaults".into(), datadir];
    if root {
        arguments.push("--user=root".into());
    }
    match program.kind {
        ServerKind::Mysql => {
            let own = ["--initialize-insecure", "--skip-log-bin", "--mysqlx=OFF", "--secure-file-priv=NULL"];
            arguments.extend(own.map(OsString::from));
            arguments.push("--innodb-redo-log-capacity=32M".into());
            (program.path.clone(), arguments)
        }
        ServerKind::Mariadb => {
            let base = base(&program.path);
            let mut basedir = OsString::from("--basedir=");
            basedir.push(&base);
            arguments.push(basedir);
            let own = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"];
            arguments.extend(own.map(OsString::from));
            arguments.push("--innodb-log-file-size=32M".into());
            (install_script(&base), arguments)
        }
    }
}

/// The prefix that a server was installed into: `/usr` for `/usr/sbin/mariadbd`, links followed.
fn base(program: &Path) -> PathBuf {
    let real = program.canonicalize().unwrap_or_else(|_| program.to_owned());
    real.ancestors().nth(2).unwrap_or(Path::new("/usr")).to_owned()
}

/// MariaDB's script that initialises a data directory, beside the server or on PATH.
fn install_script(base: &Path) -> PathBuf {
    const PLACES: [&str; 4] =
        ["bin/mariadb-install-db", "scripts/mariadb-install-db", "bin/mysql_install_db", "scripts/mysql_install_db"];
    PLACES
        .iter()
        .map(|place| base.join(place))
        .find(|script| script.is_file())
        .unwrap_or_else(|| PathBuf::from("mariadb-install-db"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
