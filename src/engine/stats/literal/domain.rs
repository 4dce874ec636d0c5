//! A column's values as positions on a line, so that ranges can be measured, and values chosen inside of them. Pure.

use crate::model::schema::Column;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, PrimitiveDateTime, Time};

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const DATE_TIME: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
/// Letters of a text that are looked at behind what all values begin with.
const LETTERS: usize = 12;

/// What a column's values are.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine::stats) enum Domain {
    /// Whole numbers, or decimals of that many places.
    Number { places: u32, unsigned: bool },
    /// Approximate numbers.
    Float,
    /// Days.
    Date,
    /// Seconds.
    DateTime,
    /// Texts: what all of them begin with, and how many different letters follow where.
    Text { same: String, alphabet: Option<Alphabet>, step: f64, length: usize },
    /// Types without an order that this knows.
    Other,
}

/// The letters that texts are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine::stats) enum Alphabet {
    Digits,
    Letters,
    Both,
}

impl Alphabet {
    const fn size(self) -> f64 {
        match self {
            Self::Digits => 10.0,
            Self::Letters => 26.0,
            Self::Both => 36.0,
        }
    }

    /// The letter's place, 0 to the size; what sorts before all letters is 0, what sorts behind them the size.
    fn place(self, c: char) -> f64 {
        let digit = c.to_digit(10).map(f64::from);
        let letter = c.is_ascii_alphabetic().then(|| f64::from(u32::from(c.to_ascii_lowercase()) - u32::from('a')));
        match (self, digit, letter) {
            (Self::Digits | Self::Both, Some(digit), _) => digit,
            (Self::Letters, _, Some(letter)) => letter,
            (Self::Both, _, Some(letter)) => letter + 10.0,
            (Self::Digits, _, Some(_)) => self.size(),
            _ if c > 'z' => self.size(),
            _ => 0.0,
        }
    }
}

