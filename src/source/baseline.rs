//! A baseline in: the YAML file that `audit --write-baseline` writes.

use super::error::SourceError;
use super::fields::Reader;
use super::node::{Content, Node};
use super::yaml::Document;
use crate::model::baseline::{BASELINE_FORMAT, Baseline, Known};
use crate::model::engine::{Engine, EngineKind};
use crate::model::signature::Signature;
use std::collections::BTreeMap;
use std::path::Path;

const FILE: [&str; 7] = ["format", "engine", "version", "scale", "plans", "findings", "schema"];
/// What helps against a file that is damaged.
const AGAIN: &str = "settle a conflict in it by hand, or write it anew with aura-db audit --write-baseline";

/// Loads a baseline.
///
/// # Errors
/// Everything that is wrong with it: it cannot be read, is of another form, or is damaged, with the line.
pub fn load(path: &Path) -> Result<Baseline, SourceError> {
    let document = Document::open(path).map_err(|error| SourceError {
        message: format!("{}; aura-db audit --write-baseline writes a baseline", error.message),
        ..error
    })?;
    let root =
        document.root().map_err(|error| SourceError { message: format!("{}\n{AGAIN}", error.message), ..error })?;
    let mut reader = Reader::new(&document);
    let baseline = baseline(&mut reader, &root);
    reader.finish(baseline)
}

fn baseline<'a>(reader: &mut Reader<'a>, root: &'a Node) -> Option<Baseline> {
    let Content::Map(entries) = &root.content else {
        reader.wrong(root, "this is no baseline", AGAIN);
        return None;
    };
    // Another form may have other fields: that it is another one is all there is to say.
    let format = entries.iter().find(|(key, _)| key.value == "format");
    let Some((_, format)) = format else {
        reader.wrong(root, "the field `format` is missing: this is no baseline, or its beginning is lost", AGAIN);
        return None;
    };
    let number = reader.count(format)?;
    if number != u64::from(BASELINE_FORMAT) {
        let message = format!("a baseline of format {number}, where this version of aura-db knows {BASELINE_FORMAT}");
        reader.wrong(format, &message, "write it anew with aura-db audit --write-baseline");
        return None;
    }
    let fields = reader.fields(root, "a baseline", &FILE)?;
    let kind = reader.required(&fields, "engine", AGAIN).and_then(|node| engine(reader, node));
    let version = reader.required(&fields, "version", AGAIN).and_then(|node| reader.text(node));
    let scale = fields.get("scale").and_then(|node| reader.text(node));
    let mut plans = BTreeMap::new();
    let node = reader.required(&fields, "plans", AGAIN);
    for (name, node) in node.and_then(|node| reader.names(node)).unwrap_or_default() {
        plans.insert(name.value.clone(), samples(reader, node));
    }
    let mut findings = BTreeMap::new();
    for (name, node) in fields.get("findings").and_then(|node| reader.names(node)).unwrap_or_default() {
        findings.insert(name.value.clone(), known(reader, node));
    }
    let schema = fields.get("schema").map(|node| known(reader, node)).unwrap_or_default();
    let engine = Engine { kind: kind?, version: version? };
    Some(Baseline { engine, scale, plans, findings, schema })
}

fn engine(reader: &mut Reader<'_>, node: &Node) -> Option<EngineKind> {
    match reader.text(node)?.as_str() {
        "mysql" => Some(EngineKind::Mysql),
        "mariadb" => Some(EngineKind::Mariadb),
        "embedded" => Some(EngineKind::Embedded),
        other => {
            reader.wrong(node, &format!("`{other}` is no engine: mysql, mariadb or embedded"), AGAIN);
            None
        }
    }
}

/// The plan of a query with one sample, or one for each label.
fn samples<'a>(reader: &mut Reader<'a>, node: &'a Node) -> BTreeMap<String, Signature> {
    let Content::Map(entries) = &node.content else {
        return BTreeMap::from([(String::new(), signature(reader, node))]);
    };
    entries.iter().map(|(label, node)| (label.value.clone(), signature(reader, node))).collect()
}

