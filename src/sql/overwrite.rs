//! Statements that write other values into rows which are there: what they assign, and to which rows.
//!
//! The syntax tree gives conditions back in its own words, without the backslashes that stood there; such a condition
//! is not given at all.

use super::ddl::{Effect, effect, loaded};
use super::parse::parse_statement;
use super::quote;
use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, Expr, Insert, ObjectName, OnInsert, SetExpr, Statement, TableFactor,
    TableObject, UnaryOperator, Update, Value,
};

/// What a statement overwrites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overwrite {
    /// `UPDATE` of one table.
    Update(Updated),
    /// `REPLACE`, or `INSERT … ON DUPLICATE KEY UPDATE`.
    Insert(Replaced),
    /// Values in a table are overwritten, and it is not read which; the verb and the table where it could be read.
    Unread(String, Option<String>),
}

/// An `UPDATE` of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The table.
    pub table: String,
    /// Its name in the condition, when that is another.
    pub alias: Option<String>,
    /// What is assigned.
    pub assigned: Vec<Assigned>,
    /// The condition, `TRUE` when there is none; `None` when it cannot be given as it stood.
    pub condition: Option<String>,
    /// The condition as columns with the constants that each may have, where it has no more in it.
    pub keys: Option<Vec<(String, Vec<String>)>>,
    /// Whether a LIMIT takes some of the rows.
    pub limited: bool,
}

/// Rows that take the place of rows with the same keys, or change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The table.
    pub table: String,
    /// The columns; empty when the statement names none.
    pub columns: Vec<String>,
    /// The constants of each row, `None` for what is none; no rows at all where a query gives them.
    pub rows: Option<Vec<Vec<Option<String>>>>,
    /// What is assigned to a row that is there; `None` where the whole row is replaced.
    pub assigned: Option<Vec<Assigned>>,
}

/// A column and what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The column.
    pub column: String,
    /// The value.
    pub to: To,
}

/// What a column is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// A constant, as SQL.
    Constant(String),
    /// What it has.
    Itself,
    /// The value of a column in the row to be inserted.
    Inserted(String),
    /// What has to be computed.
    Computed,
}

/// Reads what a statement overwrites; `None` when that is nothing.
#[must_use]
pub fn overwrite(sql: &str) -> Option<Overwrite> {
    let Effect::Rows { verb, table } = effect(sql) else { return None };
    let parsed = parse_statement(sql);
    match (verb.as_str(), parsed) {
        ("UPDATE", Ok(Statement::Update(update))) => {
            Some(updated(sql, &update).map_or(Overwrite::Unread(verb, table), Overwrite::Update))
        }
        ("REPLACE" | "INSERT", Ok(Statement::Insert(insert))) => {
            let overwrites = insert.replace_into || insert.on.is_some();
            overwrites.then(|| replaced(&insert).map_or(Overwrite::Unread(verb, table), Overwrite::Insert))
        }
        ("INSERT", _) => {
            let words = sql.to_ascii_uppercase();
            let updates = words.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "DUPLICATE");
            updates.then(|| Overwrite::Unread("ON DUPLICATE KEY UPDATE".into(), table))
        }
        ("UPDATE" | "REPLACE", _) => Some(Overwrite::Unread(verb, table)),
        ("LOAD", _) => match loaded(sql) {
            Some((_, false)) => None,
            Some((table, true)) => Some(Overwrite::Unread("LOAD DATA … REPLACE".into(), Some(table))),
            None => Some(Overwrite::Unread("LOAD".into(), None)),
        },
        _ => None,
    }
}

fn updated(sql: &str, update: &Update) -> Option<Updated> {
    let single = update.table.joins.is_empty() && update.from.is_none();
    let TableFactor::Table { name, alias, .. } = &update.table.relation else { return None };
    single.then_some(())?;
    let alias = alias.as_ref().map(|alias| alias.name.value.clone());
    let condition = update.selection.as_ref().map_or_else(|| "TRUE".into(), ToString::to_string);
    Some(Updated {
        table: last(name)?,
        alias,
        assigned: assigned(&update.assignments, None)?,
        condition: (!sql.contains('\\')).then_some(condition),
        keys: update.selection.as_ref().map_or(Some(Vec::new()), keys),
        limited: update.limit.is_some(),
    })
}

fn replaced(insert: &Insert) -> Option<Replaced> {
    let TableObject::TableName(table) = &insert.table else { return None };
    let alias = insert.insert_alias.as_ref();
    // `AS new (a, b)` gives the columns other names.
    if alias.is_some_and(|alias| alias.col_aliases.as_ref().is_some_and(|names| !names.is_empty())) {
        return None;
    }
    let alias = match alias {
        Some(alias) => Some(last(&alias.row_alias)?),
        None => None,
    };
    let (mut columns, mut rows) = (insert.columns.iter().map(last).collect::<Option<Vec<_>>>()?, None);
    if let Some(SetExpr::Values(values)) = insert.source.as_ref().map(|source| source.body.as_ref()) {
        rows = Some(values.rows.iter().map(|row| row.content.iter().map(constant).collect()).collect());
    } else if !insert.assignments.is_empty() {
        let given = assigned(&insert.assignments, None)?;
        columns = given.iter().map(|one| one.column.clone()).collect();
        let constant = |one: Assigned| if let To::Constant(text) = one.to { Some(text) } else { None };
        rows = Some(vec![given.into_iter().map(constant).collect()]);
    }
    let assigned = match &insert.on {
        _ if insert.replace_into => None,
        Some(OnInsert::DuplicateKeyUpdate(assignments)) => Some(assigned(assignments, alias.as_deref())?),
        _ => return None,
    };
    Some(Replaced { table: last(table)?, columns, rows, assigned })
}

