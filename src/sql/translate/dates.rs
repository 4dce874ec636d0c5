//! Dates and times. `SQLite` keeps them as text in UTC, and adds to them by modifiers such as `'-7 days'`.

#![expect(clippy::unnecessary_wraps, reason = "the functions of the table have one signature")]

use super::functions::{Call, Rule, wrapped};
use super::literal;
use Rule::{As, By};
use sqlparser::ast::{Expr, Interval};

/// Functions of dates and times.
pub(super) const FUNCTIONS: &[(&str, Rule)] = &[
    ("NOW", By(now)),
    ("CURRENT_TIMESTAMP", By(now)),
    ("LOCALTIME", By(now)),
    ("LOCALTIMESTAMP", By(now)),
    ("SYSDATE", By(now)),
    ("UTC_TIMESTAMP", By(now)),
    ("CURDATE", As(&[(0, "date('now')")])),
    ("CURRENT_DATE", As(&[(0, "date('now')")])),
    ("UTC_DATE", As(&[(0, "date('now')")])),
    ("CURTIME", As(&[(0, "time('now')")])),
    ("CURRENT_TIME", As(&[(0, "time('now')")])),
    ("UTC_TIME", As(&[(0, "time('now')")])),
    ("DATE", As(&[(1, "date({0})")])),
    ("TIME", As(&[(1, "time({0})")])),
    ("TIMESTAMP", As(&[(1, "datetime({0})")])),
    ("DATE_ADD", By(added)),
    ("ADDDATE", By(added)),
    ("DATE_SUB", By(subtracted)),
    ("SUBDATE", By(subtracted)),
    ("TIMESTAMPADD", By(timestamp_add)),
    ("TIMESTAMPDIFF", By(timestamp_diff)),
    ("DATEDIFF", As(&[(2, "CAST(julianday(date({0})) - julianday(date({1})) AS INTEGER)")])),
    ("TO_DAYS", As(&[(1, "CAST(julianday(date({0})) - 1721059.5 AS INTEGER)")])),
    ("UNIX_TIMESTAMP", As(&[(0, "unixepoch()"), (1, "unixepoch({0})")])),
    ("FROM_UNIXTIME", By(from_unixtime)),
    ("DATE_FORMAT", By(date_format)),
    ("TIME_FORMAT", By(date_format)),
    ("STR_TO_DATE", By(str_to_date)),
    ("LAST_DAY", As(&[(1, "date({0}, 'start of month', '+1 month', '-1 day')")])),
    ("TIME_TO_SEC", As(&[(1, "(unixepoch('1970-01-01 ' || {0}))")])),
    ("SEC_TO_TIME", As(&[(1, "time({0}, 'unixepoch')")])),
    ("YEAR", By(part)),
    ("MONTH", By(part)),
    ("DAY", By(part)),
    ("DAYOFMONTH", By(part)),
    ("HOUR", By(part)),
    ("MINUTE", By(part)),
    ("SECOND", By(part)),
    ("MICROSECOND", By(part)),
    ("QUARTER", By(part)),
    ("WEEK", By(part)),
    ("WEEKOFYEAR", By(part)),
    ("DAYOFYEAR", By(part)),
    ("DAYOFWEEK", By(part)),
    ("WEEKDAY", By(part)),
    ("DAYNAME", As(&[(1, DAY_NAME)])),
    ("MONTHNAME", As(&[(1, MONTH_NAME)])),
];

const DAY_NAME: &str = "CASE strftime('%w', {0}) WHEN '0' THEN 'Sunday' WHEN '1' THEN 'Monday' WHEN '2' THEN 'Tuesday' WHEN '3' THEN 'Wednesday' WHEN '4' THEN 'Thursday' WHEN '5' THEN 'Friday' WHEN '6' THEN 'Saturday' END";
const MONTH_NAME: &str = "CASE strftime('%m', {0}) WHEN '01' THEN 'January' WHEN '02' THEN 'February' WHEN '03' THEN 'March' WHEN '04' THEN 'April' WHEN '05' THEN 'May' WHEN '06' THEN 'June' WHEN '07' THEN 'July' WHEN '08' THEN 'August' WHEN '09' THEN 'September' WHEN '10' THEN 'October' WHEN '11' THEN 'November' WHEN '12' THEN 'December' END";

/// With a fraction of seconds when one is asked for.
fn now(call: &Call<'_>) -> Result<String, String> {
    Ok(match call.args.first().map(String::as_str) {
        None | Some("" | "0") => "datetime('now')".into(),
        Some(_) => "strftime('%Y-%m-%d %H:%M:%f', 'now')".into(),
    })
}

