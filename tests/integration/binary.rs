//! Runs the built `aura-db` as a user would: in a folder of its own, with a clean environment, and by itself.

#![allow(dead_code, reason = "what a test may need is written once, before each test needs all of it")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a run needs of the machine: programs, the cache with its servers and templates, and where they are.
const KEPT: [&str; 7] =
    ["PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "AURA_DB_MYSQLD", "AURA_DB_MARIADBD", "LLVM_PROFILE_FILE"];
/// Long enough for a server to start on a loaded machine; a run that hangs fails instead of blocking all others.
const DEADLINE: Duration = Duration::from_mins(2);

/// A run to be: arguments, environment and folder.
#[derive(Debug)]
pub(crate) struct AuraDb {
    command: Command,
    folder: TempDir,
    stdin: String,
}

/// A run under way. Dropped before its end, it is killed.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// Files that it may still read.
    _folder: TempDir,
}

/// A run at a terminal of its own.
#[derive(Debug)]
pub(crate) struct AtTerminal {
    child: Child,
    shown: Arc<Mutex<String>>,
    _folder: TempDir,
}

impl AtTerminal {
    /// Everything that the terminal has shown so far.
    pub(crate) fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        std::io::Write::write_all(stdin, format!("{line}\n").as_bytes()).unwrap();
    }

    /// Waits for its end and gives the exit code.
    pub(crate) fn wait(mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < DEADLINE, "it does not end:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for AtTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
        let mut command = Command::new(env!("CARGO_BIN_EXE_aura-db"));
        command.env_clear().envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.current_dir(folder.path()).args(arguments);
        Self { command, folder, stdin: String::new() }
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
        text.clone_into(&mut self.stdin);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Outcome {
        let mut command = assert_cmd::Command::from_std(self.command);
        Outcome::of(command.timeout(DEADLINE).write_stdin(self.stdin).output().unwrap())
    }

    /// Starts it, with nothing on standard input.
    pub(crate) fn start(mut self) -> Running {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running { child: self.command.spawn().unwrap(), _folder: self.folder }
    }

    /// Starts it at a terminal of its own, which is asked and read through the handle.
    pub(crate) fn at_terminal(self) -> AtTerminal {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        let line: Vec<String> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
        let mut command = Command::new("script");
        command.args(["-qefc", &line.join(" "), "/dev/null"]).env_clear();
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(self.command.get_current_dir().unwrap());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut from, to) = (child.stdout.take().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = std::io::Read::read(&mut from, &mut bytes) {
                to.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        AtTerminal { child, shown, _folder: self.folder }
    }

    /// Runs it with a standard output that nobody reads, as after `| head` has seen enough.
    pub(crate) fn run_unread(self) -> Outcome {
        let mut running = self.start();
        drop(running.child.stdout.take());
        running.wait()
    }
}

impl Running {
    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Waits for its end. What it prints must fit into a pipe.
    pub(crate) fn wait(mut self) -> Outcome {
        let begun = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < DEADLINE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let read = |from: Option<Box<dyn std::io::Read>>| {
            let mut bytes = Vec::new();
            from.map(|mut from| from.read_to_end(&mut bytes)).transpose().unwrap();
            bytes
        };
        let status = self.child.try_wait().unwrap().unwrap();
        let stdout = read(self.child.stdout.take().map(|pipe| Box::new(pipe) as _));
        let stderr = read(self.child.stderr.take().map(|pipe| Box::new(pipe) as _));
        Outcome::of(std::process::Output { status, stdout, stderr })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Outcome {
    fn of(output: std::process::Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }

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
