//! Executable comments, `/*! … */` and `/*M! … */`, resolved as one server reads them: code to one, nothing to another.

use super::online::scan::{Kind, elements};
use crate::model::engine::{Engine, EngineKind};
use std::borrow::Cow;

/// `MariaDB` passes over what `MySQL` 5.7 to 9.x put into comments for themselves, as both have gone their own ways since.
const NOT_FOR_MARIADB: std::ops::RangeInclusive<u32> = 50_700..=99_999;

/// The statement with each executable comment replaced by its content, or by a space where this server passes it over.
/// `None` when that cannot be told.
#[must_use]
pub fn as_read_by<'sql>(sql: &'sql str, engine: &Engine) -> Option<Cow<'sql, str>> {
    let found = elements(sql)?;
    if !found.iter().any(|element| element.kind == Kind::Executable) {
        return Some(Cow::Borrowed(sql));
    }
    let version = number(engine)?;
    let mut text = String::with_capacity(sql.len());
    let mut at = 0;
    for comment in found.iter().filter(|element| element.kind == Kind::Executable) {
        text.push_str(&sql[at..comment.start]);
        text.push(' ');
        text.push_str(code(comment.text, engine.kind, version)?);
        text.push(' ');
        at = comment.end();
    }
    text.push_str(&sql[at..]);
    Some(Cow::Owned(text))
}

/// What a comment holds for this server, which may be nothing; `None` when it cannot be told.
fn code(comment: &str, kind: EngineKind, version: u32) -> Option<&str> {
    let inner = comment.strip_suffix("*/")?;
    let (only_mariadb, inner) = match (inner.strip_prefix("/*M!"), inner.strip_prefix("/*!")) {
        (Some(inner), _) => (true, inner),
        (_, Some(inner)) => (false, inner),
        // Hints change nothing in what a statement means.
        _ => return Some(""),
    };
    if only_mariadb && kind != EngineKind::Mariadb {
        return Some("");
    }
    let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let needed: u32 = match digits {
        0 => return Some(inner),
        5 | 6 => inner[..digits].parse().ok()?,
        _ => return None,
    };
    let passed_over = kind == EngineKind::Mariadb && !only_mariadb && NOT_FOR_MARIADB.contains(&needed);
    Some(if needed <= version && !passed_over { &inner[digits..] } else { "" })
}

/// `80036` for 8.0.36, `101119` for 10.11.19.
fn number(engine: &Engine) -> Option<u32> {
    let (major, minor, patch) = engine.release();
    (major > 0 && minor < 100 && patch < 100).then(|| major * 10_000 + minor * 100 + patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_reads_what_is_meant_for_it() {
        let read = |sql: &str, kind, version: &str| {
            as_read_by(sql, &Engine { kind, version: version.into() }).map(|text| text.trim().to_owned())
        };
        let mysql = |sql: &str| read(sql, EngineKind::Mysql, "9.7.4-2").unwrap();
        let mariadb = |sql: &str| read(sql, EngineKind::Mariadb, "10.11.19-MariaDB").unwrap();
        assert_eq!((mysql("/*! a */"), mariadb("/*! a */")), ("a".into(), "a".into()));
        assert_eq!((mysql("/*!50100 a*/"), mariadb("/*!50100 a*/")), ("a".into(), "a".into()));
        assert_eq!((mysql("/*!80023 a*/"), mariadb("/*!80023 a*/")), ("a".into(), String::new()));
        assert_eq!((mysql("/*!100100 a*/"), mariadb("/*!100100 a*/")), (String::new(), "a".into()));
        assert_eq!((mysql("/*M! a*/"), mariadb("/*M!100100 a*/")), (String::new(), "a".into()));
        assert_eq!(mariadb("/*M!110400 a*/"), "");
        assert_eq!(mysql("/*!99999 a*/"), "");
        assert_eq!(mysql("x /*+ hint */"), "x");
        assert_eq!(mysql("'/*! a */' -- /*! b */"), "'/*! a */' -- /*! b */");
        assert_eq!(read("/*!80023 a*/", EngineKind::Mysql, "8.0.22").unwrap(), "");
        assert_eq!(read("/*!123 a*/", EngineKind::Mysql, "9.7.4"), None);
        assert_eq!(read("/*! a*/", EngineKind::Mysql, "unknown"), None);
    }
}
