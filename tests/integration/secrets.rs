//! A file's passwords are neither printed nor kept.

use crate::project::{Project, contains};
use crate::servers::both;

#[test]
fn passwords_of_accounts_are_neither_shown_nor_journalled() {
    for server in both() {
        let project = Project::new(server, "secrets");
        project
            .up(1, "CREATE TABLE t (i INT);\nCREATE USER hush@localhost IDENTIFIED BY 'geheim-123' REQUIRE NONSENSE;");
        let dry = project.run("migrate --dry-run").exits(0);
        contains(&dry.stdout, "IDENTIFIED BY '***'");
        let failed = project.run("migrate").exits(4);
        contains(&failed.stderr, "| CREATE USER hush@localhost IDENTIFIED BY '***' REQUIRE NONSENSE");
        let linted = project.run("lint --format json");
        let journal = project.contents();
        for text in [&dry.stdout, &failed.stderr, &linted.stdout, &linted.stderr, &journal] {
            assert!(!text.contains("geheim-123"), "{}: {text}", server.engine());
        }
        project.up(1, "CREATE TABLE t (i INT);\nCREATE USER hush@localhost IDENTIFIED BY 'geheim-123';");
        project.run("migrate").exits(0);
        let kept = project.database.column("SELECT statement FROM _aura_db_journal WHERE position = 2");
        assert_eq!(kept, ["CREATE USER hush@localhost IDENTIFIED BY '***'"], "{}", server.engine());
        project.database.run("DROP USER hush@localhost");
    }
}
