//! One column's definition, as `CREATE TABLE` and `ALTER TABLE` write it.

use super::types::{self, Family};
use crate::model::built::Defaults;
use crate::model::schema::Column;
use crate::sql::ddl::reader::Reader;

/// A column and what comes with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Read {
    /// The column; its collation is that of the statement, or else empty for the table's.
    pub(super) column: Column,
    /// The attributes that the text does not tell.
    pub(super) doubts: Vec<&'static str>,
    /// Whether it holds letters.
    pub(super) is_text: bool,
    /// Whether it is the primary key.
    pub(super) primary: bool,
    /// Whether it has a unique key.
    pub(super) unique: bool,
    /// Its checks, each with the name if it has one.
    pub(super) checks: Vec<(Option<String>, String)>,
    /// A foreign key: table, columns, on delete, on update.
    pub(super) references: Option<References>,
    /// Where it goes: first, or after a column.
    pub(super) position: Option<Position>,
}

/// What a key refers to, and what happens then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct References {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    pub(super) on_delete: String,
    pub(super) on_update: String,
}

/// Where a column goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Position {
    First,
    After(String),
}

impl Read {
    /// Settles the collation by the words that were read.
    fn collate(&mut self, charset: Option<String>, binary: bool, defaults: &Defaults) {
        let is_open = self.column.collation.is_none();
        match charset {
            Some(name) if name == "binary" => self.doubts.push("*"),
            Some(name) if binary && is_open => self.column.collation = Some(format!("{name}_bin")),
            Some(name) if is_open => {
                self.column.collation = defaults.charsets.get(&name).cloned();
                if self.column.collation.is_none() {
                    self.doubts.push("collation");
                }
            }
            None if binary && is_open => self.doubts.push("collation"),
            _ => {}
        }
        if !self.is_text {
            self.column.collation = None;
        }
    }
}

/// Reads a definition from the type on, up to the comma or the end.
pub(super) fn read(reader: &mut Reader, name: String, defaults: &Defaults) -> Option<Read> {
    let kind = types::read(reader, defaults)?;
    let mut read = Read {
        column: Column { name, column_type: kind.text, nullable: true, ..Column::default() },
        is_text: matches!(kind.family, Family::Letters | Family::Json),
        ..Read::default()
    };
    if kind.is_unsure {
        read.doubts.push("type");
    }
    if kind.family == Family::Json {
        let (name, check) = (read.column.name.clone(), format!("json_valid(`{}`)", read.column.name));
        read.checks.push((Some(name), check));
        read.column.collation = Some("utf8mb4_bin".into());
    }
    let mut extra: Vec<String> = Vec::new();
    if kind.family == Family::Serial {
        read.unique = true;
        read.column.nullable = false;
        extra.push("auto_increment".into());
    }
    let mut says_null = false;
    let (mut charset, mut binary) = (None, false);
    let mut constraint = None;
    while !(reader.is_done() || reader.at_comma() || reader.peek_symbol(")")) {
        let word = reader.word();
        match word.as_str() {
            "NOT" if reader.eat("NULL") => (read.column.nullable, says_null) = (false, true),
            "NULL" => says_null = true,
            "DEFAULT" => default(reader, &mut read.column.default)?,
            "ON" if reader.eat("UPDATE") => extra.push(format!("on update {}", moment(reader)?)),
            "AUTO_INCREMENT" => {
                read.column.nullable = false;
                extra.push("auto_increment".into());
            }
            "PRIMARY" | "KEY" => {
                reader.eat("KEY");
                read.primary = true;
                read.column.nullable = false;
            }
            "UNIQUE" => {
                reader.eat("KEY");
                read.unique = true;
            }
            "COMMENT" => read.column.comment = reader.value()?,
            "COLLATE" => {
                reader.eat("=");
                read.column.collation = Some(reader.value()?.to_ascii_lowercase());
            }
            "CHARACTER" | "CHAR" if reader.eat("SET") => charset = Some(reader.value()?.to_ascii_lowercase()),
            "CHARSET" => charset = Some(reader.value()?.to_ascii_lowercase()),
            "BINARY" => binary = true,
            "ASCII" => charset = Some("latin1".into()),
            "UNICODE" => charset = Some("ucs2".into()),
            "VISIBLE" => {}
            "INVISIBLE" => extra.push("invisible".into()),
            "GENERATED" => {
                reader.eat("ALWAYS");
            }
            "AS" if reader.peek_symbol("(") => {
                read.column.generated = reader.parenthesised()?;
                let stored = reader.eat("STORED") || reader.eat("PERSISTENT");
                reader.eat("VIRTUAL");
                extra.push(if stored { "stored generated" } else { "virtual generated" }.into());
            }
            "CONSTRAINT" => constraint = if reader.peek(0) == "CHECK" { None } else { reader.name() },
            "CHECK" => {
                let mut check = reader.parenthesised()?;
                if reader.peek(0) == "NOT" && reader.peek(1) == "ENFORCED" {
                    check.push_str(" NOT ENFORCED");
                    reader.word();
                }
                reader.eat("ENFORCED");
                // MariaDB names it as the column, MySQL by a number.
                let own = constraint.take().or_else(|| defaults.mariadb.then(|| read.column.name.clone()));
                read.checks.push((own, check));
            }
            "REFERENCES" => read.references = Some(references(reader)?),
            "COLUMN_FORMAT" | "STORAGE" | "SRID" => drop(reader.token()?),
            "FIRST" => read.position = Some(Position::First),
            "AFTER" => read.position = Some(Position::After(reader.name()?)),
            _ => read.doubts.push("*"),
        }
    }
    read.collate(charset, binary, defaults);
    if read.column.base_type() == "timestamp" && !defaults.explicit_timestamps && !(says_null && read.column.nullable) {
        // The server makes the first one follow the clock, and gives others a default.
        read.doubts.extend(["nullability", "default", "extra"]);
    }
    read.column.extra = extra.join(" ");
    Some(read)
}

