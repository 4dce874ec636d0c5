//! `catalogue import sql`: a workload from files of statements.

use super::failure::Failure;
use super::today::today;
use crate::cli::SqlFiles;
use crate::exit::Exit;
use crate::model::built::Defaults;
use crate::model::location::Location;
use crate::model::query::{Query, Sample, Source};
use crate::model::schema::Schema;
use crate::render;
use crate::source::query_file::{self, NamedStatement};
use crate::sql::draft::Draft;
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
    let output = Output::open(args.output.as_deref())?;
    let statements = query_file::load(&args.files).map_err(|error| Failure::unable(error.message))?;
    let schema = schema(&args.migrations, term)?;
    let day = today()?.to_string();
    let (mut queries, mut left) = (Vec::new(), Vec::new());
    for NamedStatement { name, sql, at } in statements {
        match sql.and_then(|sql| query(&name, sql, &at, &schema, &day)) {
            Ok(query) => queries.push(query),
            Err(because) => left.push(format!("{at} {name}: {because}")),
        }
    }
    let files = if args.files.len() == 1 { "1 file".to_owned() } else { format!("{} files", args.files.len()) };
    let entries = if queries.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", queries.len()) };
    term.note(&format!("{entries} from {files}; {} not covered", left.len()));
    let mut head = format!("Made by `aura-db catalogue import sql` from {files}.");
    if !left.is_empty() {
        head.push_str("\nNot covered:");
    }
    for line in &left {
        let _ = write!(head, "\n  {line}");
    }
    output.write(&render::workload::render(&queries, &head), term)?;
    Ok(Exit::Clean)
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
    let migrations = crate::source::migrations::load(folder).map_err(|errors| {
        Failure::unable(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n"))
    })?;
    let mut draft = Draft::new(Defaults::default());
    for statement in migrations.iter().flat_map(|migration| &migration.up.statements) {
        draft.apply(&statement.sql, &statement.at.to_string());
    }
    Ok(draft.built.schema)
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
