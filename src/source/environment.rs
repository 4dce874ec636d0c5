//! Environment profiles: `profiles/environments/*.yaml`.

use super::duration::seconds;
use super::error::SourceError;
use super::fields::{Fields, Reader};
use super::node::{Content, Node};
use super::size::bytes;
use super::yaml::{Document, unseen};
use crate::model::environment::{COPY_LIMIT, Environment, RunnerLockKind, TargetKind, TlsMode};
use crate::model::ledger::{Tool, table_name};
use crate::model::query::Value;
use std::path::Path;

const FILE: [&str; 14] = [
    "connect",
    "file",
    "tls",
    "tls-ca",
    "pool",
    "connect-timeout",
    "lock-wait-timeout",
    "lock-give-up",
    "runner-lock-timeout",
    "runner-lock",
    "copy-limit",
    "confirm-writes",
    "ledger",
    "ledger-table",
];
const TLS: [(&str, TlsMode); 5] = [
    ("disabled", TlsMode::Disabled),
    ("preferred", TlsMode::Preferred),
    ("required", TlsMode::Required),
    ("verify-ca", TlsMode::VerifyCa),
    ("verify-identity", TlsMode::VerifyIdentity),
];
/// Words in the name of a field in which somebody would put a secret, or the way to one.
const SECRETS: [&str; 13] =
    ["pass", "pw", "secret", "token", "credential", "auth", "key", "user", "url", "uri", "dsn", "host", "database"];

/// Loads a profile; its name is the file's.
///
/// # Errors
/// Everything that is wrong with it. A line in which a secret may stand is never shown.
pub fn load(path: &Path) -> Result<Environment, SourceError> {
    let document = Document::open(path)?;
    let root = document.root_unseen()?;
    let mut reader = Reader::new(&document);
    secrets(&mut reader, &root);
    if !reader.problems.is_empty() {
        return reader.finish(None);
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let environment = environment(&mut reader, &root, name);
    reader.finish(environment)
}

/// Refuses every field that looks as if it held a secret, however deep it stands.
fn secrets(reader: &mut Reader<'_>, node: &Node) {
    match &node.content {
        Content::Scalar(_) => {}
        Content::List(items) => items.iter().for_each(|item| secrets(reader, item)),
        Content::Map(entries) => {
            for (key, value) in entries {
                let field = key.value.to_lowercase();
                if field != "url-variable" && SECRETS.iter().any(|secret| field.contains(secret)) {
                    let message = format!(
                        "a profile holds no `{}`; profiles are committed: set it in the environment (MYSQL_* or a URL \
                         variable) or in .env",
                        key.value
                    );
                    reader.problems.push(unseen(reader.document.spot(key.referenced), &message));
                }
                secrets(reader, value);
            }
        }
    }
}

fn environment<'a>(reader: &mut Reader<'a>, root: &'a Node, name: String) -> Option<Environment> {
    let fields = reader.fields(root, "an environment profile", &FILE)?;
    let connect = reader.required(&fields, "connect", CONNECT);
    let target = connect.and_then(|node| target(reader, node, &fields));
    let mut seconds_of = |field: &str, default| match fields.get(field) {
        None => default,
        Some(node) => reader
            .text(node)
            .and_then(|text| seconds(&text).map_err(|message| reader.wrong(node, &message, "")).ok())
            .unwrap_or(default),
    };
    let connect_timeout_s = seconds_of("connect-timeout", 10);
    let lock_wait_timeout_s = seconds_of("lock-wait-timeout", 3);
    let lock_give_up_s = seconds_of("lock-give-up", 60);
    let runner_lock_timeout_s = seconds_of("runner-lock-timeout", 60);
    let copy_limit_bytes = fields.get("copy-limit").and_then(|node| {
        let text = reader.text(node)?;
        bytes(&text).map_err(|message| reader.wrong(node, &message, "")).ok()
    });
    Some(Environment {
        name,
        tls: fields.get("tls").and_then(|node| tls(reader, node)),
        tls_ca: fields.get("tls-ca").and_then(|node| reader.text(node)),
        pool: fields.get("pool").and_then(|node| pool(reader, node)).unwrap_or(20),
        connect_timeout_s,
        lock_wait_timeout_s,
        lock_give_up_s,
        runner_lock_timeout_s,
        runner_lock: fields.get("runner-lock").and_then(|node| runner_lock(reader, node)).unwrap_or_default(),
        copy_limit_bytes: copy_limit_bytes.unwrap_or(COPY_LIMIT),
        confirm_writes: fields.get("confirm-writes").and_then(|node| reader.flag(node)).unwrap_or(false),
        ledger: fields.get("ledger").and_then(|node| ledger(reader, node)),
        ledger_table: fields.get("ledger-table").and_then(|node| ledger_table(reader, node)),
        target: target?,
    })
}

