//! The line that an event of a general log begins with: time, connection, command.

use crate::source::log::number;

/// What a server logs, by its names of the commands.
const COMMANDS: [&[u8]; 33] = [
    b"Query",
    b"Execute",
    b"Prepare",
    b"Connect",
    b"Quit",
    b"Init DB",
    b"Close stmt",
    b"Reset stmt",
    b"Bulk_execute",
    b"Sleep",
    b"Field List",
    b"Create DB",
    b"Drop DB",
    b"Refresh",
    b"Shutdown",
    b"Statistics",
    b"Processlist",
    b"Kill",
    b"Debug",
    b"Ping",
    b"Time",
    b"Delayed insert",
    b"Change user",
    b"Binlog Dump GTID",
    b"Binlog Dump",
    b"Table Dump",
    b"Connect Out",
    b"Register Slave",
    b"Register Replica",
    b"Long Data",
    b"Set option",
    b"Fetch",
    b"Reset Connection",
];
/// Columns that servers before 5.1 fill up with spaces behind a command.
const PADDED: usize = 11;

/// The beginning of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Seconds since 1970; an old log leaves it out where it is that of the event before.
    pub(super) timestamp: Option<u64>,
    /// Whether what follows is a statement that ran.
    pub(super) is_statement: bool,
    /// Bytes before what follows.
    pub(super) length: usize,
}

/// Reads the beginning of a line.
pub(super) fn head(text: &[u8]) -> Option<Head> {
    // Most lines of statements are told by their first byte.
    let (length, timestamp) = match text.first()? {
        b'\t' if text.get(1) == Some(&b'\t') => (1, None),
        b'0'..=b'9' => {
            let tab = text.iter().take(40).position(|byte| *byte == b'\t')?;
            (tab, Some(seconds(&text[..tab])?))
        }
        _ => return None,
    };
    let (length, is_statement) = command(text, length)?;
    Some(Head { timestamp, is_statement, length })
}

/// Where in a line an event begins of which this tab ends the time; `None` when none does.
pub(super) fn ending_at(text: &[u8], tab: usize) -> Option<usize> {
    command(text, tab)?;
    if tab > 0 && text[tab - 1] == b'\t' {
        return Some(tab - 1);
    }
    (14..=32).rev().filter_map(|length| tab.checked_sub(length)).find(|start| seconds(&text[*start..tab]).is_some())
}

/// Whether a line is the beginning of an event that was not written to its end.
pub(super) fn is_torn(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let fits = |shape: &[u8], line: &[u8]| {
        line.len() >= shape.len()
            && shape.iter().zip(line).all(|(s, b)| if *s == b'0' { b.is_ascii_digit() } else { s == b })
    };
    let is_time = |byte: &u8| byte.is_ascii_digit() || b"-:.TZ+\t ".contains(byte);
    let (dated, rest) = match line.iter().position(|byte| *byte == b'\t') {
        Some(tab) => (&line[..tab], Some(&line[tab..])),
        None => (line, None),
    };
    let has_time = fits(b"0000-00-00T", dated) && dated.iter().all(is_time) || seconds(dated).is_some();
    let Some(rest) = rest else { return has_time };
    let is_dated = has_time || dated.is_empty() && rest.starts_with(b"\t\t");
    let rest = rest.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let word = rest[digits..].strip_prefix(b" ");
    let begins = |word: &[u8]| COMMANDS.iter().any(|command| command.starts_with(word));
    is_dated && (rest.is_empty() && has_time || digits > 0 && word.map_or(rest.len() == digits, begins))
}

