//! Counts on the database what a rollback would destroy.

use super::history::{Period, periods};
use super::{EngineError, Session};
use crate::migration::loss::{AtRisk, Seed, What, unchanged};
use crate::model::location::Location;
use crate::model::schema::Schema;
use crate::sql::quote::name as quote;
use std::collections::{BTreeMap, BTreeSet};

/// Tables asked about in one query.
const AT_ONCE: usize = 100;
/// Bytes of a query beyond which no further table is asked about in it.
const ENOUGH: usize = 256 * 1024;

/// A loss that is certain, with its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The table, with the column when only its values go: `messages` or `users.xp`; empty when nobody can tell.
    pub what: String,
    /// Rows, or values, that would be destroyed; `None` when nobody can tell.
    pub rows: Option<u64>,
    /// More words on it, empty when the count says all.
    pub note: String,
    /// The statement that would do it.
    pub at: Location,
}

/// A risk, and the rows by which it is a loss or none.
struct Question {
    loss: Loss,
    /// `FROM … WHERE …`.
    rows: String,
    /// Whether the rows are to be counted, and not only looked for.
    sized: bool,
}

/// Finds out which risks are real losses, and counts them; one line per table or column.
///
/// # Errors
/// When the connection breaks.
pub async fn count(
    session: &mut Session,
    risks: &[AtRisk],
    seeds: &BTreeMap<String, Vec<Seed>>,
    schema: &Schema,
) -> Result<Vec<Loss>, EngineError> {
    let periods = if risks.is_empty() { BTreeMap::new() } else { periods(session).await? };
    let mut questions = questions(risks, (seeds, &periods), schema, session.has_transactional_ddl());
    let asked: Vec<usize> = (0..questions.len()).filter(|at| !questions[*at].rows.is_empty()).collect();
    let selects: Vec<String> = asked.iter().map(|at| format!("EXISTS (SELECT 1 {})", questions[*at].rows)).collect();
    let mut gone = BTreeSet::new();
    let mut counted = Vec::new();
    for (at, answer) in asked.into_iter().zip(ask(session, &selects).await?) {
        match answer {
            Ok(0) => drop(gone.insert(at)),
            Ok(_) if questions[at].sized => counted.push(at),
            Ok(_) => {}
            Err(note) => questions[at].loss.note = note,
        }
    }
    let selects: Vec<String> = counted.iter().map(|at| format!("(SELECT COUNT(*) {})", questions[*at].rows)).collect();
    for (at, answer) in counted.into_iter().zip(ask(session, &selects).await?) {
        match answer {
            Ok(0) => drop(gone.insert(at)),
            Ok(rows) => questions[at].loss.rows = Some(rows),
            Err(note) => questions[at].loss.note = note,
        }
    }
    Ok(questions
        .into_iter()
        .enumerate()
        .filter(|(at, _)| !gone.contains(at))
        .map(|(_, question)| question.loss)
        .collect())
}

/// The numbers that these expressions give, many in one query, as each costs a round trip. A query that fails is asked
/// again one by one, so that each has its own answer or its own reason.
async fn ask(session: &mut Session, selects: &[String]) -> Result<Vec<Result<u64, String>>, EngineError> {
    let mut answers = Vec::new();
    let mut rest = selects;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(AT_ONCE).take_while(|select| {
            let first = bytes == 0;
            bytes += select.len();
            first || bytes <= ENOUGH
        });
        let (now, later) = rest.split_at(fits.count());
        rest = later;
        match session.numbers(&format!("SELECT {}", now.join(", "))).await {
            Ok(numbers) if numbers.len() == now.len() => answers.extend(numbers.into_iter().map(Ok)),
            Err(error @ (EngineError::Connection(_) | EngineError::Interrupted)) => return Err(error),
            Ok(_) | Err(_) => {
                for select in now {
                    answers.push(match session.count(&format!("SELECT {select}")).await {
                        Ok(number) => Ok(number),
                        Err(error @ (EngineError::Connection(_) | EngineError::Interrupted)) => return Err(error),
                        // An earlier down statement may make what this condition names.
                        Err(error) => Err(format!("the rows could not be counted: {error}")),
                    });
                }
            }
        }
    }
    Ok(answers)
}

