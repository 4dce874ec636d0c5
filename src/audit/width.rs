//! Bytes of columns and of index keys, from their types: what a row costs to fetch and an index entry to keep.

use crate::model::schema::{Column, KeyPart, Table};

/// The bytes that a value takes on average; texts of a bounded length are taken as half full. `None` for a type whose values
/// have no bound that says anything of their length.
pub(super) fn average(column: &Column) -> Option<u64> {
    let length = length(&column.column_type);
    Some(match column.base_type().as_str() {
        "tinyint" | "year" | "enum" | "bool" | "boolean" => 1,
        "smallint" => 2,
        "mediumint" | "date" | "time" => 3,
        "int" | "integer" | "float" | "timestamp" => 4,
        "datetime" => 5,
        "decimal" | "numeric" => length.unwrap_or(10) / 2 + 1,
        "bit" => length.unwrap_or(1).div_ceil(8),
        "char" | "binary" => length.unwrap_or(1),
        "varchar" | "varbinary" => (length.unwrap_or(255) / 2).clamp(1, 64) + 1,
        "uuid" | "inet6" => 16,
        "tinytext" | "tinyblob" => 64,
        _ if is_long(column) => return None,
        _ => 8,
    })
}

/// Whether its values may be too long for the row's own page: TEXT, BLOB, JSON and their like.
pub(super) fn is_long(column: &Column) -> bool {
    matches!(
        column.base_type().as_str(),
        "text" | "mediumtext" | "longtext" | "blob" | "mediumblob" | "longblob" | "json" | "geometry" | "vector"
    )
}

/// The most bytes of one part of an index; `None` for an expression, whose type the schema does not tell.
pub(super) fn of_part(table: &Table, part: &KeyPart) -> Option<u64> {
    let column = table.column(part.column.as_deref()?)?;
    let declared = length(&column.column_type);
    let base = column.base_type();
    let characters = match base.as_str() {
        "char" | "varchar" => declared.unwrap_or(255),
        "tinytext" | "text" | "mediumtext" | "longtext" => u64::from(part.prefix?),
        "binary" | "varbinary" => return Some(part.prefix.map_or(declared.unwrap_or(1), u64::from)),
        _ => return part.prefix.map(u64::from).or_else(|| average(column)),
    };
    Some(part.prefix.map_or(characters, u64::from).min(characters) * bytes_of_a_character(column))
}

/// The most bytes that a character takes in the column's character set; four when nothing tells, as in utf8mb4.
fn bytes_of_a_character(column: &Column) -> u64 {
    let charset = column.collation.as_deref().and_then(charset).unwrap_or("utf8mb4");
    match charset {
        "utf8mb3" | "utf8" | "eucjpms" | "ujis" => 3,
        "ucs2" | "big5" | "gbk" | "euckr" | "gb2312" | "sjis" | "cp932" => 2,
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => 4,
        _ => 1,
    }
}

/// The character set of a collation, which its name begins with; `MariaDB`'s `uca1400_…` belong to utf8mb4 by default.
pub(super) fn charset(collation: &str) -> Option<&str> {
    let first = collation.split('_').next().filter(|name| !name.is_empty())?;
    Some(if first == "uca1400" { "utf8mb4" } else { first })
}

/// The first number in a type's parentheses.
fn length(column_type: &str) -> Option<u64> {
    let (_, rest) = column_type.split_once('(')?;
    rest.split([',', ')']).next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(column_type: &str, collation: Option<&str>) -> Column {
        let collation = collation.map(str::to_owned);
        Column { name: "c".into(), column_type: column_type.into(), collation, ..Column::default() }
    }

    #[test]
    fn a_key_part_is_as_wide_as_its_longest_value() {
        let of = |column: Column, prefix: Option<u32>| {
            let table = Table { columns: vec![column], ..Table::default() };
            of_part(&table, &KeyPart { prefix, ..KeyPart::column("c") })
        };
        assert_eq!(of(column("varchar(255)", Some("utf8mb4_unicode_ci")), None), Some(1020));
        assert_eq!(of(column("varchar(255)", Some("utf8mb4_unicode_ci")), Some(20)), Some(80));
        assert_eq!(of(column("char(36)", Some("ascii_bin")), None), Some(36));
        assert_eq!(of(column("varbinary(16)", None), None), Some(16));
        assert_eq!(of(column("bigint unsigned", None), None), Some(8));
        assert_eq!(of(column("text", None), Some(100)), Some(400));
    }

    #[test]
    fn the_length_of_long_texts_is_not_known() {
        assert_eq!(average(&column("mediumtext", None)), None);
        assert_eq!(average(&column("varchar(255)", None)), Some(65));
    }
}
