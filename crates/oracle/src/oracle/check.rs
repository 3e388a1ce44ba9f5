//! The definition of a check: its name, its metric, the capabilities that a stack (an engine with
//! its server) needs for it, and the engine's events that it uses.

use super::hearing::Topic;
use crate::base::{DeviceId, EntityId};
use crate::contract::Capabilities;

/// The definition of a check.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// The metric that counts its violations.
    pub(crate) metric: &'static str,
    pub(crate) harm: Harm,
    pub(crate) matter: Matter,
    /// The finding in words, for people.
    pub(crate) finds: &'static str,
    /// True if the check applies to a stack with these capabilities: the stack must then pass.
    pub(crate) needs: fn(Capabilities) -> bool,
    /// True if violations are counted for a stack that need not pass. They do not affect the
    /// verdict.
    pub(crate) counts: fn(Capabilities) -> bool,
    /// The topics of engine events that the check needs.
    pub(crate) hears: &'static [Topic],
    /// Checks that the same fault may violate, too. Where this check is expected to fail, their
    /// violations are also expected.
    pub(crate) implies: &'static [&'static str],
}

/// The device and the record that a violation is about.
pub(crate) type Concerns<'a> = (Option<DeviceId>, Option<(EntityId, &'a str)>);

pub(crate) type Check = &'static Rule;

impl Rule {
    /// The common case: every stack must pass. The check uses the backend's commits and the rows of
    /// phones at rest, and no engine events.
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
    pub(crate) fn is_counted(&self, capabilities: Capabilities) -> bool {
        self.applies(capabilities) || (self.counts)(capabilities)
    }
}

/// The kind of things that a check examines. If a run has no such thing, a check without findings
/// proves nothing.
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
    /// The records of the other system, to which an integration sends rows.
    Destination,
    World,
}

impl Matter {
    /// The message for a run that has no such thing; `None` if every run has one.
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
    /// A row or a commit exists twice, a deleted row is back, or nobody asked for a change.
    Doubled,
    /// A device shows other rows or versions than the backend has.
    Divergent,
    /// An edit or a run waits and does not end.
    Stuck,
    /// The app shows a wrong status or syncs in a wrong way; no row is wrong.
    Wrong,
}
