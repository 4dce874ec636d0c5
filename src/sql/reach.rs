//! Whether a statement stays within the one database that it runs in. For trying statements beside an app in use: what
//! may reach further, or cannot be told not to, is not run there.

use super::ddl::{Effect, databases, effect};
use super::executable::as_read_by;
use super::online::scan::{Element, Kind, elements};
use crate::model::engine::Engine;
use std::collections::BTreeSet;

/// Engines that keep their rows in the server itself.
const LOCAL: [&str; 10] =
    ["InnoDB", "MyISAM", "Aria", "MEMORY", "HEAP", "ARCHIVE", "CSV", "BLACKHOLE", "MRG_MyISAM", "MERGE"];
/// Words that reach for files, libraries, locks or accounts of the whole server, wherever they stand.
const SERVER_WIDE: [&str; 9] = [
    "OUTFILE",
    "DUMPFILE",
    "SONAME",
    "TABLESPACE",
    "DIRECTORY",
    "LOAD_FILE",
    "GET_LOCK",
    "RELEASE_LOCK",
    "RELEASE_ALL_LOCKS",
];
/// Words by which a stored program could do so.
const IN_PROGRAMS: [&str; 13] = [
    "GLOBAL",
    "PERSIST",
    "PERSIST_ONLY",
    "GRANT",
    "REVOKE",
    "PREPARE",
    "EXECUTE",
    "FLUSH",
    "KILL",
    "SHUTDOWN",
    "INSTALL",
    "RESET",
    "PURGE",
];

/// Why a statement may touch more than the database that it runs in; `None` when it does not. `known` are the databases
/// of the server, in lower case.
#[must_use]
pub fn beyond(sql: &str, engine: &Engine, known: &BTreeSet<String>) -> Option<String> {
    let Some(text) = as_read_by(sql, engine) else { return Some("its executable comments cannot be read".into()) };
    let Some(words) = elements(&text) else { return Some("it cannot be read".into()) };
    if let Some(database) = databases(&text).into_iter().next().or_else(|| qualifier(&words, known)) {
        return Some(format!("it names the database `{database}`"));
    }
    let has = |word: &&str| words.iter().any(|element| element.is(word));
    if let Some(word) = SERVER_WIDE.iter().find(|word| has(word)) {
        return Some(format!("{word} reaches beyond a schema"));
    }
    if let Some(variable) = words.iter().find(|element| is_global(element)) {
        return Some(format!("{} is the whole server's", variable.text));
    }
    if let Some(engine) = foreign_engine(&words) {
        return Some(format!("the engine {engine} may keep its rows elsewhere"));
    }
    let second = |word: &str| words.get(1).is_some_and(|element| element.is(word));
    match effect(&text) {
        Effect::Routine { kind, .. } if kind == "event" => Some("an event runs by itself".into()),
        Effect::Routine { verb, kind, .. } if verb == "DROP" && kind == "function" => {
            Some("a function of the whole server may have that name".into())
        }
        Effect::Routine { .. } => {
            let word = IN_PROGRAMS.iter().find(|word| has(word))?;
            Some(format!("{word} in a stored program reaches beyond a schema"))
        }
        Effect::Rows { verb, .. } if verb == "LOAD" => Some("it reads a file".into()),
        Effect::Transaction if words.first().is_some_and(|word| word.is("FLUSH")) => {
            Some("FLUSH is for the whole server".into())
        }
        Effect::Transaction
            if words.first().is_some_and(|word| word.is("LOCK")) && !second("TABLE") && !second("TABLES") =>
        {
            Some("it locks the whole server".into())
        }
        Effect::Use => Some("it goes to another database".into()),
        Effect::Other => Some("it reaches beyond the schema, or may".into()),
        _ => None,
    }
}

