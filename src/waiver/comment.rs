//! Waivers in comments: `-- aura-db: allow RULE because REASON until YYYY-MM-DD`.
//!
//! In a migration a waiver belongs to the statement that it stands in or at the end of whose line it stands, else to the
//! next one. It never covers a whole file: the next statement that somebody adds is not excused by what was said about
//! another.

use crate::model::day::Day;
use crate::model::location::Location;
use crate::model::migration::Script;
use crate::model::waiver::{Says, Waiver};
use crate::sql::lex::{Piece, comments, split};

/// What waivers begin with.
const MARK: &str = "aura-db";

/// A waiver in a script, with its statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The waiver.
    pub waiver: Waiver,
    /// The position of its statement in the script, from 0; `None` when no statement follows.
    pub statement: Option<usize>,
}

/// The waivers of one statement, each with its line and column in it, from 1.
#[must_use]
pub fn of_statement(sql: &str) -> Vec<(Says, u32, u32)> {
    let comments = comments(sql).unwrap_or_default();
    comments.iter().filter_map(|comment| Some((read(comment.sql)?, comment.line, comment.column))).collect()
}

/// The waivers of a script, in the order in which they stand.
#[must_use]
pub fn of_script(script: &Script) -> Vec<Placed> {
    let (Ok(comments), Ok(statements)) = (comments(&script.text), split(&script.text)) else { return Vec::new() };
    let waiver = |comment: &Piece<'_>| {
        let at = Location { file: script.file.clone(), line: comment.line, column: Some(comment.column) };
        let statement = owner(&script.text, &statements, comment.offset);
        Some(Placed { waiver: Waiver { at, says: read(comment.sql)? }, statement })
    };
    comments.iter().filter_map(waiver).collect()
}

/// The statement that a comment at this offset belongs to.
fn owner(text: &str, statements: &[Piece<'_>], offset: usize) -> Option<usize> {
    let begun = statements.partition_point(|statement| statement.offset < offset);
    let same_line = begun.checked_sub(1).filter(|last| {
        let end = statements[*last].offset + statements[*last].sql.len();
        end > offset || !text[end..offset].contains('\n')
    });
    same_line.or_else(|| (begun < statements.len()).then_some(begun))
}

/// What a comment says, if it is meant for aura-db.
fn read(comment: &str) -> Option<Says> {
    let text = bare(comment);
    let rest = text.get(..MARK.len()).filter(|start| start.eq_ignore_ascii_case(MARK)).map(|_| &text[MARK.len()..])?;
    let unreadable = || Says::Unreadable(text.clone());
    let Some(order) = rest.trim_start().strip_prefix(':') else {
        // A comment may speak of aura-db. Whoever wanted a waiver must hear that it is none.
        let word = rest.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let meant = ["allow", "ignore", "disable", "waive", "skip"].contains(&word.as_str());
        return meant.then(unreadable);
    };
    let mut words = order.split_whitespace();
    if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("allow")) {
        return Some(unreadable());
    }
    let (mut rules, mut reason) = (String::new(), None);
    for word in words {
        match &mut reason {
            None if word.eq_ignore_ascii_case("because") => reason = Some(String::new()),
            None => rules.extend([" ", word]),
            Some(reason) if reason.is_empty() => reason.push_str(word),
            Some(reason) => reason.extend([" ", word]),
        }
    }
    // A list has commas; without one, what follows the first word is a reason that lacks its `because`.
    let mut ids: Vec<String> = rules.split(',').map(|rule| rule.trim().to_owned()).collect();
    if ids.iter().any(|id| id.split_whitespace().count() > 1) && reason.is_none() {
        ids = ids.iter().filter_map(|id| id.split_whitespace().next()).map(str::to_owned).collect();
    }
    if ids.iter().any(|id| id.is_empty() || id.contains(' ')) {
        return Some(unreadable());
    }
    let Some((reason, until)) = end(reason.as_deref().unwrap_or_default()) else { return Some(unreadable()) };
    Some(Says::Allow { rules: ids, reason, until })
}

/// A reason and the day behind it, as in `few rows until 2027-01-31`; `None` for a date that is wrong or not at the end,
/// which would let a waiver hold that somebody believes to end.
fn end(text: &str) -> Option<(String, Option<Day>)> {
    let words: Vec<&str> = text.split(' ').collect();
    let is_until = |at: &usize| words[*at].eq_ignore_ascii_case("until") && looks_like_a_date(words[*at + 1]);
    let Some(at) = (0..words.len().saturating_sub(1)).find(is_until) else { return Some((text.to_owned(), None)) };
    let day = words[at + 1].trim_end_matches(['.', ',', ';']).parse().ok()?;
    (at + 2 == words.len()).then(|| (words[..at].join(" "), Some(day)))
}

/// Whether somebody who wrote that meant a date: `2027-1-31`, `31.01.2027`, `2027/01/31`, `2027`.
fn looks_like_a_date(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';']);
    let parts: Vec<&str> = word.split(['-', '.', '/']).collect();
    let are_numbers = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    are_numbers
        && (parts.len() == 3 || (parts.len() < 3 && parts.iter().any(|part| part.len() == 4)) || word.len() == 8)
}

