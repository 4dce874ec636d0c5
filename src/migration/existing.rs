//! Indexes that are there already: whether a statement that adds some runs, runs in part, or has nothing to do.
//!
//! An index of another name serves in place of the wanted one only if the migrations do not define it themselves: what
//! they define beside each other stands there on purpose. An index that the optimizer may not use serves nothing, and
//! where a direction, a prefix or an expression differs, the definition does.

use crate::model::engine::{Engine, EngineKind};
use crate::model::schema::{Index, IndexKind, KeyPart, Table};
use crate::sql::ddl::{AlterAction, Effect, IndexDefinition, created, effect};
use crate::sql::online::without;
use std::collections::BTreeSet;

mod altered;

pub use altered::taken;

/// What becomes of a statement that adds indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Existing {
    /// It runs.
    Run,
    /// This runs in its place, and why.
    RunInstead(String, String),
    /// What it makes is there already; how, in words.
    Skip(String),
    /// It cannot run, and why.
    Conflict(String),
}

/// The indexes that migrations define, as (table, definition).
#[derive(Debug, Clone, Default)]
pub struct Defined(Vec<(String, IndexDefinition)>);

impl Defined {
    /// Those of these statements.
    pub fn of<'a>(statements: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Vec::new();
        for sql in statements {
            match effect(sql) {
                Effect::CreateTable { table } | Effect::ReplaceTable { table } => {
                    let indexes = created(sql).map(|created| created.indexes).unwrap_or_default();
                    found.extend(indexes.into_iter().map(|index| (table.clone(), index)));
                }
                effect => found.extend(added(&effect).map(|(table, index)| (table.to_owned(), index.clone()))),
            }
        }
        Self(found)
    }

    /// Whether the migrations define this index. The server names one without a name after its first column.
    fn has(&self, table: &str, index: &Index) -> bool {
        self.0.iter().any(|(on, definition)| {
            on.eq_ignore_ascii_case(table)
                && match (&definition.name, definition.columns.first()) {
                    (Some(name), _) => name.eq_ignore_ascii_case(&index.name),
                    (None, Some(column)) => {
                        let rest = index.name.to_ascii_lowercase();
                        rest.strip_prefix(&column.to_ascii_lowercase()).is_some_and(|rest| {
                            let number = rest.strip_prefix('_').unwrap_or(rest);
                            number.chars().all(|one| one.is_ascii_digit())
                        })
                    }
                    (None, None) => false,
                }
        })
    }
}

/// The indexes that a statement adds to a table that is there.
pub fn added(effect: &Effect) -> impl Iterator<Item = (&str, &IndexDefinition)> {
    let (table, one, actions): (&str, Option<&IndexDefinition>, &[AlterAction]) = match effect {
        Effect::CreateIndex { table, index } => (table, Some(index), &[]),
        Effect::AlterTable { table, actions } => (table, None, actions),
        _ => ("", None, &[]),
    };
    let of_alter = actions.iter().filter_map(|action| match action {
        AlterAction::AddIndex(index) => Some(index),
        _ => None,
    });
    one.into_iter().chain(of_alter).map(move |index| (table, index))
}

/// Judges a statement by the table as it is.
#[must_use]
pub fn judge(sql: &str, effect: &Effect, table: &Table, engine: &Engine, defined: &Defined) -> Existing {
    match effect {
        Effect::CreateIndex { index, .. } => match found(index, table, |_| false, engine, defined) {
            Found::Nothing => Existing::Run,
            Found::Same(_, reason) => Existing::Skip(reason),
            Found::Conflict(reason) => Existing::Conflict(reason),
        },
        Effect::AlterTable { actions, .. } => altered::judge(sql, actions, table, engine, defined),
        _ => Existing::Run,
    }
}

/// What of a wanted index is there; which one, and how, in words.
enum Found<'a> {
    Nothing,
    Same(&'a Index, String),
    Conflict(String),
}

/// Looks for a wanted index among those that stay.
fn found<'a>(
    wanted: &IndexDefinition,
    table: &'a Table,
    goes: impl Fn(&Index) -> bool,
    engine: &Engine,
    defined: &Defined,
) -> Found<'a> {
    let stays = |index: &&Index| !goes(index);
    let same = |index: &Index| index.visible == wanted.visible && same_parts(wanted, index, table, engine);
    // A UNIQUE index serves whatever a plain one of the same parts does.
    let kind = |index: &Index| {
        index.kind == wanted.kind || (wanted.kind == IndexKind::Plain && index.kind == IndexKind::Unique)
    };
    if let Some(name) = &wanted.name
        && let Some(index) = table.index(name).filter(stays)
    {
        return if kind(index) && same(index) {
            let unique =
                if index.kind == wanted.kind { "the same definition" } else { "the same key parts, and UNIQUE" };
            Found::Same(index, format!("index {} on {} is there already, with {unique}", index.name, table.name))
        } else {
            Found::Conflict(format!(
                "index {} on {} is there already, with another definition: it is {}, and the migration makes {}. Drop or \
                 rename the one that is there, or change the migration",
                index.name,
                table.name,
                shown(index.kind, &index.parts, index.visible),
                shown(wanted.kind, &wanted.parts, wanted.visible)
            ))
        };
    }
    let serves = |index: &&Index| kind(index) && same(index) && stays(index) && !defined.has(&table.name, index);
    let Some(index) = table.indexes.iter().find(serves) else { return Found::Nothing };
    let name = wanted.name.as_deref().unwrap_or("the new index");
    let unique = if index.kind == wanted.kind { "the same as" } else { "served by the UNIQUE index" };
    Found::Same(index, format!("{name} is {unique} {} on {}, which is there already", index.name, table.name))
}

