//! `catalogue import sql`: a workload from files of statements.

use super::drafted::drafted;
use super::failure::Failure;
use super::import::workload;
use super::into::Into;
use super::today::today;
use crate::cli::{DigestFormat, SqlFiles};
use crate::exit::Exit;
use crate::model::count::counted;
use crate::model::location::Location;
use crate::model::query::{Query, Sample, Source};
use crate::model::scan::{Named, Uncovered};
use crate::model::schema::Schema;
use crate::render;
use crate::source::query_file::{self, NamedStatement};
use crate::sql::parse::parse_statement;
use crate::sql::stand_in::stand_ins;
use crate::term::{Output, Term};
use sqlparser::ast::Statement;
use std::fmt::Write;
use std::path::Path;

/// Runs it.
///
/// # Errors
/// When a file cannot be read, or ends within a quote or a comment.
pub(super) fn run(args: &SqlFiles, term: &mut Term) -> Result<Exit, Failure> {
    let into = args.merged.into.as_deref().map(Into::read).transpose()?;
    let output = Output::open(args.merged.into.as_deref().or(args.output.as_deref()))?;
    let statements = query_file::load(&args.files).map_err(|error| Failure::unable(error.message))?;
    let schema = schema(&args.migrations, term)?;
    let day = today()?.to_string();
    let mut named = Named { files: args.files.len() as u64, ..Named::default() };
    for NamedStatement { name, sql, at } in statements {
        match sql.and_then(|sql| query(&name, sql, &at, &schema, &day)) {
            Ok(query) => named.statements.push(query),
            Err(because) => named.not_covered.push(Uncovered { at, because: format!("{name}: {because}") }),
        }
    }
    named.count = named.statements.len() as u64;
    named.statements.truncate(args.limit.unwrap_or(usize::MAX));
    let text = match args.format {
        DigestFormat::Workload => {
            let head = head(&named, term);
            workload(named.statements, &head, (into, args.merged.prune), term)?
        }
        DigestFormat::Table => render::named::table(&named, &output.style(term)),
        DigestFormat::Json => render::json::render(&named),
    };
    output.write(&text, term)?;
    Ok(Exit::Clean)
}

/// The words above the workload; what is no entry is said on stderr, too.
fn head(named: &Named, term: &mut Term) -> String {
    let files = counted(named.files, "file");
    let entries = if named.count == 1 { "1 entry".to_owned() } else { format!("{} entries", named.count) };
    term.note(&format!("{entries} from {files}; {} not covered", named.not_covered.len()));
    let mut head = format!("Made by `aura-db catalogue import sql` from {files}.");
    if !named.not_covered.is_empty() {
        head.push_str("\nNot covered:");
    }
    for left in &named.not_covered {
        let _ = write!(head, "\n  {} {}", left.at, left.because);
    }
    head
}

/// What the migrations build, by their text; nothing when there are none.
fn schema(folder: &Path, term: &Term) -> Result<Schema, Failure> {
    if !folder.is_dir() {
        term.note(&format!(
            "note: {} is not there, so the columns' types are not known, by which values stand in for parameters; name the \
             folder with --migrations",
            folder.display()
        ));
        return Ok(Schema::default());
    }
    drafted(folder)
}

fn query(name: &str, sql: String, at: &Location, schema: &Schema, day: &str) -> Result<Query, String> {
    match parse_statement(&sql) {
        Ok(Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_)) => {}
        Ok(_) => return Err("EXPLAIN has no plan for it".to_owned()),
        Err(error) => return Err(format!("it cannot be read: {}", error.message)),
    }
    let params = stand_ins(&sql, schema, day)?;
    let note = if params.is_empty() { "" } else { "the values are stand-ins by the columns' types" };
    Ok(Query {
        name: name.to_owned(),
        source: Some(Source { file: at.file.clone(), line: Some(at.line) }),
        sql,
        samples: vec![Sample { label: String::new(), params }],
        frequency: None,
        cache_seconds: None,
        in_loop: false,
        note: note.to_owned(),
        waivers: Vec::new(),
        defined_at: at.clone(),
    })
}
