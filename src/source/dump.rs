//! A dump of a schema, as `mysqldump --no-data` and `mariadb-dump --no-data` write it, for judging queries on.
//!
//! Only definitions are taken. Rows, accounts, and what concerns the whole server or another database are left out, so
//! that a full dump serves as well.

use super::error::SourceError;
use super::text::{read, shown};
use crate::model::ledger::DEFAULT_TABLES;
use crate::model::location::Location;
use crate::model::migration::Statement;
use crate::sql::ddl::targets;
use crate::sql::lex;
use std::path::Path;

/// The words that a statement of a dump may begin with to be taken; what it defines is the second word.
const DEFINING: [&str; 4] = ["CREATE", "ALTER", "DROP", "SET"];
/// What is no part of a schema, or beyond it.
const BEYOND: [&str; 6] = ["DATABASE", "SCHEMA", "USER", "ROLE", "SERVER", "TABLESPACE"];
/// Tables of migration tools, which no query of an app reads.
const OWN: [&str; 2] = ["_aura_db_journal", "_aura_db_archives"];

/// Reads the statements that define a schema. The session is let make what points ahead.
///
/// # Errors
/// When the file cannot be read, cannot be split into statements, or defines nothing.
pub fn load(path: &Path) -> Result<Vec<Statement>, SourceError> {
    let text = read(path)?;
    let file = shown(path);
    let at = |line: u32, column: u32| Location { file: file.clone(), line, column: Some(column) };
    let pieces = lex::split(&text).map_err(|error| SourceError {
        message: format!("{file}:{}:{}: {}", error.line, error.column, error.message),
        at: Some(at(error.line, error.column)),
    })?;
    let mut statements: Vec<Statement> = pieces
        .into_iter()
        .filter(|piece| defines(piece.sql))
        .map(|piece| Statement { sql: piece.sql.to_owned(), at: at(piece.line, piece.column) })
        .collect();
    if !statements.iter().any(|statement| words(&statement.sql).next().is_some_and(|word| word == "CREATE")) {
        return Err(SourceError {
            message: format!(
                "{file}: there is no CREATE statement in it; make it with `mysqldump --no-data --routines DATABASE`"
            ),
            at: Some(Location::line(&file, 1)),
        });
    }
    statements.insert(0, Statement { sql: "SET foreign_key_checks = 0".into(), at: at(1, 1) });
    Ok(statements)
}

fn defines(sql: &str) -> bool {
    let mut words = words(sql);
    let Some(first) = words.next().filter(|word| DEFINING.contains(&word.as_str())) else { return false };
    let rest: Vec<String> = words.take(8).collect();
    if first == "SET" {
        // Such as the binary log's state, or the time zone of rows.
        return !rest.iter().any(|word| ["GLOBAL", "SQL_LOG_BIN", "GTID_PURGED", "PERSIST"].contains(&word.as_str()));
    }
    let kind = rest.iter().find(|word| !["OR", "REPLACE", "IF", "NOT", "EXISTS"].contains(&word.as_str()));
    if kind.is_some_and(|word| BEYOND.contains(&word.as_str())) {
        return false;
    }
    let ours = |name: &String| DEFAULT_TABLES.iter().chain(&OWN).any(|own| name.eq_ignore_ascii_case(own));
    !targets(sql).iter().any(ours)
}

/// The words of a statement in upper case, those in executable comments among them.
fn words(sql: &str) -> impl Iterator<Item = String> + '_ {
    let code = without_comments(sql);
    code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()) && *word != "M")
        .map(str::to_ascii_uppercase)
}

/// What is left after the comments before a statement; an executable one is part of it.
fn without_comments(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        let line = rest.starts_with("--") || rest.starts_with('#');
        let block = rest.starts_with("/*") && !rest.starts_with("/*!");
        let end = match (line, block) {
            (true, _) => rest.find('\n').map(|end| end + 1),
            (_, true) => rest.find("*/").map(|end| end + 2),
            _ => return rest,
        };
        rest = end.map_or("", |end| rest[end..].trim_start());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_taken_and_rows_are_not() {
        for sql in [
            "CREATE TABLE `t` (`a` int)",
            "/*!40101 SET @saved_cs_client = @@character_set_client */",
            "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`r`@`%` SQL SECURITY DEFINER */ /*!50001 VIEW `v` AS \
             select 1 AS `a` */",
            "-- a comment\n/*M!999999\\- enable the sandbox mode */ \nDROP TABLE IF EXISTS `t`",
            "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`%`*/ /*!50003 TRIGGER `x` BEFORE INSERT ON `t` FOR EACH ROW SET @a=1 */",
        ] {
            assert!(defines(sql), "{sql}");
        }
        for sql in [
            "INSERT INTO `t` VALUES (1)",
            "LOCK TABLES `t` WRITE",
            "USE `shop`",
            "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`",
            "/*!40000 DROP DATABASE IF EXISTS `shop`*/",
            "SET @@SESSION.SQL_LOG_BIN= 0",
            "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ ''",
            "CREATE USER 'a'@'%'",
            "CREATE TABLE `_sqlx_migrations` (`version` bigint)",
            "GRANT SELECT ON *.* TO 'a'",
        ] {
            assert!(!defines(sql), "{sql}");
        }
    }
}
