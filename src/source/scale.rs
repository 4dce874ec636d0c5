//! Scale profiles: `profiles/scale/*.yaml`.

use super::error::SourceError;
use super::fields::Reader;
use super::node::Node;
use super::yaml::Document;
use crate::model::scale::{ColumnScale, HotValue, KeyScale, Scale, TableScale};
use std::collections::BTreeMap;
use std::path::Path;

const FILE: [&str; 3] = ["description", "concurrent-users", "tables"];
const TABLE: [&str; 4] = ["rows", "row-bytes", "columns", "keys"];
const COLUMN: [&str; 5] = ["distinct", "nulls", "min", "max", "hot"];
const KEY: [&str; 2] = ["distinct", "entry-bytes"];
const HOT: [&str; 2] = ["value", "fraction"];

/// Loads a profile; its name is the file's.
///
/// # Errors
/// Everything that is wrong with it: it cannot be read, is no profile, or contradicts itself.
pub fn load(path: &Path) -> Result<Scale, SourceError> {
    let document = Document::open(path)?;
    let root = document.root()?;
    let mut reader = Reader::new(&document);
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let scale = scale(&mut reader, &root, name);
    reader.finish(scale)
}

fn scale<'a>(reader: &mut Reader<'a>, root: &'a Node, name: String) -> Option<Scale> {
    let fields = reader.fields(root, "a scale profile", &FILE)?;
    let description = fields.get("description").and_then(|node| reader.text(node)).unwrap_or_default();
    let users = reader.required(&fields, "concurrent-users", "frequencies per client are multiplied by it");
    let users = users.and_then(|node| reader.count(node));
    let mut tables = BTreeMap::new();
    let node = reader.required(&fields, "tables", "name the tables under it, each with its rows");
    for (name, node) in node.and_then(|node| reader.names(node)).unwrap_or_default() {
        if let Some(table) = table(reader, node, &name.value) {
            tables.insert(name.value.clone(), table);
        }
    }
    Some(Scale { name, description, concurrent_users: users?, tables })
}

fn table<'a>(reader: &mut Reader<'a>, node: &'a Node, name: &str) -> Option<TableScale> {
    let fields = reader.fields(node, "a table", &TABLE)?;
    let rows = reader.required(&fields, "rows", "how many rows does it have?").and_then(|node| reader.count(node));
    let row_bytes = fields.get("row-bytes").and_then(|node| reader.count(node));
    let mut columns = BTreeMap::new();
    for (column_name, node) in fields.get("columns").and_then(|node| reader.names(node)).unwrap_or_default() {
        if let Some(column) = column(reader, node) {
            if let Some(contradiction) = rows.and_then(|rows| contradiction(&column, rows)) {
                reader.wrong(node, &format!("{name}.{}: {contradiction}", column_name.value), "");
            }
            columns.insert(column_name.value.clone(), column);
        }
    }
    let mut keys = BTreeMap::new();
    for (key_name, node) in fields.get("keys").and_then(|node| reader.names(node)).unwrap_or_default() {
        let Some(fields) = reader.fields(node, "a key", &KEY) else { continue };
        let [distinct, entry_bytes] = KEY.map(|field| fields.get(field).and_then(|node| reader.count(node)));
        if let Some((distinct, rows)) = distinct.zip(rows).filter(|(distinct, rows)| distinct > rows) {
            reader.wrong(node, &format!("{name}: {distinct} distinct values in {rows} rows"), "");
        }
        let columns: Vec<&str> = key_name.value.split(',').map(str::trim).collect();
        keys.insert(columns.join(", "), KeyScale { distinct, entry_bytes });
    }
    Some(TableScale { rows: rows?, row_bytes, columns, keys })
}

