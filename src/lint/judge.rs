//! From trials to findings: every rule over every statement, then the waivers over the findings.

use super::context::{Case, Options, Target, Weight};
use super::rules::{Check, Needs, RULES, Rule};
use super::sizes::Course;
use crate::model::engine::EngineKind;
use crate::model::finding::Finding;
use crate::model::lint::{Attempt, Kind, LintedStatement, Size, Trial};
use crate::model::location::Location;
use crate::model::migration::{Migration, Script, Statement};
use crate::model::waiver::Waived;
use crate::sql::ddl::{Effect, effect};
use crate::sql::secret::masked;
use crate::waiver::comment::{Placed, of_script};
use crate::waiver::{Ground, about, covers};
use std::cmp::Reverse;

/// A pending migration with what trying its statements showed.
#[derive(Debug, Clone)]
pub struct Pending<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// The script that will run: its up or its down script.
    pub script: &'a Script,
    /// One trial for each statement of the script.
    pub trials: Vec<Trial>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Each statement, in the order in which they run.
    pub statements: Vec<LintedStatement>,
    /// The findings: worst first, then by place.
    pub findings: Vec<Finding>,
    /// The findings that are waived.
    pub waived: Vec<Waived>,
}

/// Judges pending migrations, in the order in which they run.
#[must_use]
pub fn judge(pending: &[Pending<'_>], engine: EngineKind, options: &Options) -> Verdict {
    let mut verdict = Verdict::default();
    let mut course = Course::default();
    let mut failed: Option<Location> = None;
    for one in pending {
        if options.filled {
            course.settle();
        }
        let mut judged: Vec<Judged> = Vec::with_capacity(one.script.statements.len());
        let mut before = None;
        for (statement, trial) in one.script.statements.iter().zip(&one.trials) {
            let effect = effect(&statement.sql);
            let targets = course.targets(&effect, &trial.sizes);
            let case = Case {
                migration: one.migration,
                statement,
                before: before.replace(statement),
                effect: &effect,
                targets: &targets,
                trial,
                failed: failed.as_ref(),
                engine,
                options,
            };
            let findings = if trial.attempt == Attempt::Done { Vec::new() } else { findings(&case) };
            judged.push(Judged { findings, silent: silence(&case) });
            verdict.statements.push(linted(one.migration.version, statement, &effect, &targets, trial));
            course.follow(&effect, &statement.sql);
            if case.failure().is_some() && failed.is_none() {
                failed = Some(statement.at.clone());
            }
        }
        if let (false, Some(first)) = (options.down, judged.first_mut()) {
            let checks = RULES.iter().filter_map(|rule| match rule.check {
                Check::Migration(check) => Some(check),
                _ => None,
            });
            first.findings.extend(checks.flat_map(|check| check(one.migration)));
        }
        settle(&of_script(one.script), judged, options, &mut verdict);
    }
    verdict.findings.sort_by_key(key);
    verdict
}

/// One statement's findings, and the rules whose silence proves nothing.
struct Judged {
    findings: Vec<Finding>,
    silent: Vec<&'static str>,
}

fn key(finding: &Finding) -> (Reverse<crate::model::finding::Severity>, Option<Location>, String, Option<String>) {
    let subject = &finding.subject;
    (Reverse(finding.severity), subject.location.clone(), finding.rule.clone(), subject.query.clone())
}

fn findings(case: &Case<'_>) -> Vec<Finding> {
    let checks = RULES.iter().filter_map(|rule| match rule.check {
        Check::Statement(check) => Some(check),
        _ => None,
    });
    checks.flat_map(|check| check(case)).collect()
}

/// The rules that could not have found anything here, whatever the statement does.
fn silence(case: &Case<'_>) -> Vec<&'static str> {
    let unclassed = case.outcome().is_some_and(|outcome| outcome.class.is_none());
    let untried = unclassed || matches!(case.trial.attempt, Attempt::Unknown { .. } | Attempt::Done);
    let small = case.targets.iter().all(|target| case.weight(target) == Weight::Small);
    let is_silent = |rule: &&Rule| match rule.needs {
        Needs::Text => case.trial.attempt == Attempt::Done || case.targets.iter().any(|target| target.fresh),
        Needs::Trial => untried,
        Needs::TrialAndSize => untried || small,
        Needs::Size => small,
        Needs::Catalogue => untried || !case.options.catalogue,
    };
    RULES.iter().filter(is_silent).map(|rule| rule.id).collect()
}

/// Takes the waived findings out of a migration's, and reports waivers that waive nothing.
fn settle(waivers: &[Placed], judged: Vec<Judged>, options: &Options, verdict: &mut Verdict) {
    let mut used = vec![Vec::new(); waivers.len()];
    let mut silent = Vec::with_capacity(judged.len());
    for (position, one) in judged.into_iter().enumerate() {
        silent.push(one.silent);
        for finding in one.findings {
            let covering = waivers.iter().enumerate().find_map(|(at, placed)| {
                let own = (placed.statement == Some(position)).then_some(&placed.waiver)?;
                Some((at, own, covers(own, &finding.rule, options.today)?))
            });
            match covering {
                Some((at, waiver, (reason, until))) => {
                    used[at].push(finding.rule.clone());
                    let (reason, at) = (reason.to_owned(), waiver.at.clone());
                    verdict.waived.push(Waived { finding, reason, until, at });
                }
                None => verdict.findings.push(finding),
            }
        }
    }
    let known: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    for (placed, used) in waivers.iter().zip(used) {
        let silent = placed.statement.and_then(|at| silent.get(at)).map_or(&[][..], Vec::as_slice);
        let idle = match placed.statement {
            Some(_) => "which its statement does not do",
            None => "but no statement follows it",
        };
        let ground = Ground { today: options.today, known: &known, silent, idle, list: "aura-db lint --list-rules" };
        verdict.findings.extend(about(&placed.waiver, &used, &ground));
    }
}

fn linted(version: i64, statement: &Statement, effect: &Effect, targets: &[Target], trial: &Trial) -> LintedStatement {
    let (online, unknown, error) = match &trial.attempt {
        Attempt::Classed(outcome) => {
            let unknown = outcome.class.is_none().then(|| "the statement takes no ALGORITHM clause".to_owned());
            (Some(outcome.clone()), unknown, None)
        }
        Attempt::Ran => (None, untold(effect, statement), None),
        Attempt::Done => (None, None, None),
        Attempt::Unknown { because } => (None, Some(because.clone()), None),
        Attempt::Failed { code: 0, message } => (None, None, Some(message.clone())),
        Attempt::Failed { code, message } => {
            (None, None, Some(statement.at.of_server(&format!("error {code}: {message}"))))
        }
    };
    let target = if let [target] = targets { Some(target) } else { None };
    let made = match effect {
        Effect::CreateTable { table } => Some(table.clone()),
        _ => None,
    };
    let notes = match target {
        _ if trial.attempt == Attempt::Done => vec!["done already, by a run that was cut off after it".into()],
        Some(target) if target.fresh => vec![format!("`{}` is made by this run", target.table)],
        _ => Vec::new(),
    };
    LintedStatement {
        version,
        at: statement.at.clone(),
        sql: masked(&statement.sql).into_owned(),
        kind: kind(effect, statement),
        table: target.map(|target| target.table.clone()).or(made),
        online,
        unknown,
        error,
        size: target.map_or(Size::default(), |target| target.size),
        notes,
    }
}

/// Why a statement that ran on the copy says nothing of what it will do to a server in use.
fn untold(effect: &Effect, statement: &Statement) -> Option<String> {
    let because = match kind(effect, statement) {
        Kind::AlterTable => "its clause takes no ALGORITHM, so that the way cannot be asked for",
        Kind::Other if verb(statement) == "OPTIMIZE" => {
            "it takes no ALGORITHM clause; InnoDB builds the whole table anew for it"
        }
        Kind::Other if *effect == Effect::Other => "its text does not say what it does",
        _ => return None,
    };
    Some(because.into())
}

/// The first word, in upper case.
fn verb(statement: &Statement) -> String {
    statement.sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase()
}

fn kind(effect: &Effect, statement: &Statement) -> Kind {
    // These work on tables, or keep others from them.
    const ON_TABLES: [&str; 6] = ["OPTIMIZE", "ANALYZE", "CHECK", "CHECKSUM", "FLUSH", "LOCK"];
    match effect {
        Effect::CreateTable { .. } | Effect::ReplaceTable { .. } => Kind::CreateTable,
        Effect::AlterTable { .. } | Effect::CreateIndex { .. } | Effect::DropIndex { .. } => Kind::AlterTable,
        Effect::DropTable { .. } => Kind::DropTable,
        Effect::RenameTable { .. } => Kind::RenameTable,
        Effect::Truncate { .. } => Kind::Truncate,
        Effect::Rows { .. } => Kind::Rows,
        Effect::Routine { kind, .. } if kind == "sequence" => Kind::Other,
        Effect::Routine { .. } => Kind::Program,
        Effect::Transaction if ON_TABLES.contains(&verb(statement).as_str()) => Kind::Other,
        Effect::Transaction | Effect::Session | Effect::Read => Kind::Session,
        Effect::Use | Effect::Other => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, copy, untried};

    fn rules(bench: &Bench) -> Vec<String> {
        bench.verdict().findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn what_says_nothing_of_how_it_is_done_is_unknown() {
        let how = |sql: &str| {
            let statement = Bench::new(sql).verdict().statements.remove(0);
            (statement.how(), statement.unknown.is_some())
        };
        for sql in ["ALTER TABLE t DROP PARTITION p", "OPTIMIZE TABLE t", "CALL p()", "EXECUTE s", "REPAIR TABLE t"] {
            assert_eq!(how(sql), ("unknown".into(), true), "{sql}");
        }
        for (sql, words) in [
            ("ANALYZE TABLE t", "other"),
            ("LOCK TABLES t WRITE", "other"),
            ("COMMIT", "session"),
            ("SET @a = 1", "session"),
            ("CREATE TABLE t (a INT)", "new table"),
        ] {
            assert_eq!(how(sql), (words.into(), false), "{sql}");
        }
    }

    #[test]
    fn a_waiver_with_a_reason_takes_its_finding_away() {
        let bench = Bench::new("-- aura-db: allow data-loss because nobody reads it\nDROP TABLE orders;");
        assert_eq!(rules(&bench), [] as [&str; 0]);
        let waived = bench.verdict().waived;
        assert_eq!((waived[0].finding.rule.as_str(), waived[0].reason.as_str()), ("data-loss", "nobody reads it"));
        assert_eq!(waived[0].at.line, 2);
    }

    #[test]
    fn waivers_that_waive_nothing_are_found() {
        let of = |waiver: &str| rules(&Bench::new(&format!("-- aura-db: {waiver}\nDROP TABLE orders;")));
        assert_eq!(of("allow data-loss because x until 2000-01-01"), ["data-loss", "expired-waiver"]);
        assert_eq!(of("allow data-loss because x until 2999-01-01"), [] as [&str; 0]);
        assert_eq!(of("allow data-loss"), ["waiver-without-reason", "data-loss"]);
        assert_eq!(of("allow dataloss because x"), ["unknown-waiver", "data-loss"]);
        assert_eq!(of("permit data-loss because x"), ["unknown-waiver", "data-loss"]);
        assert_eq!(of("allow data-loss, rename because x"), ["unused-waiver"]);
        assert_eq!(of("allow unused-waiver because x"), ["unknown-waiver", "data-loss"]);
    }

    #[test]
    fn a_waiver_is_not_called_unused_where_nothing_could_be_found() {
        let sql = "-- aura-db: allow table-copy because at night\nALTER TABLE orders MODIFY a INT;";
        let bench = |attempt, rows| Bench::new(sql).attempt(attempt).size("orders", Some(rows), None);
        assert_eq!(rules(&bench(copy(), 900_000)), ["long-replication"]);
        assert_eq!(rules(&bench(copy(), 9)), [] as [&str; 0], "small here, large elsewhere");
        assert_eq!(rules(&bench(untried(), 900_000)), [] as [&str; 0]);
        assert_eq!(rules(&bench(crate::lint::fixture::instant(), 900_000)), ["unused-waiver"]);
    }
}
