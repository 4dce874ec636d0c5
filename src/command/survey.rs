//! What `lint` and every dry run share: an empty copy of the schema, the statements tried on it, and the verdict.

use super::failure::Failure;
use super::prepare::History;
use crate::engine::Session;
use crate::engine::definitions::{self, Definitions};
use crate::engine::ledger::Ledger;
use crate::engine::planner::PlannerError;
use crate::engine::rehearsal::{Course, Known, Rehearsal};
use crate::engine::sandbox::{SandboxError, ServerKind};
use crate::engine::settings::Settings;
use crate::lint::{Options, Pending, Verdict, judge};
use crate::model::engine::{Engine, EngineKind};
use crate::model::finding::{Finding, Severity};
use crate::model::lint::{Attempt, LintBasis, LintedStatement, SizeSource, Sizes, Trial};
use crate::model::migration::{Direction, Migration, Script, Statement};
use crate::model::query::Query;
use crate::model::scale::Scale;
use crate::model::schema::Schema;
use crate::sql::ddl::{Effect, effect};
use crate::sql::secret::masked;
use crate::term::Term;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is to be looked at.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    /// The scripts that will run, in their order.
    pub(super) scripts: Vec<(&'a Migration, &'a Script)>,
    /// The app's queries.
    pub(super) queries: Vec<Query>,
    /// Sizes where no server says them.
    pub(super) scale: Option<Scale>,
    /// Thresholds.
    pub(super) options: Options,
    /// The statements that a run which was cut off has done already, by script and position, both from 0.
    pub(super) done: BTreeSet<(usize, usize)>,
    /// Where they may be tried beside the live database, if the user has allowed it.
    pub(super) beside: Option<Beside<'a>>,
}

/// A scratch schema that the user has allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<'a> {
    /// How to reach the live server.
    pub(super) settings: &'a Settings,
    /// The schema's name.
    pub(super) name: &'a str,
}

/// What was seen.
#[derive(Debug)]
pub(super) struct Surveyed {
    /// What it rests on.
    pub(super) basis: LintBasis,
    /// The verdict.
    pub(super) verdict: Verdict,
}