/// The first name before a dot that is a database's.
fn qualifier(words: &[Element<'_>], known: &BTreeSet<String>) -> Option<String> {
    let names = words.windows(2).filter(|pair| pair[1].is(".")).filter_map(|pair| pair[0].name());
    names.into_iter().find(|name| known.contains(&name.to_lowercase()))
}

fn is_global(element: &Element<'_>) -> bool {
    let text = element.text.to_ascii_lowercase();
    element.kind == Kind::Word && (text.starts_with("@@global") || text.starts_with("@@persist"))
}

/// The engine that a table's options name, unless it is a local one.
fn foreign_engine(words: &[Element<'_>]) -> Option<String> {
    /// Behind these stands a column's name.
    const BEFORE_COLUMN: [&str; 9] = ["ADD", "COLUMN", "MODIFY", "CHANGE", "DROP", "AFTER", "TO", "ALTER", "EXISTS"];
    if !words.iter().take(5).any(|word| word.is("TABLE")) {
        return None;
    }
    let mut depth = 0_i32;
    words.windows(3).find_map(|three| {
        depth += i32::from(three[0].is("(")) - i32::from(three[0].is(")"));
        let is_column = BEFORE_COLUMN.iter().any(|word| three[0].is(word));
        if depth > 0 || is_column || !three[1].is("ENGINE") {
            return None;
        }
        let name = if three[2].is("=") { words.iter().find(|word| word.start > three[2].start)? } else { &three[2] };
        let text = name.text.trim_matches(['\'', '"', '`']);
        (!LOCAL.iter().any(|local| local.eq_ignore_ascii_case(text))).then(|| text.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::engine::EngineKind;

    fn reaches(sql: &str) -> Option<String> {
        let known = BTreeSet::from(["shop".to_owned(), "mysql".to_owned()]);
        beyond(sql, &Engine { kind: EngineKind::Mysql, version: "9.7.4".into() }, &known)
    }

    #[test]
    fn what_stays_in_its_database_is_let_through() {
        for sql in [
            "ALTER TABLE t ADD a INT, ALGORITHM=INSTANT",
            "CREATE TABLE t (a INT) ENGINE=InnoDB",
            "CREATE TABLE t (a INT) ENGINE innodb",
            "INSERT INTO t SELECT u.a, 1.5 FROM u",
            "CREATE VIEW v AS SELECT o.id FROM orders o",
            "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
            "SET @a = 1",
            "SET NAMES utf8mb4",
            "INSERT INTO t VALUES ('GRANT ALL ON shop.x')",
            "LOCK TABLES t WRITE",
            "DROP TABLE IF EXISTS t",
            "CREATE TABLE cars (engine VARCHAR(9), b INT)",
            "ALTER TABLE cars ADD engine VARCHAR(9), ENGINE=MyISAM",
            "INSERT INTO cars (engine) VALUES ('x')",
            "/*!50003 ALTER TABLE t ADD a INT */",
        ] {
            assert_eq!(reaches(sql), None, "{sql}");
        }
    }

    #[test]
    fn what_may_reach_further_is_told() {
        for (sql, reason) in [
            ("ALTER TABLE shop.t ADD a INT", "the database `shop`"),
            ("ALTER TABLE `nowhere` . t ADD a INT", "the database `nowhere`"),
            ("INSERT INTO t SELECT * FROM SHOP.t", "the database `SHOP`"),
            ("CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES `shop`.`u` (a))", "the database `shop`"),
            ("CREATE VIEW v AS SELECT `shop`.f(1)", "the database `shop`"),
            ("/*!50003 DROP TABLE shop.t */", "the database `shop`"),
            ("GRANT ALL ON *.* TO x", "beyond"),
            ("CREATE USER x", "beyond"),
            ("CREATE DATABASE x", "beyond"),
            ("ALTER DATABASE CHARACTER SET utf8mb4", "beyond"),
            ("SET GLOBAL max_connections = 1", "beyond"),
            ("SET @@global.max_connections = 1", "server"),
            ("CALL p()", "beyond"),
            ("EXECUTE s", "beyond"),
            ("USE shop", "another database"),
            ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t", "by itself"),
            ("CREATE PROCEDURE p() BEGIN SET GLOBAL a = 1; END", "GLOBAL"),
            ("CREATE FUNCTION f RETURNS INT SONAME 'x.so'", "SONAME"),
            ("DROP FUNCTION f", "whole server"),
            ("LOAD DATA INFILE 'x' INTO TABLE t", "file"),
            ("SELECT * FROM t INTO OUTFILE 'x'", "OUTFILE"),
            ("FLUSH TABLES WITH READ LOCK", "whole server"),
            ("LOCK INSTANCE FOR BACKUP", "whole server"),
            ("ALTER TABLE t IMPORT TABLESPACE", "TABLESPACE"),
            ("CREATE TABLE t (a INT) ENGINE=FEDERATED CONNECTION='mysql://h/d/t'", "FEDERATED"),
            ("CREATE TABLE t (a INT) DATA DIRECTORY='/x'", "DIRECTORY"),
        ] {
            let said = reaches(sql).unwrap_or_else(|| panic!("{sql}"));
            assert!(said.contains(reason), "{sql}: {said}");
        }
    }
}