fn same_parts(wanted: &IndexDefinition, index: &Index, table: &Table, engine: &Engine) -> bool {
    // MariaDB before 10.8 reads DESC and stores ascending.
    let ascending = engine.kind == EngineKind::Mariadb && engine.major_minor() < (10, 8);
    let settled = |part: &KeyPart| {
        let column = part.column.as_ref().map(|name| name.to_ascii_lowercase());
        let length = column.as_ref().and_then(|name| table.column(name)).and_then(|column| whole(&column.column_type));
        (
            column,
            part.expression.as_deref().map(plain),
            part.prefix.filter(|prefix| Some(*prefix) != length),
            part.descending && !ascending && index.kind != IndexKind::Fulltext,
        )
    };
    !wanted.parts.is_empty() && wanted.parts.iter().map(settled).eq(index.parts.iter().map(settled))
}

/// The length of a type such as `varchar(20)`, of which a prefix as long is the whole.
pub(super) fn whole(column_type: &str) -> Option<u32> {
    let (_, rest) =
        column_type.split_once('(').filter(|(name, _)| name.ends_with("char") || name.ends_with("binary"))?;
    rest.split_once(')')?.0.parse().ok()
}

/// An expression without what servers add to it or take from it.
fn plain(expression: &str) -> String {
    let bare: String = expression.chars().filter(|one| !one.is_whitespace() && !matches!(one, '`' | '\\')).collect();
    let mut bare = bare.to_ascii_lowercase().replace("_utf8mb4'", "'");
    while bare.starts_with('(') && bare.ends_with(')') {
        bare = bare[1..bare.len() - 1].to_owned();
    }
    bare
}

/// A definition in words: `UNIQUE (a, b(9) DESC)`.
fn shown(kind: IndexKind, parts: &[KeyPart], visible: bool) -> String {
    let part = |part: &KeyPart| {
        let name = match (&part.column, &part.expression) {
            (Some(column), _) => column.clone(),
            (None, Some(expression)) => format!("({expression})"),
            (None, None) => "?".into(),
        };
        let prefix = part.prefix.map(|length| format!("({length})")).unwrap_or_default();
        format!("{name}{prefix}{}", if part.descending { " DESC" } else { "" })
    };
    let kind = match kind {
        IndexKind::Plain => "",
        IndexKind::Primary => "PRIMARY ",
        IndexKind::Unique => "UNIQUE ",
        IndexKind::Fulltext => "FULLTEXT ",
        IndexKind::Spatial => "SPATIAL ",
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    let parts = if parts.is_empty() { "…".into() } else { parts.join(", ") };
    format!("{kind}({parts}){}", if visible { "" } else { ", hidden from the optimizer" })
}

/// The indexes that a migration was to make and did not, as they were there: (table, name) in lower case. Each pair is an
/// up statement and what ran of it, if anything.
#[must_use]
pub fn kept<'a>(statements: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> BTreeSet<(String, String)> {
    let names = |sql: &str| {
        let effect = effect(sql);
        let key = |(table, index): (&str, &IndexDefinition)| {
            let name = index.name.as_ref().or(index.columns.first())?;
            Some((table.to_ascii_lowercase(), name.to_ascii_lowercase()))
        };
        added(&effect).filter_map(key).collect::<BTreeSet<_>>()
    };
    let mut kept = BTreeSet::new();
    for (sql, ran) in statements {
        let ran = ran.map(names).unwrap_or_default();
        kept.extend(names(sql));
        kept.retain(|one| !ran.contains(one));
    }
    kept
}

/// What becomes of a statement of the down script, where these indexes are to stay; `Conflict` where it cannot be told.
#[must_use]
pub fn keep(sql: &str, kept: &BTreeSet<(String, String)>) -> Existing {
    let effect = effect(sql);
    let stays = |table: &str, index: &str| kept.contains(&(table.to_ascii_lowercase(), index.to_ascii_lowercase()));
    let reason = |index: &str, table: &str| format!("the migration did not make index {index} on {table}");
    match &effect {
        Effect::DropIndex { table, index } if stays(table, index) => Existing::Skip(reason(index, table)),
        Effect::AlterTable { table, actions } => {
            let (mut staying, mut reasons) = (Vec::new(), Vec::new());
            for (at, action) in actions.iter().enumerate() {
                if let AlterAction::DropIndex(index) = action
                    && stays(table, index)
                {
                    staying.push(at);
                    reasons.push(reason(index, table));
                }
            }
            let is_left =
                |(at, action): (usize, &AlterAction)| !staying.contains(&at) && *action != AlterAction::Execution;
            if staying.is_empty() {
                Existing::Run
            } else if !actions.iter().enumerate().any(is_left) {
                Existing::Skip(reasons.join("; "))
            } else {
                match without(sql, &staying, actions.len()) {
                    Some(rest) => Existing::RunInstead(rest, reasons.join("; ")),
                    None => Existing::Conflict(format!(
                        "{}, and the statement cannot be run without it; give each index a statement of its own",
                        reasons.join("; ")
                    )),
                }
            }
        }
        _ => Existing::Run,
    }
}

#[cfg(test)]
#[path = "existing/tests.rs"]
mod tests;
