//! One file of the workload: its entries become queries.

use super::check;
use crate::model::query::{Query, Sample, Source};
use crate::source::duration::{frequency, seconds};
use crate::source::error::SourceError;
use crate::source::value::Scalar;
use crate::source::yaml::Document;
use serde::Deserialize;
use serde_saphyr::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    source: Option<String>,
    queries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Entry {
    pub(super) name: Spanned<String>,
    source: Option<String>,
    line: Option<u32>,
    pub(super) sql: Spanned<String>,
    pub(super) params: Option<Spanned<Vec<Scalar>>>,
    pub(super) samples: Option<Spanned<Vec<SampleEntry>>>,
    frequency: Option<Spanned<String>>,
    cache: Option<Spanned<String>>,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SampleEntry {
    #[serde(default)]
    label: String,
    pub(super) params: Spanned<Vec<Scalar>>,
}

/// The queries of a file; what is wrong with an entry goes to `problems`, and the entry is left out.
pub(super) fn queries(document: &Document, file: File, problems: &mut Vec<SourceError>) -> Vec<Query> {
    let mut queries = Vec::new();
    for entry in file.queries {
        let mut found = check::entry(document, &entry);
        let mut take = |value: Option<Result<_, SourceError>>| match value.transpose() {
            Ok(value) => value,
            Err(error) => {
                found.push(error);
                None
            }
        };
        let frequency = take(entry.frequency.as_ref().map(|text| {
            frequency(&text.value)
                .map(Number::Frequency)
                .map_err(|error| document.mistake(document.place(text), &error, ""))
        }));
        let cache = take(entry.cache.as_ref().map(|text| {
            seconds(&text.value)
                .map(Number::Seconds)
                .map_err(|error| document.mistake(document.place(text), &error, ""))
        }));
        if found.is_empty() {
            queries.push(Query {
                name: entry.name.value.clone(),
                source: entry
                    .source
                    .clone()
                    .or_else(|| file.source.clone())
                    .map(|file| Source { file, line: entry.line }),
                sql: entry.sql.value.trim_end().to_owned(),
                samples: samples(&entry),
                frequency: if let Some(Number::Frequency(frequency)) = frequency { Some(frequency) } else { None },
                cache_seconds: if let Some(Number::Seconds(seconds)) = cache { Some(seconds) } else { None },
                note: entry.note.trim().to_owned(),
                defined_at: document.place(&entry.name),
            });
        }
        problems.extend(found);
    }
    queries
}

/// What a text with a unit stands for.
enum Number {
    Frequency(crate::model::query::Frequency),
    Seconds(u64),
}

fn samples(entry: &Entry) -> Vec<Sample> {
    let values = |params: &[Scalar]| params.iter().map(|scalar| scalar.0.clone()).collect();
    match (&entry.samples, &entry.params) {
        (Some(samples), _) => samples
            .value
            .iter()
            .map(|sample| Sample { label: sample.label.clone(), params: values(&sample.params.value) })
            .collect(),
        (None, Some(params)) => vec![Sample { label: String::new(), params: values(&params.value) }],
        (None, None) => vec![Sample { label: String::new(), params: Vec::new() }],
    }
}
