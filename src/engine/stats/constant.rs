//! The rows that an optimizer looks for while it plans: those that a statement names by a whole unique key. Pure.
//!
//! On an empty table the look-up finds nothing, and the plan ends there. With the row in place the plan goes on as it would
//! on a full table. A row too many does no harm, since plans come from injected statistics; so scopes are not told apart.

use crate::engine::text;
use crate::model::schema::{Schema, Table};
use crate::sql::parse;
use sqlparser::ast::{BinaryOperator, Expr, TableFactor, UnaryOperator, Value, Visit, Visitor};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// What an unknown value that two columns share is taken to be: fit for a number and for a text.
const SHARED: &str = "'1'";

/// One row to have in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConstantRow {
    /// The table.
    pub(super) table: String,
    /// Columns with SQL literals: the unique key's and all others that the statement compares with a constant.
    pub(super) values: Vec<(String, String)>,
}

/// A column of a table as the statement names it, both in lower case.
type Name = (String, String);

/// The rows that a statement names by a whole unique key, directly or through columns that it sets equal. Empty for a
/// statement that cannot be parsed.
pub(super) fn rows(sql: &str, schema: &Schema) -> Vec<ConstantRow> {
    let Ok(statement) = parse::parse_statement(sql) else { return Vec::new() };
    let mut tables = Tables { schema, found: BTreeMap::new() };
    let _ = statement.visit(&mut tables);
    let mut equalities = Equalities { tables: &tables, values: BTreeMap::new(), pairs: Vec::new() };
    let _ = statement.visit(&mut equalities);
    let Equalities { mut values, pairs, .. } = equalities;
    share(&mut values, &pairs);
    for (left, _) in &pairs {
        values.entry(left.clone()).or_insert_with(|| SHARED.to_owned());
        share(&mut values, &pairs);
    }
    let mut rows: Vec<ConstantRow> =
        tables.found.iter().filter_map(|(alias, table)| row(alias, table, &values)).collect();
    rows.sort_by(|a, b| a.table.cmp(&b.table));
    rows
}

/// Gives columns that are set equal the same value.
fn share(values: &mut BTreeMap<Name, String>, pairs: &[(Name, Name)]) {
    for _ in 0..pairs.len() {
        for (left, right) in pairs {
            match (values.get(left).cloned(), values.get(right).cloned()) {
                (Some(value), None) => values.insert(right.clone(), value),
                (None, Some(value)) => values.insert(left.clone(), value),
                _ => None,
            };
        }
    }
}

fn row(alias: &str, table: &Table, values: &BTreeMap<Name, String>) -> Option<ConstantRow> {
    let value = |column: &str| values.get(&(alias.to_owned(), column.to_lowercase()));
    let named = |index: &&crate::model::schema::Index| {
        index.is_unique()
            && index.parts.iter().all(|part| part.column.as_deref().is_some_and(|name| value(name).is_some()))
    };
    table.indexes.iter().find(named)?;
    let stored = table.columns.iter().filter(|column| column.generated.is_empty());
    let values = stored.filter_map(|column| Some((column.name.clone(), value(&column.name)?.clone()))).collect();
    Some(ConstantRow { table: table.name.clone(), values })
}

/// The base tables of a statement by the names that it uses for them.
struct Tables<'a> {
    schema: &'a Schema,
    found: BTreeMap<String, &'a Table>,
}

impl Tables<'_> {
    fn resolve(&self, expr: &Expr) -> Option<Name> {
        match expr {
            Expr::Identifier(column) => {
                let mut owners = self.found.iter().filter(|(_, table)| table.column(&column.value).is_some());
                let (alias, _) = owners.next()?;
                owners.next().is_none().then(|| (alias.clone(), column.value.to_lowercase()))
            }
            Expr::CompoundIdentifier(parts) => {
                let [.., alias, column] = parts.as_slice() else { return None };
                let alias = alias.value.to_lowercase();
                self.found.contains_key(&alias).then(|| (alias, column.value.to_lowercase()))
            }
            Expr::Nested(inner) => self.resolve(inner),
            _ => None,
        }
    }
}

