//! What a check says of itself, in the file that checks it: its name, its metric, what it needs of
//! a stack and which of an engine's events it hears.

use super::hearing::Topic;
use crate::contract::Capabilities;

/// What a check says of itself; it is known by its name.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// What counts what it finds.
    pub(super) metric: &'static str,
    pub(super) harm: Harm,
    pub(super) matter: Matter,
    /// What it found, in a sentence for people.
    pub(super) finds: &'static str,
    /// Whether a stack that can do so much has to pass it.
    pub(super) needs: fn(Capabilities) -> bool,
    /// Whether it is counted, and held against nobody, though a stack need not pass it.
    pub(super) counts: fn(Capabilities) -> bool,
    /// The events of an engine without which it cannot find what it is to find.
    pub(super) hears: &'static [Topic],
    /// The checks that may fire along with it without being named: what it means at a larger scale.
    pub(super) implies: &'static [&'static str],
}

/// A check in the list of rules.
pub(super) type Check = &'static Rule;

/// What most checks have in common: every stack has to pass them, by what the backend commits and
/// a phone at rest shows.
pub(super) const PLAIN: Rule = Rule {
    name: "",
    metric: "",
    harm: Harm::Wrong,
    matter: Matter::World,
    finds: "",
    needs: |_| true,
    counts: |_| false,
    hears: &[],
    implies: &[],
};

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.name == other.name
    }
}

impl Rule {
    pub(super) fn applies(&self, capabilities: Capabilities) -> bool {
        (self.needs)(capabilities)
    }
    /// Whether what it looks at can be counted, be it held against the stack or not.
    pub(super) fn is_counted(&self, capabilities: Capabilities) -> bool {
        self.applies(capabilities) || (self.counts)(capabilities)
    }
    /// Whether it is about the records of another system.
    pub(super) fn is_of_destination(&self) -> bool {
        self.matter == Matter::Destination
    }
}

/// What a check looks at: where there is none of it, that it found nothing says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matter {
    Rows,
    Edits,
    Runs,
    Statuses,
    Cursors,
    Parts,
    Attachments,
    Looks,
    /// The records of another system.
    Destination,
    World,
}

impl Matter {
    /// Why there was none of it; `None` where there always is.
    pub(super) fn lack(self) -> Option<&'static str> {
        match self {
            Matter::Rows => Some("of no device that came to rest was a row compared"),
            Matter::Edits => Some("nobody made an edit on a device"),
            Matter::Runs => Some("no sync began"),
            Matter::Statuses => Some("no app showed a status"),
            Matter::Cursors => Some("no cursor was watched: `store.watch_cursors` says that they are"),
            Matter::Parts => Some("no device was seen with a part of a row"),
            Matter::Attachments => Some("no row was made with an attachment"),
            Matter::Looks => Some("no device was looked at while it was at work"),
            Matter::Destination => Some("of no row was there a look for its record in the destination"),
            Matter::World => None,
        }
    }
}

/// What a violation does to people's data, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// A row or an edit is gone, or a value of it is not what was saved.
    Lost,
    /// A row or a commit is there twice, is back after its delete, or nobody asked for it.
    Doubled,
    /// A device shows other rows or versions than the backend has.
    Divergent,
    /// Work waits and does not come to its end.
    Stuck,
    /// The app shows a wrong status, or syncs otherwise than it should: no row is wrong.
    Wrong,
}
