//! Which faults a run tries, and what came of them.

use super::case::{self, Undisturbed, Verdict};
use super::fault::{Blow, Fault, KINDS, Kind, Moment, When};
use super::scenario::Scenario;
use super::seed::Seed;
use super::server::Durable;
use aura_db::engine::sandbox::ServerKind;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// A command that takes this long can be hit in its middle.
const LONG: Duration = Duration::from_millis(15);

/// Faults on one server, counted by kind.
#[derive(Debug)]
pub(crate) struct Campaign {
    server: Durable,
    scenarios: Vec<Scenario>,
    seed: Seed,
    baselines: HashMap<&'static str, Undisturbed>,
    /// Tried and converged.
    counts: BTreeMap<Kind, (usize, usize)>,
    failures: Vec<String>,
    /// Tells of each failure as it comes.
    aloud: bool,
}

impl Campaign {
    pub(crate) fn new(kind: ServerKind, scenarios: Vec<Scenario>, seed: u64, aloud: bool) -> Self {
        Self {
            server: Durable::start(kind),
            scenarios,
            seed: Seed::new(seed),
            baselines: HashMap::new(),
            counts: BTreeMap::new(),
            failures: Vec::new(),
            aloud,
        }
    }

    /// Tries `number` faults, of every kind in turn.
    pub(crate) fn draw(&mut self, number: usize) {
        let mut kinds = KINDS.iter().cycle();
        let mut tried = 0;
        while tried < number {
            let kind = *kinds.next().unwrap();
            // A blow in the middle may come too late; then another one is drawn.
            for _ in 0..10 {
                let scenario = self.pick(kind);
                let fault = self.aim(&scenario, kind);
                // One in four reruns is disturbed too.
                let second = (self.seed.below(4) == 0).then(|| {
                    let kind = *self.seed.one_of(&KINDS);
                    self.aim(&scenario, kind)
                });
                if self.strike(&scenario, kind, (fault, second)) {
                    break;
                }
            }
            tried += 1;
        }
    }

    /// Kills the client before each command of each scenario, and after its answer.
    pub(crate) fn sweep(&mut self) {
        for scenario in self.scenarios.clone() {
            for command in 1..=self.baseline(&scenario).sent.len() {
                for (when, moment) in [(When::Before, Moment::Before), (When::After, Moment::After)] {
                    let kind = Kind { blow: Blow::KillClient, when };
                    self.strike(&scenario, kind, (Fault { blow: kind.blow, moment, command }, None));
                }
            }
        }
    }

    /// Kills the client before each command whose text is of interest, and after the server has acted on it.
    pub(crate) fn sweep_where(&mut self, wanted: impl Fn(&str) -> bool) {
        for scenario in self.scenarios.clone() {
            let sent = self.baseline(&scenario).sent.iter().map(|sent| wanted(&sent.text)).collect::<Vec<_>>();
            for command in (1..).zip(sent).filter_map(|(command, wanted)| wanted.then_some(command)) {
                for (when, moment) in [(When::Before, Moment::Before), (When::After, Moment::After)] {
                    let kind = Kind { blow: Blow::KillClient, when };
                    self.strike(&scenario, kind, (Fault { blow: kind.blow, moment, command }, None));
                }
            }
        }
    }

    fn pick(&mut self, kind: Kind) -> Scenario {
        // Half of the blows in the middle go where there is a middle.
        let long: Vec<Scenario> =
            self.scenarios.iter().filter(|scenario| scenario.name.starts_with("bulk")).copied().collect();
        if kind.when == When::During && !long.is_empty() && self.seed.below(2) == 0 {
            *self.seed.one_of(&long)
        } else {
            *self.seed.one_of(&self.scenarios)
        }
    }

    fn baseline(&mut self, scenario: &Scenario) -> &Undisturbed {
        let server = &mut self.server;
        self.baselines.entry(scenario.name).or_insert_with(|| case::undisturbed(server, scenario))
    }

    /// A fault of this kind, at a command that was seen without one.
    fn aim(&mut self, scenario: &Scenario, kind: Kind) -> Fault {
        let sent = &self.baseline(scenario).sent;
        let took: Vec<Duration> = sent.iter().map(|sent| sent.took.unwrap_or_default()).collect();
        let long: Vec<usize> = (0..took.len()).filter(|&index| took[index] >= LONG).collect();
        let index = if kind.when == When::During && !long.is_empty() {
            *self.seed.one_of(&long)
        } else if scenario.repair.is_empty() {
            self.seed.below(took.len())
        } else {
            // What is refused, and what is taken back after it, comes late.
            let early = took.len() / 3;
            early + self.seed.below(took.len() - early)
        };
        let moment = match kind.when {
            When::Before => Moment::Before,
            When::During => Moment::During(self.seed.within(took[index])),
            When::After => Moment::After,
        };
        Fault { blow: kind.blow, moment, command: index + 1 }
    }

    /// Whether the fault came in time to count.
    fn strike(&mut self, scenario: &Scenario, kind: Kind, (fault, second): (Fault, Option<Fault>)) -> bool {
        self.baseline(scenario);
        let (server, baseline) = (&mut self.server, &self.baselines[scenario.name]);
        let verdict = catch_unwind(AssertUnwindSafe(|| case::disturbed(server, scenario, baseline, (fault, second))));
        let failure = match verdict {
            Ok(Verdict::Missed) => return false,
            Ok(Verdict::Converged) => None,
            Ok(Verdict::Failed(text)) => Some(text),
            Err(panic) => {
                self.server.revive();
                let text = panic.downcast_ref::<String>().cloned();
                Some(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
            }
        };
        let count = self.counts.entry(kind).or_default();
        count.0 += 1;
        match failure {
            None => count.1 += 1,
            Some(text) => {
                let hit = baseline.sent.get(fault.command - 1).map_or("", |sent| &sent.text);
                let engine = self.server.sandbox().engine();
                let failure = format!("=== {engine} · {} · {fault}\nthe command there: {hit}\n{text}", scenario.name);
                if self.aloud {
                    super::say(&failure);
                }
                self.failures.push(failure);
            }
        }
        true
    }

    /// How many faults of each kind were tried, and how many converged.
    pub(crate) fn table(&self) -> String {
        let mut text = format!("{}\n{:44} tried  converged\n", self.server.sandbox().engine(), "");
        let mut sum = (0, 0);
        for (kind, (tried, converged)) in &self.counts {
            let _ = writeln!(text, "{kind:44} {tried:5}  {converged:9}");
            sum = (sum.0 + tried, sum.1 + converged);
        }
        let _ = writeln!(text, "{:44} {:5}  {:9}", "all", sum.0, sum.1);
        text
    }

    /// What did not converge.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }
}
