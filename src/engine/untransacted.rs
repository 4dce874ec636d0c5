//! Tables whose rows no rollback takes back, and whether a statement that writes rows reaches one: by itself, or through
//! triggers, foreign keys and stored programs.

use super::{EngineError, Session, text};
use std::collections::BTreeSet;

/// What the session's database holds outside of transactions, and the programs on the way to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Untransacted {
    /// Tables of engines other than `InnoDB`, in lower case.
    tables: BTreeSet<String>,
    /// In lower case: a table, and what its triggers and foreign keys run or write.
    of_tables: Vec<(String, String)>,
    /// In lower case: a stored program and its body, where that may be read.
    programs: Vec<(String, Option<String>)>,
}

impl Untransacted {
    /// Reads them; the ways only where there is a table to lead to.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub(super) async fn read(session: &mut Session) -> Result<Self, EngineError> {
        const TABLES: &str = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' \
            AND NOT (ENGINE <=> 'InnoDB') AND TABLE_SCHEMA = DATABASE()";
        const OF_TABLES: &str = "SELECT EVENT_OBJECT_TABLE, ACTION_STATEMENT FROM information_schema.TRIGGERS \
            WHERE TRIGGER_SCHEMA = DATABASE() UNION ALL SELECT REFERENCED_TABLE_NAME, TABLE_NAME \
            FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()";
        const PROGRAMS: &str = "SELECT ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES \
            WHERE ROUTINE_SCHEMA = DATABASE()";
        let Some(connection) = session.own().await? else { return Ok(Self::default()) };
        let mut known = Self::default();
        let tables = text::rows(connection, TABLES.into()).await?;
        known.tables = tables.iter().map(|row| row.text(0).to_lowercase()).collect();
        if !known.tables.is_empty() {
            let rows = text::rows(connection, OF_TABLES.into()).await?;
            known.of_tables = rows.iter().map(|row| (row.text(0).to_lowercase(), row.text(1).to_lowercase())).collect();
            let rows = text::rows(connection, PROGRAMS.into()).await?;
            known.programs =
                rows.iter().map(|row| (row.text(0).to_lowercase(), row.get(1).map(str::to_lowercase))).collect();
        }
        Ok(known)
    }

    /// Whether a statement may write rows outside of transactions: rows of `table`, or of any that it names where that is
    /// not known. What a program only reads counts as written.
    pub(super) fn is_reached(&self, sql: &str, table: Option<&str>) -> bool {
        if self.tables.is_empty() {
            return false;
        }
        let sql = sql.to_lowercase();
        let mut next: Vec<String> = match table {
            // Of the other tables that it names, the rows are read.
            Some(table) => {
                let called = words(&sql).filter(|word| self.programs.iter().any(|(name, _)| name == word));
                called.map(str::to_owned).chain([table.to_lowercase()]).collect()
            }
            None => words(&sql).map(str::to_owned).collect(),
        };
        let mut seen = BTreeSet::new();
        while let Some(name) = next.pop() {
            if self.tables.contains(&name) {
                return true;
            }
            if !seen.insert(name.clone()) {
                continue;
            }
            for (_, body) in self.programs.iter().filter(|(program, _)| *program == name) {
                let Some(body) = body else { return true };
                next.extend(words(body).map(str::to_owned));
            }
            for (_, way) in self.of_tables.iter().filter(|(table, _)| *table == name) {
                next.extend(words(way).map(str::to_owned));
            }
        }
        false
    }
}

/// The words of a text, quotes left out.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Untransacted;

    #[test]
    fn a_table_is_reached_through_triggers_keys_and_functions() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let known = Untransacted {
            tables: ["log".to_owned()].into(),
            of_tables: vec![
                pair("orders", "insert into `audit` values (new.id)"),
                pair("audit", "begin call note(1); end"),
                pair("parent", "orders"),
            ],
            programs: vec![("note".into(), Some("insert into shop.log values (1)".into())), ("hidden".into(), None)],
        };
        let reached = |sql: &str, table: Option<&str>| known.is_reached(sql, table);
        assert!(reached("INSERT INTO Log VALUES (1)", Some("Log")));
        assert!(reached("INSERT INTO orders VALUES (1)", Some("orders")));
        assert!(reached("DELETE FROM parent", Some("parent")));
        assert!(reached("UPDATE plain SET a = NOTE(2)", Some("plain")));
        assert!(reached("UPDATE plain SET a = hidden(2)", Some("plain")));
        assert!(reached("UPDATE plain JOIN log SET log.a = 1", None));
        assert!(!reached("INSERT INTO plain SELECT * FROM log", Some("plain")), "it only reads it");
        assert!(!Untransacted::default().is_reached("UPDATE a, b SET c = 1", None));
    }
}
