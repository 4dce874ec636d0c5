//! Settles `ALTER TABLE` clause by clause: each is judged by what it alone does to the definition, so that a table that
//! somebody else has changed meanwhile does not mislead.

use super::{Pair, Settled, State, by_change};
use crate::sql::ddl::{AlterAction, Trace, option_in, traces};
use crate::sql::quote;

/// What a definition says of one clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Done,
    NotDone,
    /// Nothing; to run it again does no harm, or is refused as it was.
    Harmless,
    /// Nothing; another clause takes the name, or the change is one of values.
    Hidden,
    /// Nothing that aura-db can read.
    Unclear,
}

pub(super) fn altered(sql: &str, table: &str, actions: &[AlterAction], pairs: &[Pair<'_>]) -> Settled {
    let renamed = actions.iter().find_map(|action| match action {
        AlterAction::RenameTo(to) => Some(to),
        _ => None,
    });
    if let Some(to) = renamed.filter(|to| *to != table) {
        return super::rename::renamed(&[(table.to_owned(), to.clone())], pairs);
    }
    let own = pairs.iter().find(|pair| pair.object.name == table);
    let Some(Pair { before: State::Present { definition: before, .. }, now, .. }) = own else {
        return by_change(pairs, false);
    };
    let State::Present { definition: now, .. } = now else {
        return Settled::InDoubt(format!("table {table} is gone, which this statement does not do"));
    };
    let traces = traces(sql);
    let judged = |(at, action)| shown(action, traces.get(at).and_then(Option::as_ref), actions, before, now);
    let clauses: Vec<Shown> = actions.iter().enumerate().map(judged).collect();
    match (clauses.contains(&Shown::Done), clauses.contains(&Shown::NotDone)) {
        // ALTER TABLE is atomic, so somebody else has changed the table meanwhile.
        (true, true) => {
            return Settled::InDoubt(format!("table {table} has some of what this statement does and lacks the rest"));
        }
        (true, false) => return Settled::Done,
        (false, true) => return Settled::NotDone,
        (false, false) => {}
    }
    let changed = Settled::InDoubt(format!(
        "table {table} was changed since, and its definition does not say whether by this statement or by somebody else"
    ));
    if actions.contains(&AlterAction::DropPartition) {
        return if before == now { by_change(pairs, true) } else { changed };
    }
    if clauses.contains(&Shown::Unclear) {
        return if before == now { Settled::NotDone } else { changed };
    }
    if named(before, actions) != named(now, actions) {
        return Settled::Done;
    }
    let anew = |action: &AlterAction| matches!(action, AlterAction::DropColumn(name) if is_made(actions, name));
    if actions.iter().any(anew) {
        return Settled::InDoubt(format!(
            "table {table} looks the same before and after it: a column is dropped and made again, with new values"
        ));
    }
    Settled::NotDone
}

/// What a clause has left between two definitions of its table.
fn shown(action: &AlterAction, trace: Option<&Trace>, actions: &[AlterAction], before: &str, now: &str) -> Shown {
    let (had, has) = (|name: &str| line(before, name), |name: &str| line(now, name));
    let is = |done: bool| if done { Shown::Done } else { Shown::NotDone };
    match action {
        AlterAction::AddColumn(name) if had(name).is_none() => is(has(name).is_some()),
        AlterAction::AddColumn(name) if !is_unmade(actions, name) => Shown::Harmless,
        AlterAction::DropColumn(name) if is_made(actions, name) => Shown::Hidden,
        AlterAction::DropColumn(name) => had(name).map_or(Shown::Harmless, |_| is(has(name).is_none())),
        AlterAction::ModifyColumn(name) if had(name) != has(name) => Shown::Done,
        AlterAction::ModifyColumn(_) | AlterAction::Execution => Shown::Harmless,
        AlterAction::ChangeColumn(from, to) | AlterAction::RenameColumn(from, to)
            if !from.eq_ignore_ascii_case(to) && had(from).is_some() && had(to).is_none() =>
        {
            is(has(to).is_some() && (has(from).is_none() || is_made(actions, from)))
        }
        AlterAction::AddIndex(index) => match &index.name {
            Some(name) if key(before, name).is_none() => is(key(now, name).is_some()),
            Some(_) => Shown::Hidden,
            None => is(new_lines(before, now, "KEY ")
                .iter()
                .any(|line| index.columns.iter().all(|column| line.contains(&quote::name(column))))),
        },
        AlterAction::DropIndex(name) if name.eq_ignore_ascii_case("PRIMARY") => primary(before, now, actions),
        AlterAction::DropIndex(name) if key(before, name).is_some() && !is_made(actions, name) => {
            is(key(now, name).is_none())
        }
        AlterAction::RenameIndex(from, to)
            if !from.eq_ignore_ascii_case(to) && key(before, from).is_some() && key(before, to).is_none() =>
        {
            is(key(now, to).is_some() && (key(now, from).is_none() || is_made(actions, from)))
        }
        AlterAction::DropPrimaryKey => primary(before, now, actions),
        AlterAction::DropConstraint(name) => match constraint(before, name) {
            // Of a unique key, or of one that is added again in the same statement.
            None => Shown::Unclear,
            Some(line) if constraint(now, name) == Some(line) && actions.contains(&AlterAction::AddConstraint) => {
                Shown::Hidden
            }
            Some(line) => is(constraint(now, name) != Some(line)),
        },
        AlterAction::ChangeColumn(..)
        | AlterAction::RenameColumn(..)
        | AlterAction::AddColumn(_)
        | AlterAction::DropIndex(_)
        | AlterAction::RenameIndex(..) => Shown::Hidden,
        _ => trace.map_or(Shown::Unclear, |trace| traced(trace, before, now)),
    }
}

fn traced(trace: &Trace, before: &str, now: &str) -> Shown {
    let is = |done: bool| if done { Shown::Done } else { Shown::NotDone };
    match trace {
        Trace::Repeatable => Shown::Harmless,
        Trace::Constraint("PRIMARY KEY", _) => {
            let key = |text| lines(text).find(|line| line.starts_with("PRIMARY KEY"));
            is(key(before) != key(now) && key(now).is_some())
        }
        Trace::Constraint(_, Some(name)) => match constraint(before, name) {
            None => is(constraint(now, name).is_some()),
            line if line == constraint(now, name) => Shown::Unclear,
            _ => is(constraint(now, name).is_some()),
        },
        // The server names it, and its key too: one that comes with other changes may be somebody else's.
        Trace::Constraint(sort, None) => {
            let new: Vec<&str> = lines(now).filter(|line| !lines(before).any(|old| old == *line)).collect();
            let is_one = |line: &&str| line.starts_with("CONSTRAINT ") && line.contains(sort);
            let nothing_else = new.iter().all(|line| is_one(line) || line.starts_with("KEY "))
                && lines(before).all(|line| lines(now).any(|new| new == line));
            match (new.iter().any(is_one), nothing_else) {
                (true, true) => Shown::Done,
                (true, false) => Shown::Unclear,
                (false, _) => Shown::NotDone,
            }
        }
        Trace::Options(wanted) => {
            let each: Vec<Shown> = wanted.iter().map(|(name, value)| option(name, value, before, now)).collect();
            let of = |shown| each.contains(&shown);
            match (of(Shown::Done), of(Shown::NotDone), of(Shown::Unclear)) {
                (true, false, _) => Shown::Done,
                (false, true, _) => Shown::NotDone,
                (false, false, false) => Shown::Harmless,
                _ => Shown::Unclear,
            }
        }
        Trace::Column(name) if line(before, name) == line(now, name) => Shown::Harmless,
        Trace::Column(_) => Shown::Done,
        Trace::Partitions => {
            let part = |text: &str| text.find("PARTITION BY").map(|at| text[at..].to_owned());
            is(part(before) != part(now))
        }
        Trace::Words(words) => is(options(before).contains(words) != options(now).contains(words)),
        Trace::Visible(name, visible) => {
            let is_visible =
                |text| key(text, name).map(|line| !(line.contains("INVISIBLE") || line.contains("IGNORED")));
            match (is_visible(before), is_visible(now)) {
                (Some(had), Some(has)) if had != has => is(has == *visible),
                (Some(had), Some(_)) if had != *visible => Shown::NotDone,
                (Some(_), Some(_)) => Shown::Harmless,
                _ => Shown::Unclear,
            }
        }
    }
}

/// One option of the table.
fn option(name: &str, wanted: &str, before: &str, now: &str) -> Shown {
    let (had, has) = (option_of(before, name), option_of(now, name));
    match (is_value(had.as_deref(), wanted), is_value(has.as_deref(), wanted)) {
        (true, true) => Shown::Harmless,
        (false, true) => Shown::Done,
        (false, false) if had == has => Shown::NotDone,
        // Somebody else has given it another value.
        _ => Shown::Unclear,
    }
}

/// A primary key that is dropped, and perhaps another one made.
fn primary(before: &str, now: &str, actions: &[AlterAction]) -> Shown {
    let key = |text| lines(text).find(|line| line.starts_with("PRIMARY KEY"));
    match (key(before), key(now)) {
        (None, _) => Shown::Harmless,
        (had, has) if had == has && actions.contains(&AlterAction::AddConstraint) => Shown::Hidden,
        (had, has) if had == has => Shown::NotDone,
        _ => Shown::Done,
    }
}

/// The lines that begin with a word and are not in both definitions, of those that are there now.
fn new_lines<'a>(before: &str, now: &'a str, word: &str) -> Vec<&'a str> {
    let is_one = |line: &&str| line.starts_with(word) || (word == "KEY " && line.contains(" KEY `"));
    lines(now).filter(is_one).filter(|line| !lines(before).any(|old| old == *line)).collect()
}

