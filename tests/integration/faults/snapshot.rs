//! Everything that a run leaves in a database, in the server's own words, so that two databases can be compared.

use super::server::{ask, column};
use crate::servers::TextRow;
use sqlx::MySqlConnection;
use std::fmt::Write as _;

/// What is in a database. The ledger counts with its versions and checksums; when a row was written does not, and
/// neither does aura-db's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// One entry per object, with its definition and, for a table, its rows.
    objects: Vec<String>,
}

impl Snapshot {
    /// Reads the database that `session` is in.
    pub(crate) fn take(session: &mut MySqlConnection) -> Self {
        let database = ask(session, "SELECT DATABASE()")[0][0].clone().unwrap();
        let mut objects = Vec::new();
        for table in ask(session, "SHOW FULL TABLES") {
            let (name, view) = (table[0].clone().unwrap(), table[1].as_deref() == Some("VIEW"));
            if name == "_sqlx_migrations" {
                let rows = "SELECT version, success, HEX(checksum), description FROM _sqlx_migrations ORDER BY version";
                objects.extend(ask(session, rows).into_iter().map(|row| format!("ledger {row:?}")));
            } else if !name.starts_with("_aura_db_") {
                let mut text = definition(session, if view { "View" } else { "Table" }, &name);
                if !view {
                    text.push_str(&rows(session, &name));
                }
                objects.push(text);
            }
        }
        for trigger in ask(session, "SHOW TRIGGERS") {
            let name = trigger[0].clone().unwrap();
            let create = format!("SHOW CREATE TRIGGER `{name}`");
            objects.push(format!("trigger {name}: {}", column(session, &create, "SQL Original Statement").unwrap()));
        }
        for kind in ["Procedure", "Function"] {
            for program in ask(session, &format!("SHOW {kind} STATUS WHERE Db = DATABASE()")) {
                objects.push(definition(session, kind, &program[1].clone().unwrap()));
            }
        }
        // A view's text names the database that it was made in.
        for object in &mut objects {
            *object = object.replace(&format!("`{database}`"), "`DATABASE`");
        }
        objects.sort();
        Self { objects }
    }

    /// How `self` differs from `other`, for a person; empty when it does not.
    pub(crate) fn difference(&self, other: &Self) -> String {
        let mut text = String::new();
        for object in self.objects.iter().filter(|object| !other.objects.contains(object)) {
            let _ = writeln!(text, "  it has      {object}");
        }
        for object in other.objects.iter().filter(|object| !self.objects.contains(object)) {
            let _ = writeln!(text, "  it should   {object}");
        }
        text
    }
}

fn definition(session: &mut MySqlConnection, kind: &str, name: &str) -> String {
    let text = column(session, &format!("SHOW CREATE {kind} `{name}`"), &format!("Create {kind}")).unwrap_or_default();
    // The counter goes up for rows that were rolled back too.
    let lines = text.lines().map(|line| match line.split_once(" AUTO_INCREMENT=") {
        Some((before, after)) => {
            format!("{before}{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// How many rows there are and a sum over all values; of a small table the rows themselves.
fn rows(session: &mut MySqlConnection, table: &str) -> String {
    const FEW: u64 = 40;
    // What the server's clock wrote differs from run to run.
    let clock =
        |column: &TextRow| column[4].as_ref().is_some_and(|value| value.to_lowercase().contains("current_timestamp"));
    let mut columns = ask(session, &format!("SHOW COLUMNS FROM `{table}`"));
    columns.retain(|column| !clock(column));
    let names: Vec<String> = columns.into_iter().map(|column| format!("`{}`", column[0].clone().unwrap())).collect();
    let columns: Vec<String> = names.iter().map(|name| format!("COALESCE(HEX(CAST({name} AS BINARY)), '-')")).collect();
    let sum = format!(
        "SELECT COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS(',', {columns}))), 0), \
         COALESCE(BIT_XOR(CRC32(CONCAT_WS('.', {columns}))), 0) FROM `{table}`",
        columns = columns.join(", ")
    );
    let sum: Vec<String> = ask(session, &sum).remove(0).into_iter().flatten().collect();
    let mut text = format!("\n    {} rows, {} {}", sum[0], sum[1], sum[2]);
    if sum[0].parse::<u64>().unwrap() <= FEW {
        let order: Vec<String> = (1..=columns.len()).map(|number| number.to_string()).collect();
        let rows = format!("SELECT {} FROM `{table}` ORDER BY {}", names.join(", "), order.join(", "));
        for row in ask(session, &rows) {
            let _ = write!(text, "\n    {row:?}");
        }
    }
    text
}
