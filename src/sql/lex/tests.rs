//! What a script falls into.

use super::*;
use proptest::prelude::*;

fn statements(text: &str) -> Vec<&str> {
    split(text).unwrap().into_iter().map(|piece| piece.sql).collect()
}

#[test]
fn one_long_line_is_read_once() {
    // Looked through again for each of its statements or spaces, this would take hours.
    let text = "a; \u{fc};   ".repeat(100_000);
    let pieces = split(&text).unwrap();
    assert_eq!(pieces.len(), 200_000);
    assert_eq!(pieces.last().map(|last| (last.line, last.column)), Some((1, 799_996)));
    assert_eq!(split(&format!("DELIMITER $$\n{}", "a$$".repeat(100_000))).unwrap().len(), 100_000);
    assert_eq!(comments(&"/**/a; ".repeat(100_000)).unwrap().last().map(|last| last.column), Some(699_994));
}

#[test]
fn semicolons_in_quotes_and_comments_do_not_split() {
    let text =
        "INSERT INTO t VALUES ('a;b', \"c;d\", 'it''s', 'x\\';y'); -- one; two\n# three;\n/* four; */ SELECT `a;b`";
    assert_eq!(statements(text), ["INSERT INTO t VALUES ('a;b', \"c;d\", 'it''s', 'x\\';y')", "SELECT `a;b`"]);
}

#[test]
fn places_count_lines_and_characters() {
    let pieces = split("\u{feff}-- häder\r\n\r\nSELECT 1;\r\n  /* ü */ SELECT 2;").unwrap();
    let places: Vec<_> = pieces.iter().map(|piece| (piece.sql, piece.line, piece.column)).collect();
    assert_eq!(places, [("SELECT 1", 3, 1), ("SELECT 2", 4, 11)]);
}

#[test]
fn delimiter_is_the_clients_command() {
    let text = "DELIMITER //\nCREATE PROCEDURE p()\nBEGIN SELECT 1; END//\ndelimiter ;\nSELECT 2;";
    assert_eq!(statements(text), ["CREATE PROCEDURE p()\nBEGIN SELECT 1; END", "SELECT 2"]);
}

#[test]
fn a_delimiter_ends_the_word_that_it_touches() {
    let text = "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\nDELIMITER ;\nSELECT a$b;";
    assert_eq!(statements(text), ["CREATE PROCEDURE p() BEGIN SELECT 1; END", "SELECT a$b"]);
    assert_eq!(statements("DELIMITER $$\nSELECT 1$$ SELECT '$$'$$"), ["SELECT 1", "SELECT '$$'"]);
    assert_eq!(statements("DELIMITER go\nSELECT 1 go\n"), ["SELECT 1"]);
}

#[test]
fn mariadbs_for_loop_does_not_end_the_program() {
    let body = "CREATE PROCEDURE p() BEGIN FOR i IN 1..2 DO SELECT i; END FOR; SELECT 2; END";
    assert_eq!(statements(&format!("{body}; SELECT 3")), [body, "SELECT 3"]);
}

#[test]
fn a_backslash_is_what_the_mode_in_force_makes_it() {
    let text = "SELECT 'a\\';'; SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'; SELECT 'a\\'; SET sql_mode = DEFAULT; SELECT '\\';'";
    let parts = [
        "SELECT 'a\\';'",
        "SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'",
        "SELECT 'a\\'",
        "SET sql_mode = DEFAULT",
        "SELECT '\\';'",
    ];
    assert_eq!(statements(text), parts);
    assert_eq!(split_under("SELECT 'a\\'; SELECT 1", Backslash::Plain).unwrap().len(), 2);
    let set = |sql: &str| after(sql, Backslash::Plain, Backslash::Escapes);
    for (sql, then) in [
        ("SET @old = @@sql_mode, sql_mode = 'NO_BACKSLASH_ESCAPES'", Backslash::Plain),
        ("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')", Backslash::Plain),
        ("/*!40101 SET SQL_MODE=@OLD_SQL_MODE */", Backslash::Escapes),
        ("SET sql_mode = ''", Backslash::Escapes),
        ("SELECT @@sql_mode", Backslash::Plain),
    ] {
        assert_eq!(set(sql), then, "{sql}");
    }
}

#[test]
fn a_comment_of_one_star_is_not_closed() {
    assert!(split("SELECT 1; /*/ SELECT 2;").unwrap_err().message.contains("*/"));
}

#[test]
fn stored_programs_need_no_delimiter() {
    let body = "CREATE DEFINER=`a`@`b` TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN\n IF NEW.a THEN SET NEW.b = CASE NEW.a WHEN 1 THEN 2 END; END IF;\n CASE NEW.a WHEN 1 THEN SET @a = 1; END CASE;\nEND";
    assert_eq!(statements(&format!("{body};\nSELECT 1;")), [body, "SELECT 1"]);
    assert_eq!(statements("CREATE TABLE t (begin INT);SELECT 1"), ["CREATE TABLE t (begin INT)", "SELECT 1"]);
}

#[test]
fn executable_comments_are_statements_and_plain_ones_are_not() {
    assert_eq!(
        statements("/*!40101 SET NAMES utf8mb4 */;\n/* nothing */;\n-- nothing"),
        ["/*!40101 SET NAMES utf8mb4 */"]
    );
}

#[test]
fn what_is_never_closed_is_named_with_its_place() {
    let error = split("SELECT 1;\nSELECT 'abc;").unwrap_err();
    assert_eq!((error.line, error.column), (2, 8));
    assert!(split("/* abc").unwrap_err().message.contains("*/"));
    assert!(split("CREATE PROCEDURE p() BEGIN SELECT 1;").unwrap_err().message.contains("END"));
}

proptest! {
    #[test]
    fn splitting_what_was_joined_gives_the_statements_back(values in prop::collection::vec("[a-z0-9;'\"`#/* \\n-]{0,12}", 1..6)) {
        let parts: Vec<String> = values
            .iter()
            .map(|value| format!("SELECT '{}'", value.replace('\'', "''")))
            .collect();
        let script = parts.join(";\n-- note;\n");
        prop_assert_eq!(statements(&script), parts);
    }

    #[test]
    fn any_text_splits_or_errs_and_every_piece_stands_where_it_says(text in "[-a-zA-Z;'\"`#/*\\\\ \\n$ü]{0,60}") {
        for piece in split(&text).unwrap_or_default() {
            prop_assert_eq!(&text[piece.offset..piece.offset + piece.sql.len()], piece.sql);
            prop_assert_eq!(place(&text, piece.offset), (piece.line, piece.column));
        }
    }
}
