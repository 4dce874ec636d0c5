//! The new definitions that an `ALTER TABLE` gives to columns that are there: what the words say, before the server's
//! defaults are filled in.
//!
//! For judging whether values still fit. A form that is not known gives no definition, never a guess.

use super::reader::Reader;

/// A column's definition as far as it decides which values fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definition {
    /// The type in lower case, in the catalogue's words: `varchar(9)`, `int unsigned`.
    pub column_type: String,
    /// The character set, when it is named.
    pub charset: Option<String>,
    /// The collation, when it is named.
    pub collation: Option<String>,
    /// Whether NULL may be stored, when it is said.
    pub nullable: Option<bool>,
    /// Whether the values come from an expression.
    pub generated: bool,
}

/// One clause that gives columns another definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redefinition {
    /// `MODIFY` or `CHANGE` of a column; the definition when it could be read.
    Column(String, Option<Definition>),
    /// `CONVERT TO CHARACTER SET` of all columns; `None` is the database's own.
    Convert(Option<String>),
    /// Another default for columns that name no character set; `None` is the database's own.
    Default(Option<String>),
}

/// The new definitions that a statement gives.
#[must_use]
pub fn redefinitions(sql: &str) -> Vec<Redefinition> {
    let Some(mut reader) = Reader::new(sql) else { return Vec::new() };
    let mut found = Vec::new();
    if !reader.eat("ALTER") {
        return found;
    }
    let _noise = reader.eat("ONLINE") || reader.eat("OFFLINE") || reader.eat("IGNORE");
    if !reader.eat("TABLE") {
        return found;
    }
    reader.if_exists();
    if reader.name().is_none() {
        return found;
    }
    while !reader.is_done() {
        found.extend(clause(&mut reader));
        if !reader.next_clause() {
            break;
        }
    }
    found
}

fn clause(reader: &mut Reader) -> Option<Redefinition> {
    let verb = reader.peek(0);
    match verb.as_str() {
        "MODIFY" | "CHANGE" => {
            reader.word();
            reader.eat("COLUMN");
            reader.if_exists();
            let from = reader.name()?;
            if verb == "CHANGE" {
                reader.name()?;
            }
            Some(Redefinition::Column(from, definition(reader)))
        }
        "CONVERT" if reader.peek(1) == "TO" => {
            reader.word();
            reader.word();
            charset(reader, Redefinition::Convert)
        }
        // Table options may stand side by side without commas.
        "DEFAULT" | "CHARACTER" | "CHARSET" | "COLLATE" => {
            reader.eat("DEFAULT");
            charset(reader, Redefinition::Default)
        }
        _ => None,
    }
}

/// `CHARACTER SET x` or `CHARSET = x` or `COLLATE x`.
fn charset(reader: &mut Reader, make: fn(Option<String>) -> Redefinition) -> Option<Redefinition> {
    let collation = reader.eat("COLLATE");
    if !(collation || reader.eat("CHARSET") || (reader.eat("CHARACTER") && reader.eat("SET"))) {
        return None;
    }
    reader.eat("=");
    let is_default = reader.peek(0) == "DEFAULT";
    let name = reader.value()?.to_ascii_lowercase();
    let name = if collation { name.split('_').next().unwrap_or_default().to_owned() } else { name };
    Some(make((!is_default).then_some(name)))
}

