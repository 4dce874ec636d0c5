//! What in a table's definition shows that a clause of `ALTER TABLE` took effect, for the clauses whose action does not name
//! it: constraints, options, defaults, partitions, the visibility of an index.

use super::alter::clause;
use super::reader::Reader;

/// Where the effect of one clause shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// A constraint that is added: `PRIMARY KEY`, `FOREIGN KEY` or `CHECK`, and its name where it has one.
    Constraint(&'static str, Option<String>),
    /// Options of the table, as `SHOW CREATE TABLE` calls them, and their new values.
    Options(Vec<(String, String)>),
    /// The definition of a column, as with its default.
    Column(String),
    /// How the table is partitioned.
    Partitions,
    /// These words behind the columns.
    Words(&'static str),
    /// Whether an index is used.
    Visible(String, bool),
    /// Nowhere, and twice is as good as once.
    Repeatable,
}

/// The traces of the clauses of an `ALTER TABLE`, one for each of its actions; `None` where none is known.
#[must_use]
pub fn traces(sql: &str) -> Vec<Option<Trace>> {
    let Some(mut reader) = Reader::new(sql) else { return Vec::new() };
    reader.eat("ALTER");
    let _noise = reader.eat("ONLINE") || reader.eat("OFFLINE");
    let ignore = reader.eat("IGNORE");
    if !reader.eat("TABLE") {
        return Vec::new();
    }
    reader.if_exists();
    if reader.name().is_none() {
        return Vec::new();
    }
    // `IGNORE` is an action of its own, and says how.
    let mut traces = if ignore { vec![Some(Trace::Repeatable)] } else { Vec::new() };
    while !reader.is_done() {
        traces.push(trace(&mut reader.clone()));
        clause(&mut reader);
        if !reader.next_clause() {
            break;
        }
    }
    traces
}

fn trace(reader: &mut Reader) -> Option<Trace> {
    match reader.peek(0).as_str() {
        "ADD" => {
            reader.word();
            added(reader)
        }
        "DROP" if reader.peek(1) == "PARTITION" => Some(Trace::Partitions),
        "DROP" if reader.peek(1) == "SYSTEM" => Some(Trace::Words("WITH SYSTEM VERSIONING")),
        "ALTER" => altered(reader),
        "FORCE" | "ORDER" | "CONVERT" | "ALGORITHM" | "LOCK" | "AUTO_INCREMENT" | "NOWAIT" | "WAIT" | "ENABLE"
        | "DISABLE" => Some(Trace::Repeatable),
        "COALESCE" | "REORGANIZE" | "REMOVE" | "PARTITION" => Some(Trace::Partitions),
        _ => options(reader),
    }
}

fn added(reader: &mut Reader) -> Option<Trace> {
    let named = reader.eat("CONSTRAINT");
    let is_sort = |word: &str| matches!(word, "PRIMARY" | "FOREIGN" | "CHECK");
    let mut name = None;
    if named {
        reader.if_exists();
        if !is_sort(&reader.peek(0)) {
            name = reader.name();
        }
    }
    match reader.word().as_str() {
        "PRIMARY" => Some(Trace::Constraint("PRIMARY KEY", None)),
        "FOREIGN" => Some(Trace::Constraint("FOREIGN KEY", name)),
        "CHECK" => Some(Trace::Constraint("CHECK", name)),
        "PARTITION" => Some(Trace::Partitions),
        "SYSTEM" => Some(Trace::Words("WITH SYSTEM VERSIONING")),
        _ => None,
    }
}

fn altered(reader: &mut Reader) -> Option<Trace> {
    reader.word();
    if reader.eat("INDEX") || reader.eat("KEY") {
        reader.if_exists();
        let name = reader.name()?;
        let not = reader.eat("NOT");
        return match (reader.word().as_str(), not) {
            ("VISIBLE", _) | ("IGNORED", true) => Some(Trace::Visible(name, true)),
            ("INVISIBLE" | "IGNORED", _) => Some(Trace::Visible(name, false)),
            _ => None,
        };
    }
    if matches!(reader.peek(0).as_str(), "CHECK" | "CONSTRAINT") {
        return None;
    }
    reader.eat("COLUMN");
    reader.if_exists();
    reader.name().map(Trace::Column)
}

/// Options may follow one another without commas.
fn options(reader: &mut Reader) -> Option<Trace> {
    const KNOWN: [&str; 16] = [
        "ENGINE",
        "COMMENT",
        "ROW_FORMAT",
        "KEY_BLOCK_SIZE",
        "CHARSET",
        "COLLATE",
        "ENCRYPTION",
        "COMPRESSION",
        "STATS_PERSISTENT",
        "STATS_AUTO_RECALC",
        "STATS_SAMPLE_PAGES",
        "MIN_ROWS",
        "MAX_ROWS",
        "AVG_ROW_LENGTH",
        "CHECKSUM",
        "DELAY_KEY_WRITE",
    ];
    let mut options = Vec::new();
    while !reader.is_done() && !reader.at_comma() {
        reader.eat("DEFAULT");
        let mut name = reader.word();
        if name == "CHARACTER" && reader.eat("SET") {
            name = "CHARSET".into();
        }
        reader.eat("=");
        let value = reader.token()?;
        // The next value of a counter is no part of what is compared, and setting it twice is as good as once.
        if name != "AUTO_INCREMENT" {
            KNOWN.contains(&name.as_str()).then_some(())?;
            options.push((name, value));
        }
    }
    Some(Trace::Options(options))
}

/// The value of an option in what `SHOW CREATE TABLE` says behind the columns.
#[must_use]
pub fn option_in(options: &str, name: &str) -> Option<String> {
    let mut reader = Reader::new(options.trim_start_matches(')'))?;
    while !reader.is_done() {
        let is_it = reader.peek(0) == name;
        let _next = reader.token();
        if reader.eat("=") {
            let value = reader.token();
            if is_it {
                return value;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clause_has_its_trace() {
        let sql = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1), ADD FOREIGN KEY (a, b) REFERENCES p (a, b), COMMENT = 'x', \
                   ALTER INDEX i INVISIBLE, ALTER COLUMN a SET DEFAULT 4, ENGINE=InnoDB, DEFAULT CHARACTER SET latin1, \
                   AUTO_INCREMENT = 7, ADD COLUMN z INT, FORCE";
        let found = traces(sql);
        let option = |name: &str, value: &str| Some(Trace::Options(vec![(name.into(), value.into())]));
        let expected = [
            Some(Trace::Constraint("CHECK", Some("c".into()))),
            Some(Trace::Constraint("FOREIGN KEY", None)),
            option("COMMENT", "'x'"),
            Some(Trace::Visible("i".into(), false)),
            Some(Trace::Column("a".into())),
            option("ENGINE", "InnoDB"),
            option("CHARSET", "latin1"),
            Some(Trace::Repeatable),
            None,
            Some(Trace::Repeatable),
        ];
        assert_eq!(found, expected);
        let super::super::Effect::AlterTable { actions, .. } = super::super::effect(sql) else { panic!() };
        assert_eq!(actions.len(), found.len());
        let two = [("COMMENT".to_owned(), "'x'".to_owned()), ("ENGINE".into(), "InnoDB".into())];
        assert_eq!(
            traces("ALTER TABLE t COMMENT='x' AUTO_INCREMENT 7 ENGINE InnoDB"),
            [Some(Trace::Options(two.into()))]
        );
        assert_eq!(traces("ALTER TABLE t SECONDARY_LOAD"), [None]);
    }

    #[test]
    fn an_option_is_not_looked_for_in_the_comment() {
        let options =
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='ROW_FORMAT=REDUNDANT'";
        assert_eq!(option_in(options, "ENGINE").as_deref(), Some("InnoDB"));
        assert_eq!(option_in(options, "CHARSET").as_deref(), Some("utf8mb4"));
        assert_eq!(option_in(options, "ROW_FORMAT"), None);
        assert_eq!(option_in(options, "COMMENT").as_deref(), Some("'ROW_FORMAT=REDUNDANT'"));
    }
}
