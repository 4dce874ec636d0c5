//! One source file: parsed, walked, and its texts made statements.

use super::compose::{Composed, compose};
use super::evaluate::Evaluator;
use super::imports::{Exports, constants};
use super::request::{Calls, Exported, Standing};
use super::sample::Samples;
use super::value::Piece;
use super::visit::{Seen, Visitor};
use crate::model::location::Location;
use crate::model::scan::{CodeFinding, Scanned, Uncovered};
use oxc_allocator::Allocator;
use oxc_ast_visit::Visit;
use oxc_parser::Parser;
use oxc_span::SourceType;
use std::collections::BTreeSet;
use std::path::Path;

/// The most open brackets of a file that is read; more would need more stack than there is.
const DEEPEST: usize = 500;

/// Words of which a file has one that may run what it imports.
const IMPORTERS: [&str; 10] =
    ["query", "exec", "raw", "sql", "SELECT", "select", "INSERT", "UPDATE", "DELETE", "delete"];

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct FileScan {
    pub(super) bytes: u64,
    pub(super) statements: Vec<Scanned>,
    pub(super) not_covered: Vec<Uncovered>,
    /// What may be found, with where it stands: it counts only where it runs with requests.
    pub(super) findings: Vec<(CodeFinding, Standing)>,
    pub(super) calls: Calls,
}

/// What a scan knows before it reads a file.
#[derive(Debug)]
pub(super) struct Around<'a> {
    pub(super) calls: &'a [String],
    pub(super) samples: &'a Samples,
    pub(super) exports: &'a Exports,
}

/// Whether brackets are open in such numbers, or signs follow one another so long, that a parser's stack may not do.
pub(super) fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut deepest, mut signs) = (0_usize, 0_usize, 0_usize);
    for byte in text.bytes() {
        signs =
            if matches!(byte, b'!' | b'~' | b'+' | b'-' | b'<' | b'=' | b'>' | b'?' | b':') { signs + 1 } else { 0 };
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth).max(signs);
    }
    deepest > DEEPEST
}

/// Reads a file's text. `shown` is its name as the user gave it, `stem` what names of its statements begin with.
pub(super) fn file(text: &str, path: &Path, shown: &str, stem: &str, around: &Around<'_>) -> FileScan {
    let mut scan = FileScan { bytes: text.len() as u64, ..FileScan::default() };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut whole = |because: &str, line| {
        scan.not_covered.push(Uncovered { at: Location::line(shown, line), because: because.to_owned() });
    };
    if is_too_deep(text) {
        whole("the file is nested too deeply to be read; it is left out", 1);
        return scan;
    }
    let Ok(kind) = SourceType::from_path(path) else { return scan };
    let allocator = Allocator::default();
    let kind = if kind.is_typescript() { kind } else { kind.with_jsx(true) };
    let parsed = Parser::new(&allocator, text, kind).parse();
    let lines = Lines::new(text);
    if parsed.panicked {
        let error = parsed.diagnostics.iter().next();
        let at = error.and_then(|error| error.labels.first()).map_or(0, oxc_span::LabeledSpan::offset);
        let message = error.map_or("", |error| error.message.as_ref());
        let because = format!("the file cannot be read from here on and is left out: {message}");
        whole(&because, lines.line(at));
        return scan;
    }
    let mut evaluator = Evaluator::new(text, around.calls);
    if IMPORTERS.iter().any(|word| text.contains(word)) {
        let folder = path.parent().unwrap_or(Path::new("."));
        around.exports.declare(&parsed.program, folder, &mut evaluator.scopes);
    }
    constants(&parsed.program, &mut evaluator);
    let mut visitor = Visitor::new(evaluator, Exported::of(&parsed.program, path));
    visitor.visit_program(&parsed.program);
    scan.calls = visitor.calls_made();
    let Visitor { seen, findings, consumed, .. } = visitor;
    for (at, rule, message, standing) in findings {
        let finding = CodeFinding { at: Location::line(shown, lines.line(at)), rule, message };
        scan.findings.push((finding, standing));
    }
    for one in seen {
        let is_again = one.call.is_none()
            && one
                .forms
                .iter()
                .flatten()
                .any(|piece| matches!(piece, Piece::Text { at: Some(at), .. } if consumed.contains(at)));
        if !is_again {
            statement(&one, shown, stem, &lines, around.samples, &mut scan);
        }
    }
    scan
}

