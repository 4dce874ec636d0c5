//! `SEARCH t` without a way: how `SQLite` shows `MIN` and `MAX`, whether it takes the end of the primary key or reads every
//! row. Which of the two it is stands in the statement only.

use crate::model::plan::{AccessType, Node, Plan};
use crate::model::schema::Schema;
use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Statement, Visit, Visitor};
use std::ops::ControlFlow;

/// Gives each such search its true kind. `table_of` gives the table that an alias stands for.
#[must_use]
pub fn settled(
    mut plan: Plan,
    statement: &Statement,
    schema: &Schema,
    table_of: &dyn Fn(&str) -> Option<String>,
) -> Plan {
    let mut extremes = Extremes::default();
    let _ = statement.visit(&mut extremes);
    settle(&mut plan.root, &extremes.columns, schema, table_of);
    plan
}

fn settle(node: &mut Node, extremes: &[String], schema: &Schema, table_of: &dyn Fn(&str) -> Option<String>) {
    if let Some(access) = &mut node.access
        && access.access_type == AccessType::Range
        && access.key.is_none()
        && access.key_parts.is_empty()
    {
        let table = table_of(&access.table).unwrap_or_else(|| access.table.clone());
        let key = schema.table(&table).and_then(|table| match table.primary_key()?.parts.as_slice() {
            [only] => only.column.clone(),
            _ => None,
        });
        if key.is_some_and(|key| extremes.iter().any(|column| column.eq_ignore_ascii_case(&key))) {
            access.key = Some("PRIMARY".into());
        } else {
            access.access_type = AccessType::FullScan;
        }
    }
    node.children.iter_mut().for_each(|child| settle(child, extremes, schema, table_of));
}

/// The columns of which a statement asks the least or the greatest value.
#[derive(Debug, Default)]
struct Extremes {
    columns: Vec<String>,
}

impl Visitor for Extremes {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && let Some(name) = function.name.0.last().and_then(|part| part.as_ident())
            && ["MIN", "MAX"].iter().any(|known| known.eq_ignore_ascii_case(&name.value))
            && let FunctionArguments::List(list) = &function.args
            && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_slice()
        {
            let column = match argument {
                Expr::Identifier(column) => Some(column),
                Expr::CompoundIdentifier(parts) => parts.last(),
                _ => None,
            };
            self.columns.extend(column.map(|column| column.value.clone()));
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::sqlite::{PlanRow, read};
    use crate::model::schema::{Index, IndexKind, KeyPart, Table};
    use sqlparser::dialect::MySqlDialect;
    use sqlparser::parser::Parser;

    fn kind(sql: &str) -> (AccessType, Option<String>) {
        let key = Index {
            name: "PRIMARY".into(),
            kind: IndexKind::Primary,
            parts: vec![KeyPart::column("id")],
            visible: true,
            comment: String::new(),
            cardinality: vec![],
        };
        let orders = Table { name: "orders".into(), indexes: vec![key], ..Table::default() };
        let schema = Schema { tables: vec![orders], routines: vec![] };
        let statement = Parser::parse_sql(&MySqlDialect {}, sql).unwrap().remove(0);
        let plan = read(&[PlanRow { id: 1, parent: 0, detail: "SEARCH o".into() }]);
        let table_of = |alias: &str| (alias == "o").then(|| "orders".to_owned());
        let plan = settled(plan, &statement, &schema, &table_of);
        (plan.accesses()[0].access_type, plan.accesses()[0].key.clone())
    }

    #[test]
    fn the_end_of_the_key_is_no_scan_and_the_extreme_of_another_column_is_one() {
        assert_eq!(kind("SELECT MAX(o.id) FROM orders o"), (AccessType::Range, Some("PRIMARY".into())));
        assert_eq!(kind("SELECT min(total) FROM orders o"), (AccessType::FullScan, None));
    }
}
