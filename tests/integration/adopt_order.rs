//! Databases that were made by hand as far as somewhere in the middle: migrations that come and go are told by what is there.

use crate::project::Project;
use crate::servers::both;

/// Makes the database by running the first `ran` migrations by hand, adopts, migrates, and gives the standings.
fn adopted(server: &'static crate::servers::Server, migrations: &[&str], ran: usize) -> (Vec<String>, Project) {
    let project = Project::new(server, "adopt_order");
    for (version, statement) in (1..).zip(migrations) {
        project.up(version, statement);
    }
    for statement in &migrations[..ran] {
        project.database.run(statement);
    }
    let outcome = project.run("adopt --format json");
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
    let rows = report["migrations"].as_array().unwrap().iter();
    (rows.map(|row| row["standing"].as_str().unwrap().to_owned()).collect(), project)
}

/// Migrations, and how many of them have run.
const SHAPES: [(&[&str], usize); 6] = [
    // Made, and dropped later.
    (
        &[
            "CREATE TABLE c (x INT PRIMARY KEY)",
            "CREATE TABLE a (x INT PRIMARY KEY, KEY k (x))",
            "CREATE TABLE b (x INT PRIMARY KEY)",
            "DROP TABLE a",
            "CREATE TABLE d (x INT PRIMARY KEY)",
        ],
        1,
    ),
    // Made, changed twice, and dropped.
    (
        &[
            "CREATE TABLE a (x INT PRIMARY KEY, y INT)",
            "ALTER TABLE a MODIFY y BIGINT",
            "ALTER TABLE a MODIFY y VARCHAR(9), ADD z INT",
            "CREATE TABLE b (x INT PRIMARY KEY)",
            "DROP TABLE a",
            "CREATE TABLE d (x INT PRIMARY KEY)",
        ],
        2,
    ),
    // Renamed, and its name taken again.
    (
        &[
            "CREATE TABLE c (x INT PRIMARY KEY)",
            "CREATE TABLE a (x INT PRIMARY KEY)",
            "RENAME TABLE a TO b",
            "CREATE TABLE a (y VARCHAR(9) PRIMARY KEY)",
        ],
        2,
    ),
    // A column, an index and a view that come and go.
    (
        &[
            "CREATE TABLE c (x INT PRIMARY KEY)",
            "ALTER TABLE c ADD y INT, ADD KEY by_y (y)",
            "CREATE VIEW v AS SELECT y FROM c",
            "CREATE TABLE b (x INT PRIMARY KEY)",
            "DROP VIEW v",
            "ALTER TABLE c DROP KEY by_y, DROP y",
            "CREATE TABLE d (x INT PRIMARY KEY)",
        ],
        4,
    ),
    // Rows in a table that goes.
    (
        &[
            "CREATE TABLE c (x INT PRIMARY KEY)",
            "CREATE TABLE a (x INT PRIMARY KEY)",
            "INSERT INTO a VALUES (1), (2)",
            "CREATE TABLE b (x INT PRIMARY KEY)",
            "DROP TABLE a",
            "CREATE TABLE d (x INT PRIMARY KEY)",
        ],
        6,
    ),
    // Dropped, and made anew in another form.
    (
        &[
            "CREATE TABLE c (x INT PRIMARY KEY)",
            "CREATE TABLE a (x INT PRIMARY KEY)",
            "CREATE TABLE b (x INT PRIMARY KEY)",
            "DROP TABLE a",
            "CREATE TABLE a (x VARCHAR(9) PRIMARY KEY)",
        ],
        3,
    ),
];

#[test]
fn as_many_migrations_are_adopted_as_have_run() {
    for server in both() {
        for (migrations, ran) in SHAPES {
            let (standings, project) = adopted(server, migrations, ran);
            let taken = standings.iter().take_while(|standing| *standing == "adopted").count();
            let shown = format!("{}, {ran} of {migrations:?}: {standings:?}", server.engine());
            assert!(taken == ran && standings[taken..].iter().all(|standing| standing == "pending"), "{shown}");
            project.run("migrate").exits(0);
        }
    }
}
