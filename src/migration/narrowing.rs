//! Whether a column that gets another definition still holds every value that it may hold now.
//!
//! Decided from the column before and after in the words of the server's catalogue. What the two types have in common
//! is compared; a pair that is not known is said to be unknown.

use crate::model::schema::Column;

/// What the change of a column does to its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Narrowing {
    /// Every value fits as it did.
    None,
    /// Some value that fits before does not fit after; each reason in words.
    Narrowed(Vec<String>),
    /// It cannot be told.
    Unknown(String),
}

/// Compares a column before and after.
#[must_use]
pub fn narrowing(before: &Column, after: &Column) -> Narrowing {
    let (from, to) = (Type::read(before), Type::read(after));
    let mut reasons = match (from, to) {
        _ if before.column_type.eq_ignore_ascii_case(&after.column_type) && charset(before) == charset(after) => {
            Vec::new()
        }
        (Some(from), Some(to)) => values(&from, &to),
        _ => {
            return Narrowing::Unknown(format!("{} and {} cannot be compared", before.column_type, after.column_type));
        }
    };
    let members = ["enum", "set"].contains(&before.base_type().as_str());
    if members && !before.column_type.is_ascii() && !contains(&charset(after), &charset(before)) {
        reasons.push(format!("{} lacks characters that {} has", charset(after), charset(before)));
    }
    if before.nullable && !after.nullable {
        reasons.push("NULL is no longer allowed".into());
    }
    if reasons.is_empty() { Narrowing::None } else { Narrowing::Narrowed(reasons) }
}

/// A type by the values that it holds.
#[derive(Debug, Clone, PartialEq)]
enum Type {
    /// Whole numbers, lowest and highest.
    Integer(i128, i128),
    /// Digits before and behind the point, and whether it may be negative.
    Decimal(u32, u32, bool),
    /// Significant bits, and whether it may be negative.
    Float(u32, bool),
    /// Characters, bytes, the character set, and whether it is a CHAR, which holds no spaces at its end.
    Text {
        characters: u64,
        bytes: u64,
        charset: String,
        fixed: bool,
    },
    /// Bytes, and whether it is a BINARY, which is filled up with zero bytes.
    Binary(u64, bool),
    /// Bits of a BIT.
    Bits(u64),
    /// The members, in their order; `true` for a SET.
    Members(Vec<String>, bool),
    /// Day, time of day, digits of a second, and whether it is a TIMESTAMP.
    Time {
        date: bool,
        clock: bool,
        digits: u64,
        stamp: bool,
    },
    Json,
}

impl Type {
    fn read(column: &Column) -> Option<Self> {
        let base = column.base_type();
        let unsigned = column.column_type.to_ascii_lowercase().contains("unsigned");
        let numbers = arguments(&column.column_type);
        let number = |at: usize| numbers.get(at).and_then(|text| text.trim().parse::<u64>().ok());
        let integer = |bits: u32| {
            let span = 1_i128 << bits;
            if unsigned { Self::Integer(0, span - 1) } else { Self::Integer(-span / 2, span / 2 - 1) }
        };
        let width = characters_width(column);
        let text = |bytes: u64| Self::Text { characters: bytes, bytes, charset: charset(column), fixed: false };
        // `TEXT(100)` is whichever TEXT that holds so much; `DOUBLE(9,2)` rounds.
        let free = ["tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"];
        if !numbers.is_empty()
            && (free.contains(&base.as_str()) || ["float", "double", "real"].contains(&base.as_str()))
        {
            return None;
        }
        Some(match base.as_str() {
            "tinyint" | "bool" | "boolean" => integer(8),
            "smallint" => integer(16),
            "mediumint" => integer(24),
            "int" | "integer" => integer(32),
            "bigint" => integer(64),
            "year" => Self::Integer(1901, 2155),
            "bit" => Self::Bits(number(0).unwrap_or(1)),
            "decimal" | "numeric" => {
                let (all, behind) = (number(0).unwrap_or(10), number(1).unwrap_or(0));
                let before = u32::try_from(all.saturating_sub(behind)).unwrap_or(u32::MAX);
                Self::Decimal(before, u32::try_from(behind).unwrap_or(u32::MAX), !unsigned)
            }
            "float" => Self::Float(24, !unsigned),
            "double" | "real" => Self::Float(53, !unsigned),
            "char" | "varchar" => {
                let characters = number(0).unwrap_or(1);
                let bytes = characters.saturating_mul(width);
                Self::Text { characters, bytes, charset: charset(column), fixed: base == "char" }
            }
            "tinytext" => text(255),
            "text" => text(65_535),
            "mediumtext" => text(16_777_215),
            "longtext" => text(u64::from(u32::MAX)),
            "binary" | "varbinary" => Self::Binary(number(0).unwrap_or(1), base == "binary"),
            "tinyblob" => Self::Binary(255, false),
            "blob" => Self::Binary(65_535, false),
            "mediumblob" => Self::Binary(16_777_215, false),
            "longblob" => Self::Binary(u64::from(u32::MAX), false),
            "enum" | "set" => Self::Members(numbers.iter().map(|member| unquoted(member)).collect(), base == "set"),
            "date" => Self::Time { date: true, clock: false, digits: 0, stamp: false },
            "time" => Self::Time { date: false, clock: true, digits: number(0).unwrap_or(0), stamp: false },
            "datetime" | "timestamp" => {
                let stamp = base == "timestamp";
                Self::Time { date: true, clock: true, digits: number(0).unwrap_or(0), stamp }
            }
            "json" => Self::Json,
            _ => return None,
        })
    }

