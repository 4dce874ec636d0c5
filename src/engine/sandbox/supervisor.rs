//! Keeps a server from outliving us. Each runs under a small shell script that holds the read end of a pipe of ours:
//! when we let go of it, or die of anything at all, the script kills the server and removes its directory.

use super::error::SandboxError;
use super::log::ServerLog;
use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use tempfile::TempDir;

const SCRIPT: &str = include_str!("supervise.sh");
const LOG: &str = "log";
const EXITED: &str = "exited";

/// What becomes of the directory when the server is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It stays, for another start.
    Keep,
    /// It is removed.
    Remove,
}

/// A process that cannot outlive this one, and the directory that goes with it. Dropping it ends and removes both.
#[derive(Debug)]
pub(super) struct Supervised {
    program: PathBuf,
    directory: PathBuf,
    shell: Child,
    orders: Option<ChildStdin>,
}

impl Supervised {
    /// Puts `directory` under supervision, so that it is removed if this process dies, and has the command ready.
    pub(super) fn hold(directory: &Path, program: &Path, arguments: &[OsString]) -> Result<Self, SandboxError> {
        let mut shell = Command::new("sh")
            // For what initialises a server, too: see `arguments` on the folder of temporary tables.
            .env("TMPDIR", directory)
            .args(["-c", SCRIPT, "aura-db-sandbox"])
            .arg(directory)
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Away from the terminal's group: Ctrl-C is for us, and we end the server in good order.
            .process_group(0)
            .spawn()
            .map_err(SandboxError::io("run `sh` for", program))?;
        let orders = shell.stdin.take();
        Ok(Self { program: program.to_owned(), directory: directory.to_owned(), shell, orders })
    }

    /// Runs the command.
    pub(super) fn begin(mut self) -> Result<Self, SandboxError> {
        self.order("begin").map_err(SandboxError::io("run", &self.program))?;
        Ok(self)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// The status of a command that ended by itself, as the shell counts: above 128 it is the number of a signal more.
    pub(super) fn exited(&mut self) -> Option<i32> {
        // Without the shell nobody would ever write the status.
        let shell = self.shell.try_wait().ok().flatten().map(|status| status.code().unwrap_or(-1));
        self.ended().or(shell)
    }

    /// The status of a command that ended by itself, once the shell has written it.
    pub(super) fn ended(&self) -> Option<i32> {
        std::fs::read_to_string(self.directory.join(EXITED)).ok()?.trim().parse().ok()
    }

    /// What the command wrote, kept for whoever looks into its end.
    pub(super) fn log(&self) -> ServerLog {
        ServerLog::keep(&self.directory.join(LOG), &self.program)
    }

    /// Kills the command and waits until it, and with [`Ending::Remove`] its directory, is gone.
    pub(super) fn end(mut self, ending: Ending) {
        if ending == Ending::Keep {
            // A shell that is no longer there reads nothing and removes nothing either.
            let _ = self.order("keep");
        }
    }

    fn order(&mut self, word: &str) -> std::io::Result<()> {
        self.orders.as_mut().map_or(Ok(()), |orders| writeln!(orders, "{word}"))
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.shell.wait();
    }
}

/// A new directory for a sandbox, with a path short enough for a socket in it.
pub(super) fn directory() -> Result<TempDir, SandboxError> {
    const ROOM: usize = 80;
    let usual = std::env::temp_dir();
    let parent = if usual.as_os_str().len() <= ROOM { usual } else { PathBuf::from("/tmp") };
    tempfile::Builder::new()
        .prefix("aura-db-")
        .tempdir_in(&parent)
        .map_err(SandboxError::io("create a folder in", &parent))
}

/// Whether the files that this process makes are root's, which is to say that it runs as root.
pub(super) fn owned_by_root(directory: &Path) -> Result<bool, SandboxError> {
    Ok(std::fs::metadata(directory).map_err(SandboxError::io("read", directory))?.uid() == 0)
}
