//! Runs the built `aura-db` as a user would: in a folder of its own, with a clean environment, and by itself.

#![allow(dead_code, reason = "what a test may need is written once, before each test needs all of it")]

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// What a run needs of the machine: programs, the cache with its servers and templates, and where they are.
const KEPT: [&str; 7] =
    ["PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "AURA_DB_MYSQLD", "AURA_DB_MARIADBD", "LLVM_PROFILE_FILE"];
/// Long enough for a server to start on a loaded machine; a run that hangs fails instead of blocking all others.
const DEADLINE: Duration = Duration::from_mins(2);

/// A run to be: arguments, environment and folder.
#[derive(Debug)]
pub(crate) struct AuraDb {
    command: assert_cmd::Command,
    folder: TempDir,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` when a signal ended it.
    pub(crate) code: Option<i32>,
}

impl AuraDb {
    /// A run with `arguments`, in an empty folder, with no setting of a database in the environment.
    pub(crate) fn new<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_aura-db"));
        command.env_clear().envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.current_dir(folder.path()).args(arguments).timeout(DEADLINE);
        Self { command, folder }
    }

    /// The folder it runs in, to put files there.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs in `folder` instead of its own.
    pub(crate) fn at(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Writes a file, with its folders, into the folder it runs in.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// What it finds on standard input, which is empty otherwise.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.command.write_stdin(text);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Outcome {
        let output = self.command.output().unwrap();
        Outcome {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}

impl Outcome {
    /// Checks the exit code, showing everything that was said when it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

#[test]
fn the_binary_runs_without_any_setting() {
    AuraDb::new(["--help"]).run().exits(0);
}
