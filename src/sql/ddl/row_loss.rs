//! What takes rows away without saying so by a table's or a column's name: partitions, tablespaces, a table's history, and
//! another storage engine.

use super::reader::Reader;

/// A clause that may take rows of its table away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowLoss {
    /// `DROP PARTITION`.
    PartitionDropped,
    /// `TRUNCATE PARTITION`.
    PartitionEmptied,
    /// `EXCHANGE PARTITION`.
    PartitionExchanged,
    /// `DISCARD TABLESPACE`, also of a partition.
    Tablespace,
    /// `DROP SYSTEM VERSIONING`.
    History,
    /// `ENGINE`, with its name as it is written.
    Engine(String),
}

/// The clauses of an `ALTER TABLE` that may take rows away; none of another statement.
#[must_use]
pub fn row_losses(sql: &str) -> Vec<RowLoss> {
    let Some(mut reader) = Reader::new(sql) else { return Vec::new() };
    let mut found = Vec::new();
    if !reader.eat("ALTER") {
        return found;
    }
    let _noise = reader.eat("ONLINE") || reader.eat("OFFLINE");
    reader.eat("IGNORE");
    if !reader.eat("TABLE") {
        return found;
    }
    reader.if_exists();
    if reader.name().is_none() {
        return found;
    }
    while !reader.is_done() {
        found.extend(clause(&mut reader));
        if !reader.next_clause() {
            break;
        }
    }
    found
}

fn clause(reader: &mut Reader) -> Option<RowLoss> {
    let (first, second) = (reader.peek(0), reader.peek(1));
    match (first.as_str(), second.as_str()) {
        ("DROP", "PARTITION") => Some(RowLoss::PartitionDropped),
        ("DROP", "SYSTEM") if reader.peek(2) == "VERSIONING" => Some(RowLoss::History),
        ("TRUNCATE", _) => Some(RowLoss::PartitionEmptied),
        ("EXCHANGE", _) => Some(RowLoss::PartitionExchanged),
        ("DISCARD", _) => Some(RowLoss::Tablespace),
        // A column may be called `engine`.
        ("ADD" | "DROP" | "MODIFY" | "CHANGE" | "RENAME" | "ALTER" | "ORDER", _) => None,
        _ => engine(reader),
    }
}

/// The engine among table options, which need no commas between them.
fn engine(reader: &mut Reader) -> Option<RowLoss> {
    while !reader.is_done() && !reader.at_comma() {
        if reader.eat("ENGINE") {
            reader.eat("=");
            return reader.value().map(RowLoss::Engine);
        }
        if reader.peek_symbol("(") {
            reader.parenthesised();
        } else {
            reader.token();
        }
    }
    None
}

/// Whether this is `MariaDB`'s `DELETE HISTORY`, and if so whether it names a time before which.
#[must_use]
pub fn deletes_history(sql: &str) -> Option<bool> {
    let mut reader = Reader::new(sql)?;
    (reader.eat("DELETE") && eat_history(&mut reader)).then(|| reader.has_ahead(&["BEFORE"]))
}

/// Moves past the `HISTORY` of `DELETE HISTORY FROM`; not past a table of that name, whose rows are to go.
pub(super) fn eat_history(reader: &mut Reader) -> bool {
    let mut ahead = reader.clone();
    let words = ahead.eat("HISTORY") && ahead.eat("FROM");
    let is_other = ahead.name().is_some_and(|name| !name.eq_ignore_ascii_case("history"));
    let ends = ahead.is_done() || ["BEFORE", "PARTITION"].contains(&ahead.peek(0).as_str());
    words && is_other && ends && reader.eat("HISTORY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clause_is_known_for_what_it_is() {
        let of = |clauses: &str| row_losses(&format!("ALTER TABLE k {clauses}"));
        let engine = |name: &str| vec![RowLoss::Engine(name.into())];
        assert_eq!(of("DROP PARTITION p0"), [RowLoss::PartitionDropped]);
        assert_eq!(of("TRUNCATE PARTITION ALL"), [RowLoss::PartitionEmptied]);
        assert_eq!(of("EXCHANGE PARTITION p WITH TABLE o"), [RowLoss::PartitionExchanged]);
        assert_eq!(of("DISCARD TABLESPACE"), [RowLoss::Tablespace]);
        assert_eq!(of("DISCARD PARTITION p TABLESPACE"), [RowLoss::Tablespace]);
        assert_eq!(of("IMPORT TABLESPACE"), []);
        assert_eq!(of("DROP SYSTEM VERSIONING"), [RowLoss::History]);
        assert_eq!(of("ADD COLUMN a INT, ENGINE = MEMORY"), engine("MEMORY"));
        assert_eq!(of("COMMENT 'x' ENGINE BLACKHOLE"), engine("BLACKHOLE"));
        assert_eq!(of("UNION=(a, b) ENGINE='memory', ADD b INT"), engine("memory"));
        for other in
            ["ADD engine INT", "DROP engine", "MODIFY engine INT", "COMMENT 'ENGINE=MEMORY'", "DROP COLUMN system"]
        {
            assert_eq!(of(other), [], "{other}");
        }
        assert_eq!(row_losses("CREATE TABLE t (a INT) ENGINE=MEMORY"), []);
        assert_eq!(deletes_history("DELETE HISTORY FROM t"), Some(false));
        assert_eq!(deletes_history("DELETE HISTORY FROM t BEFORE SYSTEM_TIME NOW()"), Some(true));
        for rows in ["DELETE FROM history", "DELETE history FROM history", "DELETE history FROM t history WHERE a = 1"]
        {
            assert_eq!(deletes_history(rows), None, "{rows}");
        }
    }
}
