//! The readers of EXPLAIN, and what judges and draws a plan.

use crate::schema::SCHEMA;
use crate::text;
use aura_db::audit;
use aura_db::explain::sqlite::PlanRow;
use aura_db::explain::{injected, mariadb, mysql, mysql_v2, sqlite, sqlite_estimate, sqlite_extreme};
use aura_db::model::engine::EngineKind;
use aura_db::model::location::Location;
use aura_db::model::plan::Plan;
use aura_db::model::query::{Query, Sample};
use aura_db::sql::parse::parse_statement;
use aura_db::sql::shape::shape;

/// Reads an answer. A first line after `-- ` is the statement that it is of; what does not begin with `{` is the embedded
/// engine's, in lines of number, parent and detail.
pub fn explain(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (sql, answer) = match text.strip_prefix("-- ") {
        Some(rest) => rest.split_once('\n').unwrap_or((rest, "")),
        None => ("SELECT * FROM orders o JOIN users u ON u.id = o.customer_id ORDER BY o.total", text),
    };
    if !answer.trim_start().starts_with('{') {
        return embedded(sql, answer);
    }
    for (kind, plan) in [
        (EngineKind::Mysql, mysql::read(answer)),
        (EngineKind::Mysql, mysql_v2::read(answer)),
        (EngineKind::Mariadb, mariadb::read(answer)),
    ] {
        if let Ok(plan) = plan {
            judge(sql, kind, plan);
        }
    }
}

fn embedded(sql: &str, answer: &str) {
    let row = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let mut number = || words.next()?.parse::<i64>().ok();
        let (id, parent) = (number()?, number()?);
        Some(PlanRow { id, parent, detail: words.next().unwrap_or_default().to_owned() })
    };
    let rows: Vec<PlanRow> = answer.lines().filter_map(row).collect();
    let plan = sqlite::read(&rows);
    let table_of = |alias: &str| Some(if alias == "o" { "orders".to_owned() } else { alias.to_owned() });
    let plan = match parse_statement(sql) {
        Ok(statement) => sqlite_extreme::settled(plan, &statement, &SCHEMA, &table_of),
        Err(_) => plan,
    };
    judge(sql, EngineKind::Embedded, sqlite_estimate::with_estimates(plan, &SCHEMA, &table_of));
}

fn judge(sql: &str, engine: EngineKind, mut plan: Plan) {
    plan.accesses();
    injected::is_cut_off(&plan);
    let Ok(statement) = parse_statement(sql) else { return };
    let shape = shape(&statement, &SCHEMA);
    let query = Query {
        name: "q".into(),
        source: None,
        sql: sql.into(),
        samples: vec![],
        frequency: None,
        cache_seconds: None,
        note: String::new(),
        in_loop: false,
        waivers: vec![],
        defined_at: Location::line("q.yaml", 1),
    };
    let sample = Sample { label: String::new(), params: vec![] };
    for injected in [false, true] {
        if injected {
            injected::distrust_ranges(&mut plan);
        }
        audit::settle(audit::audit(&audit::Context {
            query: &query,
            sample: &sample,
            statement: Some(&statement),
            shape: Some(&shape),
            plan: Some(&plan),
            explain_error: None,
            schema: &SCHEMA,
            options: &audit::Options::default(),
            engine,
            injected,
        }));
    }
}
