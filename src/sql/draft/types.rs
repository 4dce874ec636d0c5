//! A column's type as the catalogues word it, from the words of a definition.

use crate::model::built::Defaults;
use crate::sql::ddl::reader::Reader;

/// A type as it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Type {
    /// In the catalogue's words; the display width of whole numbers is left out.
    pub(super) text: String,
    /// What comes with it.
    pub(super) family: Family,
    /// Whether the words are not known, so that the server may call it otherwise.
    pub(super) is_unsure: bool,
}

/// What comes with a type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Family {
    /// Nothing.
    #[default]
    Plain,
    /// It holds letters, and so has a collation.
    Letters,
    /// `MariaDB`'s JSON, a text with a check.
    Json,
    /// SERIAL, which says more than a type.
    Serial,
}

/// Reads the type that stands here; `None` when there is none.
pub(super) fn read(reader: &mut Reader, defaults: &Defaults) -> Option<Type> {
    let mut base = reader.word().to_ascii_lowercase();
    if base.is_empty() {
        return None;
    }
    let national = base == "national";
    if national {
        base = reader.word().to_ascii_lowercase();
    }
    if matches!(base.as_str(), "char" | "character") && reader.eat("VARYING") {
        base = "varchar".into();
    }
    if base == "double" {
        reader.eat("PRECISION");
    }
    let arguments = if reader.peek_symbol("(") { Some(compact(&base, &reader.parenthesised_list()?)) } else { None };
    let mut kind = named(&base, arguments.as_deref(), defaults);
    if national || matches!(base.as_str(), "nchar" | "nvarchar") {
        // Of a character set of its own, by another name in other versions.
        (kind.family, kind.is_unsure) = (Family::Plain, true);
    }
    let (mut unsigned, mut zerofill) = (false, false);
    loop {
        match reader.peek(0).as_str() {
            "UNSIGNED" => unsigned = true,
            "ZEROFILL" => zerofill = true,
            "SIGNED" => {}
            _ => break,
        }
        reader.word();
    }
    if unsigned || zerofill {
        kind.text.push_str(" unsigned");
        kind.is_unsure |= zerofill;
    }
    Some(kind)
}

/// The arguments as the catalogues write them: they drop the spaces at the ends of an ENUM's values.
fn compact(base: &str, arguments: &[String]) -> String {
    if !matches!(base, "enum" | "set") {
        return arguments.join(",");
    }
    let trimmed = |value: &String| {
        value.strip_suffix('\'').map_or_else(|| value.clone(), |text| format!("{}'", text.trim_end_matches(' ')))
    };
    arguments.iter().map(trimmed).collect::<Vec<_>>().join(",")
}

fn named(base: &str, arguments: Option<&str>, defaults: &Defaults) -> Type {
    let given = |name: &str| arguments.map_or_else(|| name.to_owned(), |list| format!("{name}({list})"));
    let sized = |name: &str, size: &str| format!("{name}({})", arguments.unwrap_or(size));
    let plain = |text: String| Type { text, ..Type::default() };
    let letters = |text: String| Type { text, family: Family::Letters, ..Type::default() };
    match base {
        "tinyint" | "int1" if arguments == Some("1") => plain("tinyint(1)".into()),
        "bool" | "boolean" => plain("tinyint(1)".into()),
        "tinyint" | "int1" => plain("tinyint".into()),
        "smallint" | "int2" => plain("smallint".into()),
        "mediumint" | "middleint" | "int3" => plain("mediumint".into()),
        "int" | "integer" | "int4" => plain("int".into()),
        "bigint" | "int8" => plain("bigint".into()),
        "serial" => Type { family: Family::Serial, ..plain("bigint unsigned".into()) },
        "decimal" | "dec" | "numeric" | "fixed" => plain(match arguments {
            Some(list) if list.contains(',') => format!("decimal({list})"),
            _ => format!("decimal({},0)", arguments.unwrap_or("10")),
        }),
        "float" | "float4" => match arguments.map(str::parse::<u32>) {
            Some(Ok(digits)) if digits > 24 => plain("double".into()),
            Some(Ok(_)) => plain("float".into()),
            _ => plain(given("float")),
        },
        "double" | "float8" => plain(given("double")),
        // With REAL_AS_FLOAT it is a FLOAT.
        "real" => Type { is_unsure: true, ..plain(given("double")) },
        "bit" => plain(sized("bit", "1")),
        "date" | "json" if base == "date" || !defaults.mariadb => plain(base.into()),
        "json" => Type { family: Family::Json, ..plain("longtext".into()) },
        "year" => plain("year".into()),
        "time" | "datetime" | "timestamp" if arguments == Some("0") => plain(base.into()),
        "time" | "datetime" | "timestamp" => plain(given(base)),
        "char" | "character" | "nchar" => letters(sized("char", "1")),
        "varchar" | "varcharacter" | "nvarchar" => letters(given("varchar")),
        "binary" => plain(sized("binary", "1")),
        "varbinary" => plain(given("varbinary")),
        "tinytext" | "mediumtext" | "longtext" => letters(base.into()),
        // With a length, the smallest that holds it.
        "text" => Type { is_unsure: arguments.is_some(), ..letters("text".into()) },
        "blob" => Type { is_unsure: arguments.is_some(), ..plain("blob".into()) },
        "enum" | "set" => letters(given(base)),
        "tinyblob" | "mediumblob" | "longblob" | "geometry" | "point" | "linestring" | "polygon" | "multipoint"
        | "multilinestring" | "multipolygon" | "uuid" | "inet4" | "inet6" => plain(base.into()),
        _ => Type { is_unsure: true, ..plain(given(base)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_type_has_one_text() {
        let of = |text: &str, mariadb: bool| {
            let mut reader = Reader::new(text).unwrap();
            read(&mut reader, &Defaults { mariadb, ..Defaults::default() }).unwrap()
        };
        for (text, expected) in [
            ("INTEGER", "int"),
            ("Int(11) Unsigned", "int unsigned"),
            ("BOOLEAN", "tinyint(1)"),
            ("TINYINT(4)", "tinyint"),
            ("NUMERIC(8)", "decimal(8,0)"),
            ("DEC(10, 2)", "decimal(10,2)"),
            ("DOUBLE PRECISION", "double"),
            ("FLOAT(30)", "double"),
            ("CHARACTER VARYING(9)", "varchar(9)"),
            ("NATIONAL CHAR", "char(1)"),
            ("ENUM('a', 'b''c, d')", "enum('a','b''c, d')"),
            ("DATETIME(0)", "datetime"),
            ("TIMESTAMP(3)", "timestamp(3)"),
            ("YEAR(4)", "year"),
        ] {
            assert_eq!(of(text, false).text, expected, "{text}");
        }
        assert!(
            of("JSON", true).family == Family::Json
                && of("JSON", true).text == "longtext"
                && of("JSON", false).text == "json"
        );
        assert!(of("TEXT(100)", false).is_unsure && of("REAL", false).is_unsure && of("INT ZEROFILL", false).is_unsure);
    }
}
