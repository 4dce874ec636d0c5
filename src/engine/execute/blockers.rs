//! Who is in the way of a statement that waits for a lock, as far as the server says.

use std::collections::BTreeSet;
use std::fmt;

/// How many are named; more help nobody.
const NAMED: usize = 5;

/// A session that is in the way, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// The server's id of its connection.
    pub connection: u64,
    /// Its account's name.
    pub user: String,
    /// Where it comes from.
    pub host: String,
    /// For how long its transaction is open, in seconds, where the server says.
    pub transaction_s: Option<u64>,
    /// What it does: `Sleep`, `Query`, `Execute` …, and for how long, in seconds.
    pub command: (String, u64),
    /// The statement that it runs, or ran last; `None` where the server does not say.
    pub statement: Option<String>,
}

/// Who is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blockers {
    /// The server says that they hold locks which exclude what is waited for.
    Known(Vec<Blocker>),
    /// The server does not say who holds the lock, and why, empty where that has been said; these have a transaction or a
    /// statement under way.
    Candidates(Vec<Blocker>, String),
    /// Nothing is known, and why; empty where that has been said.
    Unknown(String),
}

impl Blockers {
    /// The ids of the connections that are in the way for certain.
    #[must_use]
    pub fn connections(&self) -> Vec<u64> {
        match self {
            Self::Known(blockers) => blockers.iter().map(|blocker| blocker.connection).collect(),
            Self::Candidates(..) | Self::Unknown(_) => Vec::new(),
        }
    }
}

impl Blockers {
    /// The same without the reason why nothing is known, where that is among those that were told.
    #[must_use]
    pub(super) fn told_once(self, told: &mut BTreeSet<String>) -> Self {
        let mut new = |because: String| if told.insert(because.clone()) { because } else { String::new() };
        match self {
            Self::Candidates(blockers, because) => Self::Candidates(blockers, new(because)),
            Self::Unknown(because) => Self::Unknown(new(because)),
            known @ Self::Known(_) => known,
        }
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, user, host, command: (command, seconds), .. } = self;
        write!(f, "connection {connection}, {user}@{host}")?;
        if let Some(age) = self.transaction_s {
            write!(f, ", transaction open for {age} s")?;
        }
        let idle = command == "Sleep";
        let doing = if idle { format!("idle for {seconds} s") } else { format!("running for {seconds} s") };
        match &self.statement {
            Some(statement) if idle => write!(f, ", {doing}, last statement: {}", one_line(statement)),
            Some(statement) => write!(f, ", {doing}: {}", one_line(statement)),
            None if idle => write!(f, ", {doing}, last statement unknown"),
            None => write!(f, ", {doing}"),
        }
    }
}

impl fmt::Display for Blockers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lead, blockers) = match self {
            Self::Known(blockers) => ("held by ".to_owned(), blockers),
            Self::Candidates(blockers, because) if because.is_empty() => {
                ("by whom is unknown; sessions with something open, any of which may be it: ".to_owned(), blockers)
            }
            Self::Candidates(blockers, because) => (
                format!(
                    "by whom is unknown, because {because}; sessions with something open, any of which may be it: "
                ),
                blockers,
            ),
            Self::Unknown(because) if because.is_empty() => return f.write_str("by whom is unknown"),
            Self::Unknown(because) => return write!(f, "by whom is unknown, because {because}"),
        };
        f.write_str(&lead)?;
        for (number, blocker) in blockers.iter().take(NAMED).enumerate() {
            write!(f, "{}{blocker}", if number > 0 { "; " } else { "" })?;
        }
        match blockers.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// A statement on one line that is not too long to read.
pub(super) fn one_line(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(100) {
        Some((at, _)) => format!("{} …", words[..at].trim_end()),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blockers_are_named_in_one_line() {
        let idle = Blocker {
            connection: 12,
            user: "app".into(),
            host: "10.0.0.1".into(),
            transaction_s: Some(341),
            command: ("Sleep".into(), 340),
            statement: Some("SELECT *\n  FROM t\tWHERE id = 1".into()),
        };
        let busy = Blocker { transaction_s: None, command: ("Query".into(), 2), ..idle.clone() };
        assert_eq!(
            Blockers::Known(vec![idle.clone(), busy]).to_string(),
            "held by connection 12, app@10.0.0.1, transaction open for 341 s, idle for 340 s, last statement: SELECT * \
             FROM t WHERE id = 1; connection 12, app@10.0.0.1, running for 2 s: SELECT * FROM t WHERE id = 1"
        );
        let many = Blockers::Known(vec![idle.clone(); 7]).to_string();
        assert!(many.ends_with("; and 2 more"), "{many}");
        assert!(one_line(&"é ".repeat(200)).ends_with('…'));
        let unsaid = Blocker { statement: None, ..idle };
        assert!(unsaid.to_string().ends_with("last statement unknown"));
        assert_eq!(Blockers::Candidates(vec![unsaid], "x".into()).connections(), [] as [u64; 0]);
    }
}