impl Visitor for Tables<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, .. } = factor
            && let Some(last) = name.0.last().and_then(|part| part.as_ident())
            && let Some(table) = self.schema.table(&last.value)
        {
            let name = alias.as_ref().map_or(&last.value, |alias| &alias.name.value);
            self.found.insert(name.to_lowercase(), table);
        }
        ControlFlow::Continue(())
    }
}

/// What a statement sets equal.
struct Equalities<'a, 'b> {
    tables: &'a Tables<'b>,
    values: BTreeMap<Name, String>,
    pairs: Vec<(Name, Name)>,
}

impl Visitor for Equalities<'_, '_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let (left, right) = match expr {
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::Spaceship, right } => (&**left, &**right),
            Expr::InList { expr, list, negated: false } => match list.as_slice() {
                [only] => (&**expr, only),
                _ => return ControlFlow::Continue(()),
            },
            _ => return ControlFlow::Continue(()),
        };
        match (self.tables.resolve(left), self.tables.resolve(right)) {
            (Some(left), Some(right)) => self.pairs.push((left, right)),
            (Some(column), None) => self.values.extend(literal(right).map(|value| (column, value))),
            (None, Some(column)) => self.values.extend(literal(left).map(|value| (column, value))),
            (None, None) => {}
        }
        ControlFlow::Continue(())
    }
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => Some(number.clone()),
            Value::SingleQuotedString(string) | Value::DoubleQuotedString(string) => Some(text::text(string)),
            Value::Boolean(set) => Some(u8::from(*set).to_string()),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => literal(expr).map(|number| format!("-{number}")),
        Expr::Nested(inner) => literal(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::{Column, Index, IndexKind, KeyPart};

    fn table(name: &str, columns: &[&str], key: &[&str]) -> Table {
        let column = |name: &&str| Column { name: (*name).into(), ..Column::default() };
        let parts = key.iter().map(|name| KeyPart::column(*name)).collect();
        let (comment, cardinality) = (String::new(), Vec::new());
        let primary =
            Index { name: "PRIMARY".into(), kind: IndexKind::Primary, parts, visible: true, comment, cardinality };
        let columns = columns.iter().map(column).collect();
        Table { name: name.into(), columns, indexes: vec![primary], ..Table::default() }
    }

    fn found(sql: &str) -> Vec<String> {
        let tables = vec![
            table("line", &["order_id", "nr", "sku"], &["order_id", "nr"]),
            table("orders", &["id", "state"], &["id"]),
        ];
        let schema = Schema { tables, routines: Vec::new() };
        let word = |row: &ConstantRow| format!("{} {:?}", row.table, row.values);
        rows(sql, &schema).iter().map(word).collect()
    }

    #[test]
    fn a_row_is_named_by_its_whole_key_and_takes_the_other_constants_along() {
        let rows = found("SELECT * FROM orders WHERE id = 5 AND state = 'it''s'");
        assert_eq!(rows, [r#"orders [("id", "5"), ("state", "'it''s'")]"#]);
        assert_eq!(found("SELECT * FROM orders o WHERE -5 = o.ID"), [r#"orders [("id", "-5")]"#]);
        assert_eq!(found("SELECT * FROM orders WHERE state = 'x'"), [""; 0]);
        assert_eq!(found("SELECT * FROM line WHERE order_id = 5"), [""; 0], "half a key names no row");
    }

    #[test]
    fn equal_columns_name_rows_of_each_other() {
        let rows = found("SELECT * FROM orders o JOIN line l ON l.order_id = o.id WHERE o.id = 5 AND l.nr = 2");
        assert_eq!(rows, [r#"line [("order_id", "5"), ("nr", "2")]"#, r#"orders [("id", "5")]"#]);
        let rows = found("SELECT * FROM orders a JOIN orders b ON b.id = a.state WHERE a.id = 5");
        assert_eq!(rows, [r#"orders [("id", "5"), ("state", "'1'")]"#, r#"orders [("id", "'1'")]"#]);
    }

    #[test]
    fn what_cannot_be_parsed_names_nothing() {
        assert_eq!(found("SELECT FROM WHERE"), [""; 0]);
    }
}
