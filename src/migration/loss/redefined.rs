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
                    found.extend(modified(table, column, definition.as_ref(), default.as_deref()));
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

fn modified(table: &Table, column: &Column, definition: Option<&Definition>, default: Option<&str>) -> Vec<What> {
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
    match after.map_or_else(|| Narrowing::Unknown(String::new()), |after| narrowing(&before, &after)) {
        Narrowing::None => Vec::new(),
        Narrowing::Unknown(_) => vec![values("")],
        Narrowing::Narrowed(reasons) => {
            let (nulls, rest): (Vec<_>, Vec<_>) = reasons.into_iter().partition(|reason| reason == NULLS);
            let rest = (!rest.is_empty()).then(|| values(&format!(": {}", rest.join("; "))));
            rest.into_iter().chain(nulls.into_iter().map(|why| lost("IS NULL", why))).collect()
        }
    }
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
