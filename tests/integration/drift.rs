//! The live schema against what the applied migrations build.

use crate::json_schema::violations;
use crate::junit_rules;
use crate::project::{Project, contains};
use crate::servers::both;

#[test]
fn drift_names_each_object_and_writes_nothing() {
    for server in both() {
        let project = Project::new(server, "drift");
        project.up(
            1,
            "CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, price INT, KEY by_price (price))",
        );
        project.up(2, "CREATE VIEW priced AS SELECT id FROM item WHERE price IS NOT NULL");
        project.run("migrate").exits(0);
        let clean = project.run("drift").exits(0);
        assert!(clean.stdout.contains("no drift"), "{clean:?}");
        let clean = project.run("drift --format junit").exits(0).stdout;
        assert_eq!(junit_rules::violations(&clean), Vec::<String>::new());
        contains(&clean, "tests=\"1\" failures=\"0\"");
        project.database.run(
            "ALTER TABLE item MODIFY name TEXT NULL, DROP INDEX by_price, ADD INDEX price_id (price, id), ADD extra INT; \
             CREATE TABLE stray (id INT)",
        );
        let before = project.contents();
        let drift = project.run("drift --format json").exits(1);
        assert_eq!(project.contents(), before);
        let report: serde_json::Value = serde_json::from_str(&drift.stdout).unwrap();
        let told: Vec<String> = report["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| format!("{} {} {}", one["kind"], one["name"], one["verdict"]).replace('"', ""))
            .collect();
        assert_eq!(told, ["column name conflicting", "index by_price redundant"]);
        let name = &report["objects"][0];
        assert_eq!(name["mismatches"][0]["attribute"], "type");
        assert_eq!(name["mismatches"][1]["found"], "NULL");
        assert_eq!(name["at"]["line"], 1);
        let forms =
            "drift --foreign --format github --output sarif=d.sarif --output junit=d.xml --output markdown=d.md";
        let github = project.run(forms).exits(1).stdout;
        let file = "file=migrations/1_step.up.sql,line=1,col=1";
        contains(&github, &format!("::error {file},title=drift-conflicting%3A column item.name::conflicting: type:"));
        contains(&github, &format!("::notice {file},title=drift-redundant%3A index by_price on item::"));
        contains(&github, "::error title=drift-foreign%3A table stray::foreign: no migration makes it");
        contains(&github, "\ndrift: ");
        let read = |name: &str| std::fs::read_to_string(project.path(name)).unwrap();
        let log: serde_json::Value = serde_json::from_str(&read("d.sarif")).unwrap();
        let schema = serde_json::from_str(include_str!("../fixtures/sarif/sarif-2.1.0-rtm.5.json")).unwrap();
        assert_eq!(violations(&schema, &log), Vec::<String>::new());
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), github.matches("::error").count() + github.matches("::notice").count());
        assert!(results.iter().all(|one| one["locations"][0].is_object()), "{log:#}");
        assert_eq!(junit_rules::violations(&read("d.xml")), Vec::<String>::new());
        contains(&read("d.xml"), "<failure message=\"foreign: no migration makes it\" type=\"drift-foreign\">");
        contains(&read("d.md"), "### ❌ aura-db drift");
        let foreign = project.run("drift --foreign").exits(1);
        assert!(foreign.stdout.contains("table stray") && foreign.stdout.contains("column item.extra"), "{foreign:?}");
    }
}

#[test]
fn whose_rights_a_program_has_is_part_of_it() {
    for server in both() {
        let project = Project::new(server, "drift_security");
        project.up(1, "CREATE PROCEDURE touch() SQL SECURITY INVOKER SELECT 1");
        project.run("migrate").exits(0);
        project.run("drift").exits(0);
        project.database.run("ALTER PROCEDURE touch SQL SECURITY DEFINER");
        let drift = project.run("drift").exits(1);
        assert!(drift.stdout.contains("procedure touch"), "{} {drift:?}", server.engine());
    }
}

#[test]
fn drift_of_the_embedded_engine_is_seen_without_a_server() {
    let project = Project::new(both()[0], "drift_embedded");
    project.up(1, "CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL)");
    let run = |line: &str| project.command(line).env("DATABASE_URL", "sqlite:here.sqlite3").run();
    run("migrate").exits(0);
    run("drift").exits(0);
    project.up(1, "CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(41) NOT NULL)");
    let edited = run("drift").exits(4);
    assert!(edited.stderr.contains("edited"), "{edited:?}");
}

#[test]
fn without_a_server_of_the_kind_it_says_what_to_install() {
    let project = Project::new(both()[0], "drift_no_server");
    project.up(1, "CREATE TABLE item (id INT PRIMARY KEY)");
    project.run("migrate").exits(0);
    let refused = project.command("drift").env("AURA_DB_MYSQLD", "/nowhere/mysqld").run().exits(3);
    assert!(refused.stderr.contains("AURA_DB_MYSQLD"), "{refused:?}");
}
