//! Ctrl-C during a run: the running statement is ended on the server, and the run takes back what it must.

use super::failure::Failure;
use crate::engine::Session;
use crate::engine::canceller::Canceller;
use crate::term::Term;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs what leaves nothing behind when it is dropped; Ctrl-C ends it at once.
///
/// # Errors
/// Those of the work, or the interruption.
pub(super) async fn early<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        outcome = work => outcome,
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
    }
}

/// Watches for Ctrl-C.
#[derive(Debug)]
pub(super) struct Interrupt {
    flag: Arc<AtomicBool>,
    canceller: Canceller,
}

impl Interrupt {
    /// Prepares to end the statements of a session.
    pub(super) fn listen(session: &Session) -> Self {
        Self { flag: Arc::new(AtomicBool::new(false)), canceller: session.canceller() }
    }

    /// The flag that a run looks at between statements.
    #[must_use]
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }

    /// Drives a run to its end. The first Ctrl-C asks it to stop; it then still tidies up.
    pub(super) async fn guard<T>(&self, term: &Term, run: impl Future<Output = T>) -> T {
        let mut run = std::pin::pin!(run);
        tokio::select! {
            outcome = &mut run => return outcome,
            signal = tokio::signal::ctrl_c() => {
                if signal.is_err() {
                    // No signal can be had here: go on without.
                    return run.await;
                }
            }
        }
        self.flag.store(true, Ordering::SeqCst);
        let cancel = async {
            if let Err(error) = Box::pin(self.canceller.cancel()).await {
                let id = self.canceller.connection_id();
                term.note(&format!(
                    "the running statement could not be ended ({error}): waiting for it; KILL QUERY {id} on the server \
                     ends it"
                ));
            }
        };
        let (outcome, ()) = tokio::join!(run, cancel);
        outcome
    }
}
