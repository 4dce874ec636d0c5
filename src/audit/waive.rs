//! Takes what the workload allows out of the findings, and reports waivers that allow nothing.

use super::context::Options;
use super::rules::{Check, RULES};
use crate::model::day::Day;
use crate::model::finding::Finding;
use crate::model::query::Query;
use crate::model::schema::Schema;
use crate::model::waiver::{SchemaWaiver, Waived, Waiver};
use crate::sql::parse::parse_statement;
use crate::sql::shape::shape;
use crate::waiver::{Ground, about, covers};

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Allowed<'a> {
    /// The queries that were judged, each with its waivers and whether every sample of it has a plan.
    pub queries: &'a [(&'a Query, bool)],
    /// The waivers about tables and indexes; none where the schema was not judged.
    pub schema: &'a [SchemaWaiver],
    /// The day of the run.
    pub today: Day,
}

/// The findings that are left, those about the waivers among them, and the findings that are waived.
#[must_use]
pub fn waive(
    findings: Vec<Finding>,
    allowed: &Allowed<'_>,
    schema: &Schema,
    options: &Options,
) -> (Vec<Finding>, Vec<Waived>) {
    let waivers: Vec<Owned<'_>> = allowed.owned();
    let mut used = vec![Vec::new(); waivers.len()];
    let (mut left, mut waived) = (Vec::with_capacity(findings.len()), Vec::new());
    for finding in findings {
        let covering = waivers.iter().enumerate().find_map(|(at, owned)| {
            let (reason, until) = covers(owned.waiver, &finding.rule, allowed.today)?;
            owned.owner.has(&finding).then(|| (at, reason.to_owned(), until))
        });
        match covering {
            Some((position, reason, until)) => {
                used[position].push(finding.rule.clone());
                waived.push(Waived { finding, reason, until, at: waivers[position].waiver.at.clone() });
            }
            None => left.push(finding),
        }
    }
    for (owned, used) in waivers.iter().zip(&used) {
        left.extend(problems(owned, used, allowed.today, schema, options));
    }
    (left, waived)
}

/// What a waiver is about.
#[derive(Debug, Clone, Copy)]
enum Owner<'a> {
    Query { query: &'a Query, planned: bool },
    Schema(&'a SchemaWaiver),
}

/// A waiver with what it is about.
#[derive(Debug, Clone, Copy)]
struct Owned<'a> {
    waiver: &'a Waiver,
    owner: Owner<'a>,
}

impl<'a> Allowed<'a> {
    fn owned(&self) -> Vec<Owned<'a>> {
        let of_queries = self.queries.iter().flat_map(|(query, planned)| {
            let owner = Owner::Query { query, planned: *planned };
            query.waivers.iter().map(move |waiver| Owned { waiver, owner })
        });
        let of_schema = self.schema.iter().map(|schema| Owned { waiver: &schema.waiver, owner: Owner::Schema(schema) });
        of_queries.chain(of_schema).collect()
    }
}

impl Owner<'_> {
    /// Whether a finding is about it.
    fn has(&self, finding: &Finding) -> bool {
        let subject = &finding.subject;
        let is = |one: &Option<String>, name: &str| one.as_ref().is_some_and(|one| one.eq_ignore_ascii_case(name));
        match self {
            Self::Query { query, .. } => subject.query.as_deref() == Some(&query.name),
            Self::Schema(schema) => {
                subject.query.is_none()
                    && is(&subject.table, &schema.table)
                    && schema.index.as_ref().is_none_or(|index| is(&subject.index, index))
            }
        }
    }
}

fn problems(owned: &Owned<'_>, used: &[String], today: Day, schema: &Schema, options: &Options) -> Vec<Finding> {
    let of_query = matches!(owned.owner, Owner::Query { .. });
    let known: Vec<&str> = RULES
        .iter()
        .filter(|rule| match rule.check {
            Check::Query(_) => of_query,
            Check::Schema(_) => !of_query,
            Check::Waivers => false,
        })
        .map(|rule| rule.id)
        .collect();
    let is_silent = match owned.owner {
        Owner::Query { query, planned } => !planned || reads_small_tables_only(query, schema, options),
        Owner::Schema(waiver) => schema.table(&waiver.table).is_some_and(|table| is_small(table.rows, options)),
    };
    let idle = if of_query { "which is not found on this query" } else { "which is not found on that table" };
    let silent = if is_silent { &known[..] } else { &[] };
    let ground = Ground { today, known: &known, silent, idle, list: "aura-db audit --list-rules" };
    let mut found = about(owned.waiver, used, &ground);
    for finding in &mut found {
        // The report's title is the query or the table, and each may have several waivers.
        finding.message = format!("the waiver at {} {}", owned.waiver.at, finding.message);
        match owned.owner {
            Owner::Query { query, .. } => finding.subject.query = Some(query.name.clone()),
            Owner::Schema(waiver) => finding.subject.table = Some(waiver.table.clone()),
        }
    }
    found
}