impl Domain {
    /// The domain of a column; of a text with its smallest and largest value.
    pub(in crate::engine::stats) fn of(column: &Column, ends: Option<(String, String)>) -> Self {
        let unsigned = column.column_type.contains("unsigned");
        let number = |at: usize| -> Option<u32> {
            let inside = column.column_type.split_once('(')?.1.split_once(')')?.0;
            inside.split(',').nth(at)?.trim().parse().ok()
        };
        match column.base_type().as_str() {
            "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" | "bool" | "boolean" => {
                Self::Number { places: 0, unsigned }
            }
            "decimal" | "numeric" => Self::Number { places: number(1).unwrap_or(0), unsigned },
            "float" | "double" => Self::Float,
            "date" => Self::Date,
            "datetime" | "timestamp" => Self::DateTime,
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
                let length = number(0).map_or(255, |length| length as usize);
                let Some((min, max)) = ends else {
                    return Self::Text { same: String::new(), alphabet: None, step: 0.0, length };
                };
                let pairs = min.chars().zip(max.chars());
                let same: String = pairs.take_while(|(one, other)| one == other).map(|(one, _)| one).collect();
                let rest: Vec<char> = [&min, &max].iter().flat_map(|end| end[same.len()..].chars()).collect();
                let alphabet = if rest.iter().all(char::is_ascii_digit) {
                    Alphabet::Digits
                } else if rest.iter().all(char::is_ascii_alphabetic) {
                    Alphabet::Letters
                } else {
                    Alphabet::Both
                };
                let letters = i32::try_from(max[same.len()..].chars().count().min(LETTERS)).unwrap_or(0);
                Self::Text { same, alphabet: Some(alphabet), step: alphabet.size().powi(-letters), length }
            }
            _ => Self::Other,
        }
    }

    pub(in crate::engine::stats) fn is_text(&self) -> bool {
        matches!(self, Self::Text { .. })
    }

    /// The distance between two neighbours.
    pub(in crate::engine::stats) fn step(&self) -> f64 {
        match self {
            Self::Number { places, .. } => 10_f64.powi(-i32::try_from(*places).unwrap_or(0)),
            Self::Date | Self::DateTime => 1.0,
            Self::Text { step, .. } => *step,
            Self::Float | Self::Other => 0.0,
        }
    }

    /// Where a value lies; `None` for what is no value of the column.
    pub(in crate::engine::stats) fn position(&self, value: &str) -> Option<f64> {
        match self {
            Self::Number { .. } | Self::Float => value.trim().parse().ok(),
            Self::Date => Some(f64::from(date_time(value)?.date().to_julian_day())),
            Self::DateTime => Some(seconds(date_time(value)?)),
            Self::Text { same, alphabet, .. } => {
                let alphabet = (*alphabet)?;
                if let Some(rest) = strip(value, same) {
                    return Some(fraction(rest, alphabet));
                }
                Some(if value.to_lowercase() < same.to_lowercase() { 0.0 } else { 1.0 })
            }
            Self::Other => None,
        }
    }

    /// The ends of the range of texts that begin with `prefix`; the upper one is outside.
    pub(in crate::engine::stats) fn prefix(&self, prefix: &str) -> Option<(f64, f64)> {
        let Self::Text { same, alphabet, .. } = self else { return None };
        let alphabet = (*alphabet)?;
        if strip(same, prefix).is_some() {
            return Some((0.0, 1.0));
        }
        let Some(rest) = strip(prefix, same) else { return Some((0.0, 0.0)) };
        let width = alphabet.size().powi(-i32::try_from(rest.chars().count()).ok()?);
        let low = fraction(rest, alphabet);
        Some((low, low + width))
    }

    /// Two values inside of a range, as SQL literals, none of them among `others`; `None` when two cannot be named.
    ///
    /// `ends` are the ends as texts, each with whether it belongs to the range; `prefix` is what texts have to begin with.
    pub(in crate::engine::stats) fn two_inside(
        &self,
        low: Option<(&str, bool)>,
        high: Option<(&str, bool)>,
        prefix: Option<&str>,
        others: &[String],
    ) -> Option<[String; 2]> {
        let candidates: Vec<String> = if self.is_text() {
            self.texts_inside(low, high, prefix)?
        } else {
            let step = match self {
                Self::Float => 0.001,
                Self::Other => return None,
                _ => self.step(),
            };
            let at = |end: Option<(&str, bool)>| end.map(|(end, inside)| Some((self.position(end)?, inside)));
            let (low, high) =
                (at(low).map_or(Some(None), |end| end.map(Some))?, at(high).map_or(Some(None), |end| end.map(Some))?);
            let start = match (low, high) {
                (Some((low, inside)), _) => {
                    (low / step).ceil() + f64::from(u8::from(!inside && (low / step).fract() == 0.0))
                }
                (None, Some((high, inside))) => {
                    (high / step).floor() - f64::from(u8::from(!inside)) - others.len() as f64 - 1.0
                }
                (None, None) => self.position("2021-01-01").map_or(1.0, |at| at / step),
            };
            let last =
                high.map_or(f64::INFINITY, |(high, inside)| if inside { high / step } else { high / step - 0.5 });
            let units =
                (0..others.len() + 2).map(|number| start + number as f64).take_while(|unit| *unit <= last + 1e-6);
            units.map(|unit| self.word(unit * step)).collect::<Option<Vec<_>>>()?
        };
        let mut free = candidates.into_iter().filter(|candidate| {
            let position = self.position(candidate);
            !others.iter().any(|other| {
                candidate.eq_ignore_ascii_case(other)
                    || position.is_some() && !self.is_text() && self.position(other) == position
            })
        });
        let quote = |value: String| {
            if matches!(self, Self::Number { .. } | Self::Float) { value } else { crate::sql::quote::text(&value) }
        };
        Some([quote(free.next()?), quote(free.next()?)])
    }

    fn texts_inside(
        &self,
        low: Option<(&str, bool)>,
        high: Option<(&str, bool)>,
        prefix: Option<&str>,
    ) -> Option<Vec<String>> {
        let Self::Text { length, .. } = self else { return None };
        let begin = prefix.or(low.map(|(low, _)| low)).unwrap_or("");
        if let Some((high, _)) = high
            && (high.len() < 2 && begin.is_empty()
                || high.to_lowercase().starts_with(&begin.to_lowercase()) && !begin.is_empty())
        {
            return None;
        }
        let fits = begin.chars().count() < *length;
        fits.then(|| ('0'..='9').map(|c| format!("{begin}{c}")).collect())
    }

    /// The value at a position.
    pub(in crate::engine::stats) fn word(&self, at: f64) -> Option<String> {
        match self {
            Self::Number { unsigned: true, .. } if at < 0.0 => None,
            Self::Number { places, .. } => Some(format!("{at:.*}", *places as usize)),
            Self::Float => Some(format!("{at:.3}")),
            #[expect(clippy::cast_possible_truncation, reason = "a day or a second, far from the ends of the type")]
            Self::Date => Date::from_julian_day(at.round() as i32).ok()?.format(DATE).ok(),
            #[expect(clippy::cast_possible_truncation, reason = "a day or a second, far from the ends of the type")]
            Self::DateTime => {
                let day = Date::from_julian_day((at / 86400.0).floor() as i32).ok()?;
                let second = (at - (at / 86400.0).floor() * 86400.0).round() as i64;
                let moment = PrimitiveDateTime::new(day, Time::MIDNIGHT) + time::Duration::seconds(second);
                moment.format(DATE_TIME).ok()
            }
            Self::Text { .. } | Self::Other => None,
        }
    }
}