fn runner_lock<'a>(reader: &mut Reader<'a>, node: &'a Node) -> Option<RunnerLockKind> {
    match reader.text(node)?.as_str() {
        "advisory" => Some(RunnerLockKind::Advisory),
        "row" => Some(RunnerLockKind::Row),
        other => {
            reader.wrong(node, &format!("`{other}` is no runner lock"), "write advisory or row");
            None
        }
    }
}

const CONNECT: &str = "write mysql-variables, embedded, or {url-variable: DATABASE_URL}";

fn target<'a>(reader: &mut Reader<'a>, node: &'a Node, fields: &Fields<'a>) -> Option<TargetKind> {
    let file = fields.get("file");
    let word = if let Content::Scalar(Value::Text(word)) = &node.content { word.as_str() } else { "" };
    if let Some(file) = file.filter(|_| word != "embedded") {
        reader.wrong(file, "`file` belongs to the embedded engine, and `connect` names a server", "remove one of them");
    }
    match (word, &node.content) {
        ("embedded", _) => {
            let file = file.map_or_else(|| Some("aura-db.sqlite3".into()), |node| reader.text(node))?;
            Some(TargetKind::Embedded { file })
        }
        ("mysql-variables", _) => Some(TargetKind::MysqlVariables),
        (_, Content::Map(_)) => {
            let inner = reader.fields(node, "`connect`", &["url-variable"])?;
            let name = reader.required(&inner, "url-variable", CONNECT)?;
            let text = reader.text(name)?;
            if text.is_empty() || !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                let message =
                    "`url-variable` is the name of a variable, such as DATABASE_URL, and never the URL itself";
                reader.problems.push(unseen(reader.document.spot(name.at), message));
                return None;
            }
            Some(TargetKind::UrlVariable { name: text })
        }
        _ => {
            let message = format!("`connect` says where the database is: {CONNECT}");
            reader.problems.push(unseen(reader.document.spot(node.at), &message));
            None
        }
    }
}

fn tls(reader: &mut Reader<'_>, node: &Node) -> Option<TlsMode> {
    let word = reader.text(node)?;
    let known = TLS.iter().find(|(known, _)| *known == word).map(|(_, mode)| *mode);
    if known.is_none() {
        let words = TLS.map(|(known, _)| known).join(", ");
        reader.wrong(node, &format!("`{word}` is no TLS mode"), &format!("write one of {words}"));
    }
    known
}

fn ledger(reader: &mut Reader<'_>, node: &Node) -> Option<Tool> {
    let word = reader.text(node)?;
    let known = [Tool::Sqlx, Tool::Refinery].into_iter().find(|tool| tool.to_string() == word);
    if known.is_none() {
        reader.wrong(node, &format!("`{word}` is no tool whose ledger is known"), "write sqlx or refinery");
    }
    known
}

fn ledger_table(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    table_name(&reader.text(node)?).map_err(|reason| reader.wrong(node, &reason, "")).ok()
}

