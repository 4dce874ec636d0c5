//! One `SCAN` or `SEARCH` line of EXPLAIN QUERY PLAN: which table, through which index, by which parts of it.

use crate::model::plan::{Access, AccessType, Estimate};
use crate::sql::translate::split_index_name;

/// Reads a line; `None` when it is no access to a table.
pub(super) fn access(detail: &str) -> Option<Access> {
    let (search, rest) = match detail.strip_prefix("SCAN ") {
        Some(rest) => (false, rest),
        None => (true, detail.strip_prefix("SEARCH ")?),
    };
    let rest = rest.strip_suffix(" LEFT-JOIN").or_else(|| rest.strip_suffix(" RIGHT-JOIN")).unwrap_or(rest);
    let (item, way) = match rest.split_once(" USING ").or_else(|| rest.split_once(" VIRTUAL TABLE ")) {
        Some((item, way)) => (item, way),
        None => (rest, ""),
    };
    let (way, terms) = match way.split_once(" (") {
        Some((way, terms)) => (way, terms.strip_suffix(')').unwrap_or(terms)),
        None => (way, ""),
    };
    let key_parts: Vec<String> = terms.split(" AND ").filter(|term| !term.is_empty()).map(str::to_owned).collect();
    let covering = way.starts_with("COVERING INDEX ") || way.starts_with("AUTOMATIC");
    let index = way.strip_prefix("COVERING INDEX ").or_else(|| way.strip_prefix("INDEX "));
    let by_row = matches!(way, "INTEGER PRIMARY KEY" | "PRIMARY KEY");
    let key = match index {
        // A virtual table's index has a number and no name.
        Some(_) if rest.contains(" VIRTUAL TABLE INDEX ") => None,
        Some(name) => Some(split_index_name(name).map_or(name, |(_, index)| index).to_owned()),
        None if by_row => Some("PRIMARY".to_owned()),
        None if way.starts_with("AUTOMATIC") => Some("<automatic>".to_owned()),
        None => None,
    };
    let all_equal = !key_parts.is_empty() && key_parts.iter().all(|part| part.ends_with("=?"));
    let access_type = match (search, way, all_equal) {
        (true, "INTEGER PRIMARY KEY", true) => AccessType::Const,
        (true, _, true) => AccessType::Ref,
        (true, _, false) => AccessType::Range,
        (false, "", _) => AccessType::FullScan,
        (false, ..) if key.is_some() => AccessType::IndexScan,
        (false, ..) => AccessType::FullScan,
    };
    Some(Access {
        table: table_of(item),
        access_type,
        key,
        key_parts,
        possible_keys: Vec::new(),
        covering,
        rows: Estimate::Unknown("EXPLAIN QUERY PLAN gives no number of rows".into()),
        filtered: None,
        condition: None,
    })
}

/// The table or alias; before version 3.36 it was `TABLE t AS x`.
fn table_of(item: &str) -> String {
    let item = item.strip_suffix(" EXISTS").unwrap_or(item);
    let old = item.strip_prefix("TABLE ").or_else(|| item.strip_prefix("SUBQUERY "));
    let item = old.unwrap_or(item);
    item.rsplit_once(" AS ").map_or(item, |(_, alias)| alias).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wording_is_read() {
        for (detail, table, kind, key, parts, covering) in [
            ("SCAN t", "t", AccessType::FullScan, None, 0, false),
            ("SCAN TABLE t AS x", "x", AccessType::FullScan, None, 0, false),
            ("SCAN my table", "my table", AccessType::FullScan, None, 0, false),
            ("SCAN t USING COVERING INDEX t.i", "t", AccessType::IndexScan, Some("i"), 0, true),
            ("SCAN t USING INDEX t.i", "t", AccessType::IndexScan, Some("i"), 0, false),
            ("SEARCH x USING INDEX t.i (a=? AND b>?)", "x", AccessType::Range, Some("i"), 2, false),
            ("SEARCH x USING INDEX t.i (a=? AND b=?)", "x", AccessType::Ref, Some("i"), 2, false),
            ("SEARCH t USING INDEX t.i (ANY(a) AND b=?)", "t", AccessType::Range, Some("i"), 2, false),
            ("SEARCH t", "t", AccessType::Range, None, 0, false),
            ("SEARCH t USING COVERING INDEX t.i", "t", AccessType::Range, Some("i"), 0, true),
            ("SEARCH t USING INTEGER PRIMARY KEY (rowid=?)", "t", AccessType::Const, Some("PRIMARY"), 1, false),
            (
                "SEARCH t USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
                "t",
                AccessType::Range,
                Some("PRIMARY"),
                2,
                false,
            ),
            (
                "SEARCH t EXISTS USING INDEX sqlite_autoindex_t_1 (a=?) LEFT-JOIN",
                "t",
                AccessType::Ref,
                Some("sqlite_autoindex_t_1"),
                1,
                false,
            ),
            (
                "SEARCH t USING AUTOMATIC PARTIAL COVERING INDEX (a=?)",
                "t",
                AccessType::Ref,
                Some("<automatic>"),
                1,
                true,
            ),
            ("SCAN json_each VIRTUAL TABLE INDEX 1:", "json_each", AccessType::FullScan, None, 0, false),
        ] {
            let found = access(detail).unwrap();
            let seen =
                (found.table.as_str(), found.access_type, found.key.as_deref(), found.key_parts.len(), found.covering);
            assert_eq!(seen, (table, kind, key, parts, covering), "{detail}");
        }
        assert_eq!(access("COMPOUND QUERY"), None);
    }
}