    /// The most characters that a value takes when it is written out.
    fn written(&self) -> u64 {
        let digits = |number: i128| number.unsigned_abs().to_string().len() as u64 + u64::from(number < 0);
        match self {
            Self::Integer(low, high) => digits(*low).max(digits(*high)),
            Self::Decimal(before, behind, signed) => {
                u64::from((*before).max(1)) + u64::from(*behind) + u64::from(*behind > 0) + u64::from(*signed)
            }
            Self::Float(..) => 24,
            Self::Text { characters, .. } | Self::Binary(characters, _) => *characters,
            Self::Bits(bits) => *bits,
            Self::Members(members, false) => members.iter().map(|m| m.chars().count() as u64).max().unwrap_or(0),
            Self::Members(members, true) => members.iter().map(|m| m.chars().count() as u64 + 1).sum(),
            Self::Time { date, clock, digits, .. } => {
                let day = if *date { 10 } else { 0 };
                let time = if *clock { 11 } else { 0 };
                day + time + if *digits > 0 { digits + 1 } else { 0 }
            }
            Self::Json => u64::from(u32::MAX),
        }
    }
}

fn values(from: &Type, to: &Type) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut when = |narrower: bool, reason: &str| {
        if narrower {
            reasons.push(reason.to_owned());
        }
    };
    match (from, to) {
        (Type::Integer(low, high), Type::Integer(to_low, to_high)) => {
            when(*low < 0 && *to_low >= 0, "negative values no longer fit");
            let low_end = low < to_low && !(*low < 0 && *to_low >= 0);
            when(*high > *to_high || low_end, "the range of whole numbers shrinks");
        }
        (Type::Integer(low, high), Type::Decimal(before, _, signed)) => {
            when(*low < 0 && !signed, "negative values no longer fit");
            when(high.to_string().len() > *before as usize, "fewer digits stand before the point than the number has");
        }
        (Type::Integer(low, high), Type::Float(bits, signed)) => {
            when(*low < 0 && !signed, "negative values no longer fit");
            when(*high >= 1_i128 << *bits, "large whole numbers lose their last digits");
        }
        (Type::Decimal(before, behind, signed), Type::Decimal(to_before, to_behind, to_signed)) => {
            when(*signed && !to_signed, "negative values no longer fit");
            when(before > to_before, "fewer digits stand before the point");
            when(behind > to_behind, "fewer digits stand behind the point");
        }
        (Type::Decimal(_, behind, signed), Type::Integer(low, high)) => {
            when(*behind > 0, "digits behind the point are rounded away");
            when(*signed && *low >= 0, "negative values no longer fit");
            let Type::Decimal(before, ..) = from else { return reasons };
            when(
                10_i128.checked_pow(*before).is_none_or(|span| span - 1 > *high),
                "the range of whole numbers shrinks",
            );
        }
        (Type::Decimal(..), Type::Float(..)) => when(true, "exact numbers become approximate ones"),
        (Type::Float(..), Type::Integer(..) | Type::Decimal(..)) => {
            when(true, "approximate numbers are rounded, and large ones no longer fit");
        }
        (Type::Float(bits, signed), Type::Float(to_bits, to_signed)) => {
            when(*signed && !to_signed, "negative values no longer fit");
            when(bits > to_bits, "numbers lose digits");
        }
        (
            Type::Text { characters, bytes, charset, fixed },
            Type::Text { characters: to_characters, bytes: to_bytes, charset: to_charset, fixed: to_fixed },
        ) => {
            when(*to_fixed && !fixed, "spaces at the end are cut off");
            let counted = to_bytes == to_characters && !is_single_byte(to_charset);
            let shorter = if counted { bytes > to_bytes } else { characters > to_characters };
            when(shorter, &format!("at most {to_characters} {} fit", if counted { "bytes" } else { "characters" }));
            when(!contains(to_charset, charset), &format!("{to_charset} lacks characters that {charset} has"));
        }
        (Type::Bits(bits), Type::Bits(to_bits)) => when(bits > to_bits, &format!("at most {to_bits} bits fit")),
        (Type::Bits(_), _) | (_, Type::Bits(_)) => when(true, "the values are converted to another sort"),
        (Type::Binary(bytes, _) | Type::Text { bytes, .. }, Type::Binary(to_bytes, padded)) => {
            when(bytes > to_bytes, &format!("at most {to_bytes} bytes fit"));
            let same = matches!(from, Type::Binary(_, true)) && bytes == to_bytes;
            when(*padded && !same, "values are filled up with zero bytes");
        }
        (Type::Binary(..), Type::Text { .. }) => {
            when(true, "bytes that are no text of the character set no longer fit");
        }
        (Type::Members(members, set), Type::Members(to_members, to_set)) => {
            let gone: Vec<&str> = members.iter().filter(|m| !to_members.contains(m)).map(String::as_str).collect();
            when(!gone.is_empty(), &format!("the member {} is gone", gone.join(", ")));
            when(*set && !to_set, "only one member fits");
        }
        (Type::Time { date, clock, digits, stamp }, Type::Time { .. }) => {
            let Type::Time { date: to_date, clock: to_clock, digits: to_digits, stamp: to_stamp } = to else {
                return reasons;
            };
            when(*date && !to_date, "the day is cut off");
            when(!date && *to_date, "a time gets a day, and one below zero or above 24 hours does not fit");
            when(*clock && !to_clock, "the time of day is cut off");
            when(to_clock == clock && digits > to_digits, "fractions of a second are rounded away");
            when(*to_stamp && !stamp, "a TIMESTAMP begins in 1970 and, on most versions, ends in 2038");
        }
        (Type::Json, Type::Text { characters, charset, .. }) => {
            when(from.written() > *characters, &format!("at most {characters} bytes fit"));
            when(!contains(charset, "utf8mb4"), &format!("{charset} lacks characters that JSON has"));
        }
        (Type::Float(24, _), Type::Text { .. }) => when(true, "numbers are written with six digits"),
        (Type::Json, Type::Json) => {}
        (_, Type::Text { characters, .. }) => {
            when(from.written() > *characters, &format!("at most {characters} characters fit"));
        }
        (_, Type::Json) => when(true, "what is no JSON no longer fits"),
        (_, Type::Members(..)) => when(true, "what is no member no longer fits"),
        _ => when(true, "the values are converted to another sort, and what cannot be converted is lost"),
    }
    reasons
}

