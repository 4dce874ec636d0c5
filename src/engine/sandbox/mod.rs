//! Throwaway servers of the real engines, started from what is installed: for judging queries by the real planner
//! without touching anyone's database, and for aura-db's own tests, which have no other way to start a server.
//!
//! A sandbox listens on a private unix socket and is gone with its directory when it is dropped, and also when this
//! process dies by Ctrl-C, panic or `kill -9` (see `supervisor`).

mod arguments;
mod error;
mod locate;
mod log;
mod ready;
mod supervisor;
mod template;

pub use arguments::Options;
pub use error::SandboxError;
pub use locate::{ServerKind, ServerProgram};
pub use log::ServerLog;

use crate::model::engine::Engine;
use sqlx::MySqlPool;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlSslMode};
use std::path::{Path, PathBuf};
use std::time::Duration;
use supervisor::{Ending, Supervised};

/// How often to look for a server's end.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Longest wait of a pool for a connection. On a socket of one's own only a loaded machine makes it more than a moment.
const ACQUIRE: Duration = Duration::from_secs(15);

/// A running server of its own, gone when dropped. Dropping waits until the process has ended and its directory is
/// removed, which takes a few hundredths of a second.
#[derive(Debug)]
pub struct Sandbox {
    program: ServerProgram,
    options: Options,
    engine: Engine,
    directory: PathBuf,
    /// `None` only between [`Sandbox::kill`] and [`Sandbox::restart`].
    server: Option<Supervised>,
}

impl Sandbox {
    /// Starts a server as `options` say and waits until it answers.
    ///
    /// # Errors
    /// No such server is installed, it cannot be initialised, it ends early (with the last lines of its log) or it does
    /// not answer within a minute.
    pub async fn start(options: &Options) -> Result<Self, SandboxError> {
        let wanted = options.clone();
        let (program, mut server) = blocking(move || {
            let program = locate::find(wanted.kind, wanted.version)?;
            let server = prepare(&program, &wanted)?;
            Ok((program, server))
        })
        .await?;
        let directory = server.directory().to_owned();
        let version = ready::wait(&mut server, &at(&directory)).await?;
        let engine = Engine { kind: options.kind.engine(), version };
        Ok(Self { program, options: options.clone(), engine, directory, server: Some(server) })
    }

    /// The engine, with the version that the running server reports.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The program that runs.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program.path
    }

    /// The server's data directory, where `MySQL` also keeps the certificates that it made for itself.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.directory.join(arguments::DATA)
    }

    /// The unix socket that the server listens on.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.join(arguments::SOCKET)
    }

    /// The process id of the server, as it wrote it itself; `None` while it is killed.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        std::fs::read_to_string(self.directory.join(arguments::PID)).ok()?.trim().parse().ok()
    }

    /// How to connect: as root, who has no password, and without TLS, which a private socket does not need.
    #[must_use]
    pub fn connect_options(&self) -> MySqlConnectOptions {
        at(&self.directory)
    }

    /// A pool of at most `size` connections, each opened when it is first needed. To be called within a tokio runtime.
    #[must_use]
    pub fn pool(&self, database: Option<&str>, size: u32) -> MySqlPool {
        let options = self.connect_options();
        let options = database.map_or(options.clone(), |name| options.database(name));
        MySqlPoolOptions::new().max_connections(size).acquire_timeout(ACQUIRE).connect_lazy_with(options)
    }

    /// A URL of `database` on this server, in sqlx's syntax, for `--database-url`.
    /// The name is taken as it is: it must need no escaping in a URL.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@localhost/{database}?socket={}&ssl-mode=disabled", self.socket().display())
    }

    /// Why the server is gone, if it is although nobody ended it: for whoever has just lost a connection. A connection
    /// breaks a moment before its server has ended, so this waits for up to a second. The log is kept outside the sandbox.
    pub async fn ended(&self) -> Option<SandboxError> {
        const LOOKS: u32 = 50;
        let server = self.server.as_ref()?;
        for _ in 0..LOOKS {
            if let Some(status) = server.ended() {
                let (program, status) = (server.program().to_owned(), ready::worded(status));
                return Some(SandboxError::Died { program, status, log: server.log() });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        None
    }

    /// Kills the server as a crash would, and keeps its data for [`Sandbox::restart`].
    pub fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.end(Ending::Keep);
            // The server had no time to remove these, and refuses to start while another process has the old number.
            for stale in [arguments::SOCKET, arguments::SOCKET_LOCK, arguments::PID] {
                let _ = std::fs::remove_file(self.directory.join(stale));
            }
        }
    }

    /// Starts the server again over the same data and the same socket, killing it first if it still runs.
    ///
    /// # Errors
    /// The server ends early or does not answer within a minute.
    pub async fn restart(&mut self) -> Result<(), SandboxError> {
        self.kill();
        let (program, options, directory) = (self.program.clone(), self.options.clone(), self.directory.clone());
        let server = blocking(move || serve(&program, &options, &directory)).await?;
        let server = self.server.insert(server);
        ready::wait(server, &at(&self.directory)).await?;
        Ok(())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        match self.server.take() {
            Some(server) => server.end(Ending::Remove),
            None => {
                let _ = std::fs::remove_dir_all(&self.directory);
            }
        }
    }
}

fn at(directory: &Path) -> MySqlConnectOptions {
    MySqlConnectOptions::new()
        .socket(directory.join(arguments::SOCKET))
        .username("root")
        .ssl_mode(MySqlSslMode::Disabled)
}

/// Copies the template into a directory of its own and starts the server there.
fn prepare(program: &ServerProgram, options: &Options) -> Result<Supervised, SandboxError> {
    let directory = supervisor::directory()?;
    let server = supervise(program, options, directory.path())?;
    // From here on the supervisor removes the directory, whatever happens to this process.
    let directory = directory.keep();
    template::fill(program, &directory.join(arguments::DATA))?;
    server.begin()
}

/// Starts the server over a directory that has its data already.
fn serve(program: &ServerProgram, options: &Options, directory: &Path) -> Result<Supervised, SandboxError> {
    supervise(program, options, directory)?.begin()
}

fn supervise(program: &ServerProgram, options: &Options, directory: &Path) -> Result<Supervised, SandboxError> {
    let root = supervisor::owned_by_root(directory)?;
    Supervised::hold(directory, &program.path, &arguments::server(options, directory, root))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SandboxError> + Send + 'static,
) -> Result<T, SandboxError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(SandboxError::Interrupted(error.to_string())),
    }
}
