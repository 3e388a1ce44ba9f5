//! The definition of a check: its name, its metric, the capabilities that it needs and the engine's
//! events that it uses. Each definition is in the file that implements the check.

use super::hearing::Topic;
use crate::base::{DeviceId, EntityId};
use crate::contract::Capabilities;

/// The definition of a check; its name identifies it.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// The metric that counts its violations.
    pub(crate) metric: &'static str,
    pub(crate) harm: Harm,
    pub(crate) matter: Matter,
    /// What it found, as a sentence for people.
    pub(crate) finds: &'static str,
    /// True if a stack with these capabilities must pass the check.
    pub(crate) needs: fn(Capabilities) -> bool,
    /// True if violations are counted, but not judged, for a stack that need not pass the check.
    pub(crate) counts: fn(Capabilities) -> bool,
    /// The topics of the engine's events without which it cannot find violations.
    pub(crate) hears: &'static [Topic],
    /// Checks that may fire with it without being reported: the same fault causes them.
    pub(crate) implies: &'static [&'static str],
}

/// The device and the record that a violation is about.
pub(crate) type Concerns<'a> = (Option<DeviceId>, Option<(EntityId, &'a str)>);

/// A check in the list of rules.
pub(crate) type Check = &'static Rule;

impl Rule {
    /// The common case: every stack must pass the check, and the check needs only commits and rows
    /// of phones at rest.
    pub(crate) const fn new(name: &'static str, metric: &'static str, harm: Harm, matter: Matter) -> Rule {
        Rule {
            name,
            metric,
            harm,
            matter,
            finds: "",
            needs: |_| true,
            counts: |_| false,
            hears: &[],
            implies: &[],
        }
    }
    pub(crate) fn applies(&self, capabilities: Capabilities) -> bool {
        (self.needs)(capabilities)
    }
    /// True if violations are counted for a stack with these capabilities, judged or not.
    pub(crate) fn is_counted(&self, capabilities: Capabilities) -> bool {
        self.applies(capabilities) || (self.counts)(capabilities)
    }
}

/// What a check looks at. If there is nothing of that kind, finding nothing proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matter {
    Rows,
    Edits,
    Runs,
    Statuses,
    Cursors,
    Parts,
    Attachments,
    Looks,
    /// The records of the other system.
    Destination,
    World,
}

impl Matter {
    /// Why there was nothing of the kind; `None` if there always is something.
    pub(crate) fn lack(self) -> Option<&'static str> {
        match self {
            Matter::Rows => Some("no row was compared on any device that came to rest"),
            Matter::Edits => Some("nobody made an edit on a device"),
            Matter::Runs => Some("no sync began"),
            Matter::Statuses => Some("no app showed a status"),
            Matter::Cursors => Some("no cursor was watched: set `store.watch_cursors` to watch them"),
            Matter::Parts => Some("no device was seen with a partial row"),
            Matter::Attachments => Some("no row was created with an attachment"),
            Matter::Looks => Some("no device's database was read during the run"),
            Matter::Destination => Some("no row was looked up in the destination"),
            Matter::World => None,
        }
    }
}

/// The harm of a violation to people's data, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// A row or an edit is lost, or a value of it is not the saved one.
    Lost,
    /// A row or a commit is there twice, is back after its delete, or nobody asked for it.
    Doubled,
    /// A device shows other rows or versions than the backend has.
    Divergent,
    /// Work waits and does not end.
    Stuck,
    /// The app shows a wrong status or syncs in a wrong way; no row is wrong.
    Wrong,
}
