//! Values for the `?` of a statement of which nobody has kept any, by what stands beside them: the type of the column that
//! is compared or written, or the clause. They stand in until somebody writes better ones; what they stand for is never
//! guessed where nothing tells it.

mod context;
mod scaled;
mod tokens;

use crate::model::query::Value;
use crate::model::scale::{ColumnScale, Scale};
use crate::model::schema::{Column, Schema, Table};
use crate::sql::placeholder::placeholders;
use context::{Meaning, meaning};
use scaled::{end, scaled};
use tokens::{Part, parts};

/// Values for all placeholders in their order; `day` is one that dates lie on, such as `2026-01-31`.
///
/// # Errors
/// The reason why a value is not known, naming the placeholder.
pub fn stand_ins(sql: &str, schema: &Schema, day: &str) -> Result<Vec<Value>, String> {
    let values = known(sql, schema, None, day).ok_or_else(|| "its placeholders cannot be told".to_owned())?;
    let each = (1..).zip(values);
    each.map(|(number, value)| value.ok_or_else(|| format!("nothing tells a value for its placeholder {number}")))
        .collect()
}

/// For each placeholder a value, as the scale profile has them in its column or else by the column's type; `None` where nothing
/// tells one. `None` for all when the placeholders cannot be told.
#[must_use]
pub fn known(sql: &str, schema: &Schema, scale: Option<&Scale>, day: &str) -> Option<Vec<Option<Value>>> {
    let wanted = placeholders(sql).ok()?;
    if wanted == 0 {
        return Some(Vec::new());
    }
    let parts = parts(sql)?;
    let marks = (0..parts.len()).filter(|at| matches!(parts[*at], Part::Mark));
    let (mut before, mut number) = (None, 0);
    let values: Vec<Option<Value>> = marks
        .map(|at| match meaning(&parts, at, schema) {
            Meaning::Column(table, column) => {
                // The values of a list differ.
                let same = Some((&table.name, &column.name));
                let is_next = at > 1 && parts[at - 1].is(",") && matches!(parts[at - 2], Part::Mark);
                number = if is_next && before == same { number + 1 } else { 0 };
                before = same;
                let profile = scale.and_then(|scale| of_scale(scale, table, column));
                let value = profile.and_then(|profile| scaled(profile, end(&parts, at), number));
                value.or_else(|| of_column(column, day))
            }
            Meaning::Pattern(column) => match of_column(column, day) {
                Some(Value::Text(text)) => Some(Value::Text(format!("{text}%"))),
                other => other,
            },
            Meaning::Number(number) => Some(Value::Int(number)),
            Meaning::Text => Some(Value::Text("a".into())),
            Meaning::Day => Some(Value::Text(day.into())),
            Meaning::Unknown => None,
        })
        .collect();
    // A comment that runs on some servers only may hide one.
    (values.len() == wanted).then_some(values)
}

fn of_scale<'a>(scale: &'a Scale, table: &Table, column: &Column) -> Option<&'a ColumnScale> {
    let table = scale.tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(&table.name))?.1;
    Some(table.columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name))?.1)
}

fn of_column(column: &Column, day: &str) -> Option<Value> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    match column.base_type().as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" | "bit" | "decimal" | "numeric"
        | "bool" | "boolean" => Some(Value::Int(1)),
        "float" | "double" | "real" => Some(Value::Float(1.5)),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "binary" | "varbinary" | "tinyblob"
        | "blob" | "mediumblob" | "longblob" => text("a"),
        "enum" | "set" => {
            let first = column.column_type.split_once('(')?.1;
            let length = crate::sql::quote::length(first)?;
            Some(Value::Text(first.get(1..length - 1)?.replace("''", "'")))
        }
        "date" => text(day),
        "datetime" | "timestamp" => text(&format!("{day} 00:00:00")),
        "time" => text("12:00:00"),
        "year" => day.get(..4)?.parse().ok().map(Value::Int),
        "uuid" => text("00000000-0000-4000-8000-000000000001"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::built::Defaults;
    use crate::sql::draft::Draft;
    use proptest::prelude::*;

    fn shop() -> Schema {
        let mut draft = Draft::new(Defaults::default());
        draft.apply(
            "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(90), born DATE, kind ENUM('new','old'), NAME TEXT)",
            "1",
        );
        draft.apply(
            "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, email DATETIME, total DECIMAL(9,2), doc JSON)",
            "2",
        );
        draft.built.schema
    }

    fn of(sql: &str) -> Result<String, String> {
        let values = stand_ins(sql, &shop(), "2026-02-03")?;
        Ok(values.iter().map(crate::sql::placeholder::literal).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn values_are_of_the_type_of_what_they_stand_beside() {
        for (sql, expected) in [
            ("SELECT id FROM users WHERE email = ? AND ? <= born LIMIT ?", "'a' '2026-02-03' 20"),
            ("SELECT `id` FROM `users` WHERE `email` LIKE ? LIMIT ?, ?", "'a%' 0 20"),
            ("SELECT 1 FROM users WHERE email NOT LIKE ? AND kind IN (?, ?) LIMIT ? OFFSET ?", "'a%' 'new' 'new' 20 0"),
            (
                "SELECT 1 FROM users u JOIN orders AS o ON o.user_id = u.id WHERE o.email > ? AND u.email = ?",
                "'2026-02-03 00:00:00' 'a'",
            ),
            (
                "SELECT 1 FROM shop.users WHERE users.born BETWEEN ? AND ? AND id NOT IN (?)",
                "'2026-02-03' '2026-02-03' 1",
            ),
            ("UPDATE orders SET total = total + ?, email = ? WHERE id = ?", "1 '2026-02-03 00:00:00' 1"),
            ("INSERT INTO users (born, email) VALUES (?, ?), (?, ?)", "'2026-02-03' 'a' '2026-02-03' 'a'"),
            ("INSERT INTO orders VALUES (?, ?, NOW(), ?, '{}')", "1 1 1"),
            ("SELECT ? FROM users WHERE LOWER(NAME) = ? AND born > NOW() - INTERVAL ? DAY", "1 'a' 1"),
            ("SELECT user_id FROM orders GROUP BY user_id HAVING COUNT( * ) > ?", "1"),
        ] {
            assert_eq!(of(sql).as_deref(), Ok(expected), "{sql}");
        }
    }

    #[test]
    fn what_nothing_tells_is_not_guessed() {
        for sql in [
            "SELECT 1 FROM users, orders WHERE email = ?",
            "SELECT 1 FROM users WHERE nothing = ?",
            "SELECT 1 FROM orders WHERE doc = ?",
            "SELECT 1 FROM users WHERE f(id) = ?",
            "SELECT 1 FROM users WHERE JSON_CONTAINS(email, ?)",
        ] {
            assert!(of(sql).is_err_and(|error| error.contains("placeholder 1")), "{sql}: {:?}", of(sql));
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(words in prop::collection::vec(prop::sample::select(vec![
            "SELECT", "FROM", "users", "u", ".", "id", "?", "=", "IN", "(", ")", ",", "BETWEEN", "AND", "LIKE", "NOT",
            "LIMIT", "OFFSET", "INSERT INTO", "VALUES", "+", "INTERVAL", "LOWER", "'x'", "5",
        ]), 0..20)) {
            let sql = words.join(" ");
            if let Ok(values) = stand_ins(&sql, &shop(), "2026-02-03") {
                prop_assert_eq!(values.len(), crate::sql::placeholder::placeholders(&sql).unwrap());
            }
        }
    }
}
