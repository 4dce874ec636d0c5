//! What questions are asked through, one at a time each: connections that are at hand again as soon as a question is
//! answered. A pool of the driver's says a word to the server first whenever it gets one back, which over a slow link
//! takes as long as the question did.

use crate::engine::EngineError;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Lanes, of which none is used by two questions at once.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    free: Mutex<Vec<T>>,
    turns: Semaphore,
}

/// A place among the questions that are under way, with a free lane if there is one.
#[derive(Debug)]
pub(super) struct Turn<'l, T> {
    lanes: &'l Lanes<T>,
    _permit: SemaphorePermit<'l>,
}

impl<T> Lanes<T> {
    /// For that many questions at once at most, with the lanes that there are already.
    pub(super) fn new(most: usize, free: Vec<T>) -> Self {
        Self { free: Mutex::new(free), turns: Semaphore::new(most.max(1)) }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// Never, as turns are not closed.
    pub(super) async fn turn(&self) -> Result<Turn<'_, T>, EngineError> {
        let permit = self.turns.acquire().await.map_err(|error| EngineError::Unexpected(error.to_string()))?;
        Ok(Turn { lanes: self, _permit: permit })
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<T>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Turn<'_, T> {
    /// A lane that is free, the one that was used last.
    pub(super) fn take(&self) -> Option<T> {
        self.lanes.free().pop()
    }

    /// Gives a lane back that can be used again.
    pub(super) fn give(self, lane: T) {
        self.lanes.free().push(lane);
    }
}

/// Whether a connection can be used again after that answer.
pub(super) fn is_whole<A>(answer: &Result<A, EngineError>) -> bool {
    !matches!(answer, Err(EngineError::Connection(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_taken_next_and_turns_are_as_many_as_were_said() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let lanes = Lanes::new(2, vec!['a']);
            let (one, other) = (lanes.turn().await.unwrap(), lanes.turn().await.unwrap());
            assert_eq!((one.take(), other.take()), (Some('a'), None));
            assert!(lanes.turns.try_acquire().is_err());
            one.give('a');
            assert_eq!(other.take(), Some('a'));
            drop(lanes.turn().await.unwrap());
        });
    }
}
