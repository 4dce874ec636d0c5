//! The last index that a foreign key needs is not dropped, and it is said why before anything runs.

use crate::project::{Project, contains};
use crate::servers::both;

const TABLES: &str = "CREATE TABLE parent (id INT PRIMARY KEY, code INT NOT NULL, UNIQUE KEY by_code (code));
CREATE TABLE child (id INT PRIMARY KEY, parent_code INT, KEY by_parent (parent_code),
  CONSTRAINT fk_child FOREIGN KEY (parent_code) REFERENCES parent (code))";

#[test]
fn what_the_server_would_refuse_is_refused_before_anything_runs() {
    for server in both() {
        for (drop, key) in [
            ("DROP INDEX by_parent ON child", "needs index by_parent on child"),
            ("ALTER TABLE parent DROP INDEX by_code", "needs index by_code on parent"),
        ] {
            let project = Project::new(server, "needed");
            project.pair(1, TABLES, "DROP TABLE child; DROP TABLE parent");
            project.run("migrate").exits(0);
            project.pair(2, "CREATE TABLE more (id INT)", &format!("DROP TABLE more;\n{drop}"));
            project.run("migrate").exits(0);
            let before = project.contents();
            let refused = project.run("rollback").exits(4);
            contains(&refused.stderr, "migrations/2_step.down.sql:2:1: the foreign key fk_child of child");
            contains(&refused.stderr, key);
            assert_eq!(project.contents(), before, "{}", server.engine());
            project.up(3, format!("CREATE TABLE third (id INT);\n{drop}"));
            contains(&project.run("migrate").exits(4).stderr, "migrations/3_step.up.sql:2:1: the foreign key fk_child");
            assert_eq!(project.contents(), before, "{}", server.engine());
            // It is right to refuse: the server does.
            let mut session = project.database.connect();
            let raw = crate::servers::block_on(sqlx::Executor::execute(
                &mut session,
                sqlx::raw_sql(sqlx::AssertSqlSafe(drop.to_owned())),
            ));
            assert!(raw.unwrap_err().to_string().contains("needed in a foreign key"), "{}", server.engine());
            // With another index in its place it goes.
            if drop.contains("child") {
                project.up(3, format!("CREATE INDEX wide ON child (parent_code, id);\n{drop}"));
                project.run("migrate").exits(0);
            }
        }
    }
}
