//! One thin file per verb: load, call the domain, hand a report to render.

mod adopt;
mod archive;
mod audit;
mod baseline;
mod catalogue;
mod digests;
mod doubt;
mod drafted;
mod drift;
mod explain;
mod failure;
mod files;
mod import;
mod import_sql;
mod interrupt;
mod into;
mod judge;
mod lint;
mod narrator;
mod new;
mod prepare;
mod remedy;
mod replica;
mod reports;
mod restore;
mod rollback;
mod scan;
mod schema;
mod stats;
mod status;
mod survey;
mod target;
mod today;
mod turn;
mod unsure;
mod up;
mod verdict;
mod waivers;
mod whole;

use crate::cli::{Cli, Command, Write};
use crate::exit::Exit;
use crate::term::Term;
use clap::CommandFactory;
use failure::Failure;
use target::Target;

/// Runs the verb; a failure is told on stderr.
pub async fn run(cli: &Cli, term: &mut Term) -> Exit {
    match dispatch(cli, term).await {
        Ok(exit) => exit,
        Err(failure) => {
            term.error(&failure.message);
            failure.exit
        }
    }
}

async fn dispatch(cli: &Cli, term: &mut Term) -> Result<Exit, Failure> {
    let target = || target::resolve(&cli.global).map_err(Failure::from);
    match &cli.command {
        Command::Migrate(args) => up::migrate(args, &target()?, term).await,
        Command::Apply(args) => up::apply(args, &target()?, term).await,
        Command::Rollback(args) => rollback::run(args, &target()?, term).await,
        Command::Status(args) => interrupt::early(status::run(args, &target()?, term)).await,
        Command::New(args) => {
            term.stdout(&new::run(args)?)?;
            Ok(Exit::Clean)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "aura-db", &mut script);
            term.stdout(&String::from_utf8_lossy(&script))?;
            Ok(Exit::Clean)
        }
        Command::Man { output } => manual(output.as_deref(), term),
        Command::Adopt(args) => Box::pin(adopt::run(args, &target()?, term)).await,
        Command::Drift(args) => Box::pin(interrupt::early(drift::run(args, &target()?, term))).await,
        Command::Lint(args) => Box::pin(interrupt::early(lint::run(args, &cli.global, term))).await,
        Command::Audit(args) => interrupt::early(audit::run(args, &cli.global, term)).await,
        Command::Explain(args) => interrupt::early(explain::run(args, &cli.global, term)).await,
        Command::Stats(args) => Box::pin(interrupt::early(stats::run(args, &target()?, term))).await,
        Command::Catalogue(args) => Box::pin(catalogue::run(args, &cli.global, term)).await,
    }
}

fn manual(output: Option<&std::path::Path>, term: &mut Term) -> Result<Exit, Failure> {
    if let Some(folder) = output {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(Cli::command(), folder)?;
        return Ok(Exit::Clean);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    term.stdout(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Clean)
}

/// Asks before a write, where the profile wants that.
///
/// # Errors
/// When the answer is no, or nobody can be asked.
async fn confirm(term: &mut Term, target: &Target, write: &Write, what: &str) -> Result<(), Failure> {
    if !target.confirm_writes || write.yes {
        return Ok(());
    }
    if let Err(error) = term.ask(&format!("{what}?")) {
        return Err(Failure::usage(format!("this profile asks before writing, and {error}; pass --yes to {what}")));
    }
    // In a thread of its own, so that Ctrl-C is heard while nobody answers.
    let answer = tokio::task::spawn_blocking(crate::term::answer);
    let answered = interrupt::early(async { answer.await.map_err(|error| Failure::unable(error.to_string())) }).await?;
    if answered? { Ok(()) } else { Err(Failure::state("nothing was done: the answer was no")) }
}
