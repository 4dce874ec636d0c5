//! Rows that a migration inserts: how to see by their keys whether they are there. `migration` may use the parser's tree
//! through `sql` only, so the reading is `sql::rows`'s.

use crate::model::schema::{Schema, Table};
use crate::sql::quote;
use crate::sql::rows::{Inserted, inserted};

/// One question for each row, in `MySQL`'s dialect, that gives 1 when the row is there; with the table's name.
///
/// # Errors
/// Why the rows cannot be known by their keys.
pub fn questions(sql: &str, schema: &Schema) -> Result<(String, Vec<String>), String> {
    let Inserted { table, columns, rows } =
        inserted(sql).ok_or("only rows that an INSERT lists as VALUES can be looked for")?;
    let Some(known) = schema.table(&table) else { return Err(format!("table {table} is not among what is migrated")) };
    let columns: Vec<String> =
        if columns.is_empty() { known.columns.iter().map(|column| column.name.clone()).collect() } else { columns };
    let questions = rows.iter().map(|row| question(known, &columns, row));
    match questions.collect::<Option<Vec<_>>>() {
        Some(questions) if !questions.is_empty() => Ok((table, questions)),
        _ => Err(format!("not every row has the literal values of a primary or unique key of {table}")),
    }
}

fn question(table: &Table, columns: &[String], row: &[Option<String>]) -> Option<String> {
    let value = |name: &str| {
        let at = columns.iter().position(|column| column.eq_ignore_ascii_case(name))?;
        row.get(at)?.as_deref()
    };
    let condition = table.indexes.iter().filter(|index| index.is_unique()).find_map(|index| {
        let parts = index.parts.iter().map(|part| {
            let column = part.column.as_deref().filter(|_| part.prefix.is_none())?;
            Some(format!("{} = {}", quote::name(column), value(column)?))
        });
        parts.collect::<Option<Vec<_>>>().map(|parts| parts.join(" AND "))
    })?;
    Some(format!("SELECT COUNT(*) FROM {} WHERE {condition}", quote::name(&table.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::{Column, Index, IndexKind, KeyPart};

    fn schema() -> Schema {
        let column = |name: &str| Column { name: name.into(), ..Column::default() };
        let unique = Index {
            name: "u".into(),
            kind: IndexKind::Unique,
            parts: vec![KeyPart::column("code")],
            visible: true,
            comment: String::new(),
            cardinality: vec![],
        };
        let table = Table {
            name: "country".into(),
            columns: vec![column("id"), column("code"), column("label")],
            indexes: vec![unique],
            ..Table::default()
        };
        Schema { tables: vec![table], routines: vec![] }
    }

    #[test]
    fn rows_are_asked_for_by_a_key() {
        let of = |sql: &str| questions(sql, &schema());
        let (table, asked) = of("INSERT INTO country (label, code) VALUES ('x', 'de'), ('y', 'it''s')").unwrap();
        assert_eq!(table, "country");
        assert_eq!(asked[1], "SELECT COUNT(*) FROM `country` WHERE `code` = 'it''s'");
        assert_eq!(of("INSERT IGNORE INTO country VALUES (1, 'de', NULL)").unwrap().1.len(), 1);
        assert!(of("INSERT INTO country (label) VALUES ('x')").unwrap_err().contains("key of country"));
        assert!(of("INSERT INTO country (code) VALUES (UPPER('x'))").is_err());
        assert!(of("INSERT INTO country SELECT * FROM other").is_err());
        assert!(of("UPDATE country SET label = 'x'").is_err());
    }
}