/// The lines of columns, keys and constraints, trimmed.
fn lines(definition: &str) -> impl Iterator<Item = &str> {
    definition.lines().map(|line| line.trim().trim_end_matches(','))
}

/// The line of a column in what `SHOW CREATE TABLE` says.
fn line<'a>(definition: &'a str, column: &str) -> Option<&'a str> {
    let start = format!("{} ", quote::name(column)).to_lowercase();
    lines(definition).find(|line| line.to_lowercase().starts_with(&start))
}

/// The line of an index.
fn key<'a>(definition: &'a str, name: &str) -> Option<&'a str> {
    let quoted = format!("key {} ", quote::name(name)).to_lowercase();
    lines(definition).find(|line| !line.starts_with('`') && line.to_lowercase().contains(&quoted))
}

/// The line of a foreign key or a check.
fn constraint<'a>(definition: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("constraint {} ", quote::name(name)).to_lowercase();
    lines(definition).find(|line| line.to_lowercase().starts_with(&start))
}

/// The line behind the columns.
fn options(definition: &str) -> &str {
    definition.lines().find(|line| line.starts_with(')')).unwrap_or_default()
}

fn option_of(definition: &str, name: &str) -> Option<String> {
    option_in(options(definition), name)
}

/// Whether an option has a value, where its absence is the value that is not written out.
fn is_value(has: Option<&str>, wanted: &str) -> bool {
    let known = |name: &str| if name.eq_ignore_ascii_case("utf8") { "utf8mb3".to_owned() } else { name.to_owned() };
    match has {
        Some(has) if has.starts_with('\'') => has == wanted,
        Some(has) => known(has).eq_ignore_ascii_case(&known(wanted)),
        None => wanted == "''" || wanted.eq_ignore_ascii_case("DEFAULT"),
    }
}

