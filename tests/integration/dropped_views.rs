//! `DROP VIEW a, b`: every view of the list counts, and not the first alone.

use crate::project::{Project, contains};
use crate::servers::both;

#[test]
fn of_a_list_those_that_were_made_are_taken_down() {
    for server in both() {
        for list in ["b, a", "a, b"] {
            let project = Project::new(server, "views_half");
            project.pair(1, "CREATE TABLE old_one (id INT)", "DROP TABLE old_one");
            project.run("migrate").exits(0);
            project.pair(
                2,
                "CREATE VIEW a AS SELECT 1 AS one; DROP TABLE old_one; CREATE VIEW b AS SELECT id FROM nowhere",
                &format!("DROP VIEW {list}"),
            );
            project.run("migrate").exits(4);
            assert_eq!(project.states(), ["1 applied", "2 half-applied"], "{}", server.engine());
            assert_eq!(project.tables(), ["_sqlx_migrations", "a"], "{}", server.engine());
            project.run("rollback").exits(0);
            assert_eq!(project.tables(), ["_sqlx_migrations"], "{}: {list}", server.engine());
            assert_eq!(project.states(), ["1 applied", "2 pending"], "{}: {list}", server.engine());
        }
    }
}

#[test]
fn a_view_that_was_there_before_is_seen_behind_a_new_one() {
    for server in both() {
        let project = Project::new(server, "views_apply");
        project.database.run("CREATE VIEW theirs AS SELECT 1 AS one");
        project.up(1, "CREATE VIEW ours AS SELECT 2 AS two; DROP VIEW ours, theirs; CREATE TABLE t (i INT, i INT)");
        let before = project.contents();
        let refused = project.run("apply all").exits(4);
        contains(
            &refused.stderr,
            "migrations/1_step.up.sql:1:38: it runs DROP on the view theirs, which is there already",
        );
        assert_eq!(project.contents(), before, "{}", server.engine());
        // `migrate` does not promise as much, and says what it could not take back.
        let half = project.run("migrate").exits(4);
        contains(&half.stderr, "it runs DROP on the view theirs, which is there already");
        assert_eq!(project.states(), ["1 half-applied"], "{}", server.engine());
    }
}
