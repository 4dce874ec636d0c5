//! Small reports for the tests of this folder: one place to change when the model grows.

use super::Style;
use crate::model::engine::{Engine, EngineKind};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::location::Location;
use crate::model::plan::{Access, AccessType, Estimate, Node, Operation, Plan, ServerWarning};
use crate::model::query::{Frequency, Source};
use crate::model::report::{AuditReport, AuditedQuery, Basis, FORMAT_VERSION, SamplePlan, Statistics, Summary};

/// No colour, so many columns.
pub(super) fn plain(width: usize) -> Style {
    Style { color: false, width }
}

pub(super) fn engine() -> Engine {
    Engine { kind: EngineKind::Mysql, version: "9.7.0".into() }
}

pub(super) fn finding(rule: &str, severity: Severity, query: Option<&str>, message: &str) -> Finding {
    Finding {
        rule: rule.into(),
        severity,
        subject: Subject {
            query: query.map(str::to_owned),
            table: Some("orders".into()),
            location: query.map(|_| Location::line("workload/shop.yaml", 7)),
            ..Subject::default()
        },
        message: message.into(),
        evidence: vec!["plan: orders is read by full scan, 1,000,000 rows".into()],
        remedy: "CREATE INDEX idx_orders_placed_at ON orders (placed_at)".into(),
    }
}

pub(super) fn query(name: &str, source: Option<&str>, plans: Vec<SamplePlan>) -> AuditedQuery {
    AuditedQuery {
        name: name.into(),
        source: source.map(|file| Source { file: file.into(), line: Some(42) }),
        sql: "SELECT o.id\nFROM orders o JOIN customers c ON c.id = o.customer_id".into(),
        frequency: Some(Frequency { per_minute: 0.5, per_client: true }),
        cache_seconds: Some(120),
        plans,
    }
}

pub(super) fn report(queries: Vec<AuditedQuery>, findings: Vec<Finding>) -> AuditReport {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let summary = Summary {
        queries: queries.len(),
        clean: 1,
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        infos: of(Severity::Info),
        fail_on: Some(Severity::Warning),
        failed: findings.iter().any(|finding| finding.severity >= Severity::Warning),
    };
    AuditReport {
        format_version: FORMAT_VERSION,
        basis: Basis {
            engine: engine(),
            place: "sandbox".into(),
            statistics: Statistics::Injected { scale: "high".into() },
            notes: vec![
                "the scale profile says nothing about 2 tables, which count as empty: audit_log, sessions".into(),
            ],
        },
        queries,
        findings,
        summary,
    }
}

/// Sorted rows of a join: a range whose size nobody knows, a unique look-up, and a subquery per row.
pub(super) fn plan() -> Plan {
    let access = |table: &str, access_type, rows| Access {
        table: table.into(),
        access_type,
        key: None,
        key_parts: Vec::new(),
        possible_keys: Vec::new(),
        covering: false,
        rows,
        filtered: None,
        condition: None,
    };
    let orders = Access {
        key: Some("idx_placed".into()),
        key_parts: vec!["placed_at".into(), "id".into()],
        possible_keys: vec!["idx_placed".into(), "idx_state".into()],
        condition: Some("(`o`.`state` = 'open')".into()),
        ..access("o", AccessType::Range, Estimate::Unknown("a range on an empty table".into()))
    };
    let customers = Access {
        key: Some("PRIMARY".into()),
        key_parts: vec!["id".into()],
        covering: true,
        filtered: Some(100.0),
        ..access("c", AccessType::EqRef, Estimate::Rows(1.0))
    };
    let lines = Access { filtered: Some(0.01), ..access("l", AccessType::FullScan, Estimate::Rows(1_234_567.0)) };
    let subquery = Node::new(Operation::Subquery { dependent: true }, vec![Node::table(lines)]);
    let join = Node::new(Operation::Join, vec![Node::table(orders), Node::table(customers)]);
    Plan {
        root: Node::new(Operation::Query, vec![Node::new(Operation::Sort, vec![join]), subquery]),
        cost: Some(1234.56),
        warnings: vec![ServerWarning {
            level: "Warning".into(),
            code: 1739,
            message: "Cannot use ref access on index 'idx_state' due to type or collation conversion".into(),
        }],
    }
}

pub(super) fn sample(label: &str) -> SamplePlan {
    SamplePlan { sample: label.into(), plan: Some(plan()), error: None }
}

pub(super) fn failed(label: &str, error: &str) -> SamplePlan {
    SamplePlan { sample: label.into(), plan: None, error: Some(error.into()) }
}
