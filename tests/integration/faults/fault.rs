//! What goes wrong, and when: one blow at one command of the client.

use std::fmt;
use std::time::Duration;

/// What is cut or killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Blow {
    /// The connection ends for both at once.
    Cut,
    /// The client sees its end at once, the server only later, as when a packet filter forgets a connection.
    CutClient,
    /// The server sees its end at once, the client only later.
    CutServer,
    /// `kill -9` of aura-db.
    KillClient,
    /// `kill -9` of the server.
    KillServer,
}

/// When, seen from the command that it hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The command never reaches the server.
    Before,
    /// So long after the server was given the command, whether it has answered by then or not.
    During(Duration),
    /// The server has answered, and the client never hears of it.
    After,
}

/// One blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) blow: Blow,
    pub(crate) moment: Moment,
    /// Which command of the client, from 1, over all of its connections.
    pub(crate) command: usize,
}

/// A kind of fault, as the table at the end counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) blow: Blow,
    pub(crate) when: When,
}

/// [`Moment`] without its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum When {
    Before,
    During,
    After,
}

/// Every kind of fault, the moments next to each other so that a short run has all of them.
pub(crate) const KINDS: [Kind; 15] = {
    use Blow::{Cut, CutClient, CutServer, KillClient, KillServer};
    use When::{After, Before, During};
    const fn kind(blow: Blow, when: When) -> Kind {
        Kind { blow, when }
    }
    [
        kind(KillClient, Before),
        kind(KillServer, During),
        kind(Cut, After),
        kind(KillClient, During),
        kind(KillServer, After),
        kind(Cut, Before),
        kind(KillClient, After),
        kind(KillServer, Before),
        kind(Cut, During),
        kind(CutClient, Before),
        kind(CutServer, During),
        kind(CutClient, After),
        kind(CutServer, Before),
        kind(CutClient, During),
        kind(CutServer, After),
    ]
};

impl Blow {
    /// Whether aura-db itself does not live through it.
    pub(crate) fn kills_client(self) -> bool {
        self == Self::KillClient
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blow = match self.blow {
            Blow::Cut => "connection cut",
            Blow::CutClient => "client's side cut",
            Blow::CutServer => "server's side cut",
            Blow::KillClient => "client killed",
            Blow::KillServer => "server killed",
        };
        let when = match self.when {
            When::Before => "before the server had it",
            When::During => "while the server worked",
            When::After => "after the server acted",
        };
        f.pad(&format!("{blow} {when}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = match self.moment {
            Moment::Before => When::Before,
            Moment::During(_) => When::During,
            Moment::After => When::After,
        };
        write!(f, "{} at command {}", Kind { blow: self.blow, when }, self.command)?;
        if let Moment::During(delay) = self.moment {
            write!(f, " (after {delay:?})")?;
        }
        Ok(())
    }
}
