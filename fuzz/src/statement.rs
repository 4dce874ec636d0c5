//! Everything that reads one statement.

use crate::schema::{SCHEMA, engines};
use crate::text;
use aura_db::audit;
use aura_db::migration::abridged::abridged;
use aura_db::migration::planned::shows;
use aura_db::migration::recovery::{State, States, settle};
use aura_db::migration::seed::questions;
use aura_db::migration::witness::witness;
use aura_db::model::engine::EngineKind;
use aura_db::model::location::Location;
use aura_db::model::query::{Query, Sample, Value};
use aura_db::sql::{
    ddl, dialect, executable, online, overwrite, parse, placeholder, prepared, reach, rows, shape, translate, words,
};
use std::collections::BTreeSet;

/// The most bytes that a journal keeps here, small enough to be reached.
const KEPT: usize = 200;

/// Reads one statement in every way.
pub fn statement(data: &[u8]) {
    let Some(sql) = text(data) else { return };
    definitions(sql);
    engines_words(sql);
    query(sql);
    words::names_any(sql, &["SELECT", "EXISTS"]);
    rows::inserted(sql);
    overwrite::overwrite(sql);
    prepared::prepared(sql);
    let _ = questions(sql, &SCHEMA);
    let _ = translate::to_sqlite(sql);
}

fn definitions(sql: &str) {
    let effect = ddl::effect(sql);
    let names = ddl::targets(sql);
    let databases = ddl::databases(sql);
    effect.is_index_only();
    ddl::temporary(sql);
    ddl::redefinitions(sql);
    ddl::created(sql);
    ddl::loaded(sql);
    let kept = abridged(sql, KEPT);
    assert_eq!(ddl::effect(&kept), effect);
    assert_eq!(ddl::targets(&kept), names);
    assert_eq!(ddl::databases(&kept), databases);
    assert_eq!(abridged(&kept, KEPT), kept);
    let witness = witness(&effect, databases.first().map(String::as_str));
    let states = |state: &State| -> States {
        witness.objects().iter().map(|object| (object.to_string(), state.clone())).collect()
    };
    let present =
        State::Present { definition: "CREATE TABLE `t` (\n  `a` int,\n  KEY `i` (`a`)\n)".into(), identity: None };
    for before in [&State::Absent, &present] {
        shows(sql, before);
        for now in [&State::Absent, &present] {
            settle(sql, &effect, &witness, &states(before), &states(now));
        }
    }
}

fn engines_words(sql: &str) {
    let known = BTreeSet::from(["shop".to_owned()]);
    for engine in engines() {
        dialect::foreign(sql, &engine);
        executable::as_read_by(sql, &engine);
        reach::beyond(sql, &engine, &known);
        if let Some(online) = online::online(sql) {
            online.obstacle();
            for rung in online.rungs(engine.kind, (10, 11)) {
                let asked = online.with(sql, rung, engine.kind);
                assert_eq!(ddl::targets(&asked), ddl::targets(sql), "{asked}");
            }
        }
    }
    online::without(sql, &[0], 2);
    online::group(&[sql, sql]);
}

fn query(sql: &str) {
    if let Ok(count) = placeholder::placeholders(sql) {
        let values =
            [Value::Int(7), Value::Text("it's \\ é".into()), Value::Null, Value::Float(0.5), Value::Bool(true)];
        let values: Vec<Value> = values.into_iter().cycle().take(count.min(64)).collect();
        if values.len() == count {
            let bound = placeholder::bind(sql, &values).expect("there is a value for each");
            if count > 0 {
                assert_eq!(placeholder::placeholders(&bound).ok(), Some(0), "{bound}");
            }
        }
    }
    let Ok(statement) = parse::parse_statement(sql) else { return };
    let shape = shape::shape(&statement, &SCHEMA);
    for engine in [EngineKind::Mysql, EngineKind::Mariadb, EngineKind::Embedded] {
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
        let sample = Sample { label: String::new(), params: vec![Value::Int(7), Value::Text("%x".into())] };
        audit::audit(&audit::Context {
            query: &query,
            sample: &sample,
            statement: Some(&statement),
            shape: Some(&shape),
            plan: None,
            explain_error: None,
            schema: &SCHEMA,
            options: &audit::Options::default(),
            engine,
            injected: false,
        });
    }
}
