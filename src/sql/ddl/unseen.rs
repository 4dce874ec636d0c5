//! Statements whose effect the definitions do not keep: read after a crash, an unchanged catalogue proves nothing of them.

use super::reader::Reader;

/// Why the catalogue cannot tell that this statement has *not* taken effect; `None` where it can.
#[must_use]
pub fn unseen(sql: &str) -> Option<&'static str> {
    let mut reader = Reader::new(sql)?;
    match reader.word().as_str() {
        "ALTER" if reader.eat("TABLE") && moves_tablespace(&mut reader) => {
            Some("the table's file is exchanged under it, and its definition stays as it was")
        }
        "CREATE" | "ALTER" if ends_by_itself(&mut reader) => {
            Some("an event that has run for the last time drops itself, so that its absence proves nothing")
        }
        _ => None,
    }
}

fn moves_tablespace(reader: &mut Reader) -> bool {
    while reader.seek(&["DISCARD", "IMPORT"]) {
        reader.word();
        if reader.has_ahead(&["TABLESPACE"]) {
            return true;
        }
    }
    false
}

/// Whether it makes an event with a last time, which is not preserved after it.
fn ends_by_itself(reader: &mut Reader) -> bool {
    if !reader.seek(&["EVENT", "TABLE", "VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "INDEX"]) || !reader.eat("EVENT") {
        return false;
    }
    let mut body = reader.clone();
    // The first of them that stands outside parentheses; what comes after DO is the event's body.
    if !body.seek(&["SCHEDULE", "DO"]) || !body.eat("SCHEDULE") {
        return false;
    }
    let mut ends = body.eat("AT");
    while body.seek(&["ENDS", "COMPLETION", "DO"]) {
        match body.word().as_str() {
            "ENDS" => ends = true,
            "COMPLETION" if body.eat("PRESERVE") => return false,
            "DO" => break,
            _ => {}
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::unseen;

    #[test]
    fn an_event_that_drops_itself_and_a_file_under_a_table_are_not_seen() {
        for sql in [
            "CREATE EVENT e ON SCHEDULE AT CURRENT_TIMESTAMP DO DELETE FROM t",
            "CREATE DEFINER = root@localhost EVENT IF NOT EXISTS e ON SCHEDULE AT NOW() ON COMPLETION NOT PRESERVE DO SET @a = 1",
            "CREATE EVENT e ON SCHEDULE EVERY 1 SECOND ENDS NOW() + INTERVAL 1 MINUTE DO DELETE FROM t",
            "ALTER TABLE t DISCARD TABLESPACE",
            "ALTER TABLE t IMPORT PARTITION p TABLESPACE",
        ] {
            assert!(unseen(sql).is_some(), "{sql}");
        }
        for sql in [
            "CREATE EVENT e ON SCHEDULE AT NOW() ON COMPLETION PRESERVE DO DELETE FROM t",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t",
            "DROP EVENT e",
            "ALTER TABLE t ADD COLUMN c INT",
            "CREATE TABLE event (at INT)",
        ] {
            assert!(unseen(sql).is_none(), "{sql}");
        }
    }
}