fn definition(reader: &mut Reader) -> Option<Definition> {
    let mut base = reader.word().to_ascii_lowercase();
    match base.as_str() {
        "" => return None,
        "char" | "character" => base = if reader.eat("VARYING") { "varchar".into() } else { "char".into() },
        "dec" | "fixed" | "numeric" => base = "decimal".into(),
        "integer" => base = "int".into(),
        "bool" | "boolean" => base = "tinyint(1)".into(),
        "double" => drop(reader.eat("PRECISION")),
        _ => {}
    }
    let mut definition = Definition { column_type: base, ..Definition::default() };
    if reader.eat("(") {
        definition.column_type = format!("{}({})", definition.column_type, reader.rest_of_parentheses()?);
    }
    let mut unsigned = false;
    while !(reader.is_done() || reader.at_comma()) {
        if reader.eat("(") {
            reader.rest_of_parentheses()?;
            continue;
        }
        match reader.word().as_str() {
            "UNSIGNED" | "ZEROFILL" => unsigned = true,
            "NOT" if reader.eat("NULL") => definition.nullable = Some(false),
            "NULL" => definition.nullable = Some(true),
            "PRIMARY" | "AUTO_INCREMENT" => definition.nullable = Some(false),
            // `SET NULL` of a reference and `DEFAULT NULL` say nothing of the column.
            "DEFAULT" | "SET" => drop(reader.eat("NULL")),
            "CHARACTER" if reader.eat("SET") => definition.charset = Some(reader.value()?.to_ascii_lowercase()),
            "CHARSET" => definition.charset = Some(reader.value()?.to_ascii_lowercase()),
            "COLLATE" => definition.collation = Some(reader.value()?.to_ascii_lowercase()),
            "GENERATED" | "AS" => definition.generated = true,
            "AFTER" => drop(reader.name()),
            // Character sets by another name, and a type of several words.
            "BINARY" | "ASCII" | "UNICODE" | "BYTE" | "VARYING" | "VARCHAR" | "VARBINARY" => return None,
            _ => {}
        }
    }
    if unsigned {
        definition.column_type.push_str(" unsigned");
    }
    Some(definition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(clause: &str) -> Option<Definition> {
        match redefinitions(&format!("ALTER TABLE t {clause}")).into_iter().next() {
            Some(Redefinition::Column(_, definition)) => definition,
            other => panic!("{clause}: {other:?}"),
        }
    }

    #[test]
    fn definitions_are_read_in_the_catalogues_words() {
        let of = |clause: &str| one(clause).map(|definition| (definition.column_type, definition.nullable));
        for (clause, expected, nullable) in [
            ("MODIFY c VARCHAR(9) NOT NULL DEFAULT 'x, y' COMMENT 'NULL'", "varchar(9)", Some(false)),
            ("MODIFY COLUMN IF EXISTS `c` INTEGER ZEROFILL DEFAULT NULL AFTER `null`", "int unsigned", None),
            ("CHANGE a b DECIMAL(10, 2) NULL", "decimal(10,2)", Some(true)),
            ("MODIFY c ENUM('a','b''c','d,e') CHARACTER SET latin1", "enum('a','b''c','d,e')", None),
            ("MODIFY c CHARACTER VARYING(5)", "varchar(5)", None),
            ("MODIFY c DOUBLE PRECISION, ADD d INT NOT NULL", "double", None),
            ("MODIFY c INT REFERENCES p (id) ON DELETE SET NULL", "int", None),
        ] {
            assert_eq!(of(clause), Some((expected.into(), nullable)), "{clause}");
        }
        assert!(one("MODIFY c INT GENERATED ALWAYS AS (a + 1) STORED").unwrap().generated);
        assert_eq!(one("MODIFY c CHAR(9) BINARY"), None);
    }

    #[test]
    fn character_sets_are_read() {
        let of = |clause: &str| redefinitions(&format!("ALTER TABLE t {clause}"));
        assert_eq!(
            of("CONVERT TO CHARACTER SET latin1 COLLATE latin1_bin"),
            [Redefinition::Convert(Some("latin1".into()))]
        );
        assert_eq!(of("CONVERT TO CHARSET DEFAULT"), [Redefinition::Convert(None)]);
        let both = of("DEFAULT CHARSET = 'ascii', MODIFY c TEXT COLLATE utf8mb4_bin");
        assert_eq!(both[0], Redefinition::Default(Some("ascii".into())));
        assert!(matches!(&both[1], Redefinition::Column(_, Some(d)) if d.collation.as_deref() == Some("utf8mb4_bin")));
        assert_eq!(of("ADD c INT"), []);
    }
}