/// All forms of one text.
fn statement(seen: &Seen, shown: &str, stem: &str, lines: &Lines, samples: &Samples, scan: &mut FileScan) {
    let start = |form: &[Piece]| {
        form.iter().find_map(|piece| match piece {
            Piece::Text { text, at: Some(at) } if !text.trim().is_empty() => Some(*at),
            _ => None,
        })
    };
    let mut done = BTreeSet::new();
    let mut reasons = Vec::new();
    for form in &seen.forms {
        let at = Location::line(shown, lines.line(start(form).unwrap_or(seen.at)));
        match compose(form, &seen.passed) {
            Composed::Statement(made) => {
                if !done.insert(made.sql.clone()) {
                    continue;
                }
                scan.statements.push(Scanned {
                    name: name(stem, &seen.function, &made.sql),
                    at,
                    params: samples.of(&made.sql, &made.hints),
                    values: made.values,
                    sql: made.sql,
                    in_loop: seen.in_loop,
                    call: seen.call.clone(),
                });
            }
            Composed::Ddl(words) => {
                if !seen.is_module_level && seen.call.is_some() {
                    let message =
                        format!("`{words} …` runs in `{}`, with each call of it; make it a migration", seen.function);
                    let finding = CodeFinding { at: at.clone(), rule: "ddl-in-request".into(), message };
                    scan.findings.push((finding, seen.standing.clone()));
                }
                reasons.push(Uncovered { at, because: format!("EXPLAIN has no plan for `{words} …`") });
            }
            // What is in no call may be any text that begins like a statement.
            Composed::Uncovered(_) if seen.call.is_none() => {}
            Composed::Uncovered(because) => reasons.push(Uncovered { at, because }),
            Composed::NoSql => reasons.extend(unknown(seen, form, at)),
        }
    }
    // A form that is no SQL beside one that is: conditions that exclude each other in the code.
    reasons.retain(|reason| done.is_empty() || !reason.because.starts_with("it does not parse"));
    reasons.dedup();
    scan.not_covered.extend(reasons);
}

/// A call whose text is not known, or is no statement that is known. One with a single word is another call of the same name.
fn unknown(seen: &Seen, form: &[Piece], at: Location) -> Option<Uncovered> {
    let call = seen.call.as_ref()?;
    match form.iter().find(|piece| !matches!(piece, Piece::Text { text, .. } if text.trim().is_empty()))? {
        Piece::Hole(hole) => {
            let because = format!("`{call}` runs a text that is made elsewhere: `{}`", hole.expression);
            Some(Uncovered { at, because })
        }
        Piece::Text { text, .. } => {
            let words: Vec<&str> = text.split_whitespace().take(3).collect();
            let because = format!("`{call}` is given a text that begins as no statement does: `{} …`", words.join(" "));
            (words.len() > 1).then_some(Uncovered { at, because })
        }
    }
}

/// File, function, verb and table.
fn name(stem: &str, function: &str, sql: &str) -> String {
    let words: Vec<String> = sql
        .split(|c: char| !(c.is_alphanumeric() || "_$.`".contains(c)))
        .filter(|word| !word.is_empty())
        .map(|word| word.replace('`', ""))
        .collect();
    let verb = words.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    let leads = |word: &str| ["from", "into", "update", "join"].iter().any(|lead| word.eq_ignore_ascii_case(lead));
    let table =
        words.windows(2).find(|pair| leads(&pair[0])).map(|pair| pair[1].rsplit('.').next().unwrap_or_default());
    let parts = [stem, function].into_iter().filter(|part| !part.is_empty()).map(str::to_owned);
    let what = table.map_or(verb.clone(), |table| format!("{verb}-{table}"));
    parts.chain([what]).collect::<Vec<_>>().join(".")
}

/// Lines by offset.
#[derive(Debug)]
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        Self { starts: memchr::memchr_iter(b'\n', text.as_bytes()).collect() }
    }

    fn line(&self, at: u32) -> u32 {
        let before = self.starts.partition_point(|newline| *newline < at as usize);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}
