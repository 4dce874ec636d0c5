//! `MySQL`'s histograms, which every account that may read a column may see: the number of values and the share of NULLs of
//! columns without an index. The values themselves are only asked for where they are allowed.

use super::Figures;
use super::values::{frequent, value_of};
use crate::engine::error::EngineError;
use crate::engine::text::{self, text as quoted};
use crate::model::schema::{Column, Table};
use serde_json::Value as Json;
use sqlx::MySqlConnection;
use std::collections::BTreeMap;

/// What histograms say without their values.
pub(super) async fn read(conn: &mut MySqlConnection, known: &mut BTreeMap<String, Figures>) -> Result<(), EngineError> {
    // Of an equi-height histogram's buckets the fourth part is the number of values in them; a singleton's have two parts.
    let sql = "SELECT TABLE_NAME, COLUMN_NAME, JSON_EXTRACT(HISTOGRAM, '$.\"null-values\"'), \
               JSON_LENGTH(HISTOGRAM, '$.buckets'), JSON_EXTRACT(HISTOGRAM, '$.buckets[*][3]') \
               FROM information_schema.COLUMN_STATISTICS WHERE SCHEMA_NAME = DATABASE()";
    let rows = match text::rows(conn, sql.into()).await {
        // The table came with 8.0.
        Err(EngineError::Server(_)) => return Ok(()),
        rows => rows?,
    };
    for row in rows {
        let Some(figures) = known.get_mut(&row.text(0)) else { continue };
        let in_buckets: Option<Vec<u64>> = row.get(4).and_then(|list| serde_json::from_str(list).ok());
        let values = in_buckets.map_or_else(|| row.number(3), |list| Some(list.iter().sum()));
        let column = figures.column(&row.text(1));
        if let Some(nulls) = row.get(2).and_then(|share| share.parse::<f64>().ok()).filter(|share| *share > 0.0) {
            column.null_fraction = nulls;
            // An index counts NULL as a value.
            column.distinct = column.distinct.map(|distinct| distinct.saturating_sub(1));
        }
        column.distinct = column.distinct.or(values);
    }
    Ok(())
}

/// The smallest, the largest and the frequent values of one column.
pub(super) async fn values(
    conn: &mut MySqlConnection,
    table: &Table,
    column: &Column,
    figures: &mut Figures,
) -> Result<(), EngineError> {
    let sql = format!(
        "SELECT HISTOGRAM FROM information_schema.COLUMN_STATISTICS WHERE SCHEMA_NAME = DATABASE() AND TABLE_NAME = {} \
         AND COLUMN_NAME = {}",
        quoted(&table.name),
        quoted(&column.name)
    );
    let rows = match text::rows(conn, sql).await {
        Err(EngineError::Server(_)) => return Ok(()),
        rows => rows?,
    };
    let Some(histogram) = rows.first().and_then(|row| serde_json::from_str::<Json>(&row.text(0)).ok()) else {
        return Ok(());
    };
    let buckets = histogram["buckets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let singleton = histogram["histogram-type"] == "singleton";
    let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else { return Ok(()) };
    let end = |bucket: &Json, at: usize| bucket_text(&bucket[at]).and_then(|text| value_of(column, &text));
    let scale = figures.column(&column.name);
    scale.min = end(first, 0);
    scale.max = end(last, usize::from(!singleton));
    if singleton {
        let mut before = 0.0;
        let shares = buckets.iter().filter_map(|bucket| {
            let share = bucket[1].as_f64()? - before;
            before += share;
            Some((end(bucket, 0)?, share))
        });
        let shares: Vec<_> = shares.collect();
        scale.hot = frequent(shares, buckets.len() as u64, scale.null_fraction);
    }
    Ok(())
}

/// A bucket's value as the server would show it: numbers as they are, texts from `base64:type254:…`.
fn bucket_text(value: &Json) -> Option<String> {
    match value {
        Json::Number(number) => Some(number.to_string()),
        Json::String(text) => match text.strip_prefix("base64:").and_then(|rest| rest.split_once(':')) {
            Some((_, encoded)) => String::from_utf8(decoded(encoded)?).ok(),
            None => Some(text.clone()),
        },
        _ => None,
    }
}

/// The bytes of a text in base64.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut width) = (0_u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        width += 6;
        if width >= 8 {
            width -= 8;
            bytes.push(u8::try_from(bits >> width & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded() {
        let shown = |text: &str| bucket_text(&Json::String(text.into()));
        assert_eq!(shown("base64:type254:cHJlbWl1bQ==").as_deref(), Some("premium"));
        assert_eq!(shown("2025-06-01 00:00:00.000000").as_deref(), Some("2025-06-01 00:00:00.000000"));
        assert_eq!(shown("base64:type254:*"), None);
        assert_eq!(bucket_text(&serde_json::json!(7)).as_deref(), Some("7"));
    }
}
