//! Views and stored programs by their own text, which both servers keep as it was written, views apart.

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
            ("NOT", "DETERMINISTIC") => drop((reader.word(), reader.word())),
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
            ("LANGUAGE", _) => drop((reader.word(), reader.word())),
            ("COMMENT", _) => drop((reader.word(), reader.token())),
            _ => break,
        }
    }
    Some(format!("({parameters}){returns}{deterministic} {access} {}", reader.rest()))
}

/// Whether two definitions of a program are the same token by token.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    let tokens = |text: &str| Reader::new(text).map(|reader| reader.rest());
    matches!((tokens(one), tokens(other)), (Some(one), Some(other)) if one == other)
}