fn signature<'a>(reader: &mut Reader<'a>, node: &'a Node) -> Signature {
    let mut signature = Signature::default();
    for item in reader.list(node).unwrap_or_default() {
        if let Some(Err(message)) = reader.text(item).map(|line| signature.take(&line)) {
            reader.wrong(item, &message, AGAIN);
        }
    }
    signature
}

fn known<'a>(reader: &mut Reader<'a>, node: &'a Node) -> Vec<Known> {
    let mut found = Vec::new();
    for item in reader.list(node).unwrap_or_default() {
        match reader.text(item).map(|line| line.parse()) {
            Some(Ok(known)) => found.push(known),
            Some(Err(message)) => {
                let message: String = message;
                reader.wrong(item, &message, AGAIN);
            }
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::signature::Step;

    const HEAD: &str = "format: 1\nengine: mysql\nversion: 9.7\n";

    fn loaded(text: &str) -> Result<Baseline, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.yaml");
        std::fs::write(&path, text).unwrap();
        load(&path).map_err(|error| error.message)
    }

    #[test]
    fn a_baseline_is_read() {
        let text = format!(
            "{HEAD}scale: high\nplans:\n  a: [o ref idx_a, sort, rows 20]\n  b:\n    busy: [no-plan]\n    \"1\": []\n\
             findings:\n  a: [error filesort o]\nschema:\n- warning redundant-index o idx_b\n"
        );
        let baseline = loaded(&text).unwrap();
        assert_eq!((baseline.engine.kind, baseline.engine.version.as_str()), (EngineKind::Mysql, "9.7"));
        assert_eq!(baseline.plans["a"][""].lines(), ["o ref idx_a", "sort", "rows 20"]);
        assert_eq!(baseline.plans["b"]["busy"].steps, [Step::NoPlan]);
        assert!(baseline.plans["b"].contains_key("1"));
        assert_eq!(baseline.findings["a"][0].to_string(), "error filesort o");
        assert_eq!(baseline.schema[0].to_string(), "warning redundant-index o idx_b");
    }

    #[test]
    fn damage_is_shown_with_its_line() {
        for (text, place, words) in [
            (format!("{HEAD}plans:\n  a: [o reff idx_a]\n"), ":5:7", "`reff` is no way to read a table"),
            (format!("{HEAD}plans:\n<<<<<<< ours\n  a: [sort]\n"), ":5:", ""),
            (format!("{HEAD}plans:\n  a: [sort\n"), ":", ""),
            (format!("{HEAD}plans:\n  a: sort\n"), ":5:6", "expected a list"),
            (format!("{HEAD}plans:\n  a: [sort]\nfindings:\n  a: [bad]\n"), ":7:7", "is no finding"),
            ("format: 1\nengine: oracle\nversion: 1\nplans: {}\n".into(), ":2:9", "`oracle` is no engine"),
            (format!("{HEAD}plans: {{}}\nplan: {{}}\n"), ":5:1", "did you mean `plans`?"),
            ("engine: mysql\n".into(), ":1:1", "`format` is missing"),
            ("- a\n".into(), ":1:1", "no baseline"),
            (HEAD.into(), ":1:1", "`plans` is missing"),
        ] {
            let error = loaded(&text).unwrap_err();
            assert!(error.contains(&format!("baseline.yaml{place}")) && error.contains(words), "{text}\n{error}");
            assert!(
                error.contains("--write-baseline") || error.contains("did you mean") || words == "expected a list",
                "{error}"
            );
        }
        assert!(loaded("").unwrap_err().contains("empty"));
    }

    #[test]
    fn another_form_is_refused_as_such() {
        let error = loaded("format: 2\nqueries: {}\n").unwrap_err();
        assert!(error.contains("a baseline of format 2, where this version of aura-db knows 1"), "{error}");
        assert!(!error.contains("unknown field"), "{error}");
    }
}
