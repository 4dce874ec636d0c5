//! `adopt` and `drift` without a server to build the migrations on: in embedded terms, where nothing may be called otherwise
//! or present that only a server could tell.

use crate::project::{Project, contains};
use crate::servers::{Server, both};
use aura_db::model::engine::EngineKind;

/// `kind name verdict` of what a drift report has, by the attributes that are otherwise.
fn verdicts(json: &str) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let told = report["objects"].as_array().unwrap().iter().map(|one| {
        let name = one["name"].as_str().map(|name| format!(".{name}")).unwrap_or_default();
        let attributes = one["mismatches"].as_array().into_iter().flatten();
        let attributes: Vec<&str> = attributes.map(|one| one["attribute"].as_str().unwrap()).collect();
        let verdict = one["verdict"].as_str().unwrap();
        format!("{}{name} {verdict} {}", one["table"].as_str().unwrap(), attributes.join(", ")).trim_end().to_owned()
    });
    told.collect()
}

/// What drift in embedded terms says of a database where the migrations have run.
fn drift_of(server: &'static Server, migrations: &[&str]) -> (Project, Vec<String>) {
    let project = Project::new(server, "in_terms");
    for (version, statement) in (1..).zip(migrations) {
        project.up(version, statement);
    }
    project.run("migrate").exits(0);
    let outcome = project.run("drift --embedded --format json");
    let found = verdicts(&outcome.stdout);
    (project, found)
}

#[test]
fn what_the_shipped_migrations_have_made_is_adopted_without_a_server() {
    for server in both() {
        let project = Project::shipped(server, "in_terms_shipped");
        project.run("migrate").exits(0);
        let drift = project.run("drift --embedded");
        assert_eq!(drift.code, Some(0), "{}: {}", server.engine(), drift.stdout);
        contains(&drift.stdout, "note: compared in embedded terms");
        contains(&drift.stdout, "read in embedded terms");
        project.database.run("DROP TABLE _sqlx_migrations, _aura_db_journal");
        let adopted = project.run("adopt --embedded");
        assert_eq!(adopted.code, Some(0), "{}: {}", server.engine(), adopted.stdout);
        contains(&adopted.stdout, "note: compared in embedded terms");
        project.run("drift").exits(0);
    }
}
