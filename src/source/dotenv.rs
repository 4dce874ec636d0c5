//! `.env` files with the meaning that Node's `dotenv` gives them, since the app's file is read by both.
//!
//! Nothing is expanded (`$` is a letter), a `#` ends a value that is not quoted, quotes are single, double or backquotes,
//! only double ones turn `\n` and `\r` into line ends, and a quoted value may have several lines.

use std::collections::BTreeMap;

/// What a file sets.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dotenv {
    /// The values by name; of two of one name the later.
    pub values: BTreeMap<String, String>,
    /// Lines, from 1, that set nothing and are no comment. Node passes over them without a word.
    pub unread: Vec<usize>,
}

/// Reads the text of a file.
#[must_use]
pub fn read(text: &str) -> Dotenv {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let (mut file, mut at, mut number) = (Dotenv::default(), 0, 1);
    while at < text.len() {
        let line = line(&text[at..]);
        let mut end = at + line.len();
        if let Some((name, from)) = name(line) {
            let (value, length) = value(&text[at + from..]);
            file.values.insert(name.to_owned(), value);
            end = at + from + length;
        } else if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            file.unread.push(number);
        }
        number += text[at..end].matches('\n').count() + 1;
        at = end + 1;
    }
    file
}

fn line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

/// The name that a line sets, and where its value begins.
fn name(line: &str) -> Option<(&str, usize)> {
    let mut start = line.trim_start();
    if let Some(rest) = start.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])) {
        start = rest.trim_start();
    }
    let end = start.find(|c: char| !c.is_ascii_alphanumeric() && !"_.-".contains(c)).filter(|end| *end > 0)?;
    let rest = &start[end..];
    // `NAME = value`, and `NAME: value` as in YAML.
    let after = rest.trim_start().strip_prefix('=');
    let after = after.or_else(|| rest.strip_prefix(':').filter(|rest| rest.starts_with([' ', '\t'])))?;
    Some((&start[..end], line.len() - after.len()))
}

/// The value that the text begins with, and how much of the text up to a line's end belongs to it.
fn value(text: &str) -> (String, usize) {
    let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
    let whole = quoted(&text[indent..]).map(|length| indent + length);
    let raw = whole.map_or_else(|| line(text).split('#').next().unwrap_or_default(), |end| &text[..end]).trim();
    let end = whole.unwrap_or(0);
    let length = end + line(&text[end..]).len();
    let bare = ['\'', '"', '`'].iter().find_map(|quote| raw.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(raw);
    let is_double = raw.starts_with('"');
    (if is_double { bare.replace("\\n", "\n").replace("\\r", "\r") } else { bare.to_owned() }, length)
}

/// The length of a quoted value, when nothing but a comment follows it on its line. A backslash keeps a quote from ending
/// it, unless no other quote would.
fn quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|first| ['\'', '"', '`'].contains(first))?;
    let all = || text.match_indices(quote).map(|(at, _)| at).skip(1);
    let escaped = all().take_while(|at| text[..*at].ends_with('\\'));
    let mut ends: Vec<usize> = escaped.collect();
    ends.extend(all().nth(ends.len()));
    let alone = |end: &usize| {
        let after = line(&text[end + 1..]).trim_start();
        after.is_empty() || after.starts_with('#')
    };
    ends.into_iter().rev().find(alone).map(|end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> String {
        let file = read(text);
        assert_eq!(file.unread, Vec::<usize>::new(), "{text}");
        file.values.get("A").cloned().unwrap_or_else(|| panic!("{text:?}: {file:?}"))
    }

    #[test]
    fn lines_are_counted_once() {
        // Counted from the beginning for each of them, this would take hours.
        let text = format!("{}A='x\ny'\n?\n", "\n".repeat(500_000));
        assert_eq!(read(&text).unread, [500_003]);
    }

    #[test]
    fn values_are_read_as_node_reads_them() {
        for (text, value) in [
            ("A=plain", "plain"),
            ("  A = spaced out  ", "spaced out"),
            ("A=", ""),
            ("export A=1", "1"),
            ("A: yaml", "yaml"),
            ("A=p$HOME$1${X}\\$", "p$HOME$1${X}\\$"),
            ("A=one#two", "one"),
            ("A=one # two", "one"),
            ("A='one # two' # three", "one # two"),
            ("A=\"it's\"", "it's"),
            ("A=`both ' and \"`", "both ' and \""),
            ("A='a\\nb'", "a\\nb"),
            ("A=\"a\\nb\"", "a\nb"),
            ("A=\"one\ntwo\"\nB=2", "one\ntwo"),
            ("A=\"say \\\"x\\\"\"", "say \\\"x\\\""),
            ("A='ends in \\'", "ends in \\"),
            ("A=\"never closed", "\"never closed"),
            ("A=\"a\"b", "\"a\"b"),
            ("A=a=b", "a=b"),
            ("A=1\nA=2", "2"),
            ("\u{feff}A=bom", "bom"),
            ("# note\r\n\r\nA=crlf\r\nB=1\r\n", "crlf"),
            ("A=ü", "ü"),
        ] {
            assert_eq!(one(text), value, "{text:?}");
        }
    }

    #[test]
    fn what_follows_a_value_of_several_lines_keeps_its_line() {
        let file = read("A='x\ny'\nhunter two\nB=1\n=2\nexport C\n");
        assert_eq!(file.unread, [3, 5, 6]);
        assert_eq!(file.values["B"], "1");
    }
}
