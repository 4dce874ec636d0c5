//! A proxy between aura-db and the server that counts the client's commands and strikes at one of them. It is the only
//! source of faults: neither side knows of it.

use super::fault::{Blow, Fault, Moment};
use super::packet::Packet;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How much later the other side learns of a connection that only one side has lost.
const LINGER: Duration = Duration::from_millis(700);

/// A command that went by.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) text: String,
    begun: Instant,
    /// How long the server took to begin its answer; `None` without one.
    pub(crate) took: Option<Duration>,
}

/// A running proxy; it takes no new connections once dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    shared: Arc<Shared>,
    folder: TempDir,
}

#[derive(Debug)]
struct Shared {
    upstream: PathBuf,
    server: u32,
    client: OnceLock<u32>,
    fault: Option<Fault>,
    fired: AtomicBool,
    /// The client has ended by itself: too late for a blow.
    over: Mutex<bool>,
    ended: AtomicBool,
    sent: Mutex<Vec<Sent>>,
}

/// The two ends of one connection.
#[derive(Debug)]
struct Pair {
    client: UnixStream,
    server: UnixStream,
    /// The command under way, as an index into what was sent plus 1.
    current: AtomicUsize,
    /// To strike when the server answers.
    armed: AtomicBool,
    /// One end is to outlive the other.
    held: AtomicBool,
}

impl Proxy {
    /// A proxy before the server that listens on `upstream` as process `server`.
    pub(crate) fn start(upstream: &Path, server: u32, fault: Option<Fault>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("p")).unwrap();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            server,
            client: OnceLock::new(),
            fault,
            fired: AtomicBool::new(false),
            over: Mutex::new(false),
            ended: AtomicBool::new(false),
            sent: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                if accepting.ended.load(Ordering::SeqCst) {
                    break;
                }
                // A server that is gone: the client's end closes, as a refused connection would.
                let Ok(server) = UnixStream::connect(&accepting.upstream) else { continue };
                Pair::run(client, server, &accepting);
            }
        });
        Self { shared, folder }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("p")
    }

    /// Says which process the client is.
    pub(crate) fn client(&self, pid: u32) {
        self.shared.client.set(pid).unwrap();
    }

    /// Says that the client has ended; from here on nothing strikes any more.
    pub(crate) fn over(&self) {
        *self.shared.over.lock().unwrap() = true;
    }

    /// Whether the fault has come.
    pub(crate) fn fired(&self) -> bool {
        self.shared.fired.load(Ordering::SeqCst)
    }

    /// All commands so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.shared.sent.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = UnixStream::connect(self.socket());
    }
}

impl Pair {
    fn run(client: UnixStream, server: UnixStream, shared: &Arc<Shared>) {
        let pair = Arc::new(Self {
            client,
            server,
            current: AtomicUsize::new(0),
            armed: AtomicBool::new(false),
            held: AtomicBool::new(false),
        });
        let (up, down) = ((Arc::clone(&pair), Arc::clone(shared)), (pair, Arc::clone(shared)));
        thread::spawn(move || {
            up.0.carry_commands(&up.1);
            up.0.close();
        });
        thread::spawn(move || {
            down.0.carry_answers(&down.1);
            down.0.close();
        });
    }

    fn carry_commands(&self, shared: &Shared) {
        while let Ok(Some(packet)) = Packet::read(&mut &self.client) {
            let fault = packet.command().and_then(|text| self.note(shared, text));
            if let Some((blow, Moment::Before)) = fault {
                return self.strike(shared, blow);
            }
            self.armed.store(matches!(fault, Some((_, Moment::After))), Ordering::SeqCst);
            if (&self.server).write_all(packet.bytes()).is_err() {
                return;
            }
            if let Some((blow, Moment::During(delay))) = fault {
                thread::sleep(delay);
                return self.strike(shared, blow);
            }
        }
    }

    /// Writes the command down, and gives what is to happen at it.
    fn note(&self, shared: &Shared, text: String) -> Option<(Blow, Moment)> {
        let mut sent = shared.sent.lock().unwrap();
        sent.push(Sent { text, begun: Instant::now(), took: None });
        self.current.store(sent.len(), Ordering::SeqCst);
        shared.fault.filter(|fault| fault.command == sent.len()).map(|fault| (fault.blow, fault.moment))
    }

    fn carry_answers(&self, shared: &Shared) {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = (&self.server).read(&mut buffer) {
            if let Some(index) = self.current.swap(0, Ordering::SeqCst).checked_sub(1) {
                let mut sent = shared.sent.lock().unwrap();
                sent[index].took = Some(sent[index].begun.elapsed());
            }
            if self.armed.swap(false, Ordering::SeqCst) {
                if let Some(fault) = shared.fault {
                    self.strike(shared, fault.blow);
                }
                return;
            }
            if (&self.client).write_all(&buffer[..length]).is_err() {
                return;
            }
        }
    }

    fn strike(&self, shared: &Shared, blow: Blow) {
        let over = shared.over.lock().unwrap();
        if *over {
            return;
        }
        shared.fired.store(true, Ordering::SeqCst);
        match blow {
            Blow::Cut | Blow::CutClient | Blow::CutServer => {}
            Blow::KillClient => kill(*shared.client.wait()),
            Blow::KillServer => kill(shared.server),
        }
        drop(over);
        self.held.store(true, Ordering::SeqCst);
        match blow {
            Blow::CutClient => Self::outlive(&self.client),
            Blow::CutServer => Self::outlive(&self.server),
            Blow::Cut | Blow::KillClient | Blow::KillServer => {}
        }
        self.held.store(false, Ordering::SeqCst);
    }

    /// Ends one side, and waits before the other one may end.
    fn outlive(lost: &UnixStream) {
        let _ = lost.shutdown(Shutdown::Both);
        thread::sleep(LINGER);
    }

    /// Ends both sides, unless one is to stay.
    fn close(&self) {
        if !self.held.load(Ordering::SeqCst) {
            let _ = self.client.shutdown(Shutdown::Both);
            let _ = self.server.shutdown(Shutdown::Both);
        }
    }
}

/// `kill -9`.
pub(crate) fn kill(pid: u32) {
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
}