/// What a definition says of the columns and indexes that the clauses name.
fn named<'a>(definition: &'a str, actions: &[AlterAction]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for action in actions {
        match action {
            AlterAction::AddColumn(name)
            | AlterAction::DropColumn(name)
            | AlterAction::ModifyColumn(name)
            | AlterAction::DropConstraint(name)
            | AlterAction::DropIndex(name) => names.push(name),
            AlterAction::ChangeColumn(from, to)
            | AlterAction::RenameColumn(from, to)
            | AlterAction::RenameIndex(from, to) => names.extend([from.as_str(), to.as_str()]),
            AlterAction::AddIndex(index) => names.extend(index.name.as_deref()),
            _ => {}
        }
    }
    let of = |it: &&str| {
        let is = |found: Option<&str>| found == Some(*it);
        names
            .iter()
            .any(|name| is(line(definition, name)) || is(key(definition, name)) || is(constraint(definition, name)))
    };
    lines(definition).filter(of).collect()
}

/// Whether one of the clauses makes a column or an index of that name.
fn is_made(actions: &[AlterAction], name: &str) -> bool {
    let made = |action: &AlterAction| match action {
        AlterAction::AddColumn(made) | AlterAction::ChangeColumn(_, made) | AlterAction::RenameColumn(_, made) => {
            made.eq_ignore_ascii_case(name)
        }
        AlterAction::AddIndex(index) => index.name.as_ref().is_some_and(|made| made.eq_ignore_ascii_case(name)),
        AlterAction::RenameIndex(_, made) => made.eq_ignore_ascii_case(name),
        _ => false,
    };
    actions.iter().any(made)
}

/// Whether one of the clauses takes a column of that name away.
fn is_unmade(actions: &[AlterAction], name: &str) -> bool {
    let unmade = |action: &AlterAction| match action {
        AlterAction::DropColumn(from) | AlterAction::ChangeColumn(from, _) | AlterAction::RenameColumn(from, _) => {
            from.eq_ignore_ascii_case(name)
        }
        _ => false,
    };
    actions.iter().any(unmade)
}

#[cfg(test)]
mod tests;
