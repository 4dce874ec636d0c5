//! What a DELETE takes with it from other tables, by their foreign keys.

use super::loss::{AtRisk, What};
use crate::model::schema::{ForeignKey, Schema};
use crate::sql::quote;

/// The risks, and after each that deletes rows those of the tables that refer to these rows: rows that go with them
/// (`ON DELETE CASCADE`) and values that become NULL (`ON DELETE SET NULL`). With `drop_deletes` a dropped table deletes
/// its rows first, as `SQLite` does; the servers refuse to drop a table that others refer to.
#[must_use]
pub fn with_cascades(risks: Vec<AtRisk>, schema: &Schema, drop_deletes: bool) -> Vec<AtRisk> {
    let mut all = Vec::new();
    for risk in risks {
        let mut whats = Vec::new();
        if let What::Overwritten { table, alias: None, columns, condition, by } = &risk.what
            && by != "REPLACE"
        {
            renumber(table, columns, condition, schema, &mut vec![table.to_ascii_lowercase()], &mut whats);
        }
        let deleted = match &risk.what {
            What::RowsWhere(table, condition) => Some((table, condition.as_str())),
            // A row is deleted before the one that replaces it comes.
            What::Overwritten { table, condition, by, .. } if by == "REPLACE" => Some((table, condition.as_str())),
            What::Table(table) if drop_deletes => Some((table, "TRUE")),
            _ => None,
        };
        if let Some((table, condition)) = deleted {
            follow(table, condition, schema, &mut vec![table.to_ascii_lowercase()], &mut whats);
        }
        let (at, doubt) = (risk.at.clone(), risk.doubt.clone());
        all.push(risk);
        all.extend(whats.into_iter().map(|what| AtRisk { what, doubt: doubt.clone(), at: at.clone() }));
    }
    all
}

fn follow(table: &str, condition: &str, schema: &Schema, path: &mut Vec<String>, found: &mut Vec<What>) {
    for child in &schema.tables {
        for key in child.foreign_keys.iter().filter(|key| key.referenced_table.eq_ignore_ascii_case(table)) {
            let referring = referring(key, table, condition);
            match key.on_delete.as_str() {
                "CASCADE" => {
                    let name = child.name.to_ascii_lowercase();
                    // A table that refers to itself, or a circle: the rows further on are not followed.
                    if !path.contains(&name) {
                        found.push(What::RowsWhere(child.name.clone(), referring.clone()));
                        path.push(name);
                        follow(&child.name, &referring, schema, path, found);
                        path.pop();
                    }
                }
                "SET NULL" => found.extend(
                    key.columns
                        .iter()
                        .map(|column| What::ValuesWhere(child.name.clone(), column.clone(), referring.clone())),
                ),
                _ => {}
            }
        }
    }
}

/// The rows that follow, by `ON UPDATE`, a column that is overwritten in the rows of `table` that meet `condition`.
fn renumber(
    table: &str,
    columns: &[String],
    condition: &str,
    schema: &Schema,
    path: &mut Vec<String>,
    found: &mut Vec<What>,
) {
    for child in &schema.tables {
        let name = child.name.to_ascii_lowercase();
        for key in child.foreign_keys.iter().filter(|key| key.referenced_table.eq_ignore_ascii_case(table)) {
            let touched = |column: &String| columns.iter().any(|other| other.eq_ignore_ascii_case(column));
            let follows = ["CASCADE", "SET NULL"].contains(&key.on_update.as_str());
            if !follows || path.contains(&name) || !(columns.is_empty() || key.referenced_columns.iter().any(touched)) {
                continue;
            }
            let referring = referring(key, table, condition);
            found.push(What::Overwritten {
                table: child.name.clone(),
                alias: None,
                columns: key.columns.clone(),
                condition: referring.clone(),
                by: format!("ON UPDATE {}", key.on_update),
            });
            path.push(name.clone());
            renumber(&child.name, &key.columns, &referring, schema, path, found);
            path.pop();
        }
    }
}

/// The condition of the rows that refer to rows of `table` that meet `condition`.
fn referring(key: &ForeignKey, table: &str, condition: &str) -> String {
    let own = quote::names(&key.columns);
    let own = if key.columns.len() == 1 { own } else { format!("({own})") };
    let (columns, table) = (quote::names(&key.referenced_columns), quote::name(table));
    format!("{own} IN (SELECT {columns} FROM {table} WHERE {condition})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::schema::Table;

    fn table(name: &str, keys: &[(&str, &str, &str)]) -> Table {
        let key = |(column, parent, action): &(&str, &str, &str)| ForeignKey {
            name: "fk".into(),
            columns: vec![(*column).into()],
            referenced_table: (*parent).into(),
            referenced_columns: vec!["id".into()],
            on_delete: (*action).into(),
            on_update: "NO ACTION".into(),
        };
        Table { name: name.into(), foreign_keys: keys.iter().map(key).collect(), ..Table::default() }
    }

    #[test]
    fn children_and_their_children_are_at_risk_and_circles_end() {
        let tables = vec![
            table("a", &[("a_id", "a", "CASCADE")]),
            table("b", &[("a_id", "a", "CASCADE")]),
            table("c", &[("b_id", "b", "CASCADE"), ("a_id", "a", "SET NULL"), ("x", "a", "NO ACTION")]),
        ];
        let schema = Schema { tables, routines: vec![] };
        let risk =
            AtRisk { what: What::RowsWhere("a".into(), "id = 1".into()), doubt: None, at: Location::line("f.sql", 1) };
        let whats: Vec<What> = with_cascades(vec![risk], &schema, false).into_iter().map(|risk| risk.what).collect();
        let of_b = "`a_id` IN (SELECT `id` FROM `a` WHERE id = 1)";
        assert_eq!(
            whats[1..],
            [
                What::RowsWhere("b".into(), of_b.into()),
                What::RowsWhere("c".into(), format!("`b_id` IN (SELECT `id` FROM `b` WHERE {of_b})")),
                What::ValuesWhere("c".into(), "a_id".into(), of_b.into()),
            ]
        );
    }
    #[test]
    fn a_dropped_table_takes_rows_along_only_where_dropping_deletes() {
        let schema =
            Schema { tables: vec![table("a", &[]), table("b", &[("a_id", "a", "CASCADE")])], routines: vec![] };
        let dropped = || vec![AtRisk { what: What::Table("a".into()), doubt: None, at: Location::line("f.sql", 1) }];
        assert_eq!(with_cascades(dropped(), &schema, false).len(), 1);
        let of_b = "`a_id` IN (SELECT `id` FROM `a` WHERE TRUE)";
        assert_eq!(with_cascades(dropped(), &schema, true)[1].what, What::RowsWhere("b".into(), of_b.into()));
    }
}