/// The text of a comment without its marks, its spaces and line ends as single spaces.
fn bare(comment: &str) -> String {
    let inside = comment
        .strip_prefix("/*")
        .map(|rest| rest.strip_suffix("*/").unwrap_or(rest))
        .or_else(|| comment.strip_prefix("--"))
        .or_else(|| comment.strip_prefix('#'))
        .unwrap_or(comment);
    inside.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<(u32, Option<usize>, Says)> {
        let script = Script { file: "m.sql".into(), text: text.into(), statements: Vec::new() };
        let found = of_script(&script).into_iter();
        found.map(|placed| (placed.waiver.at.line, placed.statement, placed.waiver.says)).collect()
    }

    fn allow(rules: &[&str], reason: &str) -> Says {
        let rules = rules.iter().map(|&rule| rule.into()).collect();
        Says::Allow { rules, reason: reason.into(), until: None }
    }

    #[test]
    fn a_waiver_belongs_to_the_statement_below_it_or_before_it_on_its_line() {
        let text = "-- aura-db: allow rename because nobody reads it\n\n-- a note\nALTER TABLE a RENAME TO b;\n\
                    DROP TABLE c; -- aura-db: allow data-loss because it is a copy\n\
                    CREATE TABLE d (\n  a INT, -- aura-db: allow x because inside\n  b INT);\n# AURA-DB: allow y because last\n";
        let seen = found(text);
        assert_eq!(seen[0], (1, Some(0), allow(&["rename"], "nobody reads it")));
        assert_eq!(seen[1], (5, Some(1), allow(&["data-loss"], "it is a copy")));
        assert_eq!(seen[2], (7, Some(2), allow(&["x"], "inside")));
        assert_eq!(seen[3], (9, None, allow(&["y"], "last")));
    }

    #[test]
    fn line_ends_marks_and_lists_of_every_kind_are_read() {
        let says = |text: &str| found(&format!("{text}\r\nDROP TABLE t;\r\n")).pop().map(|(_, _, says)| says);
        assert_eq!(says("-- aura-db: allow a, b because of\tboth"), Some(allow(&["a", "b"], "of both")));
        assert_eq!(says("/* aura-db: allow a\r\n   because it\r\n   is late */"), Some(allow(&["a"], "it is late")));
        assert_eq!(says("#aura-db: allow a"), Some(allow(&["a"], "")));
        assert_eq!(says("-- aura-db: allow a because"), Some(allow(&["a"], "")));
        assert_eq!(says("-- aura-db: allow a it is fine"), Some(allow(&["a"], "")));
        for text in
            ["-- aura-db: ignore a", "-- aura-db allow a because x", "-- aura-db: allow", "-- aura-db: allow a,, b"]
        {
            assert!(matches!(says(text), Some(Says::Unreadable(_))), "{text}");
        }
        for text in ["-- aura-db makes this", "-- see aura-db: allow a", "/*! SET @a = 1 */;"] {
            assert_eq!(says(text), None, "{text}");
        }
    }

    #[test]
    fn an_end_is_read_and_a_wrong_one_is_not_taken_for_a_reason() {
        let says = |reason: &str| of_statement(&format!("SELECT 1 -- aura-db: allow a because {reason}")).remove(0).0;
        let allow = |reason: &str, until: Option<&str>| Says::Allow {
            rules: vec!["a".into()],
            reason: reason.into(),
            until: until.map(|day| day.parse().unwrap()),
        };
        assert_eq!(says("it is small until 2027-01-31"), allow("it is small", Some("2027-01-31")));
        assert_eq!(says("it is small UNTIL 2027-01-31."), allow("it is small", Some("2027-01-31")));
        assert_eq!(says("it is small until the shop opens"), allow("it is small until the shop opens", None));
        assert_eq!(says("until 3 users have it"), allow("until 3 users have it", None));
        assert_eq!(says("until 2027-01-31"), allow("", Some("2027-01-31")), "an end is no reason");
        for wrong in
            ["2027-02-30", "2027-1-31", "31.01.2027", "2027", "2027/01", "20270131", "2027-01-31, then no more"]
        {
            assert!(matches!(says(&format!("it is small until {wrong}")), Says::Unreadable(_)), "{wrong}");
        }
    }

    #[test]
    fn the_waivers_of_a_statement_have_their_place_in_it() {
        let sql = "SELECT 1\n  -- aura-db: allow a because x\n/* aura-db: allow b */ , 2 # no";
        let found: Vec<_> = of_statement(sql).into_iter().map(|(_, line, column)| (line, column)).collect();
        assert_eq!(found, [(2, 3), (3, 1)]);
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        assert_eq!(found("INSERT INTO t VALUES ('\n-- aura-db: allow a because b\n', \"# aura-db: allow a\");"), []);
        assert_eq!(found("CREATE TABLE `-- aura-db: allow a because b` (id INT);"), []);
        assert_eq!(found("/* x -- aura-db: allow a because b\n*/ DROP TABLE t;"), []);
    }

    proptest! {
        #[test]
        fn literals_never_hold_a_waiver_and_comments_always_do(
            text in "[a-z'\"`#/* \\n;-]{0,20}",
            end in prop::sample::select(vec!["\n", "\r\n"]),
        ) {
            let line = "-- aura-db: allow rename because of it";
            let quoted = format!("{text}{end}{line}{end}{text}").replace('\'', "''");
            let script = format!("SELECT '{quoted}';{end}{line}{end}DROP TABLE t;{end}SELECT '{quoted}';{end}");
            let seen = found(&script);
            prop_assert_eq!(seen.len(), 1);
            prop_assert_eq!(seen[0].1, Some(1));
            prop_assert_eq!(&seen[0].2, &allow(&["rename"], "of it"));
        }
    }
}
