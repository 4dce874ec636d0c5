//! One file of the workload: its entries become queries.

use super::{Workload, check, waiver};
use crate::model::location::Location;
use crate::model::query::{Query, Sample, Source, Value};
use crate::source::duration::{frequency, seconds};
use crate::source::error::SourceError;
use crate::source::fields::{Fields, Reader};
use crate::source::node::Node;
use crate::source::yaml::Document;
use std::collections::BTreeMap;

const FILE: [&str; 3] = ["source", "allow", "queries"];
const ENTRY: [&str; 11] =
    ["name", "source", "line", "sql", "params", "samples", "frequency", "cache", "loop", "allow", "note"];
const SAMPLE: [&str; 2] = ["label", "params"];

/// The places of the names that are taken.
pub(super) type Names = BTreeMap<String, Location>;

/// The queries and waivers of a file; what is wrong with an entry goes to `problems`.
pub(super) fn workload(document: &Document, names: &mut Names, problems: &mut Vec<SourceError>) -> Workload {
    let root = match document.root() {
        Ok(root) => root,
        Err(error) => {
            problems.push(error);
            return Workload::default();
        }
    };
    let mut reader = Reader::new(document);
    let workload = file(&mut reader, &root, names).unwrap_or_default();
    problems.append(&mut reader.problems);
    workload
}

fn file<'a>(reader: &mut Reader<'a>, root: &'a Node, names: &mut Names) -> Option<Workload> {
    let fields = reader.fields(root, "a workload file", &FILE)?;
    let waivers = waiver::of_schema(reader, &fields);
    let source = fields.get("source").and_then(|node| reader.text(node));
    let entries = reader.required(&fields, "queries", "list the queries under it, each with name and sql")?;
    let entries = reader.list(entries)?;
    let queries = entries.iter().filter_map(|node| entry(reader, node, source.as_deref(), names)).collect();
    Some(Workload { queries, waivers })
}

fn entry<'a>(reader: &mut Reader<'a>, node: &'a Node, source: Option<&str>, names: &mut Names) -> Option<Query> {
    let fields = reader.fields(node, "an entry", &ENTRY)?;
    let name = reader.required(&fields, "name", "give it one, such as users.by-email");
    let name = name.and_then(|at| reader.text(at).map(|name| (at, name)));
    let sql = reader.required(&fields, "sql", "write the statement under it, with ? for parameters");
    let sql = sql.and_then(|at| reader.text(at).map(|sql| (at, sql)));
    if let Some((at, name)) = &name {
        check::name(reader, at, name, names);
    }
    let called = name.as_ref().map_or("the entry", |(_, name)| name.as_str());
    let samples = samples(reader, &fields, called);
    if let (Some((at, sql)), Some(samples)) = (&sql, &samples) {
        check::statement(reader, at, called, sql, samples);
    }
    let own_source = fields.get("source").and_then(|node| reader.text(node));
    let line = fields.get("line").and_then(|node| line(reader, node));
    let frequency = measure(reader, &fields, "frequency", frequency);
    let cache_seconds = measure(reader, &fields, "cache", seconds);
    let waivers = waiver::of_query(reader, &fields, sql.as_ref());
    let in_loop = fields.get("loop").and_then(|node| reader.flag(node)).unwrap_or_default();
    let remark = fields.get("note").and_then(|node| reader.text(node)).unwrap_or_default();
    let ((at, name), (_, sql)) = (name?, sql?);
    Some(Query {
        name,
        source: own_source.or_else(|| source.map(str::to_owned)).map(|file| Source { file, line }),
        sql: sql.trim_end().to_owned(),
        samples: samples?.into_iter().map(|given| Sample { label: given.label, params: given.params }).collect(),
        frequency,
        cache_seconds,
        in_loop,
        note: remark.trim().to_owned(),
        waivers,
        defined_at: reader.document.spot(at.at),
    })
}

/// One set of parameters with the place where it is given; the place is absent when nothing is.
#[derive(Debug)]
pub(super) struct Given<'a> {
    label: String,
    pub(super) params: Vec<Value>,
    pub(super) at: Option<&'a Node>,
}

/// The samples of an entry; `None` when they cannot be read.
fn samples<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, name: &str) -> Option<Vec<Given<'a>>> {
    let params = fields.get("params");
    let Some(node) = fields.get("samples") else {
        let values = match params {
            Some(node) => values(reader, node)?,
            None => Vec::new(),
        };
        return Some(vec![Given { label: String::new(), params: values, at: params }]);
    };
    if let Some(params) = params {
        let remedy = "move these params into a sample of their own";
        reader.wrong(params, "an entry has either params or samples", remedy);
    }
    let items = reader.list(node)?;
    if items.is_empty() {
        reader.wrong(node, &format!("{name} has no sample"), "give one, or leave samples out");
        return None;
    }
    let read: Vec<_> = items.iter().map(|item| sample(reader, item)).collect();
    let mut samples: Vec<Given<'_>> = read.into_iter().collect::<Option<_>>()?;
    let several = samples.len() > 1;
    for (number, sample) in (1..).zip(&mut samples).filter(|(_, sample)| several && sample.label.trim().is_empty()) {
        // Findings name the sample that they were seen with.
        sample.label = format!("{number}");
    }
    Some(samples)
}

fn sample<'a>(reader: &mut Reader<'a>, node: &'a Node) -> Option<Given<'a>> {
    let fields = reader.fields(node, "a sample", &SAMPLE)?;
    let label = fields.get("label").and_then(|node| reader.text(node)).unwrap_or_default();
    let (params, at) = match fields.get("params") {
        Some(at) => (values(reader, at)?, at),
        None => (Vec::new(), node),
    };
    Some(Given { label, params, at: Some(at) })
}

fn values<'a>(reader: &mut Reader<'a>, node: &'a Node) -> Option<Vec<Value>> {
    let read: Vec<_> = reader.list(node)?.iter().map(|item| reader.scalar(item)).collect();
    read.into_iter().collect()
}

fn line(reader: &mut Reader<'_>, node: &Node) -> Option<u32> {
    let line = u32::try_from(reader.count(node)?).ok().filter(|line| *line > 0);
    if line.is_none() {
        reader.wrong(node, "lines count from 1", "");
    }
    line
}

/// A text with a unit, such as a frequency.
fn measure<T>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    field: &str,
    read: fn(&str) -> Result<T, String>,
) -> Option<T> {
    let node = fields.get(field)?;
    read(&reader.text(node)?).map_err(|message| reader.wrong(node, &message, "")).ok()
}