fn column<'a>(reader: &mut Reader<'a>, node: &'a Node) -> Option<ColumnScale> {
    let fields = reader.fields(node, "a column", &COLUMN)?;
    let mut hot = Vec::new();
    for item in fields.get("hot").and_then(|node| reader.list(node)).unwrap_or_default() {
        hot.extend(hot_value(reader, item));
    }
    Some(ColumnScale {
        distinct: fields.get("distinct").and_then(|node| reader.count(node)),
        null_fraction: fields.get("nulls").and_then(|node| share(reader, node)).unwrap_or(0.0),
        min: fields.get("min").and_then(|node| reader.scalar(node)),
        max: fields.get("max").and_then(|node| reader.scalar(node)),
        hot,
    })
}

fn hot_value<'a>(reader: &mut Reader<'a>, node: &'a Node) -> Option<HotValue> {
    let fields = reader.fields(node, "a hot value", &HOT)?;
    let value = reader.required(&fields, "value", "NULLs are given with `nulls`");
    let fraction = reader.required(&fields, "fraction", "its share of the rows, 0 to 1");
    let value = value.and_then(|node| reader.scalar(node));
    let fraction = fraction.and_then(|node| share(reader, node));
    Some(HotValue { value: value?, fraction: fraction? })
}

/// A share of the rows.
fn share(reader: &mut Reader<'_>, node: &Node) -> Option<f64> {
    let share = reader.number(node)?;
    if (0.0..=1.0).contains(&share) {
        return Some(share);
    }
    reader.wrong(node, &format!("{share} is no share of the rows: a number from 0 to 1"), "write 0.35 for 35 %");
    None
}

fn contradiction(column: &ColumnScale, rows: u64) -> Option<String> {
    if let Some(distinct) = column.distinct.filter(|distinct| *distinct > rows) {
        return Some(format!("{distinct} distinct values in {rows} rows"));
    }
    let hot = u64::try_from(column.hot.len()).unwrap_or(u64::MAX);
    if let Some(distinct) = column.distinct.filter(|distinct| *distinct < hot) {
        return Some(format!("{hot} hot values among {distinct} distinct ones"));
    }
    let total = column.null_fraction + column.hot.iter().map(|hot| hot.fraction).sum::<f64>();
    // Shares are written with a few digits, so their sum may overshoot by rounding.
    (total > 1.000_001)
        .then(|| format!("hot values and nulls together are {total:.2} of the rows, which is more than all"))
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
    fn columns_may_be_known_together() {
        let text = "concurrent-users: 5\ntables:\n  t:\n    rows: 100\n    keys:\n      a,b(5): {distinct: 10, entry-bytes: 7}\n";
        let scale = loaded(text).unwrap();
        let known = KeyScale { distinct: Some(10), entry_bytes: Some(7) };
        assert_eq!(scale.tables["t"].keys, [("a, b(5)".to_owned(), known)].into());
        let wrong = loaded(&text.replace("distinct: 10", "distinct: 101")).unwrap_err();
        assert!(wrong.contains("tiny.yaml:6:15") && wrong.contains("101 distinct values in 100 rows"), "{wrong}");
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
        assert!(
            with("{distinct: 1, hot: [{value: a, fraction: 0.1}, {value: b, fraction: 0.1}]}").contains("2 hot values")
        );
        assert!(with("{distinkt: 1}").contains("did you mean `distinct`?"));
        let both = with("{distinct: -1, nulls: half}");
        assert!(both.contains("expected a whole number from 0 on") && both.contains("expected a number"), "{both}");
    }

    #[test]
    fn a_profile_without_its_sizes_says_all_that_is_missing() {
        let missing = loaded("tables:\n  t: {row-bytes: 5}\n").unwrap_err();
        assert!(
            missing.contains("`concurrent-users` is missing") && missing.contains("`rows` is missing"),
            "{missing}"
        );
        let list = loaded("- a\n").unwrap_err();
        assert!(list.contains("tiny.yaml:1:1") && list.contains("a scale profile is a mapping"), "{list}");
    }
}
