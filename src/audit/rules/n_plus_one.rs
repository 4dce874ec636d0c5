//! `n-plus-one`: a statement that the app runs once for each row of another result.

use super::{Check, Rule};
use crate::audit::context::{CatalogueEntry, SchemaContext};
use crate::audit::harm;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::location::Location;
use crate::sql::shape::{Bound, Shape, StatementKind};

pub(super) const RULE: Rule = Rule {
    id: "n-plus-one",
    severity: Severity::Warning,
    summary: "a statement is run once for each row of another result",
    help: "Each run costs a round trip and a plan: a hundred look-ups by key take a hundred times as long as one of a hundred keys.",
    check: Check::Schema(check),
};

fn check(context: &SchemaContext<'_>) -> Vec<Finding> {
    context.catalogue.iter().filter(|entry| entry.query.in_loop).filter_map(|entry| one(entry, context)).collect()
}

fn one(entry: &CatalogueEntry<'_>, context: &SchemaContext<'_>) -> Option<Finding> {
    let shape = entry.shape.filter(|shape| shape.kind != StatementKind::Other && !shape.is_dictionary_read())?;
    let parent = parent(entry, context);
    let runs = entry.query.frequency.map(|frequency| frequency.per_minute_with(context.options.concurrent_users));
    let few = parent.as_ref().and_then(|(_, rows)| *rows).is_some_and(|rows| rows < 2.0);
    let severity = if few || runs.is_some_and(|runs| runs < harm::RARELY) { Severity::Info } else { RULE.severity };
    let message = match &parent {
        Some((parent, Some(rows))) => {
            format!("is run once for each row of {}: about {} times", parent.query.name, harm::count(*rows))
        }
        Some((parent, None)) => format!("is run in a loop, it seems for each row of {}", parent.query.name),
        None => "is run in a loop: once for each of many values".into(),
    };
    let source = entry.query.source.as_ref().and_then(|source| Some((source.file.clone(), source.line?)));
    let location = source.map_or_else(|| entry.query.defined_at.clone(), |(file, line)| Location::line(file, line));
    let mut evidence = vec!["workload: the entry says that the app runs it in a loop".to_owned()];
    evidence.extend(runs.map(|runs| format!("workload: {runs:.1} runs a minute")));
    let table = shape.blocks().iter().flat_map(|(_, block)| &block.sources).find_map(|source| source.table());
    let table = table.map(str::to_owned).or_else(|| shape.targets.first().cloned());
    Some(Finding {
        rule: RULE.id.into(),
        severity,
        subject: Subject {
            query: Some(entry.query.name.clone()),
            table,
            location: Some(location),
            ..Subject::default()
        },
        message,
        evidence,
        remedy: remedy(shape, parent.is_some()).into(),
    })
}

fn remedy(shape: &Shape, has_parent: bool) -> &'static str {
    match shape.kind {
        StatementKind::Insert | StatementKind::Replace => "write all rows with one INSERT of several VALUES",
        StatementKind::Update | StatementKind::Delete => {
            "change the rows together: WHERE key IN (…) in portions of 100, or a join with the list"
        }
        _ if has_parent => "join the table in the other query, or fetch all rows at once with WHERE key IN (…)",
        _ => "collect the keys and fetch all rows at once with WHERE key IN (…)",
    }
}

/// The query whose rows the loop goes through: the last one before it in the same source file that may give several
/// rows, with the rows that it gives.
fn parent<'a>(
    entry: &CatalogueEntry<'_>,
    context: &SchemaContext<'a>,
) -> Option<(&'a CatalogueEntry<'a>, Option<f64>)> {
    let source = entry.query.source.as_ref()?;
    let several = |candidate: &&CatalogueEntry<'_>| {
        let place = candidate.query.source.as_ref();
        let before = place.is_some_and(|place| {
            place.file == source.file && place.line.zip(source.line).is_none_or(|(theirs, own)| theirs < own)
        });
        let one = |shape: &Shape| {
            shape.kind != StatementKind::Select || matches!(shape.bound, Bound::Proved { at_most: Some(0 | 1), .. })
        };
        before && !candidate.query.in_loop && candidate.shape.is_some_and(|shape| !one(shape))
    };
    let at = context.catalogue.iter().position(|other| std::ptr::eq(other.query, entry.query))?;
    let before = context.catalogue[..at].iter().rev();
    let parent = before.filter(several).max_by_key(|other| other.query.source.as_ref().and_then(|place| place.line))?;
    let rows = parent.shape.and_then(|shape| match &shape.bound {
        Bound::Proved { at_most, .. } => at_most.map(|rows| rows as f64),
        Bound::Unbounded { expected, .. } => *expected,
        Bound::Unknown { .. } => None,
    });
    Some((parent, rows))
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, in_catalogue};
    use crate::model::finding::Severity;

    #[test]
    fn the_loop_is_told_with_the_query_that_it_goes_through() {
        let page = Case::new(SHOP, "SELECT id, customer_id FROM orders ORDER BY id DESC LIMIT 50").at_line("page", 10);
        let look_up = Case::new(SHOP, "SELECT name FROM customers WHERE id = ?").param(5).at_line("name", 14).in_loop();
        let findings = in_catalogue("n-plus-one", &[&page, &look_up]);
        assert_eq!(findings[0].severity, Severity::Warning);
        assert_eq!(findings[0].message, "is run once for each row of page: about 50 times");
        assert_eq!(findings[0].subject.query.as_deref(), Some("name"));
        assert!(in_catalogue("n-plus-one", &[&page]).is_empty());
        let alone = in_catalogue("n-plus-one", &[&look_up]);
        assert_eq!(alone[0].message, "is run in a loop: once for each of many values");
    }

    #[test]
    fn a_query_of_one_row_makes_no_loop_of_many() {
        let one = Case::new(SHOP, "SELECT id FROM orders WHERE id = 5").at_line("one", 10);
        let look_up = Case::new(SHOP, "SELECT name FROM customers WHERE id = ?").param(5).at_line("name", 14).in_loop();
        assert!(in_catalogue("n-plus-one", &[&one, &look_up])[0].message.starts_with("is run in a loop"));
    }
}
