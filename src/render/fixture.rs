//! Small reports for the tests of this folder: one place to change when the model grows.

use super::Style;
use crate::model::baseline::{BaselineReport, Change, ChangeKind, Cleared, Shift};
use crate::model::day::Day;
use crate::model::engine::{Engine, EngineKind};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::lint::{Kind, LintBasis, LintReport, LintSummary, LintedStatement, Size, SizeSource};
use crate::model::location::Location;
use crate::model::online::{Algorithm, LockTaken, OnlineClass, Outcome, Refusal, Rung};
use crate::model::plan::{Access, AccessType, Estimate, Node, Operation, Plan, ServerWarning};
use crate::model::query::{Frequency, Source};
use crate::model::report::{AuditReport, AuditedQuery, Basis, FORMAT_VERSION, SamplePlan, Statistics, Summary};
use crate::model::waiver::Waived;

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
        defined_at: Location::line("workload/shop.yaml", 7),
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
        waived: 0,
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
        waived: Vec::new(),
        baseline: None,
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

/// An instant change, a copy, a failure and what is not known, with a finding of each sort.
pub(super) fn lint() -> LintReport {
    let at = |line| Location { column: Some(1), ..Location::line("migrations/7_orders.up.sql", line) };
    let size = Size { rows: Some(1_200_000), bytes: Some(140_000_000) };
    let statement = |line, sql: &str, kind| LintedStatement {
        version: 7,
        at: at(line),
        sql: sql.into(),
        kind,
        table: Some("orders".into()),
        online: None,
        unknown: None,
        error: None,
        size,
        notes: Vec::new(),
    };
    let outcome = |class, lock| {
        let error =
            ServerWarning { level: "Error".into(), code: 1846, message: "ALGORITHM=INPLACE is not supported".into() };
        let rung = Rung { algorithm: Algorithm::Inplace, lock: LockTaken::None };
        let refusals = vec![Refusal { rung, error }];
        Some(Outcome {
            table: "orders".into(),
            class: Some(class),
            lock,
            own: false,
            sent: "ALTER TABLE orders".into(),
            refusals,
        })
    };
    let rebuilt = OnlineClass::Inplace { rebuild: Some(true) };
    let statements = vec![
        LintedStatement {
            online: outcome(OnlineClass::Instant, LockTaken::None),
            ..statement(
                1,
                "ALTER TABLE orders\n  ADD COLUMN total DECIMAL(10,2) NOT NULL DEFAULT 0 COMMENT 'in cents'",
                Kind::AlterTable,
            )
        },
        LintedStatement {
            online: outcome(OnlineClass::Copy, LockTaken::Shared),
            ..statement(3, "ALTER TABLE orders MODIFY state INT", Kind::AlterTable)
        },
        LintedStatement {
            online: outcome(rebuilt, LockTaken::None),
            ..statement(4, "ALTER TABLE orders ENGINE=InnoDB", Kind::AlterTable)
        },
        LintedStatement {
            error: Some("error 1060: Duplicate column name 'note'".into()),
            ..statement(5, "ALTER TABLE orders ADD COLUMN note TEXT", Kind::AlterTable)
        },
        LintedStatement {
            unknown: Some("it depends on rows, which the copy has not".into()),
            notes: vec!["`orders` is made by this run".into()],
            size: Size::default(),
            ..statement(6, "INSERT INTO orders VALUES (1)", Kind::Rows)
        },
    ];
    let found = |rule, severity, line, message| {
        let mut finding = finding(rule, severity, None, message);
        finding.subject.location = Some(at(line));
        finding.evidence = vec!["ALGORITHM=INPLACE, LOCK=NONE: error 1846: not supported".into()];
        finding.remedy = "run it while the app rests".into();
        finding
    };
    let findings = vec![
        found("table-copy", Severity::Error, 3, "copies the whole table `orders`: 1,200,000 rows, 140 MB"),
        found("long-replication", Severity::Warning, 3, "replicates as one long statement on `orders`"),
        found("table-rebuild", Severity::Info, 4, "rebuilds the whole table `orders`"),
    ];
    let waived = found("statement-fails", Severity::Error, 5, "fails: error 1060");
    LintReport {
        format_version: FORMAT_VERSION,
        basis: LintBasis {
            engine: engine(),
            tried: Some("sandbox".into()),
            schema: "localhost:3306/shop".into(),
            sizes: SizeSource::Scale { scale: "high".into() },
            notes: vec!["tried on MySQL 9.7.0, while the server is MySQL 8.4.0".into()],
        },
        statements,
        findings,
        waived: vec![self::waived(waived)],
        summary: LintSummary {
            migrations: 1,
            statements: 5,
            errors: 1,
            warnings: 1,
            infos: 1,
            waived: 1,
            fail_on: Some(Severity::Error),
            failed: true,
        },
    }
}

/// A finding that is waived for a while.
pub(super) fn waived(finding: Finding) -> Waived {
    let at = Location { column: Some(1), ..Location::line("migrations/7_orders.up.sql", 5) };
    Waived { finding, reason: "it is gone by then".into(), until: Some(Day::of_unix(1_800_000_000)), at }
}

/// One plan that got worse, one that got better, one that is another, and queries that came and went.
pub(super) fn baseline() -> BaselineReport {
    let change = |kind, message: &str| Change { kind, message: message.into() };
    let shift = |query: &str, before: &[&str], now: &[&str], changes| Shift {
        query: query.into(),
        sample: String::new(),
        changes,
        before: before.iter().map(|&line| line.into()).collect(),
        now: now.iter().map(|&line| line.into()).collect(),
    };
    let lost = "the index idx_placed is gone: `o` was read by ref through idx_placed, and is by full_scan";
    let worse = vec![
        change(ChangeKind::LostIndex, lost),
        change(ChangeKind::MoreRows, "it looks at 1,000,000 rows, and did at 20 (tolerance 2)"),
    ];
    let before = ["o ref idx_placed", "c eq_ref PRIMARY", "rows 40"];
    let mut worse =
        shift("shop.open-orders", &before, &["o full_scan", "c eq_ref PRIMARY", "sort", "rows 2000000"], worse);
    worse.sample = "busy day".into();
    let better = vec![change(ChangeKind::Better, "`c` was read by full_scan, and is by ref through idx_name")];
    let other = vec![change(ChangeKind::Other, "it takes its steps in another order")];
    let missing = finding("filesort", Severity::Warning, Some("shop.clean"), "sorts 2,000 rows");
    BaselineReport {
        file: "audit-baseline.yaml".into(),
        engine: engine(),
        tolerance: 2.0,
        worse: vec![worse],
        improved: vec![shift("shop.clean", &["c full_scan", "rows 900"], &["c ref idx_name", "rows 800"], better)],
        changed: vec![shift("shop.both", &before, &before, other)],
        cleared: vec![Cleared { query: Some("shop.clean".into()), rules: vec!["full-table-scan customers".into()] }],
        new_queries: vec!["shop.added".into()],
        vanished: vec!["shop.removed".into()],
        known: vec![missing],
    }
}
