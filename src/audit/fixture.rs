//! Queries with hand-made plans for the tests of rules.

use super::context::{CatalogueEntry, Context, ExplainError, Options};
use super::{audit, audit_schema};
use crate::model::engine::EngineKind;
use crate::model::finding::Finding;
use crate::model::location::Location;
use crate::model::plan::{Access, AccessType, Estimate, Node, Operation, Plan, ServerWarning};
use crate::model::query::{Frequency, Query, Sample, Source, Value};
use crate::model::schema::Schema;
use crate::sql::parse::parse_statement;
use crate::sql::shape::fixture::schema;
use crate::sql::shape::shape;

/// A shop of some size.
pub(super) const SHOP: &str = "
CREATE TABLE customers (id INT PRIMARY KEY, email VARCHAR(255) NOT NULL UNIQUE, country CHAR(2), name VARCHAR(80), KEY by_country (country));
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INT NOT NULL, status VARCHAR(20), placed_at DATETIME, total DECIMAL(10,2),
  note TEXT, reference VARCHAR(40), archived TINYINT(1) NOT NULL,
  KEY by_customer (customer_id), KEY by_placed (placed_at), KEY by_reference (reference));
CREATE TABLE settings (id INT PRIMARY KEY, value VARCHAR(20));
-- rows customers 50000
-- rows orders 1000000
-- rows settings 40
-- distinct customers by_country 60
-- distinct orders by_customer 50000
";

/// One query, one sample, one plan.
#[derive(Debug, Clone)]
pub(super) struct Case {
    schema: Schema,
    query: Query,
    plan: Option<Plan>,
    error: Option<ExplainError>,
}

impl Case {
    pub(super) fn new(ddl: &str, sql: &str) -> Self {
        let query = Query {
            name: "q".into(),
            source: None,
            sql: sql.into(),
            samples: vec![Sample { label: String::new(), params: Vec::new() }],
            frequency: None,
            cache_seconds: None,
            in_loop: false,
            note: String::new(),
            waivers: Vec::new(),
            defined_at: Location::line("workload.yaml", 1),
        };
        Self { schema: schema(ddl), query, plan: None, error: None }
    }

    pub(super) fn plan(mut self, node: Node) -> Self {
        let root = Node::new(Operation::Query, vec![node]);
        self.plan = Some(Plan { root, cost: None, warnings: Vec::new() });
        self
    }

    /// Puts an operation around the plan.
    pub(super) fn wrap(mut self, operation: Operation) -> Self {
        if let Some(plan) = &mut self.plan {
            let children = std::mem::take(&mut plan.root.children);
            plan.root.children = vec![Node::new(operation, children)];
        }
        self
    }

    pub(super) fn warning(mut self, code: u32, message: &str) -> Self {
        let warning = ServerWarning { level: "Warning".into(), code, message: message.into() };
        self.plan.as_mut().unwrap().warnings.push(warning);
        self
    }

    pub(super) fn error(mut self, code: Option<u32>, message: &str) -> Self {
        self.error = Some(ExplainError { code, message: message.into() });
        self
    }

    pub(super) fn param(mut self, value: i64) -> Self {
        self.query.samples[0].params.push(Value::Int(value));
        self
    }

    pub(super) fn text(mut self, value: &str) -> Self {
        self.query.samples[0].params.push(Value::Text(value.into()));
        self
    }

    pub(super) fn per_minute(mut self, per_minute: f64) -> Self {
        self.query.frequency = Some(Frequency { per_minute, per_client: false });
        self
    }

    /// Gives it a name and a line in the app's one source file.
    pub(super) fn at_line(mut self, name: &str, line: u32) -> Self {
        self.query.name = name.into();
        self.query.source = Some(Source { file: "app.js".into(), line: Some(line) });
        self
    }

    pub(super) fn in_loop(mut self) -> Self {
        self.query.in_loop = true;
        self
    }

    pub(super) fn query(&self) -> &Query {
        &self.query
    }

