//! Findings as Markdown for a comment on a pull request: what fails first, as much as a comment takes, and how many are left.

use super::review::{Found, Review, one_line};
use super::root::Root;
use crate::model::count::counted;
use std::fmt::Write;

/// Characters that GitHub takes in a comment, less what an action may put around it.
const LIMIT: usize = 65_536 - 1024;
/// Characters of a message and of a statement; a longer one is cut.
const LONGEST: usize = 2000;

/// The comment.
#[must_use]
pub fn render(review: &Review, top: &Root) -> String {
    let mark = if review.failed { "❌" } else { "✅" };
    let mut text = format!("### {mark} aura-db {}\n\n{}\n\n", review.verb, escape(&one_line(&review.summary)));
    for line in review.basis.iter().take(20) {
        let _ = writeln!(text, "> {}  ", escape(&cut(&one_line(line))));
    }
    text.push('\n');
    let mut room = LIMIT.saturating_sub(text.encode_utf16().count() + 200);
    let all: Vec<&Found> = review.open().collect();
    let mut left = 0;
    for (at, found) in all.iter().enumerate() {
        let block = block(found, review, top);
        let size = block.encode_utf16().count();
        if size > room {
            left = all.len() - at;
            break;
        }
        room -= size;
        text.push_str(&block);
    }
    if all.is_empty() {
        text.push_str("Nothing was found, on the basis above.\n");
    }
    if left > 0 {
        let _ = writeln!(text, "\n**{} left out**, as a comment takes no more.", counted(left as u64, "finding"));
    }
    text
}

fn block(found: &Found, review: &Review, root: &Root) -> String {
    let finding = &found.finding;
    let place = finding.subject.location.as_ref();
    let place =
        place.map(|at| format!(" · {}:{}", escape(&one_line(&root.path(&at.file))), at.line)).unwrap_or_default();
    let (rule, subject) = (escape(&finding.rule), escape(&cut(&one_line(&found.subject(&review.cases)))));
    let mut text = format!(
        "<details><summary>{} <b>{}</b> {rule} · {subject}{place}</summary>\n\n{}\n\n",
        if found.fails { "❌" } else { "▫️" },
        finding.severity,
        escape(&cut(&one_line(&finding.message)))
    );
    for line in finding.evidence.iter().take(20) {
        let _ = writeln!(text, "- {}", escape(&cut(&one_line(line))));
    }
    if !finding.remedy.is_empty() {
        let _ = write!(text, "\n→ {}\n", escape(&cut(&one_line(&finding.remedy))));
    }
    if let Some(case) = found.case.and_then(|case| review.cases.get(case)).filter(|case| !case.sql.is_empty()) {
        let _ = write!(text, "\n{}", fenced(&cut(&case.sql)));
    }
    text.push_str("\n</details>\n\n");
    text
}

/// A block of SQL between fences longer than any in it.
fn fenced(sql: &str) -> String {
    let sql = clean(sql).replace('\r', "");
    let longest = sql.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sql\n{}\n{fence}\n", sql.trim_end())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn clean(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "\u{fffd}")
}

/// Text that Markdown and HTML leave alone, on one line. `@` is an entity so that no one is called by a name in SQL.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            // Before a number it would become a link to an issue; in HTML's summary no backslash would help.
            '#' => out.push_str("&#35;"),
            '|' => out.push_str("&#124;"),
            '`' => out.push_str("&#96;"),
            '*' => out.push_str("&#42;"),
            '_' => out.push_str("&#95;"),
            '~' => out.push_str("&#126;"),
            '[' => out.push_str("&#91;"),
            ']' => out.push_str("&#93;"),
            '!' => out.push_str("&#33;"),
            '\\' => out.push_str("&#92;"),
            '$' => out.push_str("&#36;"),
            c => out.push(c),
        }
    }
    out
}
