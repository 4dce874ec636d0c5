//! One disturbed run and its rerun, held against a run that nothing disturbed.

use super::fault::Fault;
use super::proxy::{Proxy, Sent};
use super::scenario::Scenario;
use super::server::{Durable, run};
use super::snapshot::Snapshot;
use crate::binary::{AuraDb, Outcome};
use std::fmt::Write as _;
use std::path::Path;

/// What an undisturbed run does and leaves.
#[derive(Debug)]
pub(crate) struct Undisturbed {
    /// How it exits; not with 0 where the data refuses a statement.
    code: Option<i32>,
    /// Its commands, in order.
    pub(crate) sent: Vec<Sent>,
    end: End,
}

/// How a database is at the end, and what one more run says of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    fingerprint: String,
    states: Vec<String>,
    snapshot: Snapshot,
    again: (Option<i32>, String),
}

/// What came of a disturbed run.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The rerun led to the end of an undisturbed run.
    Converged,
    /// The command was done before the blow fell.
    Missed,
    /// What is wrong, with all that was said.
    Failed(String),
}

/// A scenario on a database of its own.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) server: &'a mut Durable,
    scenario: &'a Scenario,
    folder: tempfile::TempDir,
    database: String,
}

/// Runs a scenario with nothing in its way.
///
/// # Panics
/// When that does not end well: the scenario is wrong then.
pub(crate) fn undisturbed(server: &mut Durable, scenario: &Scenario) -> Undisturbed {
    let mut case = Case::new(server, scenario);
    let (outcome, proxy) = case.through_proxy(None);
    let code = outcome.code;
    if scenario.repair.is_empty() {
        outcome.exits(0);
    } else {
        assert_ne!(code, Some(0), "{}: nothing refused", scenario.name);
        case.repair();
        case.run(scenario.command).exits(0);
    }
    if let Some(then) = scenario.then {
        case.run(then).exits(0);
    }
    case.meanwhile();
    Undisturbed { code, sent: proxy.sent(), end: case.end() }
}

/// Runs a scenario, with the fault, perhaps once more with the second one, and then without.
pub(crate) fn disturbed(
    server: &mut Durable,
    scenario: &Scenario,
    undisturbed: &Undisturbed,
    (fault, second): (Fault, Option<Fault>),
) -> Verdict {
    let mut case = Case::new(server, scenario);
    let (first, proxy) = case.through_proxy(Some(fault));
    if !proxy.fired() {
        return Verdict::Missed;
    }
    case.server.revive();
    let mut story = vec![told("disturbed run", &first)];
    if first.code.is_some() && fault.blow.kills_client() {
        return Verdict::Failed(format!("the client outlived its kill\n{}", story.join("\n")));
    }
    let mut wrong = Vec::new();
    if first.code == Some(101) {
        wrong.push("the disturbed run panicked".to_owned());
    }
    let looked = case.run("status");
    if !matches!(looked.code, Some(0 | 1 | 4)) {
        wrong.push("status could not say how things stand".to_owned());
    }
    story.push(told("status", &looked));
    if let Some(second) = second {
        let (again, _) = case.through_proxy(Some(second));
        case.server.revive();
        story.push(told(&format!("a rerun, {second}"), &again));
    }
    case.meanwhile();
    let mut rerun = case.run(scenario.last());
    story.push(told("rerun", &rerun));
    if !scenario.asks.is_empty() && rerun.code == Some(4) && rerun.stderr.contains(scenario.asks) {
        // Nothing tells, and nobody is deceived.
        return Verdict::Converged;
    }
    if scenario.then.is_some() && rerun.code == Some(4) {
        // What is half-applied and cannot be taken down as it is, is to be finished first, and says so.
        let finished = case.run(scenario.command);
        story.push(told("the first command again", &finished));
        rerun = case.run(scenario.last());
        story.push(told("then", &rerun));
    }
    if !scenario.repair.is_empty() {
        if rerun.code != undisturbed.code {
            wrong.push(format!("the rerun is refused in another way than with {:?}", undisturbed.code));
        }
        case.repair();
        rerun = case.run(scenario.command);
        story.push(told("run after the repair", &rerun));
    }
    if rerun.code == Some(0) {
        let end = case.end();
        if end != undisturbed.end {
            wrong.push(format!("the end differs\n{}", end.difference(&undisturbed.end)));
        }
    } else {
        wrong.push("the rerun failed".to_owned());
    }
    if wrong.is_empty() {
        return Verdict::Converged;
    }
    let sent = proxy.sent();
    let last = sent.iter().enumerate().skip(sent.len().saturating_sub(6)).map(|(index, sent)| {
        let text: String = sent.text.chars().take(200).collect();
        format!("  {:4} {}{text}", index + 1, if sent.took.is_none() { "(no answer) " } else { "" })
    });
    let last = last.collect::<Vec<_>>().join("\n");
    Verdict::Failed(format!("{}\n--- last sent\n{last}\n{}", wrong.join("\n"), story.join("\n")))
}

