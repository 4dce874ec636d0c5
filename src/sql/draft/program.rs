//! Views and stored programs by their own text, which both servers keep as it was written, views apart.

use super::types;
use crate::model::built::Defaults;
use crate::model::schema::Routine;
use crate::sql::ddl::reader::Reader;

/// What a `CREATE` of a view or a program makes, in the words of the catalogue's reader; the body as tokens.
pub(super) fn read(kind: &str, name: &str, reader: &mut Reader) -> Option<Routine> {
    let definition = match kind {
        "trigger" => {
            let (timing, event) = (reader.word(), reader.word());
            reader.eat("ON").then_some(())?;
            let table = reader.name()?;
            for word in ["FOR", "EACH", "ROW"] {
                reader.eat(word).then_some(())?;
            }
            if matches!(reader.peek(0).as_str(), "FOLLOWS" | "PRECEDES") {
                reader.word();
                reader.name()?;
            }
            format!("{timing} {event} ON {table} FOR EACH ROW {}", reader.rest())
        }
        "procedure" | "function" => routine(kind == "function", reader)?,
        _ => String::new(),
    };
    Some(Routine { kind: kind.into(), name: name.into(), definition })
}

/// `(IN a INT) RETURNS INT DETERMINISTIC CONTAINS SQL BEGIN …` as tokens.
fn routine(is_function: bool, reader: &mut Reader) -> Option<String> {
    let parameters = reader.parenthesised()?;
    let returns = if is_function {
        reader.eat("RETURNS").then_some(())?;
        let mut words = vec![reader.token()?];
        if reader.peek_symbol("(") {
            words.push(format!("( {} )", reader.parenthesised()?));
        }
        format!(" RETURNS {}", words.join(" "))
    } else {
        String::new()
    };
    let (mut deterministic, mut access) = ("", "CONTAINS SQL".to_owned());
    loop {
        match (reader.peek(0).as_str(), reader.peek(1).as_str()) {
            ("NOT", "DETERMINISTIC") | ("LANGUAGE", _) => drop((reader.word(), reader.word())),
            ("DETERMINISTIC", _) => {
                reader.word();
                deterministic = " DETERMINISTIC";
            }
            (one @ ("CONTAINS" | "NO"), "SQL") => {
                access = format!("{one} SQL");
                drop((reader.word(), reader.word()));
            }
            (one @ ("READS" | "MODIFIES"), "SQL") => {
                access = format!("{one} SQL DATA");
                drop((reader.word(), reader.word(), reader.word()));
            }
            ("SQL", "SECURITY") => drop((reader.word(), reader.word(), reader.word())),
            ("COMMENT", _) => drop((reader.word(), reader.token())),
            _ => break,
        }
    }
    Some(format!("({parameters}){returns}{deterministic} {access} {}", reader.rest()))
}

/// Whether two definitions of a program are the same token by token, types of parameters in whatever words.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    let tokens = |text: &str| {
        let mut reader = Reader::new(text)?;
        let head = if reader.peek_symbol("(") { signature(&mut reader)? } else { String::new() };
        Some(format!("{head} {}", reader.rest()))
    };
    matches!((tokens(one), tokens(other)), (Some(one), Some(other)) if one == other)
}

/// Parameters and the type that is returned, moved past.
fn signature(reader: &mut Reader) -> Option<String> {
    let defaults = Defaults::default();
    let mut words = Vec::new();
    reader.eat("(").then_some(())?;
    while !reader.eat(")") {
        let mode = match reader.peek(0).as_str() {
            mode @ ("IN" | "OUT" | "INOUT") => {
                reader.word();
                mode.to_owned()
            }
            _ => "IN".into(),
        };
        words.extend([mode, reader.name()?.to_uppercase(), types::read(reader, &defaults)?.text]);
        reader.eat(",");
    }
    if reader.eat("RETURNS") {
        words.extend(["RETURNS".into(), types::read(reader, &defaults)?.text]);
    }
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn programs_are_the_same_whatever_the_words_of_their_types() {
        assert!(same(
            "(a INT) RETURNS INTEGER CONTAINS SQL RETURN a",
            "(IN a int(11)) RETURNS int(11) CONTAINS SQL return a"
        ));
        assert!(!same("(a INT) RETURNS INT CONTAINS SQL RETURN a", "(IN a int) RETURNS bigint CONTAINS SQL RETURN a"));
        assert!(!same("(a INT) CONTAINS SQL SELECT 'a'", "(IN a int) CONTAINS SQL SELECT 'A'"));
        assert!(!same("(OUT a INT) CONTAINS SQL SELECT 1", "(IN a int) CONTAINS SQL SELECT 1"));
    }
}
