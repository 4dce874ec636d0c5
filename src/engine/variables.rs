//! The user variables of a session, saved with the journal: a run that goes on after a crash must find `@x` as it was, and
//! to compute it again could give another value.

use super::text;
use super::{EngineError, Session};
#[expect(clippy::disallowed_types, reason = "names of variables, quoted")]
use sqlx::AssertSqlSafe;
use sqlx::{Column as _, Executor as _, Row as _, TypeInfo as _};

/// Stands for the session's `LAST_INSERT_ID()` among the names of variables.
pub const ID: &str = "_aura_db_last_insert_id";
/// The words by which a statement reads it.
pub const ID_NAMES: [&str; 2] = ["LAST_INSERT_ID", "identity"];

/// The most characters of a user variable's name.
const LONGEST: usize = 64;

/// The names of the user variables that a statement mentions, in lower case. May name too many, never too few.
#[must_use]
pub fn named(sql: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
    let mut names = Vec::new();
    for (at, _) in sql.match_indices('@') {
        let before = sql[..at].chars().next_back();
        if before.is_some_and(|c| c == '@' || is_name(c)) || sql[at + 1..].starts_with('@') {
            continue;
        }
        let rest = &sql[at + 1..];
        let name = match rest.chars().next() {
            Some(quote @ ('`' | '\'' | '"')) => rest[1..].split(quote).next().unwrap_or_default(),
            _ => &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())],
        };
        let name = name.to_lowercase();
        // What follows the sign in the text of a literal may be anything, and no server sets a longer name.
        if !name.is_empty() && name.chars().count() <= LONGEST && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The values of these variables as assignments that `SET` takes.
///
/// # Errors
/// When the server refuses.
pub async fn values(session: &mut Session, names: &[String]) -> Result<String, EngineError> {
    let Some(connection) = session.own().await? else { return Ok(String::new()) };
    if names.is_empty() {
        return Ok(String::new());
    }
    let columns: Vec<String> = names.iter().map(|name| format!("@{}", text::name(name))).collect();
    let values = names
        .iter()
        .zip(&columns)
        .map(|(name, column)| if name == ID { "LAST_INSERT_ID()".to_owned() } else { column.clone() });
    // After the values: how a text compares is part of it.
    let collations = columns.iter().map(|column| format!("COLLATION({column})"));
    let values: Vec<String> = values.chain(collations).collect();
    let query = sqlx::raw_sql(AssertSqlSafe(format!("SELECT {}", values.join(", "))));
    let row = connection.fetch_one(query).await?;
    let mut assignments = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let value: Option<Vec<u8>> = row.try_get_unchecked(index)?;
        let Some(value) = value else {
            assignments.push(format!("{column} = NULL"));
            continue;
        };
        let literal = match row.column(index).type_info().name() {
            "BIGINT" | "BIGINT UNSIGNED" | "INT" | "INT UNSIGNED" | "DECIMAL" => String::from_utf8_lossy(&value).into(),
            "DOUBLE" | "FLOAT" => {
                let digits = String::from_utf8_lossy(&value).into_owned();
                if digits.contains('e') { digits } else { format!("{digits}e0") }
            }
            kind => {
                let collation: Option<String> = row.try_get_unchecked(columns.len() + index)?;
                match collation.filter(|_| !kind.contains("BLOB") && !kind.contains("BINARY")) {
                    Some(collation) if collation.starts_with("utf8mb4_") => {
                        format!("_utf8mb4 x'{}' COLLATE {collation}", hex(&value))
                    }
                    Some(collation) if collation != "binary" => {
                        let charset = collation.split('_').next().unwrap_or_default();
                        format!("CONVERT(_utf8mb4 x'{}' USING {charset}) COLLATE {collation}", hex(&value))
                    }
                    _ => format!("x'{}'", hex(&value)),
                }
            }
        };
        // With an argument the function sets what it gives without one.
        let value = if names[index] == ID { format!("LAST_INSERT_ID({literal})") } else { literal };
        assignments.push(format!("{column} = {value}"));
    }
    Ok(assignments.join(", "))
}

/// The value of one user variable, named with its `@`, as text; `None` when it is NULL.
///
/// # Errors
/// When the server refuses.
pub async fn text(session: &mut Session, name: &str) -> Result<Option<String>, EngineError> {
    let Some(connection) = session.own().await? else { return Ok(None) };
    let name = name.trim_start_matches('@').trim_matches(['`', '\'', '"']);
    let rows = text::rows(connection, format!("SELECT CONVERT(@{} USING utf8mb4)", text::name(name))).await?;
    Ok(rows.first().and_then(|row| row.get(0)).map(str::to_owned))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn user_variables_are_told_from_system_ones_and_addresses() {
        let sql = "SET @A = @@sql_mode, @`b c` = 'x@y.z'; SELECT 1 INTO @d";
        assert_eq!(super::named(sql), ["a", "b c", "d"]);
        let domain = format!("SUBSTRING_INDEX(email, '@', -1) {} = ''", "AND x = y ".repeat(9));
        assert_eq!(super::named(&domain), [] as [&str; 0]);
    }
}
