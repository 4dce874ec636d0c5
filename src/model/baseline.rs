//! A baseline: what plans and findings were once accepted; and what has changed since.

use super::engine::Engine;
use super::finding::{Finding, Severity};
use super::signature::{Signature, quoted, words};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The version of the form of the file.
pub const BASELINE_FORMAT: u32 = 1;

/// What was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The engine that made the plans.
    pub engine: Engine,
    /// The scale profile whose statistics it had; `None` for a server's own.
    pub scale: Option<String>,
    /// The plans of each query, by the label of the sample, which is empty where there is one only.
    pub plans: BTreeMap<String, BTreeMap<String, Signature>>,
    /// The findings of each query that has any.
    pub findings: BTreeMap<String, Vec<Known>>,
    /// The findings about tables and indexes.
    pub schema: Vec<Known>,
}

/// A finding that was accepted. What varies with the numbers is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// The rule.
    pub rule: String,
    /// The table.
    pub table: Option<String>,
    /// The index, of a finding about the schema only: a query's may change with its plan.
    pub index: Option<String>,
    /// How severe it was.
    pub severity: Severity,
}

impl Known {
    /// What a baseline keeps of a finding.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        let subject = &finding.subject;
        Self {
            rule: finding.rule.clone(),
            table: subject.table.clone(),
            index: subject.index.clone().filter(|_| subject.query.is_none()),
            severity: finding.severity,
        }
    }

    /// Whether a finding is the same, and no worse.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        let now = Self::of(finding);
        let same = now.rule == self.rule && now.table == self.table && now.index == self.index;
        same && now.severity <= self.severity
    }
}

/// What has changed since a baseline was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BaselineReport {
    /// The file.
    pub file: String,
    /// The engine that the baseline was made on.
    pub engine: Engine,
    /// How many times the rows of the baseline may be looked at.
    pub tolerance: f64,
    /// Plans that got worse.
    pub worse: Vec<Shift>,
    /// Plans that got better.
    pub improved: Vec<Shift>,
    /// Plans that are others, and neither better nor worse.
    pub changed: Vec<Shift>,
    /// Queries that have findings fewer than the baseline, with the rules that are gone; of the schema without a name.
    pub cleared: Vec<Cleared>,
    /// Queries that the baseline does not know.
    pub new_queries: Vec<String>,
    /// Queries that only the baseline knows.
    pub vanished: Vec<String>,
    /// Findings that the baseline knows. They fail nothing.
    pub known: Vec<Finding>,
}

/// A plan that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shift {
    /// The query.
    pub query: String,
    /// The sample; empty when the query has one only.
    pub sample: String,
    /// What has changed.
    pub changes: Vec<Change>,
    /// The plan's signature in the baseline, a line for each step.
    pub before: Vec<String>,
    /// Its signature now.
    pub now: Vec<String>,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What sort of change.
    pub kind: ChangeKind,
    /// In words.
    pub message: String,
}

/// What sort of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// An index is gone, or no longer used.
    LostIndex,
    /// A table is read in a way that reads more of it.
    WorseAccess,
    /// Rows are sorted that were not.
    NewSort,
    /// Rows go through a temporary table that did not.
    NewTemporary,
    /// More rows are looked at than the tolerance allows.
    MoreRows,
    /// The statement can no longer be explained.
    NoPlan,
    /// Better than it was.
    Better,
    /// Neither better nor worse.
    Other,
}

/// Findings that are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// The query; `None` for the schema.
    pub query: Option<String>,
    /// The rules, each with its table and index.
    pub rules: Vec<String>,
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.severity.word(), self.rule)?;
        // An index without its table would be read as a table.
        match (&self.table, &self.index) {
            (Some(table), Some(index)) => write!(f, " {} {}", quoted(table), quoted(index)),
            (Some(table), None) => write!(f, " {}", quoted(table)),
            (None, Some(index)) => write!(f, " `` {}", quoted(index)),
            (None, None) => Ok(()),
        }
    }
}

impl FromStr for Known {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words = words(line)?;
        let [severity, rule, names @ ..] = &words[..] else {
            return Err(format!("`{line}` is no finding, such as `warning filesort users`"));
        };
        let severities = [Severity::Info, Severity::Warning, Severity::Error];
        let severity = severities.into_iter().find(|known| known.word() == severity);
        let severity = severity.ok_or_else(|| format!("`{line}` does not begin with error, warning or info"))?;
        if names.len() > 2 {
            return Err(format!("`{line}` has more than a table and an index"));
        }
        let name = |at: usize| names.get(at).filter(|name| !name.is_empty()).cloned();
        Ok(Self { rule: rule.clone(), table: name(0), index: name(1), severity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_read_as_they_are_written() {
        let known = |table: Option<&str>, index: Option<&str>| Known {
            rule: "redundant-index".into(),
            table: table.map(str::to_owned),
            index: index.map(str::to_owned),
            severity: Severity::Warning,
        };
        for one in [
            known(None, None),
            known(Some("users"), None),
            known(Some("my users"), Some("idx`a")),
            known(None, Some("idx_a")),
        ] {
            assert_eq!(one.to_string().parse(), Ok(one));
        }
        assert_eq!(known(Some("users"), Some("idx_a")).to_string(), "warning redundant-index users idx_a");
        for line in ["", "warning", "worse filesort", "error filesort a b c", "error filesort `a"] {
            assert!(line.parse::<Known>().is_err(), "{line}");
        }
    }
}
