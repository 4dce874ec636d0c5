//! Real rows from a scale profile: the same ones on each server and in each run, made by the server itself.
//!
//! A column gets its values in equal shares, in the order of a permutation of the rows that is its own, so that columns do
//! not depend on each other.

use aura_db::model::query::Value;
use aura_db::model::scale::{ColumnScale, Scale, TableScale};
use aura_db::model::schema::{Column, Schema, Table};

/// Multipliers, primes above any number of rows: a column's own one permutes the rows.
const MULTIPLIERS: [u64; 12] = [
    1_500_450_271,
    1_190_494_759,
    1_073_807_359,
    1_299_709_711,
    1_402_946_549,
    1_610_612_741,
    1_728_022_009,
    1_866_150_151,
    1_918_274_621,
    2_038_074_743,
    1_367_130_551,
    1_452_046_121,
];
/// Rows for each INSERT.
const CHUNK: u64 = 50_000;

/// The statements that make the table of numbers, 1 to at least `rows`, which the others select from.
pub(crate) fn numbers(rows: u64) -> Vec<String> {
    let mut statements = vec!["CREATE TABLE numbers (n BIGINT NOT NULL PRIMARY KEY)".to_owned()];
    statements.push("INSERT INTO numbers VALUES (1)".into());
    let mut made = 1;
    while made < rows {
        statements.push(format!("INSERT INTO numbers SELECT n + {made} FROM numbers"));
        made *= 2;
    }
    statements
}

/// The statements that fill the tables which the profile lists.
pub(crate) fn fill(schema: &Schema, scale: &Scale, numbers: &str) -> Vec<String> {
    let sized = schema.tables.iter().filter_map(|table| Some((table, scale.tables.get(&table.name)?)));
    sized.flat_map(|(table, size)| fill_table(table, size, numbers)).collect()
}

fn fill_table(table: &Table, size: &TableScale, numbers: &str) -> Vec<String> {
    let stored: Vec<&Column> = table.columns.iter().filter(|column| column.generated.is_empty()).collect();
    let names: Vec<String> = stored.iter().map(|column| format!("`{}`", column.name)).collect();
    let used: u64 = stored.iter().map(|column| bytes(column, size)).sum();
    let mut padding = size.row_bytes.unwrap_or(0).saturating_sub(20 + used);
    let values: Vec<String> = stored.iter().map(|column| value(table, column, size, &mut padding)).collect();
    let (names, values) = (names.join(", "), values.join(", "));
    (0..size.rows.div_ceil(CHUNK))
        .map(|chunk| {
            let (from, to) = (chunk * CHUNK + 1, ((chunk + 1) * CHUNK).min(size.rows));
            format!(
                "INSERT IGNORE INTO `{}` ({names}) SELECT {values} FROM {numbers} WHERE n BETWEEN {from} AND {to}",
                table.name
            )
        })
        .collect()
}

/// The bytes that a value made here takes, without the padding.
fn bytes(column: &Column, size: &TableScale) -> u64 {
    let known = size.columns.get(&column.name);
    match column.base_type().as_str() {
        "tinyint" => 1,
        "smallint" => 2,
        "date" => 3,
        "int" | "timestamp" => 4,
        "datetime" => 5,
        "decimal" => 7,
        "char" | "varchar" => known.map_or(2, |known| match &known.min {
            Some(Value::Text(min)) => min.len() as u64 + 1,
            _ => column.name.len() as u64 + 10,
        }),
        "text" | "json" => 0,
        _ => 8,
    }
}

fn value(table: &Table, column: &Column, size: &TableScale, padding: &mut u64) -> String {
    if let Some(known) = size.columns.get(&column.name) {
        return described(table, column, known, size.rows);
    }
    let unique = |index: &&aura_db::model::schema::Index| index.is_unique() && index.parts.len() == 1;
    let own = table.indexes.iter().filter(unique).any(|index| index.parts[0].column.as_ref() == Some(&column.name));
    match column.base_type().as_str() {
        "text" | "mediumtext" => format!("REPEAT('x', {})", std::mem::take(padding).max(1)),
        "varchar" | "char" if own => format!("CONCAT('{}-', LPAD(n, 8, '0'))", column.name),
        _ if own => "n".into(),
        "json" | "blob" => "NULL".into(),
        "varchar" | "char" => "'x'".into(),
        "datetime" | "timestamp" | "date" => "'2025-01-01'".into(),
        _ => "1".into(),
    }
}

fn described(table: &Table, column: &Column, known: &ColumnScale, rows: u64) -> String {
    let place = table.columns.iter().position(|one| one.name == column.name).unwrap_or_default();
    let multiplier = MULTIPLIERS[place % MULTIPLIERS.len()];
    let distinct = known.distinct.unwrap_or(rows / 10).max(1);
    // A key that counts up does so here as well.
    let turned = if distinct == rows { "n - 1".to_owned() } else { format!("((n * {multiplier}) % {rows})") };
    let share = format!("(({turned}) / {rows}e0)");
    let mut cases = Vec::new();
    let mut below = known.null_fraction;
    if below > 0.0 {
        cases.push(format!("WHEN {share} < {below:e} THEN NULL"));
    }
    for hot in &known.hot {
        below += hot.fraction;
        cases.push(format!("WHEN {share} < {below:e} THEN {}", literal(&hot.value)));
    }
    let others = distinct.saturating_sub(known.hot.len() as u64).max(1);
    let rank =
        format!("FLOOR(LEAST(({share} - {below:e}) / {:e}, 0.9999999999e0) * {others})", (1.0 - below).max(1e-12));
    let rest = of_rank(column, known, &rank, others);
    if cases.is_empty() { rest } else { format!("CASE {} ELSE {rest} END", cases.join(" ")) }
}

/// The value of that rank, counted from 0, among `count` ones that lie evenly between the profile's ends.
fn of_rank(column: &Column, known: &ColumnScale, rank: &str, count: u64) -> String {
    match (&known.min, &known.max) {
        (Some(Value::Text(min)), Some(Value::Text(max))) if min.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("TIMESTAMPADD(SECOND, FLOOR({rank} * TIMESTAMPDIFF(SECOND, '{min}', '{max}') / {count}), '{min}')")
        }
        (Some(Value::Text(min)), Some(Value::Text(max))) => {
            let same = min.bytes().zip(max.bytes()).take_while(|(one, other)| one == other).count();
            let (low, high): (u64, u64) = (min[same..].parse().unwrap(), max[same..].parse().unwrap());
            let digits = min.len() - same;
            let number = format!("{low} + FLOOR({rank} * {} / {count})", high - low + 1);
            format!("CONCAT('{}', LPAD({number}, {digits}, '0'))", &min[..same])
        }
        (Some(Value::Int(min)), Some(Value::Int(max))) => {
            format!("{min} + FLOOR({rank} * {} / {count})", max - min + 1)
        }
        _ if matches!(column.base_type().as_str(), "varchar" | "char" | "text") => {
            format!("CONCAT('{}-', LPAD({rank}, 8, '0'))", column.name)
        }
        // Numbers that count up, behind the frequent ones.
        _ => format!("{rank} + {}", known.hot.len()),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Bool(set) => u8::from(*set).to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
    }
}
