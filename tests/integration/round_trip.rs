//! The shipped migrations up and down: as a whole, by sets, by versions, and for show.

use crate::project::{Project, contains};
use crate::servers::{Database, both};

/// The index set, as (table, index).
const INDEXES: [&str; 7] = [
    "contact_messages idx_created_read",
    "messages idx_channel_timestamp",
    "messages idx_sender",
    "users idx_email",
    "users idx_level",
    "users idx_username",
    "users idx_xp",
];

fn indexes(database: &Database) -> Vec<String> {
    database.column(
        "SELECT DISTINCT CONCAT(table_name, ' ', index_name) FROM information_schema.statistics \
         WHERE table_schema = DATABASE() ORDER BY 1",
    )
}

#[test]
fn down_to_nothing_and_up_again_is_the_same_database() {
    for server in both() {
        let project = Project::shipped(server, "trip_all");
        let empty = project.fingerprint();
        let migrated = project.run("migrate").exits(0);
        assert_eq!(migrated.stdout.lines().filter(|line| line.starts_with("applied 2026")).count(), 18);
        let (first, tables) = (project.fingerprint(), project.tables());
        assert_ne!(first, empty);
        contains(&project.run("status").exits(0).stdout, &format!("18 applied, 0 pending\nschema fingerprint {first}"));
        let back = project.run("rollback all").exits(0);
        assert_eq!(back.stdout.lines().count(), 18, "{}", back.stdout);
        contains(back.stdout.lines().next().unwrap(), "rolled back 20260115090600");
        assert_eq!((project.tables(), project.ledger().len()), (vec!["_sqlx_migrations".to_owned()], 0));
        assert_eq!(project.fingerprint(), empty, "{}", server.engine());
        project.run("migrate").exits(0);
        assert_eq!((project.fingerprint(), project.tables()), (first, tables), "{}", server.engine());
    }
}

#[test]
fn the_index_set_goes_and_comes_by_itself() {
    for server in both() {
        let project = Project::shipped(server, "trip_indexes");
        project.run("apply schema").exits(0);
        let (bare, bare_indexes) = (project.fingerprint(), indexes(&project.database));
        project.run("apply indexes").exits(0);
        let (full, full_indexes) = (project.fingerprint(), indexes(&project.database));
        let added: Vec<&String> = full_indexes.iter().filter(|index| !bare_indexes.contains(index)).collect();
        assert_eq!(added, INDEXES, "{}", server.engine());
        project.run("rollback indexes").exits(0);
        assert_eq!((project.fingerprint(), indexes(&project.database)), (bare.clone(), bare_indexes));
        assert_eq!(project.ledger().len(), 11);
        project.run("rollback indexes").exits(0);
        assert_eq!(project.fingerprint(), bare, "nothing is left to do the second time");
        project.run("apply indexes").exits(0);
        assert_eq!(project.fingerprint(), full);
        contains(&project.run("apply all").exits(0).stderr, "nothing to do");
        project.run("rollback schema").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations"], "the schema takes the indexes with it");
    }
}

#[test]
fn apply_and_migrate_come_to_the_same() {
    for server in both() {
        let (applied, migrated) = (Project::shipped(server, "trip_apply"), Project::shipped(server, "trip_migrate"));
        applied.run("apply").exits(0);
        migrated.run("migrate").exits(0);
        assert_eq!(applied.fingerprint(), migrated.fingerprint(), "{}", server.engine());
        assert_eq!(applied.ledger(), migrated.ledger());
        assert_eq!(applied.ledger().iter().filter(|row| row.ends_with(" 1")).count(), 18);
    }
}

#[test]
fn versions_and_steps_choose_what_runs() {
    for server in both() {
        let project = Project::shipped(server, "trip_steps");
        project.run("migrate --to 20260105090100").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations", "channels", "users"], "{}", server.engine());
        project.run("migrate --to 20260105090300").exits(0);
        assert_eq!(project.ledger().len(), 4);
        project.run("status --check").exits(1);
        project.run("rollback").exits(0);
        assert_eq!(project.ledger().last().unwrap(), "20260105090200 1");
        project.run("rollback --steps 2").exits(0);
        assert_eq!(project.ledger(), ["20260105090000 1"]);
        project.run("migrate").exits(0);
        project.run("rollback --to 20260105090000").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations", "users"]);
        project.run("rollback --to 0").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations"]);
        contains(&project.run("rollback").exits(0).stderr, "nothing to do");
        contains(
            &project.run("migrate --to 7").exits(4).stderr,
            "no migration of version 7; the nearest is 20260105090000",
        );
        contains(&project.run("rollback --to 7").exits(4).stderr, "no migration of version 7");
        project.run("rollback --to 0 --steps 1").exits(2);
        project.run("rollback indexes --steps 1").exits(2);
    }
}

#[test]
fn a_dry_run_prints_the_statements_and_touches_nothing() {
    for server in both() {
        let project = Project::shipped(server, "trip_dry");
        let before = project.fingerprint();
        for line in ["migrate --dry-run", "apply all --dry-run"] {
            let script = project.run(line).exits(0).stdout;
            contains(&script, "CREATE TABLE users (\n");
            contains(&script, "-- migrations/20260115090000_index_messages_channel_timestamp.up.sql:3:1  ");
            contains(&script, "\nCREATE INDEX");
            assert_eq!((project.tables(), project.fingerprint()), (vec![], before.clone()), "{line}");
        }
        project.run("rollback --dry-run").exits(0);
        project.run("status").exits(0);
        project.run("status --check").exits(1);
        assert_eq!(project.tables(), [] as [&str; 0], "{}: no ledger from looking", server.engine());

        project.run("migrate").exits(0);
        let before = project.contents();
        let script = project.run("rollback all --dry-run").exits(0).stdout;
        contains(&script, "DROP INDEX idx_created_read ON contact_messages;\n");
        contains(&script, "DROP TABLE users;\n");
        assert!(script.find("idx_created_read").unwrap() < script.find("DROP TABLE users").unwrap(), "newest first");
        assert_eq!(project.contents(), before, "{}", server.engine());
    }
}

#[test]
fn what_a_dry_run_prints_does_what_the_run_does() {
    for server in both() {
        let (ran, pasted) = (Project::shipped(server, "trip_ran"), Project::shipped(server, "trip_pasted"));
        ran.run("migrate").exits(0);
        let script = pasted.run("migrate --dry-run").exits(0).stdout;
        assert!(!script.contains("DELIMITER"), "a `;` in a text or a comment needs none:\n{script}");
        pasted.database.run(&script);
        assert_eq!(pasted.fingerprint(), ran.fingerprint(), "{}", server.engine());
    }
}
