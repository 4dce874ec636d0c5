//! Schemas for tests, from DDL text: `-- rows TABLE N` and `-- distinct TABLE INDEX N,N` lines give the
//! sizes, `-- nulls TABLE COLUMN SHARE` and `-- values TABLE COLUMN N` what is known of one column.

use crate::model::query::Value;
use crate::model::scale::HotValue;
use crate::model::schema::{Column, ForeignKey, Index, IndexKind, KeyPart, Schema, Table};
use crate::sql::parse::parse_statement;
use sqlparser::ast::{ColumnOption, CreateTable, Expr, IndexColumn, OrderBySort, Statement, TableConstraint};

pub(crate) fn schema(ddl: &str) -> Schema {
    let code = ddl.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
    let mut schema = Schema::default();
    for text in code.split(';').filter(|text| !text.trim().is_empty()) {
        match parse_statement(text).unwrap() {
            Statement::CreateTable(create) => schema.tables.push(table(&create)),
            Statement::CreateIndex(create) => {
                let name = create.name.as_ref().unwrap().to_string();
                let kind = if create.unique { IndexKind::Unique } else { IndexKind::Plain };
                let on = create.table_name.to_string();
                let index = index(name.trim_matches('`'), kind, &create.columns);
                table_mut(&mut schema, on.trim_matches('`')).indexes.push(index);
            }
            other => panic!("not a table or an index: {other}"),
        }
    }
    for line in ddl.lines().filter_map(|line| line.trim().strip_prefix("-- ")) {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["rows", name, rows] => table_mut(&mut schema, name).rows = Some(rows.parse().unwrap()),
            ["distinct", name, index, values] => {
                let index = table_mut(&mut schema, name).indexes.iter_mut().find(|i| i.name == index).unwrap();
                index.cardinality = values.split(',').map(|value| value.parse().unwrap()).collect();
            }
            ["nulls", name, column, share] => {
                let column = table_mut(&mut schema, name).columns.iter_mut().find(|c| c.name == column).unwrap();
                column.null_fraction = Some(share.parse().unwrap());
            }
            ["hot", name, column, value, share] => {
                let column = table_mut(&mut schema, name).columns.iter_mut().find(|c| c.name == column).unwrap();
                let (value, fraction) = (Value::Text(value.into()), share.parse().unwrap());
                column.hot.push(HotValue { value, fraction });
            }
            ["values", name, column, distinct] => {
                let column = table_mut(&mut schema, name).columns.iter_mut().find(|c| c.name == column).unwrap();
                column.distinct = Some(distinct.parse().unwrap());
            }
            _ => {}
        }
    }
    schema
}

fn table_mut<'s>(schema: &'s mut Schema, name: &str) -> &'s mut Table {
    schema.tables.iter_mut().find(|table| table.name == name).unwrap()
}

fn table(create: &CreateTable) -> Table {
    let name = create.name.to_string().trim_matches('`').to_owned();
    let mut table = Table { name, storage_engine: Some("InnoDB".into()), ..Table::default() };
    for definition in &create.columns {
        let name = definition.name.value.clone();
        let mut column = Column {
            name: name.clone(),
            column_type: definition.data_type.to_string().to_lowercase(),
            nullable: true,
            ..Column::default()
        };
        for option in definition.options.iter().map(|option| &option.option) {
            match option {
                ColumnOption::NotNull => column.nullable = false,
                ColumnOption::PrimaryKey(_) => {
                    column.nullable = false;
                    table.indexes.push(plain("PRIMARY", IndexKind::Primary, &name));
                }
                ColumnOption::Collation(collation) => column.collation = Some(collation.to_string()),
                ColumnOption::Unique(_) => table.indexes.push(plain(&name, IndexKind::Unique, &name)),
                _ => {}
            }
        }
        table.columns.push(column);
    }
    for constraint in &create.constraints {
        match constraint {
            TableConstraint::PrimaryKey(key) => table.indexes.push(index("PRIMARY", IndexKind::Primary, &key.columns)),
            TableConstraint::Unique(key) => {
                let name = key.index_name.as_ref().or(key.name.as_ref()).map(|name| name.value.clone());
                table.indexes.push(named(name, IndexKind::Unique, &key.columns));
            }
            TableConstraint::Index(key) => {
                table.indexes.push(named(
                    key.name.as_ref().map(|name| name.value.clone()),
                    IndexKind::Plain,
                    &key.columns,
                ));
            }
            TableConstraint::ForeignKey(key) => {
                let columns: Vec<String> = key.columns.iter().map(|column| column.value.clone()).collect();
                table.foreign_keys.push(ForeignKey {
                    name: key.name.as_ref().map_or_else(|| format!("{}_ibfk", table.name), |name| name.value.clone()),
                    columns,
                    referenced_table: key.foreign_table.to_string(),
                    referenced_columns: key.referred_columns.iter().map(|column| column.value.clone()).collect(),
                    on_delete: "NO ACTION".into(),
                    on_update: "NO ACTION".into(),
                });
            }
            _ => {}
        }
    }
    table
}

fn plain(name: &str, kind: IndexKind, column: &str) -> Index {
    Index {
        name: name.into(),
        kind,
        parts: vec![KeyPart::column(column)],
        visible: true,
        comment: String::new(),
        cardinality: vec![],
    }
}

fn named(name: Option<String>, kind: IndexKind, columns: &[IndexColumn]) -> Index {
    let mut index = index("", kind, columns);
    index.name = name.unwrap_or_else(|| index.parts[0].column.clone().unwrap_or_else(|| "functional_index".into()));
    index
}

fn index(name: &str, kind: IndexKind, columns: &[IndexColumn]) -> Index {
    let parts = columns.iter().map(|column| {
        let mut part = match &column.column.expr {
            Expr::Identifier(name) => KeyPart::column(name.value.clone()),
            Expr::Function(function) if is_prefix(&function.to_string()) => {
                let text = function.to_string();
                let (name, length) = text.split_once('(').unwrap();
                let prefix = length.trim_end_matches(')').parse().ok();
                KeyPart { prefix, ..KeyPart::column(name.trim_matches('`')) }
            }
            other => KeyPart { column: None, expression: Some(other.to_string()), prefix: None, descending: false },
        };
        part.descending = matches!(column.column.options.sort, Some(OrderBySort::Desc));
        part
    });
    Index {
        name: name.into(),
        kind,
        parts: parts.collect(),
        visible: true,
        comment: String::new(),
        cardinality: vec![],
    }
}

fn is_prefix(text: &str) -> bool {
    text.split_once('(').is_some_and(|(_, rest)| rest.trim_end_matches(')').parse::<u32>().is_ok())
}
