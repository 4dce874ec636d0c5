//! Temporary tables of a script. They go with the connection, so that a run that was cut off between one and its use
//! cannot simply be gone on with.

use crate::model::migration::Statement;
use crate::sql::ddl::{Effect, Temporary, effect, temporary};

/// A temporary table that is gone and still needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Its name.
    pub name: String,
    /// The statement that made it, counted from 0.
    pub at: usize,
}

/// The temporary tables that the statements before `from` have made and that those from there on name.
#[must_use]
pub fn lost(statements: &[Statement], from: usize) -> Vec<Lost> {
    let (done, rest) = statements.split_at(from.min(statements.len()));
    let mut lost: Vec<Lost> = Vec::new();
    for (at, statement) in done.iter().enumerate() {
        match (temporary(&statement.sql), effect(&statement.sql)) {
            (Some(Temporary::Made(name)), _) => lost.push(Lost { name, at }),
            (Some(Temporary::Dropped(tables)), _) | (None, Effect::DropTable { tables }) => {
                lost.retain(|one| !tables.iter().any(|table| table.eq_ignore_ascii_case(&one.name)));
            }
            _ => {}
        }
    }
    lost.retain(|one| rest.iter().any(|statement| names(&statement.sql, &one.name)));
    lost
}

/// Whether a statement makes one of these tables or writes rows to it.
#[must_use]
pub fn fills(sql: &str, lost: &[Lost]) -> bool {
    let table = match temporary(sql) {
        Some(Temporary::Made(name)) => Some(name),
        Some(Temporary::Dropped(_)) => None,
        None => {
            if let Effect::Rows { table, .. } = effect(sql) {
                table
            } else {
                None
            }
        }
    };
    table.is_some_and(|table| lost.iter().any(|one| one.name.eq_ignore_ascii_case(&table)))
}

/// Whether the name occurs, as a word of its own; in a string it does too.
fn names(sql: &str, name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    if !name.chars().all(inside) {
        return sql.to_lowercase().contains(&name.to_lowercase());
    }
    sql.split(|c: char| !inside(c)).any(|word| word.to_lowercase() == name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;

    fn at(script: &[&str], from: usize) -> Vec<(String, usize)> {
        let place = Location { file: "f".into(), line: 1, column: None };
        let statements: Vec<Statement> =
            script.iter().map(|sql| Statement { sql: (*sql).to_owned(), at: place.clone() }).collect();
        lost(&statements, from).into_iter().map(|one| (one.name, one.at)).collect()
    }

    #[test]
    fn a_table_is_lost_between_its_making_and_its_last_use() {
        let script = [
            "CREATE TEMPORARY TABLE shelf AS SELECT id FROM books",
            "ALTER TABLE books ADD COLUMN x INT",
            "UPDATE books JOIN `Shelf` USING (id) SET x = 1",
            "DROP TEMPORARY TABLE IF EXISTS shelf",
            "CREATE INDEX shelves ON books (x)",
        ];
        let shelf = [("shelf".to_owned(), 0)];
        assert_eq!(at(&script, 0), []);
        assert_eq!(at(&script, 1), shelf);
        assert_eq!(at(&script, 3), shelf, "it is still to be dropped");
        assert_eq!(at(&script, 4), []);
        assert_eq!(at(&[script[0], script[1], "DROP TABLE shelf", script[2]], 3), []);
        assert_eq!(at(&[script[0], script[1], script[4]], 2), [], "nobody asks for it again");
    }

    #[test]
    fn what_fills_it_is_what_makes_it_and_what_writes_to_it() {
        let lost = [Lost { name: "shelf".into(), at: 0 }];
        for (sql, fills) in [
            ("CREATE TEMPORARY TABLE IF NOT EXISTS shelf (id INT)", true),
            ("INSERT INTO shelf SELECT id FROM books", true),
            ("UPDATE shelf SET id = id + 1", true),
            ("INSERT INTO books SELECT id FROM shelf", false),
            ("CREATE TEMPORARY TABLE other (id INT)", false),
            ("SELECT id FROM shelf", false),
        ] {
            assert_eq!(super::fills(sql, &lost), fills, "{sql}");
        }
    }
}