fn pool(reader: &mut Reader<'_>, node: &Node) -> Option<u32> {
    let pool = u32::try_from(reader.count(node)?).ok().filter(|pool| *pool > 0);
    if pool.is_none() {
        reader.wrong(node, "a pool of no connection can do nothing", "write 1 or more, such as 20");
    }
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Result<Environment, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("staging.yaml");
        std::fs::write(&path, text).unwrap();
        load(&path).map_err(|error| error.message)
    }

    #[test]
    fn a_profile_is_read_with_its_defaults() {
        let profile = loaded("connect: {url-variable: APP_DB}\ntls: verify-ca\nlock-wait-timeout: 3 s\nledger: refinery\nledger-table: h\ncopy-limit: 5 GB\n").unwrap();
        assert_eq!(profile.copy_limit_bytes, 5_000_000_000);
        assert_eq!(profile.name, "staging");
        assert_eq!(profile.target, TargetKind::UrlVariable { name: "APP_DB".into() });
        assert_eq!(profile.tls, Some(TlsMode::VerifyCa));
        assert_eq!((profile.ledger, profile.ledger_table.as_deref()), (Some(Tool::Refinery), Some("h")));
        assert_eq!((profile.pool, profile.lock_wait_timeout_s, profile.confirm_writes), (20, 3, false));
    }

    #[test]
    fn mistakes_are_shown_where_they_stand() {
        let unknown = loaded("connect: embedded\nlock_wait: 3 s\n").unwrap_err();
        assert!(unknown.contains("lock_wait") && unknown.contains(":2:"), "{unknown}");
        let duration = loaded("connect: embedded\nconnect-timeout: soon\n").unwrap_err();
        assert!(duration.contains("staging.yaml:2:18") && duration.contains("`soon` is no duration"), "{duration}");
        let secret = loaded("connect: mysql-variables\npassword: hunter2\n").unwrap_err();
        assert!(secret.contains(":2:1: a profile holds no `password`") && !secret.contains("hunter2"), "{secret}");
        let nested = loaded("connect:\n  password: hunter2\n").unwrap_err();
        assert!(nested.contains("holds no `password`") && !nested.contains("hunter2"), "{nested}");
        let url = loaded("connect: {url-variable: 'mysql://u:hunter2@h/d'}\n").unwrap_err();
        assert!(url.contains("never the URL itself") && !url.contains("hunter2"), "{url}");
        let ledger = loaded("connect: embedded\nledger: flyway\nledger-table: a.b\n").unwrap_err();
        assert!(ledger.contains(":2:9") && ledger.contains("sqlx or refinery") && ledger.contains(":3:15"), "{ledger}");
        assert!(loaded("connect: embedded\npool: 0\n").unwrap_err().contains("pool of no connection"));
        let size = loaded("connect: embedded\ncopy-limit: 5\n").unwrap_err();
        assert!(size.contains(":2:13") && size.contains("`5` is no size"), "{size}");
        assert!(loaded("# nothing\n").unwrap_err().contains("empty"));
        let several =
            loaded("connect: embeded\ntls: yes\nconfirm-writes: maybe\nlock_wait_timeout: 3 s\n").unwrap_err();
        for expected in
            [":1:10: `connect` says", "`yes` is no TLS mode", "true or false", "did you mean `lock-wait-timeout`?"]
        {
            assert!(several.contains(expected), "{expected} not in:\n{several}");
        }
        assert!(loaded("connect: mysql-variables\nfile: a.sqlite3\n").unwrap_err().contains(":2:7"));
    }

    #[test]
    fn a_secret_is_never_shown_wherever_it_stands() {
        for text in [
            "connect: embedded\n\"db_password\": hunter2\n",
            "{connect: embedded, MYSQL_PASSWORD: hunter2}\n",
            "connect: mysql://root:hunter2@db/app\n",
            "connect: embedded\npool: [1\npassword: hunter2\n",
            "connect: {url-variable: hunter2@db}\n",
            "connect: {url-variable: APP, api-token: hunter2}\n",
        ] {
            let error = loaded(text).unwrap_err();
            assert!(!error.contains("hunter2") && error.contains("staging.yaml:"), "{text}\n{error}");
        }
    }
}
