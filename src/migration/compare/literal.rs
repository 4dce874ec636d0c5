//! Defaults as a statement writes them, against the words of a catalogue.

use crate::model::schema::Column;
use crate::sql::expression;

/// Whether a column's default is the live one's; `None` when only a server could tell.
pub(super) fn same_default(expected: &Column, live: &Column, mariadb: bool) -> Option<bool> {
    let (Some(written), Some(shown)) = (&expected.default, &live.default) else {
        return Some(expected.default.is_none() && live.default.is_none());
    };
    let base = live.base_type();
    let generated = live.extra.to_uppercase().contains("DEFAULT_GENERATED");
    if written.starts_with("current_timestamp") {
        let shown = shown.to_lowercase().replace("()", "");
        return Some(*written == shown);
    }
    let quoted = written.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let shown_plain = match unquoted(shown).filter(|_| mariadb) {
        Some(text) => text,
        None => shown.clone(),
    };
    if quoted.is_none() && (written.starts_with('(') || generated) {
        return expression::same(written, shown).filter(|same| *same);
    }
    let plain = quoted.map_or_else(|| written.clone(), |text| text.replace("''", "'").replace("\\\\", "\\"));
    if plain == shown_plain {
        return Some(true);
    }
    match base.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" => {
            let (one, other) = (number(&plain)?, number(&shown_plain)?);
            let scale = |text: &str| text.split_once('.').map_or(0, |(_, digits)| digits.len());
            // A server rounds what has more digits than the column.
            if one == other { Some(true) } else { (scale(&one) <= scale(&shown_plain)).then_some(false) }
        }
        "char" | "varchar" => Some(false),
        "bit" => written.eq_ignore_ascii_case(shown).then_some(true),
        "enum" | "set" => Some(plain.eq_ignore_ascii_case(&shown_plain)),
        "date" | "datetime" | "timestamp" => (shown_plain == format!("{plain} 00:00:00")).then_some(true),
        _ => None,
    }
}

/// The text in quotes.
fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'").replace("\\\\", "\\"))
}

/// A decimal number without what says nothing: signs and zeros around it.
fn number(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !is_number(digits) {
        return None;
    }
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
    let digits = if digits.starts_with('.') { format!("0{digits}") } else { digits };
    Some(if digits == "0" { digits } else { format!("{sign}{digits}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_same_or_others_or_for_a_server_to_tell() {
        let column = |kind: &str, default: &str| Column {
            column_type: kind.into(),
            default: Some(default.into()),
            ..Column::default()
        };
        for (kind, written, shown, mariadb, expected) in [
            ("int", "'7'", "7", false, Some(true)),
            ("int(11)", "0", "0", true, Some(true)),
            ("int", "7", "8", false, Some(false)),
            ("decimal(4,2)", "1.5", "1.50", false, Some(true)),
            ("decimal(4,2)", "1.555", "1.56", false, None),
            ("varchar(9)", "'it''s'", "it's", false, Some(true)),
            ("varchar(9)", "'it''s'", "'it''s'", true, Some(true)),
            ("varchar(9)", "'x'", "y", false, Some(false)),
            ("varchar(9)", "''", "", false, Some(true)),
            ("varchar(9)", "''", "''", true, Some(true)),
            ("enum('a')", "'A'", "a", false, Some(true)),
            ("datetime", "'2020-01-01'", "2020-01-01 00:00:00", false, Some(true)),
            ("datetime", "20200101", "2020-01-01 00:00:00", false, None),
            ("timestamp(3)", "current_timestamp(3)", "current_timestamp(3)", true, Some(true)),
            ("timestamp", "current_timestamp", "current_timestamp()", true, Some(true)),
            ("datetime", "current_timestamp", "2020-01-01 00:00:00", false, Some(false)),
            ("bit(1)", "b'1'", "b'1'", false, Some(true)),
            ("varchar(36)", "(uuid())", "uuid()", false, Some(true)),
            ("varchar(36)", "(uuid())", "sha1(1)", false, None),
        ] {
            let found = same_default(&column(kind, written), &column(kind, shown), mariadb);
            assert_eq!(found, expected, "{kind}: {written} and {shown}");
        }
    }
}
