//! One statement on a bench for the tests of the rules: `m.up.sql`, in which it stands on the second line.

use super::context::Options;
use super::judge::{Pending, Verdict, judge};
use crate::model::day::Day;
use crate::model::engine::EngineKind;
use crate::model::finding::{Finding, Severity};
use crate::model::lint::{Attempt, BrokenQuery, Size, Sizes, Trial};
use crate::model::location::Location;
use crate::model::migration::{Migration, Naming, Script, Set, Statement};
use crate::model::online::{LockTaken, OnlineClass, Outcome};
use crate::sql::lex::split;
use crate::sql::shape::fixture::schema;
use std::sync::Arc;

/// A statement, what comes before it, and what trying it showed.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    text: String,
    trial: Trial,
    before: Vec<(String, Attempt)>,
    down: bool,
    pub(crate) options: Options,
}

impl Bench {
    pub(crate) fn new(text: &str) -> Self {
        let trial =
            Trial { attempt: Attempt::Ran, before: None, after: None, sizes: Arc::default(), broken: Vec::new() };
        let today = Day::of_unix(1_800_000_000);
        let options = Options { catalogue: true, today, ..Options::default() };
        Self { text: text.into(), trial, before: Vec::new(), down: true, options }
    }

    pub(crate) fn attempt(mut self, attempt: Attempt) -> Self {
        self.trial.attempt = attempt;
        self
    }

    pub(crate) fn size(mut self, table: &str, rows: Option<u64>, bytes: Option<u64>) -> Self {
        let mut sizes: Sizes = (*self.trial.sizes).clone();
        sizes.insert(table.into(), Size { rows, bytes });
        self.trial.sizes = Arc::new(sizes);
        self
    }

    pub(crate) fn schemas(mut self, before: &str, after: &str) -> Self {
        self.trial.before = Some(Arc::new(schema(before)));
        self.trial.after = Some(Arc::new(schema(after)));
        self
    }

    pub(crate) fn after_running(mut self, sql: &str) -> Self {
        self.before.push((sql.into(), Attempt::Ran));
        self
    }

    pub(crate) fn after_failure(mut self) -> Self {
        self.before.push(("DROP VIEW gone".into(), fails(1051, "Unknown table")));
        self
    }

    pub(crate) fn breaks(mut self, query: &str) -> Self {
        self.trial.broken.push(BrokenQuery {
            name: query.into(),
            at: Location::line("api/orders.js", 7),
            error: "error 1054: Unknown column".into(),
        });
        self
    }

    pub(crate) fn without_down(mut self) -> Self {
        self.down = false;
        self
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let before: Vec<&str> = self.before.iter().map(|(sql, _)| sql.as_str()).collect();
        let mut text = if before.is_empty() { "\n".into() } else { format!("{};\n", before.join("; ")) };
        text.push_str(&self.text);
        let script = |file: &str, text: &str| Script {
            file: file.into(),
            text: text.into(),
            statements: split(text)
                .unwrap()
                .into_iter()
                .map(|piece| Statement { sql: piece.sql.into(), at: Location::line(file, piece.line) })
                .collect(),
        };
        let up = script("m.up.sql", &text);
        let down = self.down.then(|| script("m.down.sql", "DO 0"));
        let (version, description, naming) = (1, "m".into(), Naming::default());
        let migration = Migration { version, description, naming, set: Set::Schema, up, down };
        let standing = |attempt: &Attempt| Trial {
            attempt: attempt.clone(),
            before: None,
            after: None,
            broken: Vec::new(),
            ..self.trial.clone()
        };
        let mut trials: Vec<Trial> = self.before.iter().map(|(_, attempt)| standing(attempt)).collect();
        trials.resize(migration.up.statements.len(), self.trial.clone());
        let pending = Pending { migration: &migration, script: &migration.up, trials };
        judge(&[pending], EngineKind::Mysql, &self.options)
    }

    /// The worst finding of a rule about the statement itself.
    pub(crate) fn only(&self, rule: &str) -> Option<Finding> {
        let findings = self.verdict().findings;
        findings
            .into_iter()
            .filter(|finding| finding.rule == rule)
            .max_by_key(|finding| finding.subject.location.as_ref().map(|location| location.line))
    }

    pub(crate) fn severity(&self, rule: &str) -> Option<Severity> {
        self.only(rule).map(|finding| finding.severity)
    }
}

fn classed(class: OnlineClass, lock: LockTaken) -> Attempt {
    let (table, sent) = ("orders".into(), String::new());
    Attempt::Classed(Outcome { table, class: Some(class), lock, own: false, sent, refusals: Vec::new() })
}

pub(crate) fn instant() -> Attempt {
    classed(OnlineClass::Instant, LockTaken::None)
}

pub(crate) fn inplace() -> Attempt {
    classed(OnlineClass::Inplace { rebuild: Some(false) }, LockTaken::None)
}

pub(crate) fn rebuild() -> Attempt {
    classed(OnlineClass::Inplace { rebuild: Some(true) }, LockTaken::None)
}

pub(crate) fn shared() -> Attempt {
    classed(OnlineClass::Inplace { rebuild: Some(false) }, LockTaken::Shared)
}

pub(crate) fn copy() -> Attempt {
    classed(OnlineClass::Copy, LockTaken::Shared)
}

pub(crate) fn fails(code: u32, message: &str) -> Attempt {
    Attempt::Failed { code, message: message.into() }
}

pub(crate) fn untried() -> Attempt {
    Attempt::Unknown { because: "no server is installed".into() }
}
