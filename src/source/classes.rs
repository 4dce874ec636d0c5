//! Classes of statements become entries of a workload.

use crate::model::digest::{Digest, StatementClass};
use crate::model::location::Location;
use crate::model::query::{Frequency, Query, Sample};
use crate::sql::digest_text::is_about_server;
use crate::sql::parse::{parse_statement, placeholders};
use sha2::{Digest as _, Sha256};
use sqlparser::ast::Statement;
use std::collections::BTreeSet;

/// Seconds of a log below which its counts say nothing of how often a statement runs.
const SPAN: u64 = 60;

/// A class that no plan can be asked of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCovered {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Statements of it.
    pub count: u64,
    /// Why it is no entry.
    pub because: String,
}

/// The entries of a workload for these classes, with the slowest statement of each as it was logged, and the classes that
/// are none. `log` is the word that begins their names.
#[must_use]
pub fn entries(digest: &Digest, log: &str) -> (Vec<Query>, Vec<NotCovered>) {
    let (mut queries, mut left, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for class in &digest.classes {
        if let Some(because) = unfit(class) {
            let fingerprint = class.fingerprint.clone();
            left.push(NotCovered { fingerprint, count: class.count, because });
            continue;
        }
        let mut name = name(class, log);
        // The same class in two databases.
        if let Some(database) = class.database.as_ref().filter(|_| names.contains(&name)) {
            name = format!("{name}-{database}");
        }
        if !names.insert(name.clone()) {
            let because = "another class has its name".to_owned();
            left.push(NotCovered { fingerprint: class.fingerprint.clone(), count: class.count, because });
            continue;
        }
        let span = digest.span_seconds.filter(|span| *span >= SPAN);
        let per_minute = span.map(|span| class.count as f64 * 60.0 / span as f64);
        queries.push(Query {
            name,
            source: None,
            sql: class.sample.trim().to_owned(),
            samples: vec![Sample { label: String::new(), params: class.params.clone() }],
            frequency: per_minute.map(|per_minute| Frequency { per_minute, per_client: false }),
            cache_seconds: None,
            note: note(class),
            in_loop: false,
            waivers: Vec::new(),
            defined_at: Location::line(log, 1),
        });
    }
    (queries, left)
}

/// Why a class can have no plan; `None` when it can.
fn unfit(class: &StatementClass) -> Option<String> {
    if keeps_books(&class.fingerprint) {
        return Some("a migration tool's own bookkeeping".to_owned());
    }
    if is_about_server(&class.fingerprint) {
        return Some("on the server's own tables".to_owned());
    }
    if let Some(because) = &class.no_sample {
        return Some(because.clone());
    }
    if class.sample.is_empty() {
        return Some("each of its statements is longer than 64 KiB".to_owned());
    }
    match parse_statement(&class.sample) {
        Ok(Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_)) => {
            match placeholders(&class.sample) {
                Ok(wanted) if wanted == class.params.len() => None,
                Ok(_) => Some("its parameters were not logged".to_owned()),
                Err(error) => Some(error.message),
            }
        }
        Ok(_) => Some("EXPLAIN has no plan for it".to_owned()),
        Err(_) if !may_have_plan(&class.sample) => Some("EXPLAIN has no plan for it".to_owned()),
        Err(error) => Some(format!("it cannot be read: {}", error.message)),
    }
}

/// Whether it is about the tables in which aura-db and other runners keep what they have done.
#[must_use]
pub fn keeps_books(fingerprint: &str) -> bool {
    ["_aura_db_", "_sqlx_migrations", "refinery_schema_history"].iter().any(|table| fingerprint.contains(table))
}

/// Whether a statement begins as one that EXPLAIN has a plan for.
#[must_use]
pub fn may_have_plan(sql: &str) -> bool {
    // MySQL's digests call what was prepared so.
    let sql = sql.strip_prefix("EXECUTE ").unwrap_or(sql);
    let word =
        sql.split(|letter: char| !letter.is_ascii_alphabetic()).find(|word| !word.is_empty()).unwrap_or_default();
    ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].iter().any(|verb| word.eq_ignore_ascii_case(verb))
}

