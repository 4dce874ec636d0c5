//! A statement that a run was cut off in and of which nothing tells whether it took effect: somebody at a terminal is asked,
//! while no lock is held and no connection is open; otherwise the flag `--in-doubt` answers.

use super::failure::{Failure, in_doubt};
use super::interrupt;
use crate::cli::{InDoubt, Write};
use crate::engine::runner::{Answer, Answers};
use crate::exit::Exit;
use crate::term::Term;

/// What the command line says.
pub(super) fn answers(write: &Write) -> Answers {
    Answers::all(write.in_doubt.map(|choice| match choice {
        InDoubt::Ran => Answer::TookEffect,
        InDoubt::NotRun => Answer::DidNot,
    }))
}

/// Asks about the statement that ended a run, and remembers the answer; `None` when the run is to be made again with it.
///
/// # Errors
/// The run's failure when it is another, when nobody can be asked, or when the user wants to stop.
pub(super) async fn settle(
    outcome: Result<Exit, Failure>,
    answers: &mut Answers,
    term: &mut Term,
) -> Result<Option<Exit>, Failure> {
    let failure = match outcome {
        Ok(exit) => return Ok(Some(exit)),
        Err(failure) => failure,
    };
    let Some(doubt) = failure.doubt.as_deref().filter(|doubt| answers.of(&doubt.place, &doubt.sql).is_none()) else {
        return Err(failure);
    };
    let mut question = format!("{}.\nLook at the database; no lock is held meanwhile.\n", in_doubt(doubt));
    loop {
        question.push_str("Did it take effect? ran / not-run (run it again) / stop: ");
        if !term.asks(&question) {
            return Err(failure);
        }
        // In a thread of its own, so that Ctrl-C is heard while nobody answers.
        let line = tokio::task::spawn_blocking(crate::term::line);
        let line = interrupt::early(async { line.await.map_err(|error| Failure::unable(error.to_string())) }).await??;
        let answer = match line.as_deref().map(|line| line.trim().to_ascii_lowercase()).as_deref() {
            Some("ran" | "r") => Answer::TookEffect,
            Some("not-run" | "not run" | "n") => Answer::DidNot,
            // The end of the input, too.
            None | Some("stop" | "s") => return Err(failure),
            Some(_) => {
                question.clear();
                continue;
            }
        };
        answers.give(doubt, answer);
        return Ok(None);
    }
}
