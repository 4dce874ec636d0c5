//! What a `CREATE TABLE` writes out: its columns and its indexes.

use super::index::{self, IndexDefinition};
use super::reader::Reader;
use crate::model::schema::IndexKind;

/// The columns and indexes of a new table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Created {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The indexes, those that come with UNIQUE columns and foreign keys among them; not the primary key.
    pub indexes: Vec<IndexDefinition>,
}

/// What a `CREATE TABLE` makes; `None` where the statement does not write it out (`LIKE`, `SELECT`), or is another.
#[must_use]
pub fn created(sql: &str) -> Option<Created> {
    let mut reader = Reader::new(sql)?;
    reader.eat("CREATE").then_some(())?;
    let _replace = reader.eat("OR") && reader.eat("REPLACE");
    reader.eat("TABLE").then_some(())?;
    reader.if_exists();
    reader.name()?;
    reader.eat("(").then_some(())?;
    let mut table = Created::default();
    loop {
        element(&mut reader, &mut table)?;
        if !reader.next_element()? {
            break;
        }
    }
    // Columns of a query are columns of the table too.
    (!reader.has_ahead(&["SELECT", "AS", "WITH", "VALUES", "TABLE"])).then_some(table)
}

fn element(reader: &mut Reader, table: &mut Created) -> Option<()> {
    let constraint = if reader.eat("CONSTRAINT") && !is_constraint(&reader.peek(0)) { reader.name() } else { None };
    match reader.peek(0).as_str() {
        "LIKE" => return None,
        "INDEX" | "KEY" | "UNIQUE" | "FULLTEXT" | "SPATIAL" => {
            table.indexes.push(index::within_table(reader, constraint));
        }
        "FOREIGN" => {
            reader.word();
            reader.eat("KEY");
            reader.if_exists();
            let name = reader.name();
            table.indexes.push(index::definition(reader, constraint.or(name), IndexKind::Plain));
        }
        "PRIMARY" | "CHECK" => {}
        "PERIOD" if reader.peek(1) == "FOR" => {}
        _ => {
            let column = reader.name()?;
            if reader.clause_words().iter().any(|word| word == "UNIQUE") {
                table.indexes.push(IndexDefinition {
                    name: None,
                    unique: true,
                    columns: vec![column.clone()],
                    kind: IndexKind::Unique,
                    parts: vec![crate::model::schema::KeyPart::column(column.clone())],
                    visible: true,
                });
            }
            table.columns.push(column);
        }
    }
    Some(())
}

fn is_constraint(word: &str) -> bool {
    matches!(word, "UNIQUE" | "PRIMARY" | "FOREIGN" | "CHECK")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_indexes_of_a_table_are_read() {
        let table = created(
            "CREATE TABLE IF NOT EXISTS `a`.t (id INT PRIMARY KEY, x DECIMAL(9,2) DEFAULT 1, y INT UNIQUE, `key` INT, \
             KEY by_x (x DESC), CONSTRAINT u UNIQUE (y, x), CONSTRAINT fk FOREIGN KEY (y) REFERENCES b (id, z), \
             CHECK (x > 1)) ENGINE=InnoDB",
        )
        .unwrap();
        assert_eq!(table.columns, ["id", "x", "y", "key"]);
        let names: Vec<_> = table.indexes.iter().map(|index| index.name.as_deref()).collect();
        assert_eq!(names, [None, Some("by_x"), Some("u"), Some("fk")]);
        assert!(table.indexes[1].parts[0].descending);
        for sql in ["CREATE TABLE t LIKE u", "CREATE TABLE t (LIKE u)", "CREATE TABLE t (a INT) AS SELECT 1 b"] {
            assert_eq!(created(sql), None, "{sql}");
        }
    }
}
