//! Parse, run, exit code.

use aura_db::cli::Cli;
use aura_db::exit::Exit;
use aura_db::term::Term;
use clap::Parser;
use std::process::ExitCode;
use std::thread;

/// What reads a folder of files allocates little and often, in a thread, and glibc asks the kernel for each page of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes of stack. A condition of a thousand links is a tree of a thousand levels, and the usual 8 MB do not hold it. What
/// is not used takes no memory.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let cli = Cli::parse();
    thread::scope(|scope| match thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || run(&cli)) {
        // A panic has told of itself; 101 is Rust's code for it.
        Ok(thread) => thread.join().unwrap_or(ExitCode::from(101)),
        Err(_) => run(&cli),
    })
}

fn run(cli: &Cli) -> ExitCode {
    let mut term = Term::detect(cli.global.color, cli.global.quiet);
    // Everything waits for a server; one thread spares each answer a hand-over.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            term.error(&format!("cannot start: {error}"));
            return Exit::Unable.into();
        }
    };
    let exit = runtime.block_on(aura_db::command::run(cli, &mut term));
    // Whoever still waits, for an answer on stdin or a file's lock, is not waited for.
    runtime.shutdown_background();
    exit.into()
}
