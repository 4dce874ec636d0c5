//! Column types. A type keeps its declared name where `SQLite` draws the right affinity from it (it looks for INT, CHAR,
//! TEXT, BLOB, REAL, FLOA and DOUB in the name), and is replaced where it would not.

use sqlparser::ast::{DataType, EnumMember, ObjectName};

/// One column's type in the embedded engine.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ColumnType {
    /// As it is declared.
    pub(super) text: String,
    /// Whether values are text with a collation.
    pub(super) textual: bool,
    /// Whether it is an integer, which a primary key may be the row's own number for.
    pub(super) integer: bool,
    /// The values of an ENUM.
    pub(super) values: Vec<String>,
}

/// How text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collation {
    /// Without regard to case, as `MySQL`'s `_ci` collations; in `SQLite` for ASCII letters only.
    NoCase,
    /// Byte by byte.
    Binary,
}

impl Collation {
    /// By the collation's name: `_ci` is without case, `_bin` and `_cs` are not.
    pub(super) fn named(name: &str) -> Self {
        if name.to_ascii_lowercase().ends_with("_ci") { Self::NoCase } else { Self::Binary }
    }

    /// The default collation of a character set: without case for all but `binary`.
    pub(super) fn of_charset(name: &str) -> Self {
        if name.eq_ignore_ascii_case("binary") { Self::Binary } else { Self::NoCase }
    }

    /// `SQLite`'s name of it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NoCase => "NOCASE",
            Self::Binary => "BINARY",
        }
    }
}

/// The type of a column.
///
/// # Errors
/// The type's name when the embedded engine has nothing like it.
pub(super) fn column_type(kind: &DataType) -> Result<ColumnType, String> {
    let mut found = ColumnType { text: String::new(), textual: false, integer: false, values: vec![] };
    match kind {
        DataType::Enum(members, _) => {
            found.values = members
                .iter()
                .map(|member| match member {
                    EnumMember::Name(name) | EnumMember::NamedValue(name, _) => name.clone(),
                })
                .collect();
            (found.text, found.textual) = ("TEXT".into(), true);
            return Ok(found);
        }
        DataType::Set(_) => {
            (found.text, found.textual) = ("TEXT".into(), true);
            return Ok(found);
        }
        _ => {}
    }
    let written = kind.to_string().to_ascii_uppercase();
    let text = written.replace(" UNSIGNED", "").replace(" SIGNED", "");
    let base: String = text.chars().take_while(char::is_ascii_alphanumeric).collect();
    match base.as_str() {
        "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "INTEGER" | "BIGINT" | "INT1" | "INT2" | "INT3" | "INT4"
        | "INT8" | "MIDDLEINT" => (found.text, found.integer) = (text, true),
        "BOOL" | "BOOLEAN" | "BIT" | "DECIMAL" | "DEC" | "NUMERIC" | "FIXED" | "FLOAT" | "FLOAT4" | "FLOAT8"
        | "DOUBLE" | "REAL" | "DATE" | "DATETIME" | "TIMESTAMP" | "TIME" | "YEAR" | "TINYBLOB" | "MEDIUMBLOB"
        | "LONGBLOB" | "BLOB" => found.text = text,
        "CHAR" | "CHARACTER" | "VARCHAR" | "NCHAR" | "NVARCHAR" | "VARCHARACTER" | "TEXT" | "TINYTEXT"
        | "MEDIUMTEXT" | "LONGTEXT" | "LONG" => (found.text, found.textual) = (text, true),
        "BINARY" | "VARBINARY" | "POINT" | "LINESTRING" | "POLYGON" | "GEOMETRY" | "MULTIPOINT" | "VECTOR"
        | "MULTILINESTRING" | "MULTIPOLYGON" | "GEOMETRYCOLLECTION" | "GEOMCOLLECTION" => found.text = "BLOB".into(),
        "JSON" | "UUID" | "INET4" | "INET6" => found.text = "TEXT".into(),
        _ => return Err(written),
    }
    Ok(found)
}

/// The type that `CAST` names, in `SQLite`'s words: either a cast to an affinity or a function of the value.
///
/// # Errors
/// The type's name when there is nothing like it.
pub(super) fn cast(value: &str, kind: &DataType) -> Result<String, String> {
    let written = kind.to_string().to_ascii_uppercase();
    let base: String = written.chars().take_while(char::is_ascii_alphanumeric).collect();
    Ok(match base.as_str() {
        "SIGNED" | "UNSIGNED" | "INT" | "INTEGER" | "BIGINT" | "SMALLINT" | "TINYINT" | "MEDIUMINT" | "YEAR"
        | "BOOLEAN" | "BOOL" => format!("CAST({value} AS INTEGER)"),
        "CHAR" | "NCHAR" | "VARCHAR" | "CHARACTER" | "TEXT" => format!("CAST({value} AS TEXT)"),
        "DECIMAL" | "NUMERIC" | "DEC" => format!("CAST({value} AS NUMERIC)"),
        "FLOAT" | "DOUBLE" | "REAL" => format!("CAST({value} AS REAL)"),
        "DATE" => format!("date({value})"),
        "DATETIME" | "TIMESTAMP" => format!("datetime({value})"),
        "TIME" => format!("time({value})"),
        "JSON" => format!("json({value})"),
        _ => return Err(written),
    })
}

/// Whether the type is `SERIAL`, which stands for `BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE`.
pub(super) fn is_serial(kind: &DataType) -> bool {
    matches!(kind, DataType::Custom(ObjectName(name), _) if name.len() == 1 && name[0].to_string().eq_ignore_ascii_case("serial"))
}
