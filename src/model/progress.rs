//! How far a running statement is, as far as the server itself says so. No estimate of the time left is made of it: the
//! counters of online DDL stand still for a third of the time and reach their end half-way.

use std::fmt;

/// What the server says of a running statement.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementProgress {
    /// The stage that it is in.
    Stage {
        /// The server's name of the stage.
        name: String,
        /// How much of the stage is done, when the server counts.
        counter: Option<Counter>,
    },
    /// The server counts online DDL for all statements together, in percent; ours is the likely one.
    ServerWide {
        /// 0 to 100.
        percent: f64,
    },
    /// It cannot be known, for the reason given.
    Unknown(String),
}

/// A server's counter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Counter {
    /// Units of work (pages, rows), done and estimated.
    Work {
        /// Done.
        done: u64,
        /// Estimated in all.
        of: u64,
    },
    /// Percent of one of several stages.
    Part {
        /// The stage, from 1.
        stage: u64,
        /// Stages in all.
        of: u64,
        /// 0 to 100.
        percent: f64,
    },
}

impl fmt::Display for StatementProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage { name, counter: None } => f.write_str(name),
            Self::Stage { name, counter: Some(Counter::Work { done, of }) } => write!(f, "{name}: {done} of {of}"),
            Self::Stage { name, counter: Some(Counter::Part { stage, of, percent }) } => {
                write!(f, "{name}: {percent:.1} % of stage {stage} of {of}")
            }
            Self::ServerWide { percent } => write!(f, "online DDL on this server: {percent:.1} %"),
            Self::Unknown(because) => write!(f, "progress unknown, because {because}"),
        }
    }
}