/// The character set, which a collation's name begins with.
#[must_use]
pub fn charset(column: &Column) -> String {
    let name = column.collation.as_deref().and_then(|name| name.split('_').next()).unwrap_or("binary");
    if name == "utf8" { "utf8mb3".into() } else { name.to_ascii_lowercase() }
}

fn is_single_byte(charset: &str) -> bool {
    ![
        "utf8mb3", "utf8mb4", "utf16", "utf16le", "utf32", "ucs2", "big5", "gbk", "gb2312", "gb18030", "sjis", "cp932",
        "ujis", "eucjpms", "euckr",
    ]
    .contains(&charset)
}

/// Bytes of the longest character.
fn characters_width(column: &Column) -> u64 {
    match charset(column).as_str() {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => 4,
        "utf8mb3" | "ujis" | "eucjpms" => 3,
        name if is_single_byte(name) => 1,
        _ => 2,
    }
}

/// Whether every character of one set is in the other.
fn contains(to: &str, from: &str) -> bool {
    let whole = ["utf8mb4", "utf16", "utf16le", "utf32", "gb18030"];
    let plane = ["utf8mb3", "ucs2"];
    to == from
        || whole.contains(&to)
        || from == "ascii" && to != "swe7"
        || plane.contains(&to) && !whole.contains(&from)
}

/// What stands between the parentheses of a type, split at the commas outside quotes.
fn arguments(column_type: &str) -> Vec<String> {
    let inside = column_type.find('(').zip(column_type.rfind(')')).map(|(open, close)| &column_type[open + 1..close]);
    let mut arguments = Vec::new();
    let (mut quoted, mut current) = (false, String::new());
    for character in inside.unwrap_or_default().chars() {
        match character {
            '\'' => {
                quoted = !quoted;
                current.push('\'');
            }
            ',' if !quoted => arguments.push(std::mem::take(&mut current)),
            _ => current.push(character),
        }
    }
    if inside.is_some() {
        arguments.push(current);
    }
    arguments
}