/// The log, the verb, the first table and a part of the fingerprint's hash, so that it stays when the log is read again.
fn name(class: &StatementClass, log: &str) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || "_$.`?".contains(letter);
    let words: Vec<&str> = class.fingerprint.split(|letter| !is_part(letter)).filter(|word| !word.is_empty()).collect();
    let verb = words.first().copied().unwrap_or("statement");
    let table = words.windows(2).find_map(|pair| {
        let leads = matches!(pair[0], "from" | "into" | "update" | "join");
        leads.then(|| pair[1].replace(['`', '?'], "")).filter(|name| !name.is_empty() && name != "select")
    });
    let hash = Sha256::digest(class.fingerprint.as_bytes());
    let hash = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    match table {
        Some(table) => format!("{log}.{verb}-{}-{hash:08x}", table.rsplit('.').next().unwrap_or(&table)),
        None => format!("{log}.{verb}-{hash:08x}"),
    }
}

fn note(class: &StatementClass) -> String {
    let of = |rows: u64| rows as f64 / class.count.max(1) as f64;
    let mut parts = vec![if class.count == 1 { "once".to_owned() } else { format!("{} times", class.count) }];
    parts.extend(class.total_ms.map(|ms| format!("{ms:.1} ms in all")));
    parts.extend(class.p95_ms.map(|ms| format!("{ms:.1} ms at the 95th percentile")));
    if let (Some(examined), Some(sent)) = (class.rows_examined, class.rows_sent) {
        parts.push(format!("{:.0} rows examined and {:.0} sent on average", of(examined), of(sent)));
    }
    parts.extend(
        class.no_index_used.filter(|count| *count > 0).map(|count| format!("{count} of them without an index")),
    );
    parts.extend(
        class.first_seen.as_ref().zip(class.last_seen.as_ref()).map(|(first, last)| format!("{first} to {last}")),
    );
    if !class.params.is_empty() {
        parts.push("the values are stand-ins by the columns' types".to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(fingerprint: &str, sample: &str) -> StatementClass {
        StatementClass {
            fingerprint: fingerprint.into(),
            count: 120,
            total_ms: Some(1200.0),
            max_ms: Some(30.0),
            p95_ms: Some(25.0),
            rows_examined: Some(2400),
            rows_sent: Some(120),
            no_index_used: None,
            first_seen: None,
            last_seen: None,
            database: None,
            sample: sample.into(),
            params: Vec::new(),
            no_sample: None,
        }
    }

    #[test]
    fn what_has_a_plan_becomes_an_entry_and_the_rest_is_named() {
        let classes = vec![
            class("select a from `shop`.`items` where id = ?", "SELECT a FROM `shop`.`items` WHERE id = 7"),
            class("commit", "COMMIT"),
            class("administrator command: Ping", "administrator command: Ping"),
            class("select ? from", "SELECT 1 FROM"),
            class("insert into t values(?+)", ""),
            class("select ?", "SELECT ?"),
        ];
        let digest =
            Digest { class_count: 6, classes, events: 720, bytes: 1, span_seconds: Some(120), ..Digest::default() };
        let (queries, left) = entries(&digest, "slowlog");
        assert_eq!(queries.len(), 1);
        assert!(queries[0].name.starts_with("slowlog.select-items-"), "{}", queries[0].name);
        assert_eq!(queries[0].frequency, Some(Frequency { per_minute: 60.0, per_client: false }));
        assert_eq!(
            queries[0].note,
            "120 times, 1200.0 ms in all, 25.0 ms at the 95th percentile, 20 rows examined and 1 sent on average"
        );
        let reasons: Vec<&str> = left.iter().map(|one| one.because.as_str()).collect();
        assert_eq!(reasons[..2], ["EXPLAIN has no plan for it"; 2]);
        assert!(reasons[2].starts_with("it cannot be read: "));
        assert_eq!(reasons[3..], ["each of its statements is longer than 64 KiB", "its parameters were not logged"]);
    }

    #[test]
    fn a_short_log_says_nothing_of_frequencies() {
        let digest =
            Digest { classes: vec![class("select ?", "SELECT 1")], span_seconds: Some(59), ..Digest::default() };
        assert_eq!(entries(&digest, "slowlog").0[0].frequency, None);
    }
}
