//! The placeholders of the drivers and generators that `.sql` files are written for, as the `?` of a server.
//!
//! Read are `?` and `?1`, `$1`, `:name` and `HugSQL`'s `:value:name`, `@name` where the file does not set it as a variable,
//! `sqlc.arg(name)` and its kin, `%s` and `%(name)s`.

use super::quote;

/// Writes `?` in place of every placeholder. `is_variable` says which `@name` are the session's variables.
///
/// # Errors
/// When a part of the statement itself is filled in at run time, or a quote or comment is not closed.
pub fn to_marks(sql: &str, is_variable: &dyn Fn(&str) -> bool) -> Result<String, String> {
    let mut text = String::with_capacity(sql.len());
    let mut at = 0;
    while let Some(letter) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let copied = match letter {
            '\'' | '"' | '`' => Some(quote::length(rest).ok_or("a quote in it is not closed")?),
            '#' => Some(rest.find('\n').unwrap_or(rest.len())),
            '-' if rest.starts_with("--") => Some(rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => Some(rest.find("*/").ok_or("a comment in it is not closed")? + 2),
            ':' if rest.starts_with("::") || rest.starts_with(":=") => Some(2),
            '@' if rest.starts_with("@@") => Some(2 + word(&rest[2..])),
            '@' if is_variable(&rest[1..=word(&rest[1..])]) => Some(1 + word(&rest[1..])),
            letter if letter.is_alphabetic() || letter == '_' => {
                let length = generated(rest);
                if let Some((length, by)) = length {
                    text.push_str(&by);
                    at += length;
                    continue;
                }
                Some(word(rest))
            }
            _ => None,
        };
        if let Some(length) = copied {
            text.push_str(&rest[..length]);
            at += length;
        } else if let Some(length) = mark(rest, text.chars().next_back())? {
            text.push('?');
            at += length;
        } else {
            text.push(letter);
            at += letter.len_utf8();
        }
    }
    Ok(text)
}

/// The length of the placeholder that a text begins with; `None` when it does not.
fn mark(rest: &str, before: Option<char>) -> Result<Option<usize>, String> {
    let is_apart = before.is_none_or(|letter| !(letter.is_alphanumeric() || letter == '_' || letter == ')'));
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let first = rest.chars().nth(1);
    Ok(match rest.as_bytes()[0] {
        b'?' => Some(1 + digits(&rest[1..])),
        b'$' if is_apart => Some(digits(&rest[1..])).filter(|digits| *digits > 0).map(|digits| digits + 1),
        b'@' if first.is_some_and(begins) => Some(1 + word(&rest[1..])),
        b':' if first.is_some_and(begins) => return named(rest).map(Some),
        b'%' if is_apart && rest.starts_with("%(") => {
            let end = rest.find(")s").filter(|end| word(&rest[2..]) + 2 == *end);
            end.map(|end| end + 2)
        }
        b'%' if is_apart && rest.starts_with("%s") && word(&rest[1..]) == 1 => Some(2),
        _ => None,
    })
}

/// `:name`, or `HugSQL`'s `:type:name`, whose types `*` ends where they are lists.
fn named(rest: &str) -> Result<usize, String> {
    let length = 1 + word(&rest[1..]);
    let kind = &rest[1..length];
    let star = usize::from(rest[length..].starts_with('*'));
    let second = rest[length + star..].strip_prefix(':').filter(|text| text.starts_with(begins));
    let Some(name) = second else { return Ok(length) };
    let end = length + star + 1 + word(name);
    match kind {
        "v" | "value" => Ok(end),
        _ => Err(format!("`{}` is a part of the statement that is filled in at run time", &rest[..end])),
    }
}

/// `sqlc.arg(name)` and its kin, with what stands in its place.
fn generated(rest: &str) -> Option<(usize, String)> {
    let call = rest.strip_prefix("sqlc.")?;
    let (function, behind) = call.split_once('(')?;
    let (argument, _) = behind.split_once(')')?;
    let length = "sqlc.".len() + function.len() + argument.len() + 2;
    match function {
        "arg" | "narg" | "slice" => Some((length, "?".into())),
        "embed" => Some((length, format!("{}.*", argument.trim()))),
        _ => None,
    }
}

fn begins(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

/// Bytes of the word that a text begins with.
fn word(text: &str) -> usize {
    text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(sql: &str) -> Result<String, String> {
        to_marks(sql, &|name| name == "total")
    }

    #[test]
    fn every_kind_becomes_a_question_mark() {
        for (sql, expected) in [
            ("a = ? AND b = ?2", "a = ? AND b = ?"),
            ("a = $1 AND b IN ($12)", "a = ? AND b IN (?)"),
            ("a = :id AND b = :user_name", "a = ? AND b = ?"),
            ("a IN (:v*:ids) AND b = :value:x", "a IN (?) AND b = ?"),
            ("a = @id AND b = @total AND c = @@sql_mode", "a = ? AND b = @total AND c = @@sql_mode"),
            ("a = sqlc.arg(x) AND b IN (sqlc.slice('ids'))", "a = ? AND b IN (?)"),
            ("SELECT sqlc.embed(users) FROM users", "SELECT users.* FROM users"),
            ("a = %s AND b = %(name)s AND c %2 = 1 AND d%s", "a = ? AND b = ? AND c %2 = 1 AND d%s"),
            (
                "a = ':x' AND `:y` = \"$1\" -- :z\n AND b = :c /* :d */",
                "a = ':x' AND `:y` = \"$1\" -- :z\n AND b = ? /* :d */",
            ),
            ("@total := 5, a::int, 'é' = :é", "@total := 5, a::int, 'é' = ?"),
        ] {
            assert_eq!(of(sql).as_deref(), Ok(expected), "{sql}");
        }
        assert!(of("SELECT * FROM :i:table").is_err_and(|error| error.contains("`:i:table`")));
        assert!(of("SELECT 'a").is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_it_and_one_without_placeholders_stays(text in "[a-z0-9 ?:@$%.'(`*é-]{0,20}") {
            of(&text).ok();
            let plain = text.replace(|letter: char| "?:@$%'`".contains(letter), " ");
            prop_assert_eq!(of(&plain), Ok(plain.clone()));
        }
    }

    #[test]
    fn letters_of_several_bytes_are_letters() {
        for sql in ["SELECT \u{feff}a", "\u{feff}", "SELECT 'ä', ü, €", "€"] {
            assert_eq!(of(sql).as_deref(), Ok(sql));
        }
    }
}
