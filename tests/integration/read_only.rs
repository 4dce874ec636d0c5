//! An account that may not write the ledger runs nothing, whatever else it may do.

use crate::project::{Project, contains};
use crate::servers::both;

#[test]
fn nothing_runs_that_could_not_be_accounted_for() {
    for server in both() {
        let project = Project::new(server, "read_only");
        project.pair(1, "CREATE TABLE a (id INT PRIMARY KEY)", "DROP TABLE a");
        project.pair(2, "ALTER TABLE a ADD COLUMN x INT", "ALTER TABLE a DROP COLUMN x");
        project.run("migrate --to 1").exits(0);
        let name = &project.database.name;
        project
            .database
            .run(&format!("CREATE USER reader@localhost; GRANT SELECT, ALTER ON `{name}`.* TO reader@localhost"));
        let before = project.contents();
        for line in ["migrate", "rollback"] {
            let outcome =
                project.command(line).env("DATABASE_URL", project.database.url().replace("root@", "reader@")).run();
            let outcome = outcome.exits(3);
            contains(&outcome.stderr, "error 1142: INSERT command denied");
            contains(&outcome.stderr, "nothing was run: this account may not write the tables");
            assert!(!outcome.stderr.contains("half-applied"), "{}", outcome.stderr);
            assert_eq!(project.contents(), before, "{}: {line}", server.engine());
        }
        assert_eq!(project.states(), ["1 applied", "2 pending"]);
        project.database.run("DROP USER reader@localhost");
    }
}