/// One part of a date as a number.
///
/// # Errors
/// When the embedded engine has no such part.
pub(super) fn date_part(part: &str, value: &str) -> Result<String, String> {
    let value = wrapped(value);
    let number = |format: &str| format!("CAST(strftime('{format}', {value}) AS INTEGER)");
    Ok(match part.to_ascii_uppercase().as_str() {
        "YEAR" => number("%Y"),
        "MONTH" => number("%m"),
        "DAY" | "DAYOFMONTH" => number("%d"),
        "HOUR" => number("%H"),
        "MINUTE" => number("%M"),
        "SECOND" => number("%S"),
        "MICROSECOND" => format!("CAST(substr(strftime('%f', {value}), 4) || '000' AS INTEGER)"),
        "QUARTER" => format!("(({} + 2) / 3)", number("%m")),
        "WEEK" => number("%U"),
        "WEEKOFYEAR" => number("%V"),
        "DAYOFYEAR" => number("%j"),
        "DAYOFWEEK" => format!("({} + 1)", number("%w")),
        "WEEKDAY" => format!("(({} + 6) % 7)", number("%w")),
        other => return Err(format!("the embedded engine has no part {other} of a date")),
    })
}

fn part(call: &Call<'_>) -> Result<String, String> {
    let value = call.args.first().ok_or("a date is missing")?;
    match (call.name, call.args.get(1).map(String::as_str)) {
        ("WEEK", Some("1" | "3")) => date_part("WEEKOFYEAR", value),
        ("WEEK", Some(mode)) if mode != "0" => Err("the embedded engine has WEEK() in modes 0, 1 and 3 only".into()),
        (name, _) => date_part(name, value),
    }
}

/// The unit as a modifier's word, and by how much its number is multiplied.
fn unit(name: &str) -> Result<(&'static str, &'static str), String> {
    let upper = name.to_ascii_uppercase();
    Ok(match upper.trim_start_matches("SQL_TSI_").trim_end_matches('S') {
        "MICROSECOND" => ("seconds", "0.000001"),
        "SECOND" => ("seconds", ""),
        "MINUTE" => ("minutes", ""),
        "HOUR" => ("hours", ""),
        "DAY" => ("days", ""),
        "WEEK" => ("days", "7"),
        "MONTH" => ("months", ""),
        "QUARTER" => ("months", "3"),
        "YEAR" => ("years", ""),
        _ => return Err(format!("the embedded engine has no interval of {upper}")),
    })
}

/// The date with so many units added to it, or taken from it.
fn shifted(date: &str, amount: &str, unit_name: &str, subtract: bool) -> Result<String, String> {
    let (word, factor) = unit(unit_name)?;
    let bare = amount.trim_matches('\'');
    let sign = if subtract { "-" } else { "+" };
    let modifier = if factor.is_empty() && !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit() || c == '.') {
        format!("'{sign}{bare} {word}'")
    } else {
        let times = if factor.is_empty() { String::new() } else { format!(" * {factor}") };
        let minus = if subtract { "-" } else { "" };
        format!("({minus}{}{times}) || ' {word}'", wrapped(amount))
    };
    // The 31st of January and one month is the end of February in MySQL; without the second modifier it would be March.
    let clamp = if matches!(word, "months" | "years") { ", 'floor'" } else { "" };
    let whole_days = !matches!(word, "seconds" | "minutes" | "hours");
    let is_date = date.starts_with("date(") || (date.starts_with('\'') && date.len() == "'2024-01-01'".len());
    let function = if whole_days && is_date { "date" } else { "datetime" };
    Ok(format!("{function}({date}, {modifier}{clamp})"))
}

/// The date with an interval added or subtracted.
pub(super) fn shift(date: &Expr, interval: &Interval, subtract: bool) -> Result<String, String> {
    let unit = interval.leading_field.as_ref().ok_or("the embedded engine needs an interval's unit")?;
    if interval.last_field.is_some() {
        return Err("the embedded engine has no intervals of two units".into());
    }
    shifted(&date.to_string(), &interval.value.to_string(), &unit.to_string(), subtract)
}

fn moved(call: &Call<'_>, subtract: bool) -> Result<String, String> {
    match (call.exprs.first().copied().flatten(), call.exprs.get(1).copied().flatten()) {
        (Some(date), Some(Expr::Interval(interval))) => shift(date, interval, subtract),
        (Some(date), Some(days)) => shifted(&date.to_string(), &days.to_string(), "DAY", subtract),
        _ => Err(format!("{} needs a date and an interval", call.name)),
    }
}

fn added(call: &Call<'_>) -> Result<String, String> {
    moved(call, false)
}

fn subtracted(call: &Call<'_>) -> Result<String, String> {
    moved(call, true)
}

fn timestamp_add(call: &Call<'_>) -> Result<String, String> {
    match call.args.as_slice() {
        [unit, amount, date] => shifted(date, amount, unit, false),
        _ => Err("TIMESTAMPADD needs a unit, a number and a date".into()),
    }
}