fn questions(
    risks: &[AtRisk],
    (seeds, periods): (&BTreeMap<String, Vec<Seed>>, &BTreeMap<String, Period>),
    schema: &Schema,
    embedded: bool,
) -> Vec<Question> {
    let mut questions = Vec::new();
    let mut seen = BTreeSet::new();
    // A table that goes as a whole says more than the rows or columns of it that go before.
    let whole: BTreeSet<String> = risks
        .iter()
        .filter_map(|risk| if let What::Table(table) = &risk.what { Some(table.to_ascii_lowercase()) } else { None })
        .collect();
    for risk in risks {
        let Some((table_name, condition, what, note)) = words(&risk.what) else {
            let What::Unknown(reason) = &risk.what else { continue };
            let loss = Loss { what: String::new(), rows: None, note: reason.clone(), at: risk.at.clone() };
            questions.push(Question { loss, rows: String::new(), sized: false });
            continue;
        };
        let is_part = !matches!(risk.what, What::Table(_)) && whole.contains(&table_name.to_ascii_lowercase());
        let Some(table) = schema.table(table_name) else { continue };
        let period = periods.get(&table.name.to_ascii_lowercase());
        let condition = match (&risk.what, period) {
            (What::History(_), None) => continue,
            (What::History(_), Some(period)) => period.is_past(),
            _ => condition,
        };
        if is_part || !seen.insert(format!("{what}\n{condition}\n{note}")) {
            continue;
        }
        let is_rows = matches!(
            risk.what,
            What::Table(_) | What::RowsWhere(..) | What::Overwritten { .. } | What::Engine(..) | What::History(_)
        );
        let made = if is_rows { seeds.get(&table_name.to_ascii_lowercase()) } else { None };
        let filter = match made.map(|seeds| unchanged(table, seeds, embedded)).filter(|text| !text.is_empty()) {
            Some(unchanged) => format!("({condition}) AND NOT ({unchanged})"),
            None => condition,
        };
        let alias = match &risk.what {
            What::Overwritten { alias: Some(alias), .. } => format!(" AS {}", quote(alias)),
            _ => String::new(),
        };
        // A row that is deleted or overwritten stays in the history, and what takes the table or the column takes that too.
        let goes = matches!(risk.what, What::Table(_) | What::Column(..) | What::Redefined { .. });
        let past = goes && period.is_some();
        let (all, note) = match (past, note.is_empty()) {
            (false, _) if matches!(risk.what, What::History(_)) => (" FOR SYSTEM_TIME ALL", note),
            (false, _) => ("", note),
            (true, true) => (" FOR SYSTEM_TIME ALL", "its history counts too".to_owned()),
            (true, false) => (" FOR SYSTEM_TIME ALL", format!("{note}, and its history counts too")),
        };
        let note = match &risk.doubt {
            Some(doubt) if note.is_empty() => doubt.clone(),
            Some(doubt) => format!("{note}, and {doubt}"),
            None => note,
        };
        questions.push(Question {
            loss: Loss { what, rows: None, note, at: risk.at.clone() },
            rows: format!("FROM {}{all}{alias} WHERE {filter}", quote(&table.name)),
            sized: risk.doubt.is_none(),
        });
    }
    questions
}

/// The table, the condition of its rows, what is lost in words, and more words on it.
fn words(what: &What) -> Option<(&String, String, String, String)> {
    let filled = |column: &str| format!("{} IS NOT NULL", quote(column));
    Some(match what {
        What::Unknown(_) => return None,
        What::Table(table) => (table, String::from("TRUE"), table.clone(), String::new()),
        What::Engine(table, why) => (table, String::from("TRUE"), table.clone(), why.clone()),
        What::History(table) => (table, String::from("TRUE"), table.clone(), "its history goes".to_owned()),
        What::RowsWhere(table, condition) => (table, condition.clone(), table.clone(), String::new()),
        What::ValuesWhere(table, column, condition) => (
            table,
            format!("({condition}) AND {}", filled(column)),
            format!("{table}.{column}"),
            "they become NULL with the rows that they refer to".to_owned(),
        ),
        What::Column(table, column) => (table, filled(column), format!("{table}.{column}"), String::new()),
        What::Redefined { table, column, condition, why } => {
            (table, condition.clone(), format!("{table}.{column}"), why.clone())
        }
        What::Overwritten { table, columns, condition, by, .. } => {
            let columns = if columns.is_empty() { "their values".to_owned() } else { columns.join(", ") };
            (table, condition.clone(), table.clone(), format!("{by} overwrites {columns}"))
        }
    })
}
