//! Counts where statistics are wrong or missing, within a limit of time for each table. What is not counted by then keeps
//! the figure of the statistics, and is named.

use super::Figures;
use super::ask::{Answer, ask};
use crate::engine::text::name;
use crate::engine::{EngineError, Session};
use crate::model::scale::key_name;
use crate::model::schema::{Column, IndexKind, KeyPart, Table};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Types whose values are not compared by statements, or only at a great cost.
const NOT_COUNTED: [&str; 8] =
    ["blob", "text", "json", "geometry", "point", "linestring", "polygon", "geometrycollection"];

/// One figure to count.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Question {
    Rows,
    Distinct(String),
    Nulls(String),
    Key(Vec<KeyPart>),
}

impl Question {
    fn sql(&self, table: &str) -> String {
        let table = name(table);
        match self {
            Self::Rows => format!("COUNT(*) FROM {table}"),
            Self::Distinct(column) => format!("COUNT(DISTINCT {}) FROM {table}", name(column)),
            Self::Nulls(column) => format!("COUNT(*) FROM {table} WHERE {} IS NULL", name(column)),
            Self::Key(parts) => {
                let parts = parts.iter().enumerate().map(|(at, part)| {
                    let column = name(part.column.as_deref().unwrap_or_default());
                    let value =
                        part.prefix.map_or_else(|| column.clone(), |length| format!("SUBSTR({column}, 1, {length})"));
                    format!("{value} AS p{at}")
                });
                let parts = parts.collect::<Vec<_>>().join(", ");
                format!("COUNT(*) FROM (SELECT DISTINCT {parts} FROM {table}) AS counted")
            }
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Rows => "rows".into(),
            Self::Distinct(column) => column.clone(),
            Self::Nulls(column) => format!("NULLs of {column}"),
            Self::Key(parts) => format!("({})", key_name(parts).unwrap_or_default()),
        }
    }
}

/// Counts, and gives what the user has to know of it.
pub(super) async fn count(
    session: &mut Session,
    table: &Table,
    figures: &mut Figures,
    limit: Duration,
) -> Result<Vec<String>, EngineError> {
    let begun = Instant::now();
    let (mut cut_off, mut notes) = (Vec::new(), Vec::new());
    for question in questions(table) {
        let answer = ask(session, &question.sql(&table.name), limit.saturating_sub(begun.elapsed())).await?;
        match (&answer, answer.number(0)) {
            (_, Some(number)) => take(figures, &question, number),
            (Answer::Refused(reason), _) => {
                notes.push(format!("{}: {} not counted: {reason}", table.name, question.shown()));
                // An account that may not read the table will not be told the rest either.
                if question == Question::Rows {
                    return Ok(notes);
                }
            }
            _ => cut_off.push(question.shown()),
        }
    }
    if !cut_off.is_empty() {
        notes.push(format!(
            "{}: cut off after {} s (--time-limit); not counted: {}",
            table.name,
            limit.as_secs(),
            cut_off.join(", ")
        ));
    }
    Ok(notes)
}

/// What to count, the most useful first.
fn questions(table: &Table) -> Vec<Question> {
    let mut questions = vec![Question::Rows];
    let mut seen = BTreeSet::new();
    let indexes: Vec<_> =
        table.indexes.iter().filter(|index| !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial)).collect();
    let mut column = |column: &Column, questions: &mut Vec<Question>| {
        if seen.insert(column.name.clone()) {
            if !super::is_unique_alone(table, &column.name) {
                questions.push(Question::Distinct(column.name.clone()));
            }
            if column.nullable {
                questions.push(Question::Nulls(column.name.clone()));
            }
        }
    };
    let whole =
        |part: &KeyPart| part.column.as_deref().filter(|_| part.prefix.is_none()).and_then(|name| table.column(name));
    for index in &indexes {
        index.parts.first().and_then(whole).into_iter().for_each(|first| column(first, &mut questions));
    }
    let mut keys = BTreeSet::new();
    for (index, length) in indexes.iter().flat_map(|index| (1..=index.parts.len()).map(move |length| (index, length))) {
        let parts = &index.parts[..length];
        let single = length == 1 && parts[0].prefix.is_none();
        if !single
            && !super::server::is_whole_unique(table, parts)
            && key_name(parts).is_some_and(|key| keys.insert(key))
        {
            questions.push(Question::Key(parts.to_vec()));
        }
    }
    let countable = |column: &&Column| {
        let base = column.base_type();
        !NOT_COUNTED.iter().any(|word| base.ends_with(word))
    };
    table.columns.iter().filter(countable).for_each(|one| column(one, &mut questions));
    questions
}

fn take(figures: &mut Figures, question: &Question, number: u64) {
    let rows = figures.rows.unwrap_or(0);
    match question {
        Question::Rows => {
            // What a row takes was told for another number of them.
            if let Some(before) = figures.rows.filter(|before| *before > 0 && number > 0) {
                let scaled = |bytes: u64| (bytes as f64 * before as f64 / number as f64).round().clamp(1.0, 1e15);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 1 and 1e15")]
                let whole = |bytes: u64| scaled(bytes) as u64;
                figures.scale.row_bytes = figures.scale.row_bytes.map(whole);
                figures.scale.keys.values_mut().for_each(|key| key.entry_bytes = key.entry_bytes.map(whole));
            }
            figures.rows = Some(number);
        }
        Question::Distinct(column) => figures.column(column).distinct = Some(number),
        Question::Nulls(column) => {
            figures.column(column).null_fraction = if rows == 0 { 0.0 } else { number as f64 / rows as f64 };
        }
        Question::Key(parts) => {
            let key = key_name(parts).unwrap_or_default();
            figures.scale.keys.entry(key).or_default().distinct = Some(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::Index;

    #[test]
    fn the_rows_come_first_and_columns_without_an_index_last() {
        let column = |name: &str, kind: &str, nullable| Column {
            name: name.into(),
            column_type: kind.into(),
            nullable,
            ..Column::default()
        };
        let index = |name: &str, kind, parts: Vec<KeyPart>| Index {
            name: name.into(),
            kind,
            parts,
            visible: true,
            comment: String::new(),
            cardinality: Vec::new(),
        };
        let title = KeyPart { prefix: Some(5), ..KeyPart::column("title") };
        let table = Table {
            name: "a`b".into(),
            columns: vec![
                column("note", "longtext", true),
                column("kind", "int", false),
                column("id", "int", false),
                column("owner", "int", true),
                column("title", "varchar(9)", false),
            ],
            indexes: vec![
                index("PRIMARY", IndexKind::Primary, vec![KeyPart::column("id")]),
                index("x", IndexKind::Plain, vec![KeyPart::column("owner"), title.clone()]),
                index("y", IndexKind::Plain, vec![title]),
            ],
            ..Table::default()
        };
        let asked: Vec<String> = questions(&table).iter().map(|question| question.sql(&table.name)).collect();
        assert_eq!(
            asked,
            [
                "COUNT(*) FROM `a``b`",
                "COUNT(DISTINCT `owner`) FROM `a``b`",
                "COUNT(*) FROM `a``b` WHERE `owner` IS NULL",
                "COUNT(*) FROM (SELECT DISTINCT `owner` AS p0, SUBSTR(`title`, 1, 5) AS p1 FROM `a``b`) AS counted",
                "COUNT(*) FROM (SELECT DISTINCT SUBSTR(`title`, 1, 5) AS p0 FROM `a``b`) AS counted",
                "COUNT(DISTINCT `kind`) FROM `a``b`",
                "COUNT(DISTINCT `title`) FROM `a``b`",
            ]
        );
    }
}
