//! What can be wrong with an entry that is valid YAML.

use super::entry::{Given, Names};
use crate::model::count::counted;
use crate::source::fields::Reader;
use crate::source::node::Node;
use crate::source::workload::place;
use crate::sql::parse::{SqlError, parse_statement, placeholders};

/// A name has words and is given once.
pub(super) fn name(reader: &mut Reader<'_>, at: &Node, name: &str, names: &mut Names) {
    if name.trim().is_empty() {
        reader.wrong(at, "the name is empty", "give it one, such as users.by-email");
        return;
    }
    if let Some(earlier) = names.get(name) {
        let message = format!("the name `{name}` is already taken at {earlier}");
        reader.wrong(at, &message, "names are unique over the whole workload: rename one of the two");
        return;
    }
    names.insert(name.to_owned(), reader.document.spot(at.at));
}

/// The statement parses, and every sample fills its placeholders.
pub(super) fn statement(reader: &mut Reader<'_>, at: &Node, name: &str, sql: &str, samples: &[Given<'_>]) {
    if sql.trim().is_empty() {
        reader.wrong(at, "the statement is empty", "write it, or remove the entry");
        return;
    }
    match placeholders(sql) {
        Err(error) => mistake(reader, at, sql, &error),
        Ok(wanted) => {
            parameters(reader, at, name, wanted, samples);
            if let Err(error) = parse_statement(sql) {
                mistake(reader, at, sql, &error);
            }
        }
    }
}

fn parameters(reader: &mut Reader<'_>, statement: &Node, name: &str, wanted: usize, samples: &[Given<'_>]) {
    for sample in samples.iter().filter(|sample| sample.params.len() != wanted) {
        let given = sample.params.len();
        if let Some(at) = sample.at {
            let given = counted(given as u64, "parameter");
            let message = format!("{name} has {}, and was given {given}", counted(wanted as u64, "placeholder"));
            reader.wrong(at, &message, "give one value for each ? in the statement, in order");
        } else {
            let message = format!("{name} has {}, and no params", counted(wanted as u64, "placeholder"));
            reader.wrong(statement, &message, "add params: [...] with typical values");
        }
    }
}

/// A mistake in the SQL, shown at its place in the YAML file where that is certain, at the statement's beginning
/// otherwise.
fn mistake(reader: &mut Reader<'_>, at: &Node, sql: &str, error: &SqlError) {
    let document = reader.document;
    let message = format!("the SQL does not parse: {}", error.message);
    let place = place::of(document, at, sql, error).unwrap_or_else(|| document.spot(at.at));
    reader.problems.push(document.mistake(place, &message, ""));
}
