//! Databases that stopped somewhere in their migrations: each verdict is what the longest prefix that explains them says.

use super::*;
use crate::model::hidden::Hidden;
use crate::model::migration::{Script, Set};
use crate::model::schema::{Column, Schema, Table};

/// `a(x int, y int) b(x int)` as a schema.
fn read(text: &str) -> Built {
    Built::by_server(schema(text))
}

fn schema(text: &str) -> Schema {
    let tables = text.split(')').filter(|text| !text.trim().is_empty()).map(|text| {
        let (name, columns) = text.trim().split_once('(').unwrap();
        let columns = columns.split(", ").map(|column| {
            let (name, kind) = column.split_once(' ').unwrap();
            Column { name: name.into(), column_type: kind.into(), ..Column::default() }
        });
        Table { name: name.into(), columns: columns.collect(), ..Table::default() }
    });
    Schema { tables: tables.collect(), routines: vec![] }
}

fn migration(version: i64) -> Migration {
    Migration {
        version,
        description: String::new(),
        naming: crate::model::migration::Naming::default(),
        set: Set::Schema,
        up: Script { file: String::new(), text: String::new(), statements: Vec::new() },
        down: None,
    }
}

/// How the migrations from each of these states to the next one stand to a database; one letter each.
fn standings(states: &[&str], live: &str) -> String {
    let migrations: Vec<Migration> = (1..).take(states.len() - 1).map(migration).collect();
    let steps: Vec<Step<'_>> = states
        .windows(2)
        .zip(&migrations)
        .map(|(pair, migration)| Step {
            migration,
            before: read(pair[0]),
            after: read(pair[1]),
            rows: Vec::new(),
            is_recorded: false,
        })
        .collect();
    let (schema, hidden) = (schema(live), Hidden::default());
    let judged = judge(&steps, &Live { schema: &schema, hidden: &hidden });
    judged.iter().map(|one| one.standing.to_string().to_uppercase().chars().next().unwrap()).collect()
}

#[test]
fn a_new_table_is_adopted_missing_partial_or_in_conflict() {
    let of = |live: &str| standings(&["", "t(a int, b int)"], live);
    assert_eq!(of("t(a int, b int)"), "A");
    assert_eq!(of(""), "P");
    assert_eq!(of("t(a int, b text)"), "C");
    let (schema, hidden) = (schema("t(a int)"), Hidden::default());
    let one = migration(1);
    let step =
        Step { migration: &one, before: read(""), after: read("t(a int, b int)"), rows: vec![], is_recorded: false };
    assert_eq!(judge(&[step], &Live { schema: &schema, hidden: &hidden })[0].standing, Standing::Partial);
}

#[test]
fn what_a_later_migration_changes_counts_in_each_form_up_to_where_the_database_stopped() {
    let states = ["", "t(a int)", "t(a bigint)", "t(a text)"];
    for (live, expected) in
        [("", "PPP"), ("t(a int)", "APP"), ("t(a bigint)", "AAP"), ("t(a text)", "AAA"), ("t(a date)", "CCC")]
    {
        assert_eq!(standings(&states, live), expected, "{live}");
    }
}

#[test]
fn a_table_that_is_dropped_again_was_made_only_if_the_drop_or_what_lies_between_has_run() {
    let states = ["", "c(x int)", "c(x int) a(x int)", "c(x int) a(x int) b(x int)", "c(x int) b(x int)"];
    for (live, expected) in [
        ("", "PPPP"),
        ("c(x int)", "APPP"),
        ("c(x int) a(x int)", "AAPP"),
        ("c(x int) a(x int) b(x int)", "AAAP"),
        ("c(x int) b(x int)", "AAAA"),
        // A table of that name in another form is not dropped either.
        ("c(x int) b(x int) a(x text)", "ACAP"),
    ] {
        assert_eq!(standings(&states, live), expected, "{live}");
    }
}

#[test]
fn a_renamed_table_was_made_only_if_it_has_its_new_name() {
    let states = ["", "c(x int)", "c(x int) a(x int)", "c(x int) b(x int)", "c(x int) b(x int) d(x int)"];
    for (live, expected) in [
        ("c(x int)", "APPP"),
        ("c(x int) a(x int)", "AAPP"),
        ("c(x int) b(x int)", "AAAP"),
        ("c(x int) b(x int) d(x int)", "AAAA"),
        // Both names at once: the renaming is there in part, which begins with the same letter.
        ("c(x int) a(x int) b(x int)", "AAPP"),
    ] {
        assert_eq!(standings(&states, live), expected, "{live}");
    }
}

#[test]
fn a_table_that_is_made_anew_in_another_form_is_told_by_the_form() {
    let states = ["", "a(x int)", "", "a(x text)"];
    for (live, expected) in [("", "AAP"), ("a(x int)", "APP"), ("a(x text)", "AAA"), ("a(x date)", "CPC")] {
        assert_eq!(standings(&states, live), expected, "{live}");
    }
}

#[test]
fn a_name_that_is_taken_again_is_told_by_what_bears_it() {
    let states = ["", "a(x int)", "b(x int)", "b(x int) a(y text)"];
    for (live, expected) in [("", "PPP"), ("a(x int)", "APP"), ("b(x int)", "AAP"), ("b(x int) a(y text)", "AAA")] {
        assert_eq!(standings(&states, live), expected, "{live}");
    }
}

#[test]
fn a_column_that_comes_and_goes_is_as_a_table_is() {
    let states = ["", "t(a int)", "t(a int, b int)", "t(a int, b int, c int)", "t(a int, c int)"];
    for (live, expected) in [
        ("t(a int)", "APPP"),
        ("t(a int, b int)", "AAPP"),
        ("t(a int, b int, c int)", "AAAP"),
        ("t(a int, c int)", "AAAA"),
    ] {
        assert_eq!(standings(&states, live), expected, "{live}");
    }
}

#[test]
fn rows_decide_where_the_schema_does_not() {
    let at = Location::line("1_x.up.sql", 3);
    let of = |rows: Rows| standing(&[], &[(at.clone(), rows)], Standing::Pending);
    assert_eq!(of(Rows::Found).0, Standing::Adopted);
    assert_eq!(of(Rows::Absent).0, Standing::Pending);
    assert_eq!(of(Rows::Some(1, 2)), (Standing::Partial, Some("1_x.up.sql:3: 1 of 2 rows are there".into())));
    assert_eq!(of(Rows::Unknown("why".into())).0, Standing::Unknown);
    assert_eq!(standing(&[], &[], Standing::Adopted).0, Standing::Adopted);
    assert_eq!(standing(&[], &[], Standing::Partial).0, Standing::Unknown);
}

#[test]
fn what_the_account_may_not_see_is_neither_missing_nor_dropped() {
    let hidden = Hidden { tables: Some("GRANT SELECT ON `d`.*".into()), ..Hidden::default() };
    let (schema, one) = (Schema::default(), migration(1));
    for (before, after) in [("", "t(a int)"), ("t(a int)", "t(a int, b int)"), ("t(a int)", "")] {
        let step = Step { migration: &one, before: read(before), after: read(after), rows: vec![], is_recorded: false };
        let judged = &judge(&[step], &Live { schema: &schema, hidden: &hidden })[0];
        assert_eq!(judged.standing, Standing::Unknown, "{before} to {after}");
        assert!(judged.because.as_ref().unwrap().contains("needs GRANT SELECT ON `d`.*"), "{judged:?}");
    }
}
