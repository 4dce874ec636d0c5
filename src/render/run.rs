//! What a run would do, as a script, and what it did, a line for each migration.

use crate::model::lint::LintedStatement;
use crate::model::migration::{Migration, Script};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

/// The statements of these scripts, each under its place and what it will do, ready to be read or pasted. Statements that
/// hold a `;` of their own stand between `DELIMITER` lines. `linted` may be empty; else it has one entry for each statement. What is
/// `done`, by script and statement from 0, is said and left out.
#[must_use]
pub fn script(
    scripts: &[(&Migration, &Script)],
    linted: &[LintedStatement],
    done: &BTreeSet<(usize, usize)>,
) -> String {
    let mut text = String::new();
    let mut linted = linted.iter();
    for (number, (migration, script)) in scripts.iter().enumerate() {
        let _ = writeln!(text, "-- {} {} ({})", migration.version, migration.description, migration.set);
        for (at, statement) in script.statements.iter().enumerate() {
            let judged = linted.next();
            if done.contains(&(number, at)) {
                let _ = writeln!(text, "-- {}  done already: it does not run again", statement.at);
                continue;
            }
            let does = judged.filter(|linted| linted.at == statement.at).map(LintedStatement::brief);
            let _ = writeln!(text, "-- {}{}", statement.at, does.map(|does| format!("  {does}")).unwrap_or_default());
            let _ = if statement.sql.contains(';') {
                writeln!(text, "DELIMITER ;;\n{};;\nDELIMITER ;", statement.sql)
            } else {
                writeln!(text, "{};", statement.sql)
            };
        }
        text.push('\n');
    }
    text
}

/// One line on a migration that is done.
#[must_use]
pub fn line(verb: &str, migration: &Migration, took: Duration) -> String {
    let ms = took.as_secs_f64() * 1e3;
    format!("{verb} {} {} ({}, {ms:.0} ms)\n", migration.version, migration.description, migration.set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::migration::{Naming, Set, Statement};

    fn migration(statements: &[&str]) -> Migration {
        let at = |line| Location { file: "migrations/7_add_orders.up.sql".into(), line, column: Some(1) };
        let statements =
            (1..).zip(statements).map(|(line, sql)| Statement { sql: (*sql).into(), at: at(line) }).collect();
        let up = Script { file: "migrations/7_add_orders.up.sql".into(), text: String::new(), statements };
        Migration {
            version: 7,
            description: "add orders".into(),
            naming: Naming::Sqlx,
            set: Set::Schema,
            up,
            down: None,
        }
    }

    #[test]
    fn a_script_can_be_pasted_and_says_where_each_statement_stands() {
        let migration = migration(&["CREATE TABLE orders (id INT)", "INSERT INTO orders VALUES (1)"]);
        insta::assert_snapshot!(script(&[(&migration, &migration.up)], &[], &BTreeSet::new()), @r#"
        -- 7 add orders (schema)
        -- migrations/7_add_orders.up.sql:1:1
        CREATE TABLE orders (id INT);
        -- migrations/7_add_orders.up.sql:2:1
        INSERT INTO orders VALUES (1);
        "#);
    }

    #[test]
    fn a_body_with_semicolons_stands_between_delimiter_lines() {
        let migration = migration(&["CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW BEGIN SET NEW.id = 1; END"]);
        insta::assert_snapshot!(script(&[(&migration, &migration.up)], &[], &BTreeSet::new()), @r#"
        -- 7 add orders (schema)
        -- migrations/7_add_orders.up.sql:1:1
        DELIMITER ;;
        CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW BEGIN SET NEW.id = 1; END;;
        DELIMITER ;
        "#);
    }

    #[test]
    fn nothing_to_run_is_no_text() {
        assert_eq!(script(&[], &[], &BTreeSet::new()), "");
    }

    #[test]
    fn a_line_tells_what_was_done_and_how_long_it_took() {
        let line = line("applied", &migration(&[]), Duration::from_micros(12_600));
        assert_eq!(line, "applied 7 add orders (schema, 13 ms)\n");
    }
}