/// Reads connection and command behind the tab at a place; gives where what follows begins, and whether it ran.
fn command(text: &[u8], tab: usize) -> Option<(usize, bool)> {
    let after = text.get(tab + 1..)?;
    let spaces = after.iter().take_while(|byte| **byte == b' ').count();
    let digits = after[spaces..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = after[spaces + digits..].strip_prefix(b" ").filter(|_| digits > 0)?;
    let before = tab + 1 + spaces + digits + 1;
    let name = COMMANDS.iter().find(|name| rest.starts_with(name) && ends(rest, name.len()).is_some())?;
    let is_statement = matches!(*name, b"Query" | b"Execute" | b"Bulk_execute");
    Some((before + ends(rest, name.len())?, is_statement))
}

/// Where what follows a command of that length begins.
fn ends(rest: &[u8], length: usize) -> Option<usize> {
    match rest.get(length) {
        None | Some(b'\n') => Some(length),
        Some(b'\r') if matches!(rest.get(length + 1), None | Some(b'\n')) => Some(length),
        Some(b'\t') => Some(length + 1),
        Some(b' ') if length < PADDED => {
            rest.get(length..PADDED).filter(|pad| pad.iter().all(|byte| *byte == b' ')).map(|_| PADDED)
        }
        Some(_) => None,
    }
}

/// `2026-01-02T03:04:05.000001Z`, with a zone in place of the `Z` too, or `260102  3:04:05`, as seconds since 1970.
fn seconds(text: &[u8]) -> Option<u64> {
    let (date, time) = match text.get(10) {
        Some(b'T') => ([&text[..4], text.get(5..7)?, text.get(8..10)?], &text[11..]),
        _ => ([text.get(..2)?, text.get(2..4)?, text.get(4..6)?], text.get(6..)?.strip_prefix(b" ")?),
    };
    let is_iso = date[0].len() == 4;
    if is_iso && (text[4] != b'-' || text[7] != b'-') {
        return None;
    }
    let [year, month, day] = [number(date[0])?, number(date[1])?, number(date[2])?];
    let time = if is_iso { time } else { time.strip_prefix(b" ").unwrap_or(time) };
    let mut parts = time.splitn(3, |byte| *byte == b':');
    let [hour, minute, rest] = [parts.next()?, parts.next()?, parts.next()?];
    let (second, behind) = rest.split_at_checked(2)?;
    let [hour, minute, second] = [number(hour)?, number(minute)?, number(second)?];
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = if is_iso { zone(behind)? } else { behind.is_empty().then_some(0)? };
    let year = if is_iso { year } else { year + 2000 };
    let days = days(i64::try_from(year).ok()?, i64::try_from(month).ok()?, i64::try_from(day).ok()?);
    let clock = i64::try_from(hour * 3600 + minute * 60 + second).ok()?;
    u64::try_from(days * 86_400 + clock - zone).ok()
}

/// Seconds east of Greenwich, behind a fraction.
fn zone(text: &[u8]) -> Option<i64> {
    let text = match text.strip_prefix(b".") {
        Some(rest) => &rest[rest.iter().take_while(|byte| byte.is_ascii_digit()).count()..],
        None => text,
    };
    match text {
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let [hours, minutes] = [number(&[*a, *b])?, number(&[*c, *d])?];
            let seconds = i64::try_from(hours * 3600 + minutes * 60).ok()?;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// Days since 1970 of a day of the Gregorian calendar. Source: Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_formats_are_read() {
        assert_eq!(seconds(b"2026-01-02T03:04:05.000001Z"), Some(1_767_323_045));
        assert_eq!(seconds(b"2026-01-02T05:04:05.000001+02:00"), Some(1_767_323_045));
        assert_eq!(seconds(b"260102  3:04:05"), Some(1_767_323_045));
        assert_eq!(seconds(b"260102 13:04:05"), Some(1_767_359_045));
        for none in
            [&b""[..], b"2026-01-02T03:04:05", b"2026-01-02 03:04:05", b"261302  3:04:05", b"26010", b"1234567890T"]
        {
            assert_eq!(seconds(none), None, "{none:?}");
        }
    }

    #[test]
    fn commands_are_told_from_words() {
        let of = |line: &'static str| head(line.as_bytes()).map(|head| (head.is_statement, &line[head.length..]));
        assert_eq!(of("2026-01-02T03:04:05.000001Z\t   12 Query\tSELECT 1"), Some((true, "SELECT 1")));
        assert_eq!(of("\t\t    12 Init DB\tshop"), Some((false, "shop")));
        assert_eq!(of("071109 10:38:58\t      1 Query       SELECT 1"), Some((true, " SELECT 1")));
        assert_eq!(of("260102  3:04:05\t12 Quit\r\n"), Some((false, "\r\n")));
        assert_eq!(of("\t\t    12 Queries\tSELECT 1"), None);
        assert_eq!(of("\t\t    Query\tSELECT 1"), None);
        assert!(is_torn(b"2026-01-02T03:04:05.1") && is_torn(b"\t\t   12 Que") && is_torn(b"260102  3:04:05\t  1"));
        assert!(!is_torn(b"2026-01-02") && !is_torn(b"\t\t   AND a") && !is_torn(b"\t\t"));
    }
}