impl Survey<'_> {
    /// Against a live server, which is only read: its definitions are copied to a throwaway server of the same engine.
    ///
    /// # Errors
    /// When the live server cannot be read. A throwaway server that cannot be had leaves classes unknown.
    pub(super) async fn live(&self, session: &mut Session, ledger: &Ledger, term: &Term) -> Result<Surveyed, Failure> {
        let definitions = definitions::read(session, ledger.table()).await?;
        let kind = if session.engine.kind == EngineKind::Mariadb { ServerKind::Mariadb } else { ServerKind::Mysql };
        let sizes = Arc::new(definitions.sizes.clone());
        let place = session.place.clone();
        let basis = |engine: Engine, tried: Option<String>, notes| LintBasis {
            engine,
            tried,
            schema: place.clone(),
            sizes: SizeSource::Server,
            notes,
        };
        let waiting =
            term.spinner(if self.beside.is_some() { "copying the schema" } else { "starting a throwaway server" });
        let copy = copied(kind, self.beside, &definitions).await;
        drop(waiting);
        match copy {
            Ok((mut rehearsal, mut notes)) => {
                if rehearsal.engine.release() != definitions.engine.release() {
                    notes.push(format!(
                        "tried on {}, while the server is {}: another version may do it another way; --scratch-schema NAME \
                         tries the statements on the server itself",
                        rehearsal.engine, definitions.engine
                    ));
                }
                let verdict = self.tried(&mut rehearsal, Known::Live(sizes), term).await?;
                let basis = basis(rehearsal.engine.clone(), Some(rehearsal.place.clone()), notes);
                rehearsal.end().await?;
                Ok(Surveyed { basis, verdict })
            }
            Err(PlannerError::Sandbox(error)) => {
                let because = unavailable(&error);
                let note = format!(
                    "no statement was tried: {error}\nor let the statements be tried on the server itself, in a database made \
                     for it: --scratch-schema NAME"
                );
                let schema = Arc::new(session.schema(&[ledger.table()]).await?);
                let verdict = self.untried(&session.engine, &because, &schema, &sizes);
                Ok(Surveyed { basis: basis(session.engine.clone(), None, vec![note]), verdict })
            }
            Err(PlannerError::Engine(error)) => Err(error.into()),
            Err(error) => Err(Failure::unable(error.to_string())),
        }
    }

    /// On a throwaway server, or on the embedded engine where no kind is given, with these statements as applied.
    ///
    /// # Errors
    /// When the server cannot be started, or an applied statement does not run there.
    pub(super) async fn replayed(
        &self,
        kind: Option<ServerKind>,
        applied: &[&Statement],
        term: &Term,
    ) -> Result<Surveyed, Failure> {
        let waiting = term.spinner("starting a throwaway server");
        let rehearsal = match kind {
            Some(kind) => Rehearsal::sandbox(kind, None).await.map_err(|error| Failure::unable(error.to_string())),
            None => Rehearsal::embedded().await.map_err(Failure::from),
        };
        let mut rehearsal = rehearsal?;
        let replayed = rehearsal.replay(applied).await;
        drop(waiting);
        let mut notes = replayed.map_err(|error| match error {
            PlannerError::Replay { at, error } => {
                Failure::unable(format!("{at}: this applied migration does not run on the throwaway database: {error}"))
            }
            other => Failure::unable(other.to_string()),
        })?;
        if self.options.filled && self.scripts.len() > 1 {
            notes.push(
                "no database says what is applied: each migration is judged as if the tables of those before it were \
                 in use"
                    .into(),
            );
        }
        if kind.is_none() {
            notes.push(
                "the embedded engine has no online DDL: how a server changes a table is unknown; see it with --sandbox \
                 mysql, --sandbox mariadb, or a configured server"
                    .into(),
            );
        }
        let (known, sizes) = match &self.scale {
            Some(scale) => (Known::Scale(scale), SizeSource::Scale { scale: scale.name.clone() }),
            None => (Known::Nothing, SizeSource::Unknown),
        };
        let verdict = self.tried(&mut rehearsal, known, term).await?;
        let (engine, tried) = (rehearsal.engine.clone(), Some(rehearsal.place.clone()));
        Ok(Surveyed { basis: LintBasis { engine, tried, schema: "migrations".into(), sizes, notes }, verdict })
    }

    async fn tried(&self, rehearsal: &mut Rehearsal, sizes: Known<'_>, term: &Term) -> Result<Verdict, Failure> {
        let scripts: Vec<&Script> = self.scripts.iter().map(|(_, script)| *script).collect();
        let statements = scripts.iter().map(|script| script.statements.len() as u64).sum();
        let trials = {
            let bar = term.progress(statements, "trying");
            let (queries, filled) = (&self.queries, self.options.filled);
            let course = Course { scripts: &scripts, done: &self.done, sizes, queries, filled };
            course.run(rehearsal, &mut |statement| bar.step(&statement.at.to_string())).await?
        };
        Ok(self.judge(&rehearsal.engine, trials))
    }

    /// Verdicts from the texts and the live schema alone.
    fn untried(&self, engine: &Engine, because: &str, schema: &Arc<Schema>, sizes: &Arc<Sizes>) -> Verdict {
        // The schema is known only up to the first statement that changes it.
        let mut known = true;
        let mut trial = |statement: &Statement| {
            let effect = effect(&statement.sql);
            let before = known.then(|| Arc::clone(schema));
            let stays = matches!(
                effect,
                Effect::Rows { .. } | Effect::Read | Effect::Session | Effect::Transaction | Effect::CreateIndex { .. }
            );
            known &= stays;
            let attempt = Attempt::Unknown { because: because.to_owned() };
            Trial { attempt, before, after: None, sizes: Arc::clone(sizes), broken: Vec::new() }
        };
        let trials =
            self.scripts.iter().map(|(_, script)| script.statements.iter().map(&mut trial).collect()).collect();
        self.judge(engine, trials)
    }

    fn judge(&self, engine: &Engine, trials: Vec<Vec<Trial>>) -> Verdict {
        let pending: Vec<Pending<'_>> = self
            .scripts
            .iter()
            .zip(trials)
            .map(|((migration, script), trials)| Pending { migration, script, trials })
            .collect();
        let options = Options { release: Some(engine.release()), ..self.options };
        judge(&pending, engine.kind, &options)
    }
}

