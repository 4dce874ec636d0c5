//! The proof of crash recovery: connections are cut and processes are killed from outside, at every kind of moment, and
//! a plain rerun has to end where an undisturbed run ends. Not one may need a hand, but
//! where rows are written outside of transactions.
//!
//! An ordinary run tries 20 faults per engine. `AURA_DB_FAULTS=200` tries so many, `AURA_DB_FAULTS=all` kills the
//! client at every boundary between commands; `AURA_DB_FAULTS_SEED` repeats a run (see `scripts/faults`).

mod campaign;
mod case;
mod disk_full;
mod fault;
mod packet;
mod proxy;
mod scenario;
mod scenarios;
mod seed;
mod server;
mod settings;
mod snapshot;

use aura_db::engine::sandbox::ServerKind;
use campaign::Campaign;
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Faults per engine in an ordinary run.
const FEW: usize = 20;
/// The scenarios of an ordinary run: each of the others costs an undisturbed run more.
const SOME: [&str; 10] = [
    "sums, migrate",
    "sums, rollback to 1",
    "shop, migrate from 1 to 4",
    "bulk, migrate",
    "session, migrate",
    "units, apply all",
    "refused unit, apply all",
    "tables, migrate",
    "tables, rollback all",
    "altered beside, migrate",
];
/// An ordinary run tries the same faults each time.
const SEED: u64 = 20_260_105;

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// For a reader of a long run, whom the test harness would keep waiting.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn survives(kind: ServerKind) {
    let wanted = setting("AURA_DB_FAULTS");
    let seed = match setting("AURA_DB_FAULTS_SEED") {
        Some(seed) => seed.parse().expect("AURA_DB_FAULTS_SEED is a number"),
        None if wanted.is_none() => SEED,
        None => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs(),
    };
    let only = setting("AURA_DB_FAULTS_ONLY").unwrap_or_default();
    let mut scenarios = scenarios::all();
    scenarios.retain(|one| one.name.contains(&only) && (wanted.is_some() || SOME.contains(&one.name)));
    assert!(!scenarios.is_empty(), "no scenario has `{only}` in its name");
    let mut campaign = Campaign::new(kind, scenarios, seed, wanted.is_some());
    match wanted.as_deref() {
        None => campaign.draw(FEW),
        Some("all") => campaign.sweep(),
        Some(number) => campaign.draw(number.parse().expect("AURA_DB_FAULTS is a number, or `all`")),
    }
    if wanted.is_some() {
        say(&format!("\nseed {seed} · {}", campaign.table()));
    }
    let failures = campaign.failures();
    assert!(failures.is_empty(), "seed {seed}\n{}\n{}", campaign.table(), failures.join("\n\n"));
}

#[test]
fn a_rerun_ends_where_an_undisturbed_run_ends_on_mysql() {
    survives(ServerKind::Mysql);
}

#[test]
fn a_rerun_ends_where_an_undisturbed_run_ends_on_mariadb() {
    survives(ServerKind::Mariadb);
}
