//! What rollbacks put aside: planned and told.

use super::failure::Failure;
use crate::engine::archive;
use crate::engine::history;
use crate::engine::ledger::Ledger;
use crate::engine::loss::Loss;
use crate::engine::{EngineError, Session};
use crate::migration::archive::{Context, Plan, plan as planned};
use crate::migration::checksum::statement_hash;
use crate::model::archive::{Archive, ArchiveState};
use crate::model::engine::EngineKind;
use crate::model::journal::JournalRow;
use crate::model::migration::{Direction, Migration, Statement};
use crate::model::schema::Table;
use crate::term::Term;
use std::collections::BTreeMap;

/// Mends a registry of an earlier version, before anything is written to it; gives whether there is a registry.
pub(super) async fn mend(session: &mut Session, ledger: &Ledger) -> Result<bool, Failure> {
    Ok(archive::mend(session, ledger.table()).await?)
}

/// The archives of a ledger, and the names of those of other ledgers.
pub(super) async fn all(
    session: &mut Session,
    ledger: &Ledger,
) -> Result<(Vec<Archive>, Vec<(String, String)>), Failure> {
    Ok((archive::list(session, ledger.table()).await?, archive::others(session, ledger.table()).await?))
}

/// The migrations of a rollback, with the down scripts that an earlier run of it has begun.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// All of them.
    pub(super) migrations: Vec<Migration>,
    /// The versions that were begun. What they lose was judged before.
    begun: Vec<i64>,
    /// The versions of which a rollback that was cut off was to put something aside.
    agreed: Vec<i64>,
}

impl Unfinished {
    /// Those of which nothing has run yet.
    pub(super) fn fresh(&self) -> Vec<&Migration> {
        self.migrations.iter().filter(|migration| !self.begun.contains(&migration.version)).collect()
    }

    /// Whether a rollback that was cut off was to put something aside of each migration that loses something.
    pub(super) fn agreed_to(&self, losses: &[Loss]) -> bool {
        losses.iter().all(|loss| {
            let goes_down_by =
                |migration: &&Migration| migration.down.as_ref().is_some_and(|down| down.file == loss.at.file);
            self.migrations.iter().find(goes_down_by).is_some_and(|migration| self.agreed.contains(&migration.version))
        })
    }

    /// Whether a rollback that was cut off put something aside.
    pub(super) fn archived(&self) -> bool {
        !self.agreed.is_empty()
    }
}

/// Finds the rewritten scripts that an earlier run has begun.
pub(super) async fn unfinished(
    session: &mut Session,
    ledger: &Ledger,
    chosen: &[&Migration],
    journal: &[JournalRow],
) -> Result<Unfinished, Failure> {
    let begun = |version: i64| journal.iter().any(|row| row.version == version && row.direction == Direction::Down);
    let scripts = archive::scripts(session, ledger.table()).await?;
    let is_chosen = |version: &i64| chosen.iter().any(|migration| migration.version == *version);
    let agreed = scripts.keys().copied().filter(is_chosen).collect();
    let known = scripts.into_iter().filter_map(|(version, (hash, script))| {
        let down = chosen.iter().find(|migration| migration.version == version)?.down.as_ref()?;
        (begun(version) && statement_hash(&down.text) == hash).then_some((version, script))
    });
    let plan = Plan { archives: Vec::new(), scripts: known.collect() };
    Ok(Unfinished { migrations: rewritten(chosen, &plan), begun: plan.scripts.into_keys().collect(), agreed })
}

/// The migrations with their down scripts as the plan has them.
pub(super) fn rewritten(chosen: &[&Migration], plan: &Plan) -> Vec<Migration> {
    let one = |migration: &&Migration| {
        let mut migration = (*migration).clone();
        if let (Some(script), Some(down)) = (plan.scripts.get(&migration.version), &mut migration.down) {
            let statement = |(at, sql): &(usize, String)| {
                down.statements.get(*at).map(|statement| Statement { sql: sql.clone(), at: statement.at.clone() })
            };
            down.statements = script.iter().filter_map(statement).collect();
        }
        migration
    };
    chosen.iter().map(one).collect()
}

/// What `--archive` would put aside; the inner error tells what it cannot.
pub(super) async fn plan(
    session: &mut Session,
    ledger: &Ledger,
    chosen: &[&Migration],
    losses: &[Loss],
) -> Result<Result<Plan, Vec<String>>, Failure> {
    if losses.is_empty() {
        return Ok(Ok(Plan::default()));
    }
    let schema = session.schema(&[ledger.table()]).await?;
    let triggers = archive::triggers(session).await?;
    let (own, others) = all(session, ledger).await?;
    let own = own.into_iter().map(|archive| archive.name);
    let taken: Vec<String> = own.chain(others.into_iter().map(|(name, _)| name)).collect();
    let versioned: Vec<String> = history::periods(session).await?.into_keys().collect();
    let context = Context {
        schema: &schema,
        triggers: &triggers,
        unique_checks: session.engine.kind == EngineKind::Mysql,
        taken: &taken,
        versioned: &versioned,
        ledger: ledger.table(),
    };
    let losses: Vec<_> = losses.iter().map(|loss| (loss.what.clone(), loss.at.clone())).collect();
    Ok(planned(chosen, &losses, context))
}