/// What a dry run says beside the statements: each with its class and size, and what was found as notes. A dry run never
/// fails for it: without a throwaway server it says once why nothing is known. The embedded engine has no online DDL, and
/// no app waits for its locks, so nothing is said there.
///
/// # Errors
/// When the live server cannot be read.
pub(super) async fn dry_run(
    session: &mut Session,
    ledger: &Ledger,
    history: &History,
    run: Dry<'_>,
    term: &mut Term,
) -> Result<Vec<LintedStatement>, Failure> {
    let Dry { scripts, direction, copy_limit_bytes, beside } = run;
    if session.has_transactional_ddl() && beside.is_some() {
        return Err(no_scratch());
    }
    if session.has_transactional_ddl() || scripts.iter().all(|(_, script)| script.statements.is_empty()) {
        return Ok(Vec::new());
    }
    let today = super::today::today()?;
    let options = Options { down: direction == Direction::Down, copy_limit_bytes, today, ..Options::default() };
    let done = done(history, scripts, direction);
    let survey = Survey { scripts: scripts.to_vec(), queries: Vec::new(), scale: None, options, done, beside };
    let surveyed = Box::pin(survey.live(session, ledger, term)).await?;
    for note in &surveyed.basis.notes {
        term.note(&format!("note: {note}"));
    }
    // What a rollback throws away is counted row by row elsewhere.
    let shown = |finding: &&Finding| {
        finding.severity > Severity::Info && !(direction == Direction::Down && finding.rule == "data-loss")
    };
    for finding in surveyed.verdict.findings.iter().filter(shown) {
        let place = finding.subject.location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default();
        term.note(&format!("{place}{}: {} [{}]", finding.severity, finding.message, finding.rule));
    }
    let tried = surveyed.basis.tried.is_some();
    Ok(if tried { surveyed.verdict.statements } else { Vec::new() })
}

/// A dry run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dry<'a> {
    /// The scripts that would run, in their order.
    pub(super) scripts: &'a [(&'a Migration, &'a Script)],
    /// Which way they go.
    pub(super) direction: Direction,
    /// The profile's limit of a copy.
    pub(super) copy_limit_bytes: u64,
    /// Where they may be tried beside the live database.
    pub(super) beside: Option<Beside<'a>>,
}

/// The embedded engine was asked for a scratch schema.
pub(super) fn no_scratch() -> Failure {
    Failure::usage("--scratch-schema goes with a MySQL or MariaDB server; the embedded engine has no schemas")
}

/// The statements of these scripts that the journal knows as done, by script and position, both from 0.
pub(super) fn done(
    history: &History,
    scripts: &[(&Migration, &Script)],
    direction: Direction,
) -> BTreeSet<(usize, usize)> {
    let settled = history.journal.iter().filter(|row| row.direction == direction && row.progress.is_settled());
    let place = |row: &crate::model::journal::JournalRow| {
        let at = scripts.iter().position(|(migration, _)| migration.version == row.version)?;
        Some((at, usize::try_from(row.position).ok()?.checked_sub(1)?))
    };
    settled.filter_map(place).collect()
}

async fn copied(
    kind: ServerKind,
    beside: Option<Beside<'_>>,
    definitions: &Definitions,
) -> Result<(Rehearsal, Vec<String>), PlannerError> {
    let mut rehearsal = match beside {
        Some(Beside { settings, name }) => Rehearsal::scratch(settings, name, definitions).await?,
        None => Rehearsal::sandbox(kind, Some(definitions)).await?,
    };
    let notes = rehearsal.copy(definitions).await?;
    Ok((rehearsal, notes))
}

/// Why there is no throwaway server, in a few words for each statement; the note has the rest.
fn unavailable(error: &SandboxError) -> String {
    match error {
        SandboxError::NotInstalled { kind, .. } => {
            format!("no {} server is installed to try it on (install one, or allow a --scratch-schema)", kind.engine())
        }
        _ => "no throwaway server could be started to try it on (see the note, or allow a --scratch-schema)".into(),
    }
}

/// The scripts as they may be shown: without the passwords of accounts.
pub(super) fn shown<'a>(scripts: &[(&'a Migration, &Script)]) -> Vec<(&'a Migration, Script)> {
    let masked = |script: &Script| {
        let mut script = script.clone();
        script.statements.iter_mut().for_each(|statement| statement.sql = masked(&statement.sql).into_owned());
        script
    };
    scripts.iter().map(|(migration, script)| (*migration, masked(script))).collect()
}
