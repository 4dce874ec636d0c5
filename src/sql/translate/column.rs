//! One column definition.

use super::index::References;
use super::types::{Collation, ColumnType, column_type, is_serial};
use super::{Notes, literal, names, query};
use crate::sql::parse::SqlError;
use sqlparser::ast::{ColumnDef, ColumnOption, DataType, Expr, GeneratedExpressionMode, Ident, Spanned};
use sqlparser::tokenizer::Token;

/// What a column definition says.
#[expect(clippy::struct_excessive_bools, reason = "each is a clause that is there or not")]
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: Ident,
    pub(super) kind: ColumnType,
    pub(super) nullable: bool,
    pub(super) auto_increment: bool,
    pub(super) primary: bool,
    pub(super) unique: bool,
    pub(super) default: Option<String>,
    pub(super) references: Option<References>,
    pub(super) generated: bool,
    /// COLLATE, CHECK and the generation expression, as they are written.
    tail: Vec<String>,
    stored: bool,
}

impl Column {
    /// Reads a definition in a table of that default collation.
    pub(super) fn read(def: &ColumnDef, default: Collation, notes: &mut Notes) -> Result<Self, SqlError> {
        let serial = is_serial(&def.data_type);
        let kind = if serial { column_type(&DataType::BigInt(None)) } else { column_type(&def.data_type) };
        let kind =
            kind.map_err(|name| query::refusal(format!("the embedded engine has no type {name}"), def.name.span))?;
        let mut column = Self {
            name: def.name.clone(),
            kind,
            nullable: !serial,
            auto_increment: serial,
            primary: false,
            unique: serial,
            default: None,
            references: None,
            generated: false,
            tail: vec![],
            stored: false,
        };
        let mut collation = default;
        for option in &def.options {
            match &option.option {
                ColumnOption::Collation(name) => collation = Collation::named(names::text(name)),
                ColumnOption::CharacterSet(name) => collation = Collation::of_charset(names::text(name)),
                other => column.option(other, notes)?,
            }
        }
        if column.kind.textual && collation == Collation::NoCase {
            column.tail.insert(0, "COLLATE NOCASE".into());
        }
        if !column.kind.values.is_empty() {
            let values: Vec<String> = column.kind.values.iter().map(|value| literal::quoted(value)).collect();
            column.tail.push(format!("CHECK ({} IN ({}))", column.name, values.join(", ")));
        }
        Ok(column)
    }

    fn option(&mut self, option: &ColumnOption, notes: &mut Notes) -> Result<(), SqlError> {
        match option {
            ColumnOption::Null => self.nullable = true,
            ColumnOption::NotNull => self.nullable = false,
            ColumnOption::Default(value) => self.default = Some(default_text(value, notes)?),
            ColumnOption::PrimaryKey(_) => self.primary = true,
            ColumnOption::Unique(_) => self.unique = true,
            ColumnOption::ForeignKey(key) => self.references = Some(References::read(key)),
            ColumnOption::Check(check) => {
                self.tail.push(format!("CHECK ({})", query::expression(&check.expr, notes)?));
            }
            ColumnOption::OnUpdate(_) => notes.add(format!(
                "{}: the embedded engine does not set it on UPDATE; the app has to write it",
                self.name.value
            )),
            ColumnOption::Generated { generation_expr: Some(expr), generation_expr_mode, .. } => {
                self.generated = true;
                self.stored = matches!(generation_expr_mode, Some(GeneratedExpressionMode::Stored));
                let mode = if self.stored { " STORED" } else { "" };
                self.tail.push(format!("GENERATED ALWAYS AS ({}){mode}", query::expression(expr, notes)?));
            }
            ColumnOption::DialectSpecific(tokens) => {
                for token in tokens {
                    if matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case("auto_increment")) {
                        self.auto_increment = true;
                    }
                }
            }
            ColumnOption::Comment(_) | ColumnOption::Srid(_) | ColumnOption::Invisible => {}
            other => {
                let message = format!("the embedded engine has no column option {other}");
                return Err(query::refusal(message, self.name.span));
            }
        }
        Ok(())
    }

    /// The definition; `row_number` makes the column the row's own number (`INTEGER PRIMARY KEY`).
    pub(super) fn written(&self, row_number: bool) -> String {
        if row_number {
            let automatic = if self.auto_increment { " AUTOINCREMENT" } else { "" };
            return format!("{} INTEGER PRIMARY KEY{automatic}", self.name);
        }
        let mut text = format!("{} {}", self.name, self.kind.text);
        if !self.nullable {
            text.push_str(" NOT NULL");
        }
        if let Some(default) = &self.default {
            text.push_str(" DEFAULT ");
            text.push_str(default);
        }
        for part in &self.tail {
            text.push(' ');
            text.push_str(part);
        }
        text
    }

    /// The same for `ALTER TABLE ADD COLUMN`, which asks for a default of NOT NULL columns and knows no stored generated ones.
    pub(super) fn written_for_alter(&self, notes: &mut Notes) -> String {
        let mut text = self.written(false);
        if !self.nullable && self.default.is_none() && !self.generated {
            let implied = if self.kind.textual || self.kind.text == "TEXT" || self.kind.text.ends_with("BLOB") {
                "''"
            } else if self.kind.text.starts_with("DATE") || self.kind.text.starts_with("TIME") {
                "'0000-00-00 00:00:00'"
            } else {
                "0"
            };
            notes.add(format!("{}: NOT NULL without a default; rows that exist get {implied}", self.name.value));
            text = text.replacen(" NOT NULL", &format!(" NOT NULL DEFAULT {implied}"), 1);
        }
        if self.stored && text.ends_with(" STORED") {
            notes.add(format!(
                "{}: added as a virtual column, as the embedded engine adds no stored ones",
                self.name.value
            ));
            text.truncate(text.len() - " STORED".len());
        }
        text
    }
}

fn default_text(value: &Expr, notes: &mut Notes) -> Result<String, SqlError> {
    if let Expr::Function(function) = value {
        let name = names::text(&function.name).to_ascii_uppercase();
        if matches!(name.as_str(), "CURRENT_TIMESTAMP" | "NOW" | "LOCALTIME" | "LOCALTIMESTAMP") {
            return Ok("CURRENT_TIMESTAMP".into());
        }
    }
    if let Expr::Nested(inner) = value {
        return Ok(format!("({})", query::expression(inner, notes)?));
    }
    let text = query::expression(value, notes)?;
    Ok(match value {
        Expr::Value(_) => text,
        Expr::UnaryOp { expr, .. } if matches!(**expr, Expr::Value(_)) => text,
        _ => format!("({text})"),
    })
    .map_err(|error: SqlError| if error.line == 0 { query::refusal(error.message, value.span()) } else { error })
}
