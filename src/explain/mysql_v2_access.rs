//! How a step of `MySQL`'s JSON version 2 reads its table, in the words of the older formats.

use super::json::{self, Object};
use crate::model::plan::{Access, AccessType, Estimate};
use std::iter::Peekable;
use std::str::CharIndices;

/// The access of a step; `None` when the step names no table or an unknown way of reading it.
pub(super) fn access(object: &Object, words: &str) -> Option<Access> {
    let kind = json::text(object, "access_type")?;
    if matches!(kind, "index_merge" | "rowid_intersection" | "rowid_union") {
        return merged(object);
    }
    let table = json::text(object, "alias").or_else(|| json::text(object, "table_name"))?;
    let access_type = match kind {
        "table" | "count_rows" => AccessType::FullScan,
        "index" => index_access(object, words)?,
        "constant_row" => AccessType::Const,
        "scan_new_records" => AccessType::Derived,
        _ => return None,
    };
    let made = json::is_transient(table) || json::text(object, "index_name").is_some_and(json::is_transient);
    let rows = match kind {
        "count_rows" => Estimate::Unknown("the plan counts the table's rows without saying how many there are".into()),
        _ => json::estimate(object, "estimated_rows"),
    };
    Some(Access {
        table: table.to_owned(),
        access_type: if made { AccessType::Derived } else { access_type },
        key: json::text(object, "index_name").map(str::to_owned),
        key_parts: key_parts(object),
        possible_keys: Vec::new(),
        covering: json::flag(object, "covering"),
        rows,
        filtered: None,
        condition: json::text(object, "pushed_index_condition").map(str::to_owned),
    })
}

fn index_access(object: &Object, words: &str) -> Option<AccessType> {
    Some(match json::text(object, "index_access_type")? {
        "index_scan" | "index_distance_scan" => AccessType::IndexScan,
        "index_lookup" | "multi_range_read" | "pushed_join_ref" => {
            let condition = json::text(object, "lookup_condition").unwrap_or_default();
            if words.starts_with("Single-row") {
                AccessType::EqRef
            } else if condition.ends_with(" or NULL") {
                AccessType::RefOrNull
            } else {
                AccessType::Ref
            }
        }
        "index_range_scan" | "index_skip_scan" | "group_index_skip_scan" => AccessType::Range,
        "full_text_search" => AccessType::Fulltext,
        // Planned again for each outer row; when no index helps one, the table is scanned. Version 1 shows `ALL`.
        "dynamic_index_range_scan" => AccessType::FullScan,
        _ => return None,
    })
}

/// Several indexes of one table: one access, as in the older formats.
fn merged(object: &Object) -> Option<Access> {
    let mut parts = Vec::new();
    leaves(object, &mut parts);
    let first = parts.first()?.clone();
    let keys: Vec<String> = parts.iter().filter_map(|part| part.key.clone()).collect();
    let conditions: Vec<String> = parts.iter().filter_map(|part| part.condition.clone()).collect();
    Some(Access {
        access_type: AccessType::IndexMerge,
        key: Some(keys.join(",")),
        key_parts: parts.into_iter().flat_map(|part| part.key_parts).collect(),
        rows: json::estimate(object, "estimated_rows"),
        condition: (!conditions.is_empty()).then(|| conditions.join(" or ")),
        covering: false,
        ..first
    })
}

fn leaves(object: &Object, found: &mut Vec<Access>) {
    for input in object.get("inputs").map(json::objects).unwrap_or_default() {
        match access(input, json::text(input, "operation").unwrap_or_default()) {
            Some(access) if access.access_type != AccessType::IndexMerge => found.push(access),
            _ => leaves(input, found),
        }
    }
}

/// The columns that narrow the read: those before each `=` of a look-up, or all that a range's text names.
fn key_parts(object: &Object) -> Vec<String> {
    // 9.x lists the columns of a look-up; before, its text is all there is.
    let mut columns = json::texts(object, "key_columns");
    if !columns.is_empty() {
        return columns;
    }
    if let Some(lookup) = json::text(object, "lookup_condition") {
        for part in split_outside(lookup, ',') {
            let column = split_outside(part, '=').first().map(|column| unquote(column.trim()));
            columns.extend(column.filter(|column| !column.is_empty()));
        }
    } else {
        for range in json::texts(object, "ranges") {
            columns.extend(identifiers(&range));
        }
    }
    let mut seen = Vec::new();
    columns.retain(|column| {
        !seen.contains(column) && {
            seen.push(column.clone());
            true
        }
    });
    columns
}

/// Splits at a character outside quotes and parentheses.
fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '\'' | '"' | '`' => skip_quoted(&mut rest, c),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn skip_quoted(rest: &mut Peekable<CharIndices<'_>>, quote: char) {
    while let Some((_, c)) = rest.next() {
        if c == '\\' && quote != '`' {
            rest.next();
        } else if c == quote {
            return;
        }
    }
}

/// The identifiers of a range such as `(NULL < created_at < '2025-01-01')`.
fn identifiers(text: &str) -> Vec<String> {
    const WORDS: [&str; 6] = ["NULL", "AND", "OR", "NOT", "unprintable_blob_value", "unprintable_geometry_value"];
    let (mut found, mut word) = (Vec::new(), String::new());
    let mut rest = text.char_indices().peekable();
    while let Some((_, c)) = rest.next() {
        match c {
            '\'' | '"' => skip_quoted(&mut rest, c),
            c if c.is_alphanumeric() || c == '_' || c == '$' => {
                word.push(c);
                continue;
            }
            _ => {}
        }
        found.push(std::mem::take(&mut word));
    }
    found.push(word);
    found.retain(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_') && !WORDS.contains(&word.as_str()));
    found
}

fn unquote(name: &str) -> String {
    name.trim_matches('`').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parts(value: &serde_json::Value) -> Vec<String> {
        key_parts(value.as_object().unwrap())
    }

    #[test]
    fn key_parts_are_the_columns_of_the_lookup_and_not_of_its_values() {
        assert_eq!(parts(&json!({"lookup_condition": "channel_id=5, author='a, b=c'"})), ["channel_id", "author"]);
        assert_eq!(parts(&json!({"lookup_condition": "id=m.user_id"})), ["id"]);
        assert_eq!(parts(&json!({"lookup_condition": "k=coalesce(a.x,b.y) or NULL"})), ["k"]);
    }

    #[test]
    fn key_parts_of_ranges_are_named_once() {
        let range = "(status = 'x AND y' AND NULL < created_at < '2025') OR (status = 'z' AND 5 <= created_at)";
        assert_eq!(parts(&json!({"ranges": [range]})), ["status", "created_at"]);
    }

    #[test]
    fn an_unclosed_quote_ends_with_the_text() {
        assert_eq!(parts(&json!({"lookup_condition": "a='\\"})), ["a"]);
        assert_eq!(parts(&json!({"ranges": ["(a < 'é"]})), ["a"]);
    }
}
