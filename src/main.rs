//! Parse, run, exit code.

use aura_db::cli::Cli;
use aura_db::exit::Exit;
use aura_db::term::Term;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut term = Term::detect(cli.global.color, cli.global.quiet);
    // Everything waits for a server; one thread spares each answer a hand-over.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            term.error(&format!("cannot start: {error}"));
            return Exit::Unable.into();
        }
    };
    let exit = runtime.block_on(aura_db::command::run(&cli, &mut term));
    // Whoever still waits, for an answer on stdin or a file's lock, is not waited for.
    runtime.shutdown_background();
    exit.into()
}
