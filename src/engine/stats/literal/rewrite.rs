//! The text that is explained, with copies in the place of tables and with what was added, and the plan read back in the words of
//! the statement itself. Pure.

use super::want::{Reach, Want};
use crate::model::plan::{Access, AccessType, Estimate, Node, Plan};
use crate::sql::quote;
use crate::sql::sarg::Sargs;
use std::collections::BTreeMap;

/// Replaces tables by their copies (by occurrence) and adds what is wanted.
pub(super) fn rewritten(
    sql: &str,
    sargs: &Sargs,
    wants: &[Want],
    copies: &BTreeMap<usize, String>,
    aliases: bool,
) -> String {
    let mut pieces: Vec<(usize, usize, String)> = Vec::new();
    for (at, copy) in copies {
        let occurrence = &sargs.occurrences[*at];
        let alias = if occurrence.aliased || !aliases {
            String::new()
        } else {
            format!(" AS {}", quote::name(&occurrence.alias))
        };
        pieces.push((occurrence.name.start, occurrence.name.end, format!("{}{alias}", quote::name(copy))));
        let own = quote::name(&occurrence.alias);
        for (place, text) in &wants[*at].inserted {
            let text = match text.strip_prefix(&own) {
                Some(rest) if !aliases && !occurrence.aliased => format!("{}{rest}", quote::name(copy)),
                _ => text.clone(),
            };
            pieces.push((*place, *place, text));
        }
    }
    pieces.sort();
    let mut text = String::with_capacity(sql.len() + 200);
    let mut done = 0;
    for (start, end, piece) in pieces {
        text.push_str(&sql[done..start]);
        text.push_str(&piece);
        done = end;
    }
    text.push_str(&sql[done..]);
    text
}

/// What is known of an occurrence's plan.
#[derive(Debug, Clone)]
pub(super) struct Reading<'a> {
    /// The alias.
    pub(super) alias: &'a str,
    /// The copy that stands in its place, if one does.
    pub(super) copy: Option<&'a str>,
    /// The conditions that were added.
    pub(super) inserted: Vec<&'a str>,
    /// Estimates of ranges by index.
    pub(super) ranges: &'a BTreeMap<String, Reach>,
    /// Estimates of values by index and key parts, where a copy has them.
    pub(super) figures: Option<&'a BTreeMap<(String, usize), f64>>,
    /// Why estimates of ranges cannot be believed.
    pub(super) reason: Option<&'a str>,
}

/// Puts the plan into the words of the statement, and marks the estimates that cannot be believed.
pub(super) fn read_back(plan: &mut Plan, readings: &[Reading<'_>]) {
    walk(&mut plan.root, readings);
}

fn walk(node: &mut Node, readings: &[Reading<'_>]) {
    if let Some(access) = &mut node.access {
        let named = |one: &&Reading<'_>| {
            one.alias.eq_ignore_ascii_case(&access.table) || one.copy.is_some_and(|copy| copy == access.table)
        };
        let mut found = readings.iter().filter(named);
        match (found.next(), found.next()) {
            (Some(reading), None) => settle(access, reading),
            // A name that stands for two tables, or for a view's: nothing was prepared for it.
            _ => {
                crate::explain::injected::distrust_range(access);
            }
        }
    }
    node.children.iter_mut().for_each(|child| walk(child, readings));
}

fn settle(access: &mut Access, reading: &Reading<'_>) {
    reading.alias.clone_into(&mut access.table);
    if let Some(condition) = &mut access.condition {
        for inserted in &reading.inserted {
            *condition = without(condition, inserted);
        }
        if let Some(copy) = reading.copy {
            *condition = condition.replace(copy, reading.alias);
        }
    }
    if let (AccessType::Ref, Some(key)) = (access.access_type, &access.key)
        && let Some(rows) = reading.figures.and_then(|all| all.get(&(key.clone(), access.key_parts.len())))
    {
        // Statistics hold whole numbers of distinct keys only.
        access.rows = Estimate::Rows(rows.round());
    }
    let ranged = matches!(access.access_type, AccessType::Range | AccessType::IndexMerge);
    if !ranged {
        return;
    }
    if let Some(reason) = reading.reason {
        if crate::explain::injected::distrust_range(access) {
            access.rows = Estimate::Unknown(reason.to_owned());
        }
        return;
    }
    let reach = access.key.as_ref().and_then(|key| reading.ranges.get(key));
    if access.access_type == AccessType::Range && reach.is_none() && access.condition.is_some() {
        // A range that the server has found by itself, such as from another table's constant.
        crate::explain::injected::distrust_range(access);
        return;
    }
    if let (AccessType::Range, Some(reach)) = (access.access_type, reach) {
        if access.key_parts.len() > reach.depth && !reach.on {
            access.key_parts.truncate(reach.depth);
        }
        if let Some(rows) = access.rows.rows().filter(|_| access.key_parts.len() >= reach.depth) {
            // Two values stand for two rows at least; and a LIMIT may have been counted in.
            access.rows = Estimate::Rows(rows.min(reach.rows.round()));
        }
    }
}

/// The condition without one that was added, which the server words in its own way: ``(`d`.`t`.`c` in (1,2))``.
fn without(condition: &str, inserted: &str) -> String {
    let Some((name, values)) = inserted.split_once(" IN ") else { return condition.to_owned() };
    let column = name.rsplit('.').next().unwrap_or(name).trim_matches('`');
    let values = values.trim_end_matches(" AND ").replace(", ", ",");
    let lower = condition.to_lowercase();
    let needle = format!("in {}", values.to_lowercase());
    let place = lower
        .match_indices(&needle)
        .map(|(at, _)| at)
        .find(|at| lower[..*at].trim_end().trim_end_matches('`').ends_with(&column.to_lowercase()));
    let Some(at) = place else { return condition.to_owned() };
    let end = at + needle.len();
    let (start, end) = match (lower[..at].rfind('('), lower[end..].starts_with(')')) {
        (Some(start), true) => (start, end + 1),
        _ => (lower[..at].trim_end().rfind([' ', '(']).map_or(0, |start| start + 1), end),
    };
    let (head, tail) = (&condition[..start], &condition[end..]);
    if let Some(tail) = tail.strip_prefix(" and ") {
        return format!("{head}{tail}");
    }
    format!("{}{tail}", head.strip_suffix(" and ").unwrap_or(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_does_not_show() {
        let added = "`m`.`id` IN (6, 7) AND ";
        for (shown, expected) in [
            ("((`d`.`m`.`id` in (6,7)) and (`d`.`m`.`id` > 5))", "((`d`.`m`.`id` > 5))"),
            ("((`d`.`m`.`x` = 1) and (`d`.`m`.`id` in (6,7)))", "((`d`.`m`.`x` = 1))"),
            ("m.`id` in (6,7) and m.`id` > 5", "m.`id` > 5"),
            ("(`d`.`m`.`other` in (6,7))", "(`d`.`m`.`other` in (6,7))"),
        ] {
            assert_eq!(without(shown, added), expected);
        }
    }
}
