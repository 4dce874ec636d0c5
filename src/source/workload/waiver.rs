//! What a workload file allows: the field `allow` of an entry or of the file, and comments in the SQL.
//!
//! Which rules there are is not known here: a waiver of no rule is reported by the verb that has the rules.

use super::place;
use crate::model::day::Day;
use crate::model::waiver::{Says, SchemaWaiver, Waiver};
use crate::source::fields::{Fields, Reader};
use crate::source::node::Node;
use crate::sql::parse::SqlError;
use crate::waiver::comment;

const OF_QUERY: [&str; 3] = ["rule", "because", "until"];
const OF_SCHEMA: [&str; 5] = ["rule", "table", "index", "because", "until"];

/// The waivers of an entry: those of its field, then those in its statement.
pub(super) fn of_query<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, sql: Option<&(&Node, String)>) -> Vec<Waiver> {
    let mut waivers = Vec::new();
    for node in items(reader, fields) {
        let read = reader.fields(node, "a waiver", &OF_QUERY);
        waivers.extend(read.and_then(|fields| waiver(reader, &fields, node)));
    }
    if let Some((node, sql)) = sql {
        waivers.extend(comment::of_statement(sql).into_iter().map(|(says, line, column)| {
            let spot = SqlError { message: String::new(), line, column };
            let at = place::of(reader.document, node, sql, &spot);
            Waiver { at: at.unwrap_or_else(|| reader.document.spot(node.at)), says }
        }));
    }
    waivers
}

/// The waivers at the top of a file, which are about tables and indexes.
pub(super) fn of_schema<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>) -> Vec<SchemaWaiver> {
    let mut waivers = Vec::new();
    for node in items(reader, fields) {
        let Some(fields) = reader.fields(node, "a waiver at the top of a workload file", &OF_SCHEMA) else { continue };
        let remedy = "name the table that it is about; what is found on a query is allowed in the query's entry";
        let table = reader.required(&fields, "table", remedy).and_then(|node| reader.text(node));
        let index = fields.get("index").and_then(|node| reader.text(node));
        if let (Some(waiver), Some(table)) = (waiver(reader, &fields, node), table) {
            waivers.push(SchemaWaiver { waiver, table, index });
        }
    }
    waivers
}

fn items<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>) -> &'a [Node] {
    fields.get("allow").and_then(|node| reader.list(node)).unwrap_or_default()
}

fn waiver<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, node: &Node) -> Option<Waiver> {
    let rule = reader.required(fields, "rule", "aura-db audit --list-rules names the rules");
    let rule = rule.and_then(|node| reader.text(node));
    let reason = fields.get("because").and_then(|node| reader.text(node)).unwrap_or_default();
    let until = match fields.get("until") {
        Some(node) => Some(day(reader, node)?),
        None => None,
    };
    let says = Says::Allow { rules: vec![rule?], reason: reason.trim().to_owned(), until };
    Some(Waiver { at: reader.document.spot(node.at), says })
}

fn day(reader: &mut Reader<'_>, node: &Node) -> Option<Day> {
    let text = reader.text(node)?;
    text.parse().map_err(|error: crate::model::day::NoDay| reader.wrong(node, &error.to_string(), "")).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Workload, load_all};
    use crate::model::waiver::Says;

    fn loaded(text: &str) -> Result<Workload, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.yaml");
        std::fs::write(&path, text).unwrap();
        load_all(&[path]).map_err(|errors| errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n"))
    }

    fn allow(rule: &str, reason: &str, until: Option<&str>) -> Says {
        let until = until.map(|day| day.parse().unwrap());
        Says::Allow { rules: vec![rule.into()], reason: reason.into(), until }
    }

    #[test]
    fn fields_and_comments_are_read_with_their_places() {
        let text = "allow:\n  - {rule: redundant-index, table: t, index: i, because: known}\nqueries:\n  - name: a\n    \
                    allow:\n      - {rule: filesort, because: few rows, until: 2027-01-31}\n      - rule: deep-pagination\n    \
                    sql: |\n      SELECT 1\n      -- aura-db: allow x because y\n      FROM t\n";
        let workload = loaded(text).unwrap();
        let schema = &workload.waivers[0];
        assert_eq!((schema.table.as_str(), schema.index.as_deref()), ("t", Some("i")));
        assert_eq!(schema.waiver.says, allow("redundant-index", "known", None));
        let seen: Vec<_> = workload.queries[0].waivers.iter().map(|one| (one.at.line, one.says.clone())).collect();
        let expected = [
            (6, allow("filesort", "few rows", Some("2027-01-31"))),
            (7, allow("deep-pagination", "", None)),
            (10, allow("x", "y", None)),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn mistakes_are_shown_at_their_place() {
        let query = |waiver: &str| loaded(&format!("queries:\n  - {{name: a, sql: SELECT 1, allow: [{waiver}]}}\n"));
        for (waiver, words) in [
            ("{because: x}", "`rule` is missing"),
            ("{rule: a, because: x, until: 2027-02-30}", "`2027-02-30` is no day"),
            ("{rule: a, becuase: x}", "did you mean `because`?"),
            ("{rule: a, table: t, because: x}", "unknown field `table`"),
        ] {
            let error = query(waiver).unwrap_err();
            assert!(error.contains(words) && error.contains("w.yaml:2:"), "{waiver}: {error}");
        }
        let schema = loaded("allow: [{rule: a, because: x}]\nqueries:\n  - {name: a, sql: SELECT 1}\n").unwrap_err();
        assert!(schema.contains("`table` is missing") && schema.contains("w.yaml:1:9"), "{schema}");
    }
}
