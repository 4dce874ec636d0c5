//! An index as `CREATE INDEX`, `ALTER TABLE … ADD INDEX` and `CREATE TABLE` define it.

use super::reader::Reader;
use crate::model::schema::{IndexKind, KeyPart};

/// An index as a statement defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexDefinition {
    /// Its name, when given.
    pub name: Option<String>,
    /// Whether it is UNIQUE or a primary key.
    pub unique: bool,
    /// The columns of its key parts; empty for an expression.
    pub columns: Vec<String>,
    /// What sort of index it is.
    pub kind: IndexKind,
    /// Its key parts; empty where they, or something else of it, cannot be compared with what a catalogue shows.
    pub parts: Vec<KeyPart>,
    /// Whether the optimizer may use it.
    pub visible: bool,
}

/// `FULLTEXT` or `SPATIAL`, moved past, or else what `UNIQUE` says.
pub(super) fn kind(unique: bool, reader: &mut Reader) -> IndexKind {
    match () {
        () if unique => IndexKind::Unique,
        () if reader.eat("FULLTEXT") => IndexKind::Fulltext,
        () if reader.eat("SPATIAL") => IndexKind::Spatial,
        () => IndexKind::Plain,
    }
}

/// An index clause of `ALTER TABLE … ADD` or `CREATE TABLE`, from its first word on.
pub(in crate::sql) fn within_table(reader: &mut Reader, constraint: Option<String>) -> IndexDefinition {
    let unique = reader.eat("UNIQUE");
    let kind = kind(unique, reader);
    let _noise = reader.eat("INDEX") || reader.eat("KEY");
    reader.if_exists();
    let name = if reader.peek(0) == "USING" { None } else { reader.name() }.or(constraint);
    reader.index_type();
    definition(reader, name, kind)
}

/// The key parts and what stands after them.
pub(in crate::sql) fn definition(reader: &mut Reader, name: Option<String>, kind: IndexKind) -> IndexDefinition {
    let columns = reader.clone().key_columns();
    let parts = reader.key_parts();
    let options = reader.clause_words();
    let hidden = options.iter().enumerate().any(|(at, word)| match word.as_str() {
        "INVISIBLE" => true,
        // Not NOT IGNORED.
        "IGNORED" => at == 0 || options[at - 1] != "NOT",
        _ => false,
    });
    // The catalogue does not show the parser of a FULLTEXT index.
    let parts = parts.filter(|_| !options.iter().any(|word| word == "PARSER")).unwrap_or_default();
    IndexDefinition { name, unique: kind == IndexKind::Unique, columns, kind, parts, visible: !hidden }
}
