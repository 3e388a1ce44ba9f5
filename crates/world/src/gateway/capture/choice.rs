//! Which strategy: the options of each, and what they say of it.

use super::change_log::{self, ChangeLogOptions};
use super::flag::{self, FlagOptions};
use super::hash::{self, HashOptions, Source};
use super::last_modified::{self, LastModifiedOptions};
use super::seam::Strategy;
use crate::backend::Provisioning;
use crate::base::{Span, Time};
use crate::gateway::mode::{Mode, Unfit};

/// A way to find out what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capture {
    /// By the time of last modification.
    LastModified(LastModifiedOptions),
    /// By a flag on each row.
    Flag(FlagOptions),
    /// By the backend's log of changes.
    ChangeLog(ChangeLogOptions),
    /// By comparing everything with what was sent before.
    Hash(HashOptions),
}

impl Default for Capture {
    fn default() -> Capture {
        Capture::LastModified(LastModifiedOptions::default())
    }
}

impl Capture {
    /// What a cursor that comes back does to the page that it came with, beyond telling where to go
    /// on.
    pub fn takes_receipts(&self) -> Option<&'static str> {
        match self {
            Capture::Flag(_) => {
                Some("a cursor that comes back sets the flags of its page, which may never be committed")
            }
            Capture::Hash(_) => {
                Some("a cursor that comes back makes its page count as held, and it may never be committed")
            }
            Capture::LastModified(_) | Capture::ChangeLog(_) => None,
        }
    }

    /// From when on, at the latest, who asks finds a change that can be seen from `shown` on.
    pub(crate) fn found_by(&self, shown: Time) -> Time {
        match self {
            Capture::LastModified(options) => {
                shown + options.window().unwrap_or(Span::ZERO) + options.reconcile.unwrap_or(Span::ZERO)
            }
            Capture::Hash(HashOptions { source: Source::File { drop, .. }, .. }) => {
                drop.complete_after(shown)
            }
            Capture::Flag(_) | Capture::ChangeLog(_) | Capture::Hash(_) => shown,
        }
    }

    /// How far behind the backend's clock rows are read, if not all that is there.
    pub(crate) fn reads_behind(&self) -> Option<Span> {
        match self {
            Capture::LastModified(options) => options.window(),
            _ => None,
        }
    }

    /// For how long a row is claimed that is delivered, if rows are.
    pub(crate) fn claimed_for(&self) -> Option<Span> {
        match self {
            Capture::Flag(options) => options.lease,
            _ => None,
        }
    }

    /// Whether a backend of this provisioning has what the strategy asks it for. That it finds
    /// everything is another matter: where rows are deleted for good, most miss that.
    ///
    /// # Errors
    /// [`Unfit`] if it cannot even ask.
    pub fn fits(&self, provisioning: Provisioning) -> Result<(), Unfit> {
        let (why, instead) = match (self, provisioning) {
            (Capture::LastModified(_), _) if !provisioning.stamps() => (
                "the time of last modification is asked for, and this backend keeps none",
                "a backend that stamps its rows (full; with `reconcile` also stamps-only, three-stamps, read-only-schema)",
            ),
            (Capture::Flag(_), Provisioning::ReadOnlySchema) => (
                "a flag is a column of the source, and nobody can add one to this schema",
                "a backend to which a column can be added and that marks what it deletes (full; under a replica also soft-delete-only, three-stamps)",
            ),
            (Capture::Flag(_), Provisioning::Nothing) => (
                "rows are asked for by their flag, and this backend can only be asked for all of them",
                "a backend that can be asked for less and marks what it deletes (full; under a replica also soft-delete-only, three-stamps)",
            ),
            // A log is kept beside the rows, by triggers or from the database's own journal: it
            // asks nothing of their columns.
            (Capture::ChangeLog(_), Provisioning::Nothing) => (
                "the log of changes is asked for, and this backend can only be asked for all of its rows",
                "a backend that lets its database's journal be read (any but none)",
            ),
            _ => return Ok(()),
        };
        Err(Unfit { why, instead })
    }

    /// Whether it never hears of some rows that are no longer there for who holds them.
    fn leaves_orphans(&self, provisioning: Provisioning, mode: Mode) -> bool {
        // A device asks in its own scope, which rows leave by moving; a replica asks anywhere.
        let traceless = !provisioning.deletes() || mode == Mode::Ota && !provisioning.moves();
        traceless
            && match self {
                Capture::LastModified(options) => options.reconcile.is_none(),
                Capture::Flag(_) => true,
                Capture::ChangeLog(_) | Capture::Hash(_) => false,
            }
    }

    /// The captures, as a scenario writes them, that such a backend has everything for and that
    /// miss nothing there.
    pub fn fitting(provisioning: Provisioning, mode: Mode) -> impl Iterator<Item = &'static str> {
        let reconcile = Some(Span::secs(15 * 60));
        let reconciling = LastModifiedOptions { reconcile, ..Default::default() };
        let all = [
            ("{ last_modified = {} }", Capture::LastModified(Default::default())),
            (r#"{ last_modified = { reconcile = { every = "15m" } } }"#, Capture::LastModified(reconciling)),
            ("{ flag = {} }", Capture::Flag(Default::default())),
            ("{ change_log = {} }", Capture::ChangeLog(Default::default())),
            ("{ hash = {} }", Capture::Hash(Default::default())),
        ];
        let does = move |capture: &Capture| {
            capture.fits(provisioning).is_ok() && !capture.leaves_orphans(provisioning, mode)
        };
        let plain = does(&all[0].1);
        // What costs more and finds no more is not told.
        let kept =
            move |(place, (_, capture)): &(usize, (_, Capture))| does(capture) && !(*place == 1 && plain);
        all.into_iter().enumerate().filter(kept).map(|(_, (written, _))| written)
    }
}

pub(in crate::gateway) fn strategy(capture: &Capture) -> Box<dyn Strategy> {
    match capture {
        Capture::LastModified(options) => last_modified::strategy(*options),
        Capture::Flag(options) => Box::new(flag::ByFlag::new(*options)),
        Capture::ChangeLog(options) => Box::new(change_log::ChangeLog(*options)),
        Capture::Hash(options) => Box::new(hash::Hash::new(*options)),
    }
}
