//! What can be wrong with an entry that is valid YAML.

use super::entry::Entry;
use crate::model::location::Location;
use crate::model::query::Query;
use crate::source::error::SourceError;
use crate::source::value::Scalar;
use crate::source::yaml::Document;
use crate::sql::parse::{SqlError, parse_statement, placeholders};
use serde_saphyr::Spanned;
use std::collections::BTreeMap;

/// Everything that is wrong with one entry.
pub(super) fn entry(document: &Document, entry: &Entry) -> Vec<SourceError> {
    let mut found = Vec::new();
    if entry.name.value.trim().is_empty() {
        found.push(document.mistake(
            document.place(&entry.name),
            "the name is empty",
            "give it one, such as users.by-email",
        ));
    }
    if entry.sql.value.trim().is_empty() {
        found.push(document.mistake(document.place(&entry.sql), "the statement is empty", ""));
        return found;
    }
    if let (Some(params), Some(_)) = (&entry.params, &entry.samples) {
        found.push(document.mistake(
            document.place(params),
            "an entry has either params or samples",
            "move these params into a sample of their own",
        ));
    }
    match placeholders(&entry.sql.value) {
        Err(error) => found.push(sql_mistake(document, &entry.sql, &error)),
        Ok(wanted) => {
            found.extend(parameters(document, entry, wanted));
            if let Err(error) = parse_statement(&entry.sql.value) {
                found.push(sql_mistake(document, &entry.sql, &error));
            }
        }
    }
    found
}

fn parameters(document: &Document, entry: &Entry, wanted: usize) -> Vec<SourceError> {
    let name = &entry.name.value;
    let wrong = |params: &Spanned<Vec<Scalar>>| {
        let given = params.value.len();
        (given != wanted).then(|| {
            let message = format!("{name} has {wanted} placeholder(s), and {given} parameter(s) are given");
            document.mistake(document.place(params), &message, "give one value for each ? in the statement, in order")
        })
    };
    match (&entry.samples, &entry.params) {
        (Some(samples), _) if samples.value.is_empty() => {
            vec![document.mistake(
                document.place(samples),
                &format!("{name} has no sample"),
                "give one, or leave samples out",
            )]
        }
        (Some(samples), _) => samples.value.iter().filter_map(|sample| wrong(&sample.params)).collect(),
        (None, Some(params)) => wrong(params).into_iter().collect(),
        (None, None) if wanted > 0 => {
            let message = format!("{name} has {wanted} placeholder(s), and no params");
            vec![document.mistake(document.place(&entry.sql), &message, "add params: [...] with typical values")]
        }
        (None, None) => Vec::new(),
    }
}

/// A mistake in the SQL, shown at its place in the YAML file where that is certain, at the statement's beginning
/// otherwise.
fn sql_mistake(document: &Document, sql: &Spanned<String>, error: &SqlError) -> SourceError {
    let start = document.place(sql);
    let message = format!("the SQL does not parse: {}", error.message);
    document.mistake(place_in_scalar(document, &start, error).unwrap_or(start), &message, "")
}

/// The scalar begins at `start`: the first character of a block's text or of a plain text, or the opening quote.
fn place_in_scalar(document: &Document, start: &Location, error: &SqlError) -> Option<Location> {
    let line = document.text.lines().nth(usize::try_from(start.line).ok()?.checked_sub(1)?)?;
    let column = start.column?;
    let before: String = line.chars().take(usize::try_from(column).ok()? - 1).collect();
    let is_block = before.trim().is_empty();
    if error.line == 0 || (error.line > 1 && !is_block) {
        return None;
    }
    let is_quoted = line[before.len()..].starts_with(['"', '\'']);
    Some(document.at(start.line + error.line - 1, column + error.column - 1 + u32::from(is_quoted)))
}

/// Names that occur twice, each shown with the place of the first.
pub(super) fn names(queries: &[Query], problems: &mut Vec<SourceError>) {
    let mut first: BTreeMap<&str, &Location> = BTreeMap::new();
    for query in queries {
        if let Some(earlier) = first.insert(&query.name, &query.defined_at) {
            let message = format!(
                "{}: the name `{}` is already taken at {earlier}; names are unique over the whole workload",
                query.defined_at, query.name
            );
            problems.push(SourceError { message, at: Some(query.defined_at.clone()) });
        }
    }
}