/// Reads a default, as SQL would write it; nothing for NULL.
pub(super) fn default(reader: &mut Reader, into: &mut Option<String>) -> Option<()> {
    *into = if reader.peek_symbol("(") {
        Some(format!("({})", reader.parenthesised()?))
    } else {
        match reader.peek(0).as_str() {
            "NULL" => {
                reader.word();
                None
            }
            "TRUE" | "FALSE" => Some(if reader.word() == "TRUE" { "1" } else { "0" }.into()),
            "" => {
                let sign = if reader.eat("-") { "-" } else { "" };
                reader.eat("+");
                Some(format!("{sign}{}", reader.token()?))
            }
            "CURRENT_TIMESTAMP" | "NOW" | "LOCALTIME" | "LOCALTIMESTAMP" => Some(moment(reader)?),
            _ => {
                // Something like `uuid()`, which MariaDB takes without brackets.
                let name = reader.token()?;
                let arguments = if reader.peek_symbol("(") { Some(reader.parenthesised()?) } else { None };
                Some(arguments.map_or_else(|| name.clone(), |list| format!("({name}({list}))")))
            }
        }
    };
    Some(())
}

/// `NOW(3)` and its like, as the catalogue words it.
fn moment(reader: &mut Reader) -> Option<String> {
    reader.word();
    let digits = if reader.peek_symbol("(") { reader.parenthesised()? } else { String::new() };
    Some(match digits.as_str() {
        "" | "0" => "current_timestamp".into(),
        digits => format!("current_timestamp({digits})"),
    })
}

/// What stands after `REFERENCES`.
pub(super) fn references(reader: &mut Reader) -> Option<References> {
    let from = reader.position();
    let mut found = References { table: reader.name()?, ..References::default() };
    // With a database before it, it may be a table of another one.
    (reader.position() == from + 1).then_some(())?;
    if reader.peek_symbol("(") {
        found.columns = reader.key_parts()?.into_iter().filter_map(|part| part.column).collect();
    }
    loop {
        if reader.eat("MATCH") {
            reader.word();
        } else if reader.peek(0) == "ON" && matches!(reader.peek(1).as_str(), "DELETE" | "UPDATE") {
            reader.word();
            let delete = reader.word() == "DELETE";
            let action = match reader.word().as_str() {
                word @ ("SET" | "NO") => format!("{word} {}", reader.word()),
                word => word.to_owned(),
            };
            *(if delete { &mut found.on_delete } else { &mut found.on_update }) = action;
        } else {
            return Some(found);
        }
    }
}
