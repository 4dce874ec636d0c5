//! `catalogue import performance-schema`: classes of statements from a server's own counts.

use super::failure::Failure;
use super::import::{Sink, print};
use super::target::Target;
use super::{interrupt, prepare};
use crate::cli::ServerDigests;
use crate::engine::connect::Purpose;
use crate::engine::digests::{self, Digests, StatementDigest};
use crate::exit::Exit;
use crate::model::count::counted;
use crate::model::digest::{Digest, StatementClass, sort};
use crate::model::engine::EngineKind;
use crate::model::schema::Schema;
use crate::source::classes::{keeps_books, may_have_plan};
use crate::sql::digest_text::{is_about_server, is_our_own, is_prepared_only, may_be_cut, names_table, statement};
use crate::sql::fingerprint::Fingerprints;
use crate::sql::stand_in::stand_ins;
use crate::term::Term;
use std::collections::BTreeMap;

/// Runs it. The server is only read.
///
/// # Errors
/// When the server does not count, or the account may not read its counts.
pub(super) async fn run(args: &ServerDigests, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let sink = Sink::open(&args.print)?;
    prepare::present(target)?;
    let reading = async {
        let mut session = prepare::open(target, Purpose::Read, term).await?;
        let found = digests::read(&mut session, args.all_schemas).await?;
        let schema = match session.database() {
            Some(name) => Some((name, session.schema(&[]).await?)),
            None => None,
        };
        let kind = session.engine.kind;
        session.close().await.ok();
        Ok::<_, Failure>((found, schema, kind))
    };
    let (found, schema, kind) = interrupt::early(reading).await?;
    let digest = digest(&found, schema.as_ref(), kind)?;
    print(digest, &args.print, "performance-schema", sink, term)
}

fn digest(found: &Digests, schema: Option<&(String, Schema)>, kind: EngineKind) -> Result<Digest, Failure> {
    let fingerprints = Fingerprints::new().map_err(|error| Failure::unable(error.to_string()))?;
    let mut notes = notes(found, kind);
    let mut of_tools = 0;
    let mut classes: BTreeMap<(String, String), StatementClass> = BTreeMap::new();
    for digest in &found.digests {
        // What prepares a statement does not run it; and a migration is not the app's work, nor is this import.
        let words = [Some(&digest.text), digest.sample.as_ref()];
        let keeps_books = words.into_iter().flatten().any(|text| keeps_books(&text.to_ascii_lowercase()));
        if is_prepared_only(&digest.text) || is_our_own(&digest.text) || keeps_books {
            continue;
        }
        if is_about_server(&digest.text) {
            of_tools += digest.count;
            continue;
        }
        let schema = schema.filter(|(name, _)| *name == digest.schema).map(|(_, schema)| schema);
        let class = class(digest, schema, found.kept_bytes, &fingerprints);
        let key = (digest.schema.clone(), class.fingerprint.clone());
        match classes.get_mut(&key) {
            Some(same) => merge(same, class),
            None => drop(classes.insert(key, class)),
        }
    }
    if of_tools > 0 {
        notes.push(format!("{} on the server's own tables left out", counted(of_tools, "statement")));
    }
    let mut classes: Vec<StatementClass> = classes.into_values().collect();
    sort(&mut classes);
    Ok(Digest {
        class_count: classes.len() as u64,
        events: classes.iter().map(|class| class.count).sum(),
        classes,
        span_seconds: found.seconds,
        notes,
        ..Digest::default()
    })
}

/// Since when, and what is missing.
fn notes(found: &Digests, kind: EngineKind) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(since) = &found.since {
        notes.push(format!(
            "counted since {since} UTC, when the first statement came after the server's start ({} UTC) or after the \
             table was truncated",
            found.started
        ));
    }
    if found.lost > 0 {
        notes.push(format!(
            "{} of other classes are counted together, as the table was full: raise performance_schema_digests_size, or \
             truncate the table and let the app run",
            counted(found.lost, "statement")
        ));
    }
    if kind == EngineKind::Mariadb {
        notes.push(
            "MariaDB tells no 95th percentile, and makes no digest of what drivers prepare (the binary protocol): such \
             statements are not here, but in its logs"
                .into(),
        );
    }
    notes
}

