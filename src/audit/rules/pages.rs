//! Every rule has its page, every page its rule, and the examples hold.
//!
//! Plans come from a planner of a few lines: enough for a table or two, and the same for good and bad examples.

use super::RULES;
use crate::audit::context::{CatalogueEntry, Context, ExplainError, Options, SchemaContext};
use crate::audit::fixture::{Case, access};
use crate::audit::rules::Check;
use crate::model::plan::{AccessType, Estimate, Node, Operation, Plan};
use crate::model::schema::{Schema, Table};
use crate::sql::parse::parse_statement;
use crate::sql::shape::fixture::schema;
use crate::sql::shape::{Operator, Shape, shape};
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/rules")
}

/// The text of a fenced block.
fn block(page: &str, kind: &str) -> String {
    let opening = format!("```sql {kind}\n");
    let (_, rest) = page.split_once(&opening).unwrap_or_else(|| panic!("no block {kind}"));
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn every_rule_has_its_line_in_the_index() {
    let index = fs::read_to_string(folder().join("README.md")).unwrap();
    for rule in &RULES {
        assert!(index.contains(&format!("| [{0}]({0}.md) | {1} |", rule.id, rule.severity)), "{}", rule.id);
    }
}

#[test]
fn bad_examples_are_found_and_good_ones_are_not() {
    // The pages on waivers have migrations for examples, which lint's test tries.
    for rule in RULES.iter().filter(|rule| !matches!(rule.check, Check::Waivers)) {
        let page = fs::read_to_string(folder().join(format!("{}.md", rule.id))).unwrap();
        assert!(page.starts_with(&format!("# {}\n", rule.id)));
        let ddl = block(&page, "schema");
        assert!(found(rule.id, rule.check, &ddl, &block(&page, "bad")), "{}: the bad example is not found", rule.id);
        assert!(!found(rule.id, rule.check, &ddl, &block(&page, "good")), "{}: the good example is found", rule.id);
    }
}

fn found(id: &str, check: Check, ddl: &str, sql: &str) -> bool {
    let findings = match check {
        Check::Query(check) => {
            let schema = schema(ddl);
            let facts = shape(&parse_statement(sql).unwrap(), &schema);
            let case = Case::new(ddl, sql);
            let plan = plan(&facts, &schema);
            let unknown =
                sql.contains("headline").then(|| ExplainError { code: Some(1054), message: "Unknown column".into() });
            check(&Context {
                query: case.query(),
                sample: &case.query().samples[0],
                statement: None,
                shape: Some(&facts),
                plan: Some(&plan),
                explain_error: unknown.as_ref(),
                schema: &schema,
                options: &Options::default(),
                engine: crate::model::engine::EngineKind::Mysql,
                injected: false,
            })
        }
        Check::Schema(check) if sql.starts_with("CREATE") => {
            let schema = schema(&format!("{ddl}\n;{sql}"));
            check(&SchemaContext { schema: &schema, catalogue: &[], options: &Options::default() })
        }
        Check::Schema(check) => {
            let schema = schema(ddl);
            let looped = sql.starts_with("-- loop: true");
            let case = |sql: &str| if looped { Case::new(ddl, sql).in_loop() } else { Case::new(ddl, sql) };
            let cases: Vec<Case> = sql.split(';').map(|sql| case(sql.trim())).collect();
            let shapes: Vec<Shape> =
                cases.iter().map(|c| shape(&parse_statement(&c.query().sql).unwrap(), &schema)).collect();
            let plans: Vec<Plan> = shapes.iter().map(|facts| plan(facts, &schema)).collect();
            let entry = |((case, shape), plan)| CatalogueEntry {
                query: Case::query(case),
                shape: Some(shape),
                plans: vec![plan],
            };
            let entries: Vec<_> = cases.iter().zip(&shapes).zip(&plans).map(entry).collect();
            check(&SchemaContext { schema: &schema, catalogue: &entries, options: &Options::default() })
        }
        Check::Waivers => Vec::new(),
    };
    findings.iter().any(|finding| finding.rule == id)
}

/// How the second table of a join is read: by the index on its column, unless the collations differ.
fn joined(block: &crate::sql::shape::Block, schema: &Schema) -> Node {
    let table = schema.table(block.sources[1].table().unwrap()).unwrap();
    let column =
        |at: usize, name: &str| schema.table(block.sources[at].table().unwrap()).unwrap().column(name).cloned();
    let on = block.required().into_iter().flat_map(|condition| condition.comparisons()).find_map(|comparison| {
        let columns = comparison.columns();
        let sides =
            [0, 1].map(|at| columns.iter().find(|column| column.source == at).map(|column| column.column.clone()));
        let [Some(outer), Some(inner)] = sides else { return None };
        let alike = column(0, &outer)?.collation == column(1, &inner)?.collation;
        let leads = |part: &crate::model::schema::KeyPart| part.column.as_deref() == Some(&inner);
        alike.then(|| table.indexes.iter().find(|index| leads(&index.parts[0])))?
    });
    match on {
        Some(index) => access(&table.name, AccessType::EqRef).key(&index.name).node(),
        None => access(&table.name, AccessType::FullScan).rows(table.rows.unwrap_or(1) as f64).node(),
    }
}

/// The plan of a query on one table.
fn plan(facts: &Shape, schema: &Schema) -> Plan {
    let (query, block) = facts.blocks()[0];
    let table: &Table = schema.table(block.sources[0].table().unwrap()).unwrap();
    let rows = table.rows.unwrap_or(1) as f64;
    let leading = |column: &str| {
        table
            .indexes
            .iter()
            .find(|index| index.parts[0].column.as_deref().is_some_and(|c| c.eq_ignore_ascii_case(column)))
    };
    let usable =
        block.conditions_on(0).into_iter().flat_map(|condition| condition.comparisons()).find_map(|comparison| {
            let open = super::leading_wildcard::is_open(comparison);
            let number_for_text = matches!(comparison.right, crate::sql::shape::Operand::Number(_))
                && table.column(&comparison.own_column()?.column)?.column_type.starts_with("varchar");
            let index = leading(&comparison.own_column()?.column)?;
            (comparison.operator.narrows() && !open && !number_for_text).then_some((index, comparison.operator))
        });
    let wanted = query
        .order_by
        .first()
        .and_then(|term| term.column.clone())
        .or_else(|| block.group_by.first().cloned().flatten());
    let ordered = wanted.as_ref().and_then(|column| leading(&column.column));
    let mut node = match (usable, ordered) {
        (Some((index, Operator::Eq | Operator::In)), _) => {
            let distinct = index.cardinality.first().copied().unwrap_or(1) as f64;
            access(&table.name, AccessType::Ref).key(&index.name).rows(rows / distinct).node()
        }
        (Some((index, _)), _) => {
            let mut node = access(&table.name, AccessType::Range).key(&index.name).node();
            node.access.as_mut().unwrap().rows = Estimate::Unknown("a range".into());
            node
        }
        (None, Some(index)) if query.limit.is_some() => {
            access(&table.name, AccessType::IndexScan).key(&index.name).rows(20.0).node()
        }
        _ if block.aggregates && block.filter.is_empty() && block.group_by.is_empty() => {
            access(&table.name, AccessType::IndexScan).key("by_author").covering().rows(rows).node()
        }
        _ => access(&table.name, AccessType::FullScan).rows(rows).node(),
    };
    let in_order =
        usable.zip(ordered).is_some_and(|((used, _), ordered)| used.name == ordered.name) || ordered.is_some();
    if block.sources.len() == 2 {
        node = Node::new(Operation::Join, vec![node, joined(block, schema)]);
    }
    if !block.group_by.is_empty() && !in_order {
        node = Node::new(Operation::Temporary, vec![node]);
    }
    if !query.order_by.is_empty() && !in_order {
        node = Node::new(Operation::Sort, vec![node]);
    }
    Plan { root: Node::new(Operation::Query, vec![node]), cost: None, warnings: Vec::new() }
}