/// Says what `--archive` would do.
pub(super) fn foretell(plan: &Result<Plan, Vec<String>>, losses: &[Loss], term: &mut Term) {
    match plan {
        Ok(plan) => {
            for archive in &plan.archives {
                term.note(&format!("--archive would keep {} as {}", archive.what(), archive.name));
            }
        }
        Err(refusals) if !losses.is_empty() => {
            for refusal in refusals {
                term.note(&format!("--archive would refuse: {refusal}"));
            }
        }
        Err(_) => {}
    }
}

/// The refusal of what cannot be archived.
pub(super) fn refusal(refusals: &[String]) -> Failure {
    let list: Vec<String> = refusals.iter().map(|line| format!("  {line}")).collect();
    Failure::state(format!(
        "this rollback would lose what cannot be archived, so nothing was done:\n{}\nsave it yourself, then pass \
         --discard-data to go on",
        list.join("\n")
    ))
}

/// Writes the plan down, and gives the migrations as they are to be run.
pub(super) async fn begin(
    session: &mut Session,
    ledger: &Ledger,
    unfinished: &Unfinished,
    plan: &Plan,
) -> Result<Vec<Migration>, Failure> {
    let chosen: Vec<&Migration> = unfinished.migrations.iter().collect();
    let chosen = chosen.as_slice();
    // A script of an earlier rollback that ended just before it was forgotten is not this one's.
    finish(session, ledger, &unfinished.fresh()).await?;
    if plan.archives.is_empty() {
        return Ok(rewritten(chosen, &Plan::default()));
    }
    if session.has_transactional_ddl() {
        archive::begin(session, ledger.table(), &plan.archives, &BTreeMap::new()).await?;
        let schema = session.schema(&[]).await?;
        for archive in &plan.archives {
            let columns = schema.table(&archive.table).map(|table| copied(table, archive, plan)).unwrap_or_default();
            archive::copy_embedded(session, archive, &columns).await?;
        }
        return Ok(rewritten(chosen, &Plan::default()));
    }
    let mut scripts = BTreeMap::new();
    for (version, script) in &plan.scripts {
        let down = chosen.iter().find(|one| one.version == *version).and_then(|migration| migration.down.as_ref());
        let hash = down.map(|down| statement_hash(&down.text)).unwrap_or_default();
        scripts.insert(*version, (hash, script.clone()));
    }
    archive::begin(session, ledger.table(), &plan.archives, &scripts).await?;
    Ok(rewritten(chosen, plan))
}

/// The columns that an archive holds on the embedded engine, where it is made before anything is dropped: a column that
/// an archive of its own holds is not the table's any more when the table goes.
fn copied(table: &Table, archive: &Archive, plan: &Plan) -> Vec<String> {
    let apart = |name: &str| {
        let same = |other: &Archive| other.table == archive.table && other.column.as_deref() == Some(name);
        plan.archives.iter().any(same)
    };
    match &archive.column {
        None => table.columns.iter().map(|column| column.name.clone()).filter(|name| !apart(name)).collect(),
        Some(column) => {
            let key = table.primary_key().into_iter().flat_map(|key| &key.parts);
            key.filter_map(|part| part.column.clone()).chain([column.clone()]).collect()
        }
    }
}

/// Forgets what a rollback that was cut off was to put aside: the way is up again. What it had begun stays.
pub(super) async fn forget_agreed(
    session: &mut Session,
    ledger: &Ledger,
    journal: &[JournalRow],
) -> Result<(), EngineError> {
    for version in archive::scripts(session, ledger.table()).await?.into_keys() {
        if journal.iter().all(|row| row.version != version || row.direction == Direction::Up) {
            archive::finish(session, ledger.table(), version).await?;
        }
    }
    Ok(())
}

/// Forgets the scripts of rollbacks that are finished.
pub(super) async fn finish(session: &mut Session, ledger: &Ledger, chosen: &[&Migration]) -> Result<(), EngineError> {
    for version in archive::scripts(session, ledger.table()).await?.into_keys() {
        if chosen.iter().any(|migration| migration.version == version) {
            archive::finish(session, ledger.table(), version).await?;
        }
    }
    Ok(())
}

/// Says what was put aside.
pub(super) fn tell(plan: &Plan, term: &mut Term) {
    for archive in &plan.archives {
        term.note(&format!("archived {} as {}", archive.what(), archive.name));
    }
}

/// Says what was put aside by a rollback that failed: of the plan, what is there.
pub(super) async fn tell_made(session: &mut Session, ledger: &Ledger, plan: &Plan, term: &mut Term) {
    if plan.archives.is_empty() {
        return;
    }
    // Where the connection is gone, `status` lists them later.
    let Ok(made) = archive::list(session, ledger.table()).await else { return };
    for archive in plan.archives.iter().filter(|archive| made.iter().any(|one| one.name == archive.name)) {
        term.note(&format!("archived {} as {}", archive.what(), archive.name));
    }
}

/// The archives, a line each.
pub(super) async fn lines(session: &mut Session, ledger: &Ledger) -> Result<Vec<String>, EngineError> {
    let archives = archive::list(session, ledger.table()).await?;
    let line = |archive: &Archive| {
        let more = match &archive.state {
            ArchiveState::Rest(columns) => format!(
                "; its rows are back, and only the values of {} are left, for which the table has no column: copy what \
                 is needed, then `aura-db rollback --discard-archive {}`",
                columns.join(", "),
                archive.name
            ),
            _ if archive.ledger.is_empty() => {
                ", of whichever ledger; `aura-db rollback --restore` brings it back".to_owned()
            }
            _ => String::new(),
        };
        format!("{}: {} of migration {}{more}", archive.name, archive.what(), archive.version)
    };
    Ok(archives.iter().map(line).collect())
}