impl<'a> Case<'a> {
    pub(crate) fn new(server: &'a mut Durable, scenario: &'a Scenario) -> Self {
        let database = server.database();
        if !scenario.setup.is_empty() {
            run(&mut server.connect(Some(&database)), scenario.setup);
        }
        let case = Self { server, scenario, folder: scenario.folder(), database };
        for line in scenario.before {
            case.run(line).exits(0);
        }
        case
    }

    fn command(&self, line: &str, socket: &Path) -> AuraDb {
        let url = format!("mysql://root@localhost/{}?socket={}&ssl-mode=disabled", self.database, socket.display());
        AuraDb::new(line.split_whitespace()).at(self.folder.path()).env("DATABASE_URL", url)
    }

    pub(crate) fn run(&self, line: &str) -> Outcome {
        self.command(line, &self.server.sandbox().socket()).start().wait()
    }

    fn through_proxy(&mut self, fault: Option<Fault>) -> (Outcome, Proxy) {
        let sandbox = self.server.sandbox();
        let proxy = Proxy::start(&sandbox.socket(), sandbox.pid().unwrap(), fault);
        let running = self.command(self.scenario.command, &proxy.socket()).start();
        proxy.client(running.pid());
        let outcome = running.wait();
        proxy.over();
        (outcome, proxy)
    }

    /// Drops the database.
    pub(crate) fn forget(self) {
        run(&mut self.server.connect(None), &format!("DROP DATABASE `{}`", self.database));
    }

    fn meanwhile(&self) {
        if !self.scenario.meanwhile.is_empty() {
            run(&mut self.server.connect(Some(&self.database)), self.scenario.meanwhile);
        }
    }

    fn repair(&self) {
        if !self.scenario.repair.is_empty() {
            run(&mut self.server.connect(Some(&self.database)), self.scenario.repair);
        }
    }

    pub(crate) fn end(&self) -> End {
        let report = self.run("status --format json").stdout;
        let report: serde_json::Value = serde_json::from_str(&report).unwrap_or_default();
        let rows = report["rows"].as_array().cloned().unwrap_or_default();
        let states = rows.iter().map(|row| format!("{} {}", row["version"], row["state"])).collect();
        let snapshot = Snapshot::take(&mut self.server.connect(Some(&self.database)));
        let again = self.run(self.scenario.last());
        let said = again.stdout.replace(&self.database, "DATABASE");
        let fingerprint = report["fingerprint"].as_str().unwrap_or_default().to_owned();
        End { fingerprint, states, snapshot, again: (again.code, said) }
    }
}

impl End {
    pub(crate) fn difference(&self, should: &Self) -> String {
        let mut text = self.snapshot.difference(&should.snapshot);
        let mut compare = |what: &str, is: &dyn std::fmt::Debug, should: &dyn std::fmt::Debug| {
            let (is, should) = (format!("{is:?}"), format!("{should:?}"));
            if is != should {
                let _ = writeln!(text, "  {what}: {is}, and not {should}");
            }
        };
        compare("fingerprint", &self.fingerprint, &should.fingerprint);
        compare("states", &self.states, &should.states);
        compare("one more run", &self.again, &should.again);
        text
    }
}

fn told(what: &str, outcome: &Outcome) -> String {
    format!("--- {what}: exit {:?}\n{}{}", outcome.code, outcome.stdout, outcome.stderr)
}