fn timestamp_diff(call: &Call<'_>) -> Result<String, String> {
    let (from, to) = (call.arg(1), call.arg(2));
    let seconds = format!("(unixepoch({to}) - unixepoch({from}))");
    let months = format!(
        "((strftime('%Y', {to}) - strftime('%Y', {from})) * 12 + strftime('%m', {to}) - strftime('%m', {from}) - (strftime('%d %H:%M:%S', {to}) < strftime('%d %H:%M:%S', {from})))"
    );
    Ok(match call.args.first().map(|unit| unit.to_ascii_uppercase()).unwrap_or_default().as_str() {
        "MICROSECOND" => format!("({seconds} * 1000000)"),
        "SECOND" => seconds,
        "MINUTE" => format!("({seconds} / 60)"),
        "HOUR" => format!("({seconds} / 3600)"),
        "DAY" => format!("({seconds} / 86400)"),
        "WEEK" => format!("({seconds} / 604800)"),
        "MONTH" => months,
        "QUARTER" => format!("({months} / 3)"),
        "YEAR" => format!("({months} / 12)"),
        other => return Err(format!("the embedded engine has no difference in {other}")),
    })
}

fn from_unixtime(call: &Call<'_>) -> Result<String, String> {
    let time = format!("datetime({}, 'unixepoch')", call.arg(0));
    match call.args.get(1) {
        None => Ok(time),
        Some(_) => formatted(&time, call.string(1)),
    }
}

fn date_format(call: &Call<'_>) -> Result<String, String> {
    formatted(&call.arg(0), call.string(1))
}

fn str_to_date(call: &Call<'_>) -> Result<String, String> {
    match call.string(1).as_deref() {
        Some("%Y-%m-%d") => Ok(format!("date({})", call.arg(0))),
        Some("%Y-%m-%d %H:%i:%s" | "%Y-%m-%d %T" | "%Y-%m-%dT%H:%i:%s" | "%Y-%m-%dT%T") => {
            Ok(format!("datetime({})", call.arg(0)))
        }
        Some("%H:%i:%s" | "%T" | "%H:%i") => Ok(format!("time({})", call.arg(0))),
        _ => Err("the embedded engine reads dates as '%Y-%m-%d' and '%Y-%m-%d %H:%i:%s' only".into()),
    }
}

/// A `DATE_FORMAT` format: runs of what `strftime` knows, joined with expressions for what it does not.
fn formatted(date: &str, format: Option<String>) -> Result<String, String> {
    let format = format.ok_or("the embedded engine needs the format of a date as a literal")?;
    let mut pieces: Vec<String> = Vec::new();
    let mut run = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        let code = if c == '%' { chars.next() } else { None };
        let piece = match code {
            None => {
                run.push_str(if c == '%' { "%%" } else { "" });
                if c != '%' {
                    run.push(c);
                }
                continue;
            }
            Some(code) => match specifier(code) {
                Specifier::Same(text) => {
                    run.push_str(text);
                    continue;
                }
                Specifier::Literal => {
                    run.push(code);
                    continue;
                }
                Specifier::Expression(template) => template.replace("{0}", date),
                Specifier::Unknown => return Err(format!("the embedded engine has no %{code} in a date's format")),
            },
        };
        flush(&mut run, &mut pieces, date);
        pieces.push(piece);
    }
    flush(&mut run, &mut pieces, date);
    Ok(match pieces.as_slice() {
        [] => "''".into(),
        [only] => only.clone(),
        _ => format!("({})", pieces.join(" || ")),
    })
}

fn flush(run: &mut String, pieces: &mut Vec<String>, date: &str) {
    if !run.is_empty() {
        pieces.push(format!("strftime({}, {date})", literal::quoted(run)));
        run.clear();
    }
}

enum Specifier {
    Same(&'static str),
    Expression(&'static str),
    Literal,
    Unknown,
}

/// `MySQL`'s format codes in `strftime`'s, or as an expression of the date.
fn specifier(code: char) -> Specifier {
    use Specifier::{Expression, Literal, Same, Unknown};
    match code {
        'Y' => Same("%Y"),
        'm' => Same("%m"),
        'd' => Same("%d"),
        'H' => Same("%H"),
        'i' => Same("%M"),
        's' | 'S' => Same("%S"),
        'T' => Same("%H:%M:%S"),
        'j' => Same("%j"),
        'w' => Same("%w"),
        'h' | 'I' => Same("%I"),
        'p' => Same("%p"),
        'r' => Same("%I:%M:%S %p"),
        'U' => Same("%U"),
        'u' | 'v' => Same("%V"),
        'x' => Same("%G"),
        '%' => Same("%%"),
        'y' => Expression("substr(strftime('%Y', {0}), 3)"),
        'c' => Expression("CAST(strftime('%m', {0}) AS INTEGER)"),
        'e' => Expression("CAST(strftime('%d', {0}) AS INTEGER)"),
        'k' => Expression("CAST(strftime('%H', {0}) AS INTEGER)"),
        'l' => Expression("CAST(strftime('%I', {0}) AS INTEGER)"),
        'f' => Expression("(substr(strftime('%f', {0}), 4) || '000')"),
        'a' => Expression("substr('SunMonTueWedThuFriSat', strftime('%w', {0}) * 3 + 1, 3)"),
        'b' => Expression("substr('JanFebMarAprMayJunJulAugSepOctNovDec', strftime('%m', {0}) * 3 - 2, 3)"),
        'W' => Expression(DAY_NAME),
        'M' => Expression(MONTH_NAME),
        'D' | 'V' | 'X' => Unknown,
        _ => Literal,
    }
}
