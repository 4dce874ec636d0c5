//! `ALTER TABLE … ADD INDEX` beside other clauses: an index that is there already is left out, and a name that is taken is
//! refused, unless another clause of the same statement frees it or changes what the index stands on.

use super::{Defined, Existing, Found, added, found, shown};
use crate::model::engine::Engine;
use crate::model::schema::{Index, IndexKind, Table};
use crate::sql::ddl::{AlterAction, Effect, created};
use crate::sql::online::without;

/// Judges the clauses of a statement by the table as it is.
pub(super) fn judge(sql: &str, actions: &[AlterAction], table: &Table, engine: &Engine, defined: &Defined) -> Existing {
    // What an executable comment adds or drops is not among the clauses for every server.
    if sql.contains("/*!") || sql.contains("/*M!") {
        return Existing::Run;
    }
    let (mut there, mut reasons) = (Vec::new(), Vec::new());
    for (at, action) in actions.iter().enumerate() {
        let AlterAction::AddIndex(wanted) = action else { continue };
        match found(wanted, table, |index| goes(index, actions), engine, defined) {
            Found::Nothing => {}
            Found::Conflict(reason) => return Existing::Conflict(reason),
            Found::Same(index, reason) if changes(index, actions) => {
                // Under another name it stands beside the one that is there, as the server lets it.
                if wanted.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&index.name)) {
                    return Existing::Conflict(format!(
                        "{reason}, and another clause of the statement changes its columns: take the clause that adds {0} out \
                         of the statement, or put DROP INDEX {0} into it",
                        index.name
                    ));
                }
            }
            Found::Same(_, reason) => {
                there.push(at);
                reasons.push(reason);
            }
        }
    }
    let reason = reasons.join("; ");
    let is_left = |(at, action): (usize, &AlterAction)| !there.contains(&at) && *action != AlterAction::Execution;
    if there.is_empty() {
        Existing::Run
    } else if !actions.iter().enumerate().any(is_left) {
        Existing::Skip(reason)
    } else {
        match without(sql, &there, actions.len()) {
            Some(rest) => Existing::RunInstead(rest, reason),
            None => Existing::Conflict(format!(
                "{reason}, and the statement cannot be run without the clause that adds it; take that clause out, or give \
                 each index a statement of its own"
            )),
        }
    }
}

/// Whether an index, or its name, goes with the statement.
fn goes(index: &Index, actions: &[AlterAction]) -> bool {
    let is = |name: &str| name.eq_ignore_ascii_case(&index.name);
    let named = actions.iter().any(|action| match action {
        // A constraint that is dropped may be a UNIQUE key.
        AlterAction::DropIndex(name) | AlterAction::DropConstraint(name) | AlterAction::RenameIndex(name, _) => {
            is(name)
        }
        AlterAction::DropPrimaryKey => index.kind == IndexKind::Primary,
        _ => false,
    });
    // An index goes with the last of its columns.
    named || (!index.parts.is_empty() && index.parts.iter().all(|part| {
        let dropped = |name: &str| {
            let drops =
                |action: &AlterAction| matches!(action, AlterAction::DropColumn(one) if one.eq_ignore_ascii_case(name));
            actions.iter().any(drops)
        };
        part.column.as_deref().is_some_and(dropped)
    }))
}

/// Whether the statement changes what an index stands on, so that it is another one afterwards.
fn changes(index: &Index, actions: &[AlterAction]) -> bool {
    actions.iter().any(|action| match action {
        AlterAction::DropColumn(name) => has(index, name, false),
        // The length of a prefix means another thing in another type.
        AlterAction::ModifyColumn(name) => has(index, name, true),
        AlterAction::ChangeColumn(from, to) | AlterAction::RenameColumn(from, to) => {
            let same = from.eq_ignore_ascii_case(to);
            has(index, from, same) || has(index, to, same)
        }
        _ => false,
    })
}

/// Whether a column is among the key parts, as a prefix where that is asked for. What an expression reads is not known.
fn has(index: &Index, column: &str, prefix_only: bool) -> bool {
    index.parts.iter().any(|part| match &part.column {
        Some(name) => name.eq_ignore_ascii_case(column) && (!prefix_only || part.prefix.is_some()),
        None => true,
    })
}

/// Which index has a name that a statement gives to another one, in words with the definitions, after the server has said
/// that some name is taken. `None` when nothing is to be seen.
#[must_use]
pub fn taken(sql: &str, effect: &Effect, table: Option<&Table>) -> Option<String> {
    let (on, made) = match effect {
        Effect::CreateTable { table } | Effect::ReplaceTable { table } => (table, created(sql)?.indexes),
        Effect::CreateIndex { table, .. } | Effect::AlterTable { table, .. } => {
            (table, added(effect).map(|(_, index)| index.clone()).collect())
        }
        _ => return None,
    };
    let mut names: Vec<(&str, String)> = made
        .iter()
        .filter_map(|index| Some((index.name.as_deref()?, shown(index.kind, &index.parts, index.visible))))
        .collect();
    if let Effect::AlterTable { actions, .. } = effect {
        names.extend(actions.iter().filter_map(|action| match action {
            AlterAction::RenameIndex(from, to) => Some((to.as_str(), format!("the one that was {from}"))),
            _ => None,
        }));
    }
    for (number, (name, makes)) in names.iter().enumerate() {
        if let Some(there) = table.and_then(|table| table.index(name)) {
            let is = shown(there.kind, &there.parts, there.visible);
            return Some(format!(
                "index {} on {on} is there already: it is {is}, and the statement makes {makes}. Take the clause that makes it \
                 out of the statement, or drop or rename the one that is there",
                there.name
            ));
        }
        if let Some((_, first)) = names[..number].iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return Some(format!(
                "the statement makes two indexes {name} on {on}: {first} and {makes}; give one of them another name"
            ));
        }
    }
    None
}