/// What follows a beginning, compared without case.
fn strip<'t>(text: &'t str, beginning: &str) -> Option<&'t str> {
    let head = text.get(..beginning.len())?;
    head.eq_ignore_ascii_case(beginning).then(|| &text[beginning.len()..])
}

fn fraction(text: &str, alphabet: Alphabet) -> f64 {
    let mut weight = 1.0;
    let mut found = 0.0;
    for c in text.chars().take(LETTERS) {
        weight /= alphabet.size();
        found += alphabet.place(c) * weight;
    }
    found.min(1.0)
}

fn seconds(moment: PrimitiveDateTime) -> f64 {
    f64::from(moment.date().to_julian_day()) * 86400.0 + (moment.time() - Time::MIDNIGHT).as_seconds_f64()
}

/// `2025-01-31`, or with a time behind a space or a `T`; fractions of seconds are left out.
fn date_time(text: &str) -> Option<PrimitiveDateTime> {
    let text = text.trim();
    let date = Date::parse(text.get(..10)?, DATE).ok()?;
    let rest = text[10..].trim_start_matches(['T', ' ']);
    if rest.is_empty() {
        return Some(date.midnight());
    }
    let mut parts = rest.split(['.', 'Z', '+']).next()?.split(':').map(str::parse);
    let mut part = || parts.next().map_or(Some(0), Result::ok);
    let time = Time::from_hms(part()?, part()?, part()?).ok()?;
    Some(PrimitiveDateTime::new(date, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(column_type: &str) -> Domain {
        Domain::of(&Column { column_type: column_type.into(), ..Column::default() }, None)
    }

    #[test]
    fn values_inside_a_range_can_be_named() {
        let two = |kind: &str, low, high, others: &[String]| domain(kind).two_inside(low, high, None, others);
        let some = |one: &str, other: &str| Some([one.to_owned(), other.to_owned()]);
        assert_eq!(two("int", Some(("5", false)), None, &[]), some("6", "7"));
        assert_eq!(two("int unsigned", None, Some(("1", false)), &[]), None);
        assert_eq!(two("int", None, Some(("9", true)), &[]), some("8", "9"));
        assert_eq!(two("int", None, None, &["1".into()]), some("2", "3"));
        assert_eq!(two("decimal(10,2)", Some(("9.5", false)), None, &[]), some("9.51", "9.52"));
        assert_eq!(two("int", Some(("5", true)), Some(("5", true)), &[]), None, "one value is no range");
        let day = Some(("2025-12-31", true));
        assert_eq!(two("date", day, None, &[]), some("'2025-12-31'", "'2026-01-01'"));
        assert_eq!(two("datetime", day, None, &[]), some("'2025-12-31 00:00:00'", "'2025-12-31 00:00:01'"));
        assert_eq!(
            two("timestamp", Some(("2025-12-31 23:59:59", false)), None, &[]),
            some("'2026-01-01 00:00:00'", "'2026-01-01 00:00:01'")
        );
        assert_eq!(two("json", None, None, &[]), None);
        assert_eq!(domain("varchar(9)").two_inside(None, None, Some("ab"), &[]), some("'ab0'", "'ab1'"));
        assert_eq!(domain("char(2)").two_inside(None, None, Some("ab"), &[]), None);
    }

    #[test]
    fn moments_lie_on_one_line() {
        let domain = domain("datetime");
        let at = |text: &str| domain.position(text).unwrap();
        assert!((at("2025-01-02 00:00:00") - at("2025-01-01") - 86400.0).abs() < 1e-6);
        assert!((at("2025-01-01T00:00:01.5Z") - at("2025-01-01") - 1.0).abs() < 1e-6);
        assert_eq!(domain.position("soon"), None);
    }
}
