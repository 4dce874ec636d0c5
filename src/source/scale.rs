//! Scale profiles: `profiles/scale/*.yaml`.

use super::error::SourceError;
use super::value::Scalar;
use super::yaml::Document;
use crate::model::scale::{ColumnScale, HotValue, Scale, TableScale};
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    description: String,
    concurrent_users: u64,
    tables: BTreeMap<String, Table>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    rows: u64,
    row_bytes: Option<u64>,
    #[serde(default)]
    columns: BTreeMap<String, Spanned<Column>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Column {
    distinct: Option<u64>,
    nulls: Option<f64>,
    min: Option<Scalar>,
    max: Option<Scalar>,
    #[serde(default)]
    hot: Vec<Hot>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hot {
    value: Scalar,
    fraction: f64,
}

/// Loads a profile; its name is the file's.
///
/// # Errors
/// When the file cannot be read, is no profile, or contradicts itself.
pub fn load(path: &Path) -> Result<Scale, SourceError> {
    let document = Document::open(path)?;
    let file: File = document.parse()?;
    let mut tables = BTreeMap::new();
    for (name, table) in file.tables {
        let mut columns = BTreeMap::new();
        for (column, spanned) in table.columns {
            let place = document.place(&spanned);
            if let Some(contradiction) = contradiction(&spanned.value, table.rows) {
                return Err(document.mistake(place, &format!("{name}.{column}: {contradiction}"), ""));
            }
            columns.insert(column, column_scale(spanned.value));
        }
        tables.insert(name, TableScale { rows: table.rows, row_bytes: table.row_bytes, columns });
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Scale { name, description: file.description, concurrent_users: file.concurrent_users, tables })
}

fn contradiction(column: &Column, rows: u64) -> Option<String> {
    let is_share = |share: f64| (0.0..=1.0).contains(&share);
    let nulls = column.nulls.unwrap_or(0.0);
    if let Some(distinct) = column.distinct.filter(|distinct| *distinct > rows) {
        return Some(format!("{distinct} distinct values in {rows} rows"));
    }
    if !is_share(nulls) || column.hot.iter().any(|hot| !is_share(hot.fraction)) {
        return Some("a share of the rows is a number from 0 to 1".into());
    }
    let total = nulls + column.hot.iter().map(|hot| hot.fraction).sum::<f64>();
    // Shares are written with a few digits, so their sum may overshoot by rounding.
    (total > 1.000_001)
        .then(|| format!("hot values and nulls together are {total:.2} of the rows, which is more than all"))
}

fn column_scale(column: Column) -> ColumnScale {
    ColumnScale {
        distinct: column.distinct,
        null_fraction: column.nulls.unwrap_or(0.0),
        min: column.min.map(|scalar| scalar.0),
        max: column.max.map(|scalar| scalar.0),
        hot: column.hot.into_iter().map(|hot| HotValue { value: hot.value.0, fraction: hot.fraction }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::query::Value;

    fn loaded(text: &str) -> Result<Scale, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.yaml");
        std::fs::write(&path, text).unwrap();
        load(&path).map_err(|error| error.message)
    }

    #[test]
    fn a_profile_is_read() {
        let text = "concurrent-users: 5\ntables:\n  t:\n    rows: 100\n    columns:\n      a: {distinct: 10, nulls: 0.1, hot: [{value: x, fraction: 0.5}]}\n";
        let scale = loaded(text).unwrap();
        assert_eq!((scale.name.as_str(), scale.concurrent_users), ("tiny", 5));
        let column = &scale.tables["t"].columns["a"];
        assert_eq!((column.distinct, column.null_fraction), (Some(10), 0.1));
        assert_eq!(column.hot, [HotValue { value: Value::Text("x".into()), fraction: 0.5 }]);
    }

    #[test]
    fn contradictions_are_shown_where_they_stand() {
        let with = |column: &str| {
            loaded(&format!("concurrent-users: 5\ntables:\n  t:\n    rows: 100\n    columns:\n      a: {column}\n"))
                .unwrap_err()
        };
        let distinct = with("{distinct: 101}");
        assert!(
            distinct.contains("tiny.yaml:6:10") && distinct.contains("101 distinct values in 100 rows"),
            "{distinct}"
        );
        assert!(with("{nulls: 1.5}").contains("from 0 to 1"));
        assert!(with("{nulls: 0.6, hot: [{value: 1, fraction: 0.6}]}").contains("more than all"));
        assert!(with("{distinkt: 1}").contains("distinkt"));
    }
}
