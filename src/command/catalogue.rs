//! `catalogue`: the workload files.

use super::failure::Failure;
use super::{digests, import, import_sql, scan};
use crate::cli::{Catalogue, Global, Import};
use crate::exit::Exit;
use crate::model::count::counted;
use crate::term::Term;
use std::collections::BTreeSet;

/// Runs `catalogue`.
///
/// # Errors
/// Everything that is wrong with the files, each with its line and a caret.
pub(super) async fn run(args: &Catalogue, global: &Global, term: &mut Term) -> Result<Exit, Failure> {
    let workload = match args {
        Catalogue::Check { workload } => workload,
        Catalogue::Scan(args) => return scan::run(args, term),
        Catalogue::Import(Import::Slowlog(logs)) => return import::slowlog(logs, term),
        Catalogue::Import(Import::GeneralLog(logs)) => return import::general_log(logs, term),
        Catalogue::Import(Import::Sql(files)) => return import_sql::run(files, term),
        Catalogue::Import(Import::PerformanceSchema(wanted)) => {
            let target = super::target::resolve(global)?;
            return digests::run(wanted, &target, term).await;
        }
    };
    match crate::source::workload::load(workload) {
        Ok(queries) => {
            let sources: BTreeSet<_> =
                queries.iter().filter_map(|query| query.source.as_ref()).map(|source| &source.file).collect();
            let samples: usize = queries.iter().map(|query| query.samples.len()).sum();
            term.stdout(&format!(
                "{} queries with {samples} samples from {} source files: all in order\n",
                queries.len(),
                sources.len()
            ))?;
            Ok(Exit::Clean)
        }
        Err(errors) => {
            let count = counted(errors.len() as u64, "mistake");
            let list: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            Err(Failure::unable(format!("{}\n{count} in the workload", list.join("\n"))))
        }
    }
}