fn class(
    digest: &StatementDigest,
    schema: Option<&Schema>,
    kept: usize,
    fingerprints: &Fingerprints,
) -> StatementClass {
    let mut class = StatementClass {
        fingerprint: String::new(),
        count: digest.count,
        total_ms: Some(ms(digest.total)),
        max_ms: Some(ms(digest.max)),
        p95_ms: digest.p95.map(|p95| ms(p95.min(digest.max))),
        rows_examined: Some(digest.rows_examined),
        rows_sent: Some(digest.rows_sent),
        no_index_used: Some(digest.no_index_used),
        first_seen: Some(digest.first_seen.clone()),
        last_seen: Some(digest.last_seen.clone()),
        database: Some(digest.schema.clone()),
        sample: String::new(),
        params: Vec::new(),
        no_sample: None,
    };
    // Of what a driver prepared the server keeps the text, without the values that were sent apart.
    let (text, cut) = match &digest.sample {
        Some(sample) => (Ok(sample.clone()), false),
        None => (statement(&digest.text), may_be_cut(&digest.text, kept)),
    };
    let name = fingerprints.of(text.as_ref().unwrap_or(&digest.text).as_bytes());
    class.fingerprint = String::from_utf8_lossy(&name).into_owned();
    let day = digest.last_seen.get(..10).unwrap_or("2026-01-01");
    let none = Schema::default();
    let known = text.and_then(|sql| {
        if cut {
            let setting = "performance_schema_max_digest_length";
            return Err(format!("the server may have cut off its text ({setting} is {kept})"));
        }
        stand_ins(&sql, schema.unwrap_or(&none), day).map(|params| (sql, params))
    });
    match known {
        Ok((sql, params)) => (class.sample, class.params) = (sql, params),
        Err(because) => class.no_sample = Some(because),
    }
    if !may_have_plan(&digest.text) || !names_table(&digest.text) {
        class.no_sample = Some("EXPLAIN has no plan for it".into());
    } else if digest.errors >= digest.count {
        class.no_sample = Some("each of them failed".into());
    }
    class
}

/// Adds the figures of another digest of the same class.
fn merge(class: &mut StatementClass, other: StatementClass) {
    let sum = |one: Option<u64>, other: Option<u64>| Some(one? + other?);
    class.count += other.count;
    class.total_ms = class.total_ms.zip(other.total_ms).map(|(one, other)| one + other);
    // Of both together it is not above the larger.
    class.p95_ms = class.p95_ms.zip(other.p95_ms).map(|(one, other)| one.max(other));
    class.rows_examined = sum(class.rows_examined, other.rows_examined);
    class.rows_sent = sum(class.rows_sent, other.rows_sent);
    class.no_index_used = sum(class.no_index_used, other.no_index_used);
    class.first_seen = class.first_seen.take().into_iter().chain(other.first_seen.clone()).min();
    class.last_seen = class.last_seen.take().max(other.last_seen.clone());
    let is_better = |one: &StatementClass, other: &StatementClass| {
        (one.no_sample.is_none(), one.params.is_empty(), one.max_ms)
            > (other.no_sample.is_none(), other.params.is_empty(), other.max_ms)
    };
    let is_other = is_better(&other, class);
    class.max_ms = class.max_ms.zip(other.max_ms).map(|(one, other)| one.max(other));
    if is_other {
        (class.sample, class.params, class.no_sample) = (other.sample, other.params, other.no_sample);
    }
}

/// Picoseconds as milliseconds.
fn ms(picoseconds: u64) -> f64 {
    picoseconds as f64 / 1e9
}