    pub(super) fn audit(&self) -> Vec<Finding> {
        let statement = parse_statement(&self.query.sql).ok();
        let facts = statement.as_ref().map(|statement| shape(statement, &self.schema));
        let context = Context {
            query: &self.query,
            sample: &self.query.samples[0],
            statement: statement.as_ref(),
            shape: facts.as_ref(),
            plan: self.plan.as_ref(),
            explain_error: self.error.as_ref(),
            schema: &self.schema,
            options: &Options::default(),
            engine: EngineKind::Mysql,
            injected: false,
        };
        audit(&context)
    }

    pub(super) fn only(&self, rule: &str) -> Vec<Finding> {
        self.audit().into_iter().filter(|finding| finding.rule == rule).collect()
    }
}

/// An access that is being described.
#[derive(Debug, Clone)]
pub(super) struct Described(Access);

pub(super) fn access(table: &str, access_type: AccessType) -> Described {
    Described(Access {
        table: table.into(),
        access_type,
        key: None,
        key_parts: Vec::new(),
        possible_keys: Vec::new(),
        covering: false,
        rows: Estimate::Rows(1.0),
        filtered: None,
        condition: None,
    })
}

impl Described {
    pub(super) fn key(mut self, key: &str) -> Self {
        self.0.key = Some(key.into());
        self
    }

    pub(super) fn rows(mut self, rows: f64) -> Self {
        self.0.rows = Estimate::Rows(rows);
        self
    }

    pub(super) fn covering(mut self) -> Self {
        self.0.covering = true;
        self
    }

    pub(super) fn node(self) -> Node {
        Node::table(self.0)
    }
}

/// The findings of a rule about a catalogue of these queries.
pub(super) fn in_catalogue(rule: &str, cases: &[&Case]) -> Vec<Finding> {
    let schema = &cases[0].schema;
    let shapes: Vec<_> = cases.iter().map(|case| shape(&parse_statement(&case.query.sql).unwrap(), schema)).collect();
    let entries: Vec<CatalogueEntry<'_>> = cases
        .iter()
        .zip(&shapes)
        .map(|(case, shape)| CatalogueEntry { query: &case.query, shape: Some(shape), plans: Vec::new() })
        .collect();
    let findings = audit_schema(schema, &entries, &Options::default());
    findings.into_iter().filter(|finding| finding.rule == rule).collect()
}

/// The indexes that are called redundant, given the catalogue's statements.
pub(super) fn redundant(ddl: &str, catalogue: &[&str]) -> Vec<String> {
    of_schema("redundant-index", ddl, catalogue, None)
}

/// The indexes that are called unused when one query reads a table by an index.
pub(super) fn unused(ddl: &str, sql: &str, alias: &str, key: &str) -> Vec<String> {
    let node = access(alias, AccessType::Ref).key(key).node();
    of_schema("index-never-used", ddl, &[sql], Some(&Plan { root: node, cost: None, warnings: Vec::new() }))
}

/// The same where the plan reads the index from end to end.
pub(super) fn scanned(ddl: &str, sql: &str, alias: &str, key: &str) -> Vec<String> {
    let node = access(alias, AccessType::IndexScan).key(key).node();
    of_schema("index-never-used", ddl, &[sql], Some(&Plan { root: node, cost: None, warnings: Vec::new() }))
}

fn of_schema(rule: &str, ddl: &str, catalogue: &[&str], plan: Option<&Plan>) -> Vec<String> {
    let schema = schema(ddl);
    let cases: Vec<Case> = catalogue.iter().map(|sql| Case::new(ddl, sql)).collect();
    let shapes: Vec<_> = catalogue.iter().map(|sql| shape(&parse_statement(sql).unwrap(), &schema)).collect();
    let entries: Vec<CatalogueEntry<'_>> = cases
        .iter()
        .zip(&shapes)
        .map(|(case, shape)| CatalogueEntry {
            query: &case.query,
            shape: Some(shape),
            plans: plan.into_iter().collect(),
        })
        .collect();
    let findings = audit_schema(&schema, &entries, &Options::default());
    findings.into_iter().filter(|f| f.rule == rule).filter_map(|f| f.subject.index).collect()
}