fn assigned(assignments: &[Assignment], alias: Option<&str>) -> Option<Vec<Assigned>> {
    let one = |assignment: &Assignment| {
        let AssignmentTarget::ColumnName(name) = &assignment.target else { return None };
        let column = last(name)?;
        let to = to(&assignment.value, &column, alias);
        Some(Assigned { column, to })
    };
    assignments.iter().map(one).collect()
}

fn to(value: &Expr, column: &str, alias: Option<&str>) -> To {
    if let Some(text) = constant(value) {
        return To::Constant(text);
    }
    match value {
        Expr::Identifier(name) if name.value.eq_ignore_ascii_case(column) => To::Itself,
        Expr::CompoundIdentifier(parts) => match (parts.first(), parts.last()) {
            (Some(first), Some(last)) if alias.is_some_and(|alias| first.value.eq_ignore_ascii_case(alias)) => {
                To::Inserted(last.value.clone())
            }
            (_, Some(last)) if last.value.eq_ignore_ascii_case(column) => To::Itself,
            _ => To::Computed,
        },
        Expr::Function(function) => {
            let name = function.name.to_string().to_ascii_uppercase();
            let text = function.args.to_string();
            let inner = text.trim_start_matches('(').trim_end_matches(')').trim_matches('`');
            let is_name = !inner.is_empty() && inner.chars().all(|c| c.is_alphanumeric() || "_$".contains(c));
            if is_name && (name == "VALUES" || name == "VALUE") { To::Inserted(inner.to_owned()) } else { To::Computed }
        }
        _ => To::Computed,
    }
}

/// A condition that only asks for columns to have one of some constants.
fn keys(condition: &Expr) -> Option<Vec<(String, Vec<String>)>> {
    match condition {
        Expr::Nested(inner) => keys(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            Some(keys(left)?.into_iter().chain(keys(right)?).collect())
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => Some(vec![(column(left)?, vec![constant(right)?])]),
        Expr::InList { expr, list, negated: false } => {
            Some(vec![(column(expr)?, list.iter().map(constant).collect::<Option<_>>()?)])
        }
        _ => None,
    }
}

fn column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.clone()),
        _ => None,
    }
}

fn last(name: &ObjectName) -> Option<String> {
    name.0.last()?.as_ident().map(|ident| ident.value.clone())
}

/// A constant as SQL that means the same on the server, NULL among them.
#[must_use]
pub fn constant(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Some(quote::literal(text)),
            Value::Placeholder(_) => None,
            other => Some(other.to_string()),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => constant(expr).map(|text| format!("-{text}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_read_with_its_condition() {
        let Some(Overwrite::Update(read)) =
            overwrite("UPDATE t AS x SET x.a = 'it''s', b = b, c = c + 1 WHERE x.id IN (1, 2)")
        else {
            panic!()
        };
        assert_eq!((read.table.as_str(), read.alias.as_deref(), read.limited), ("t", Some("x"), false));
        let to: Vec<_> = read.assigned.iter().map(|one| (one.column.as_str(), one.to.clone())).collect();
        assert_eq!(to, [("a", To::Constant("'it''s'".into())), ("b", To::Itself), ("c", To::Computed)]);
        assert_eq!(read.condition.as_deref(), Some("x.id IN (1, 2)"));
        assert_eq!(read.keys, Some(vec![("id".into(), vec!["1".into(), "2".into()])]));
        let Some(Overwrite::Update(read)) = overwrite("UPDATE t SET a = 'x' WHERE a > 'C:\\\\'") else { panic!() };
        assert_eq!((read.condition, read.keys), (None, None));
    }

    #[test]
    fn rows_that_replace_others_are_read() {
        let of = |sql: &str| match overwrite(sql) {
            Some(Overwrite::Insert(read)) => read,
            other => panic!("{sql}: {other:?}"),
        };
        let read = of("REPLACE INTO t (id, a) VALUES (1, 'x'), (2, NOW())");
        assert_eq!(read.rows.unwrap()[1], [Some("2".into()), None]);
        assert_eq!(read.assigned, None);
        assert_eq!(of("REPLACE INTO t SELECT * FROM u").rows, None);
        for sql in [
            "INSERT INTO t (id, a) VALUES (1, 2) ON DUPLICATE KEY UPDATE a = VALUES(`a`)",
            "INSERT INTO t (id, a) VALUES (1, 2) AS new ON DUPLICATE KEY UPDATE a = new.a",
        ] {
            let to = of(sql).assigned.unwrap().remove(0).to;
            assert_eq!(to, To::Inserted("a".into()), "{sql}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_and_what_only_adds_is_none() {
        for sql in [
            "UPDATE t JOIN u ON t.id = u.id SET t.a = u.a",
            "REPLACE t PARTITION (p0) (a) TABLE u",
            "LOAD DATA INFILE 'x' REPLACE INTO TABLE t",
            "WITH x AS (SELECT 1 AS id) UPDATE t SET a = 1 WHERE id IN (SELECT id FROM x)",
        ] {
            assert!(matches!(overwrite(sql), Some(Overwrite::Unread(..))), "{sql}: {:?}", overwrite(sql));
        }
        for sql in ["INSERT INTO t VALUES (1)", "LOAD DATA INFILE 'x' INTO TABLE t", "DELETE FROM t", "SELECT 1"] {
            assert_eq!(overwrite(sql), None, "{sql}");
        }
    }
}