fn is_small(rows: Option<u64>, options: &Options) -> bool {
    rows.is_some_and(|rows| rows <= options.small_table_rows)
}

/// Whether nothing that the query does can hurt at this scale, while it may at another.
fn reads_small_tables_only(query: &Query, schema: &Schema, options: &Options) -> bool {
    let Ok(statement) = parse_statement(&query.sql) else { return false };
    let shape = shape(&statement, schema);
    let blocks = shape.blocks();
    let mut tables = blocks.iter().flat_map(|(_, block)| &block.sources).filter_map(|source| source.table()).peekable();
    tables.peek().is_some() && tables.all(|name| schema.table(name).is_some_and(|table| is_small(table.rows, options)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::{Case, SHOP};
    use crate::model::finding::{Severity, Subject};
    use crate::model::location::Location;
    use crate::model::waiver::Says;
    use crate::sql::shape::fixture::schema;

    fn waiver(rule: &str, until: Option<&str>) -> Waiver {
        let until = until.map(|day| day.parse().unwrap());
        let says = Says::Allow { rules: vec![rule.into()], reason: "known".into(), until };
        Waiver { at: Location::line("w.yaml", 4), says }
    }

    fn finding(rule: &str, query: Option<&str>, index: Option<&str>) -> Finding {
        let subject = Subject {
            query: query.map(str::to_owned),
            table: Some("orders".into()),
            index: index.map(str::to_owned),
            ..Subject::default()
        };
        let (message, evidence, remedy) = (String::new(), Vec::new(), String::new());
        Finding { rule: rule.into(), severity: Severity::Error, subject, message, evidence, remedy }
    }

    /// The rules that are left and those that are waived, for the query `q` with one waiver.
    fn judged(sql: &str, planned: bool, allows: Waiver, findings: Vec<Finding>) -> (Vec<String>, Vec<String>) {
        let mut query = Case::new(SHOP, sql).query().clone();
        query.waivers.push(allows);
        let allowed = Allowed { queries: &[(&query, planned)], schema: &[], today: "2026-11-23".parse().unwrap() };
        let (left, waived) = waive(findings, &allowed, &schema(SHOP), &Options::default());
        (left.into_iter().map(|one| one.rule).collect(), waived.into_iter().map(|one| one.finding.rule).collect())
    }

    #[test]
    fn only_the_query_s_own_findings_are_taken_on() {
        let found = vec![finding("filesort", Some("q"), None), finding("filesort", Some("other"), None)];
        let (left, waived) = judged("SELECT 1 FROM orders", true, waiver("filesort", Some("2026-11-23")), found);
        assert_eq!((left, waived), (vec!["filesort".into()], vec!["filesort".into()]));
    }

    #[test]
    fn a_waiver_that_is_over_or_idle_is_found_and_waives_nothing() {
        let of = |waiver| judged("SELECT 1 FROM orders", true, waiver, vec![finding("filesort", Some("q"), None)]).0;
        assert_eq!(of(waiver("filesort", Some("2026-11-22"))), ["filesort", "expired-waiver"]);
        assert_eq!(of(waiver("deep-pagination", None)), ["filesort", "unused-waiver"]);
        assert_eq!(of(waiver("filesrot", None)), ["filesort", "unknown-waiver"]);
        assert_eq!(of(waiver("redundant-index", None)), ["filesort", "unknown-waiver"], "no query can allow that");
    }

    #[test]
    fn nothing_is_called_idle_where_it_could_not_be_found() {
        let idle = |sql, planned| judged(sql, planned, waiver("filesort", None), Vec::new()).0;
        assert_eq!(idle("SELECT 1 FROM orders", false), [] as [&str; 0]);
        assert_eq!(idle("SELECT 1 FROM settings", true), [] as [&str; 0], "40 rows here, many elsewhere");
        assert_eq!(idle("SELECT 1 FROM settings, orders", true), ["unused-waiver"]);
    }

    #[test]
    fn what_is_found_on_an_index_is_allowed_by_table_and_index() {
        let schema_waiver = |index: Option<&str>| SchemaWaiver {
            waiver: waiver("redundant-index", None),
            table: "Orders".into(),
            index: index.map(str::to_owned),
        };
        let found = vec![
            finding("redundant-index", None, Some("by_placed")),
            finding("redundant-index", None, Some("by_customer")),
        ];
        let count = |waiver: SchemaWaiver| {
            let allowed = Allowed { queries: &[], schema: &[waiver], today: Day::of_unix(0) };
            let (left, waived) = waive(found.clone(), &allowed, &schema(SHOP), &Options::default());
            (left.len(), waived.len())
        };
        assert_eq!(count(schema_waiver(None)), (0, 2));
        assert_eq!(count(schema_waiver(Some("by_placed"))), (1, 1));
        assert_eq!(count(schema_waiver(Some("gone"))), (3, 0));
    }
}
