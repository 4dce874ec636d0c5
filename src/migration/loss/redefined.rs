//! Columns that an `ALTER TABLE` gives another definition, and which of their values may not come through.

use super::What;
use super::course::Course;
use crate::migration::narrowing::{Narrowing, charset, narrowing};
use crate::model::schema::{Column, Table};
use crate::sql::ddl::{Definition, Redefinition, redefinitions};
use crate::sql::quote::name as quote;

/// The types whose values are text.
const TEXTS: [&str; 8] = ["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"];

/// The values of `table`, as it is before the rollback, that a statement may change. A column whose new definition
/// provably holds whatever the old one held is left out.
pub(super) fn redefined(sql: &str, table: &Table, course: &Course) -> Vec<What> {
    let all = redefinitions(sql);
    let own = all.iter().find_map(|one| match one {
        Redefinition::Convert(charset) | Redefinition::Default(charset) => Some(charset),
        Redefinition::Column(..) => None,
    });
    let default = match own.or_else(|| course.charset(&table.name)) {
        Some(charset) => charset.clone(),
        None => table.collation.as_deref().and_then(|name| name.split('_').next()).map(str::to_owned),
    };
    let mut found = Vec::new();
    for one in &all {
        match one {
            Redefinition::Column(name, definition) => {
                if let Some(column) = table.column(&course.column(&table.name, name)) {
                    // Values that an earlier statement changes may be longer by then.
                    let is_known = course.doubt(&table.name, &quote(&column.name)).is_none();
                    found.extend(modified(table, column, definition.as_ref(), default.as_deref(), is_known));
                }
            }
            Redefinition::Convert(to) => {
                let texts = table.columns.iter().filter(|column| TEXTS.contains(&column.base_type().as_str()));
                found.extend(texts.filter_map(|column| converted(table, column, to.as_deref())));
            }
            Redefinition::Default(_) => {}
        }
    }
    found
}

fn modified(
    table: &Table,
    column: &Column,
    definition: Option<&Definition>,
    default: Option<&str>,
    is_known: bool,
) -> Vec<What> {
    const NULLS: &str = "NULL is no longer allowed";
    let lost = |condition: &str, why: String| What::Redefined {
        table: table.name.clone(),
        column: column.name.clone(),
        condition: format!("{} {condition}", quote(&column.name)),
        why,
    };
    let values =
        |why: &str| lost("IS NOT NULL", format!("values may change, as the column gets another definition{why}"));
    if !column.generated.is_empty() {
        return Vec::new();
    }
    let Some(definition) = definition.filter(|definition| !definition.generated) else { return vec![values("")] };
    let mut before = column.clone();
    if is_json(table, column) {
        before.column_type = "json".into();
    }
    let after = defined(&before, definition, default);
    match after.as_ref().map_or_else(|| Narrowing::Unknown(String::new()), |after| narrowing(&before, after)) {
        Narrowing::None => Vec::new(),
        Narrowing::Unknown(_) => vec![values("")],
        Narrowing::Narrowed(reasons) => {
            let (nulls, rest): (Vec<_>, Vec<_>) = reasons.into_iter().partition(|reason| reason == NULLS);
            let misfits = after.filter(|_| is_known).and_then(|after| misfits(&before, &after, &rest));
            let rest = (!rest.is_empty()).then(|| {
                let all = values(&format!(": {}", rest.join("; ")));
                match (misfits, all) {
                    (Some(condition), What::Redefined { table, column, why, .. }) => {
                        What::Redefined { table, column, condition, why }
                    }
                    (_, all) => all,
                }
            });
            rest.into_iter().chain(nulls.into_iter().map(|why| lost("IS NULL", why))).collect()
        }
    }
}

/// A condition that holds for exactly the values that do not fit, where one is known: texts that are too long, whole
/// numbers that are too large or too small.
fn misfits(before: &Column, after: &Column, reasons: &[String]) -> Option<String> {
    let name = quote(&before.name);
    let (from, to) = (before.base_type(), after.base_type());
    if let (Some(low_high), true) = (range(&to, &after.column_type), range(&from, &before.column_type).is_some()) {
        return Some(format!("{name} NOT BETWEEN {} AND {}", low_high.0, low_high.1));
    }
    let [reason] = reasons else { return None };
    let characters: u64 = reason.strip_prefix("at most ")?.strip_suffix(" characters fit")?.parse().ok()?;
    let is_text = |base: &str| TEXTS[..6].contains(&base);
    (is_text(&from) && is_text(&to)).then(|| format!("CHAR_LENGTH({name}) > {characters}"))
}

/// The lowest and the highest value of a type of whole numbers.
fn range(base: &str, column_type: &str) -> Option<(i128, i128)> {
    let bits = match base {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        "bigint" => 64,
        _ => return None,
    };
    let span = 1_i128 << bits;
    let unsigned = column_type.to_ascii_lowercase().contains("unsigned");
    Some(if unsigned { (0, span - 1) } else { (-span / 2, span / 2 - 1) })
}

/// The column as the server would make it; `None` when its character set is not known.
fn defined(before: &Column, definition: &Definition, default: Option<&str>) -> Option<Column> {
    let base = Column { column_type: definition.column_type.clone(), ..Column::default() }.base_type();
    let collation = match (&definition.collation, &definition.charset) {
        _ if !TEXTS.contains(&base.as_str()) => None,
        (Some(collation), _) => Some(collation.clone()),
        (None, Some(charset)) => Some(format!("{charset}_")),
        (None, None) => Some(format!("{}_", default?)),
    };
    // Whether a TIMESTAMP that says nothing holds NULL is up to the server's settings.
    let nullable = definition.nullable.unwrap_or(base != "timestamp");
    let column_type = definition.column_type.clone();
    // JSON is no text of a character set that could be another one.
    let collation = if base == "json" { before.collation.clone() } else { collation };
    Some(Column { name: before.name.clone(), column_type, nullable, collation, ..Column::default() })
}

/// `MariaDB` keeps JSON as a LONGTEXT with a check.
fn is_json(table: &Table, column: &Column) -> bool {
    let check = format!("json_valid({})", quote(&column.name));
    column.base_type() == "longtext" && table.checks.iter().any(|(_, text)| text.to_ascii_lowercase().contains(&check))
}

fn converted(table: &Table, column: &Column, to: Option<&str>) -> Option<What> {
    let name = quote(&column.name);
    let is_plain = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    let (condition, why) = match to.filter(is_plain) {
        Some(to) if to != "binary" => {
            let after = Column { collation: Some(format!("{to}_")), ..column.clone() };
            let from = charset(column);
            if !column.generated.is_empty() || narrowing(column, &after) == Narrowing::None {
                return None;
            }
            let text = |inner: &str| format!("HEX(CONVERT({inner} USING utf8mb4))");
            // Exactly the values that do not come back.
            let condition = format!("{} <> {}", text(&format!("CONVERT({name} USING {to})")), text(&name));
            (condition, format!("{to} lacks characters that {from} has"))
        }
        _ => (format!("{name} IS NOT NULL"), "values may change, as they get another character set".to_owned()),
    };
    Some(What::Redefined { table: table.name.clone(), column: column.name.clone(), condition, why })
}
