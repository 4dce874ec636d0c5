//! Statements on views, stored programs and sequences, which are told by their kind and name.

use super::Effect;
use super::reader::Reader;

/// The views of a `DROP VIEW`, of which the effect names only the first.
#[must_use]
pub fn dropped_views(sql: &str) -> Vec<String> {
    let Some(mut reader) = Reader::new(sql) else { return Vec::new() };
    if !(reader.eat("DROP") && reader.eat("VIEW")) {
        return Vec::new();
    }
    reader.if_exists();
    reader.names()
}

/// Reads what follows the verb.
pub(super) fn routine(verb: &str, reader: &mut Reader) -> Effect {
    const KINDS: [&str; 6] = ["VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "SEQUENCE"];
    // DEFINER, ALGORITHM and SQL SECURITY clauses stand before the kind.
    for _ in 0..16 {
        let word = reader.word();
        if KINDS.contains(&word.as_str()) {
            reader.if_exists();
            let name = reader.name();
            // The other views are told by `dropped_views`; the databases of their names count here.
            while verb == "DROP" && word == "VIEW" && reader.eat(",") {
                reader.name();
            }
            // Of several, the others would be passed over.
            let many = verb == "DROP" && word == "SEQUENCE" && reader.eat(",");
            return if many {
                Effect::Other
            } else {
                Effect::Routine { verb: verb.into(), kind: word.to_ascii_lowercase(), name }
            };
        }
        if matches!(word.as_str(), "TABLE" | "DATABASE" | "SCHEMA" | "USER" | "ROLE" | "SERVER" | "TABLESPACE") {
            break;
        }
    }
    Effect::Other
}