fn unquoted(member: &str) -> String {
    let inside = member.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(member.trim());
    inside.replace("''", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(definition: &str) -> Column {
        let (column_type, rest) = definition.split_once(" | ").unwrap_or((definition, ""));
        let nullable = !rest.contains("not null");
        let collation = rest.split_whitespace().find(|word| word.contains('_')).map(str::to_owned);
        let is_text = ["char", "text", "enum", "set"].iter().any(|word| column_type.contains(word));
        let collation = collation.or_else(|| is_text.then(|| "utf8mb4_unicode_ci".into()));
        Column { name: "c".into(), column_type: column_type.into(), nullable, collation, ..Column::default() }
    }

    #[test]
    fn what_loses_values_is_narrowed() {
        for (from, to, expected) in [
            ("varchar(255)", "varchar(100)", "at most 100 characters"),
            ("text", "varchar(1000)", "at most 1000 characters"),
            ("varchar(255)", "tinytext", "at most 255 bytes"),
            ("bigint", "int", "range"),
            ("int", "int unsigned", "negative"),
            ("int unsigned", "int", "range"),
            ("int(11)", "smallint(6)", "range"),
            ("bigint", "double", "last digits"),
            ("decimal(10,2)", "decimal(8,2)", "before the point"),
            ("decimal(10,2)", "int", "rounded"),
            ("double", "float", "digits"),
            ("enum('a','b''c','d,e')", "enum('a','d,e')", "b'c is gone"),
            ("enum('a','b')", "varchar(0)", "at most 0"),
            ("varchar(9)", "enum('a')", "no member"),
            ("varchar(9) | utf8mb4_bin", "varchar(9) | latin1_swedish_ci", "latin1 lacks"),
            ("varchar(9) | utf8mb4_bin", "varchar(9) | utf8mb3_bin", "utf8mb3 lacks"),
            ("varchar(9)", "varchar(9) | not null", "NULL"),
            ("datetime(6)", "datetime", "fractions"),
            ("datetime", "date", "time of day"),
            ("datetime", "timestamp", "1970"),
            ("varchar(9)", "int", "converted"),
            ("text", "json", "no JSON"),
            ("bigint", "varchar(19)", "at most 19"),
            ("varbinary(9)", "varchar(9)", "bytes"),
            ("varchar(9)", "char(9)", "spaces"),
            ("varbinary(9)", "binary(9)", "zero bytes"),
            ("tinyint unsigned", "year", "range"),
            ("bit(8)", "varchar(9)", "another sort"),
            ("float", "varchar(99)", "six digits"),
            ("time", "datetime", "24 hours"),
            ("decimal(2,2)", "varchar(4)", "at most 4"),
        ] {
            match narrowing(&column(from), &column(to)) {
                Narrowing::Narrowed(reasons) => {
                    assert!(reasons.iter().any(|reason| reason.contains(expected)), "{from} → {to}: {reasons:?}");
                }
                other => panic!("{from} → {to}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_keeps_every_value_is_not() {
        for (from, to) in [
            ("varchar(100)", "varchar(255)"),
            ("varchar(255)", "text"),
            ("varchar(255) | latin1_swedish_ci", "tinytext | latin1_swedish_ci"),
            ("varchar(9) | latin1_swedish_ci", "varchar(9) | utf8mb4_bin"),
            ("varchar(9) | ascii_bin", "varchar(9) | latin1_swedish_ci"),
            ("int", "bigint"),
            ("int(11)", "int(10)"),
            ("int unsigned", "bigint"),
            ("tinyint(1)", "decimal(3,0)"),
            ("int", "double"),
            ("decimal(8,2)", "decimal(10,2)"),
            ("enum('a')", "enum('a','b')"),
            ("enum('abc')", "varchar(3)"),
            ("date", "datetime"),
            ("timestamp", "datetime"),
            ("datetime", "datetime(6)"),
            ("json", "longtext"),
            ("varchar(9) | not null", "varchar(9)"),
            ("geometry", "geometry"),
        ] {
            assert_eq!(narrowing(&column(from), &column(to)), Narrowing::None, "{from} → {to}");
        }
        for (from, to) in [("point", "geometry"), ("double", "double(5,2)"), ("text", "text(100)")] {
            assert!(matches!(narrowing(&column(from), &column(to)), Narrowing::Unknown(_)), "{from} → {to}");
        }
    }
}
