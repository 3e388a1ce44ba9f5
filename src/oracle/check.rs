//! The names of the checks, their metrics, and which implies which.

use crate::contract::{Capabilities, Merge};

macro_rules! checks {
    ($($id:ident $name:literal $metric:literal)*) => {
        /// A check, as its position in [`ALL`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) enum Check { $($id,)* }

        impl Check {
            pub(super) const EVERY: &[Check] = &[$(Check::$id,)*];
        }

        /// Every check: its name in scenario files and violations, and the metric that counts it.
        pub(super) static ALL: &[(&str, &str)] = &[$(($name, $metric),)*];
    };
}

checks! {
    Lost "lost" "oracle.lost.rows"
    Stale "stale" "oracle.stale.rows"
    Duplicate "duplicate" "oracle.duplicate.rows"
    Resurrected "resurrected" "oracle.resurrected.rows"
    UndetectedDelete "undetected-delete" "oracle.undetected_delete.rows"
    Orphan "orphan" "oracle.orphan.rows"
    LostEdit "lost-edit" "oracle.lost_edit.count"
    SilentDiscard "silent-discard" "oracle.silent_discard.count"
    Misfiled "misfiled" "oracle.misfiled.edits"
    Unasked "unasked-commit" "oracle.unasked_commit.count"
    Reordered "reordered" "oracle.reordered.edits"
    Divergent "divergent" "oracle.divergent.devices"
    Stuck "stuck" "oracle.stuck.devices"
    TwoSyncs "two-syncs-of-one-unit" "oracle.two_syncs_of_one_unit.count"
    WithoutEnd "event-without-end" "oracle.event_without_end.count"
    UnitOrder "unit-out-of-order" "oracle.unit_out_of_order.count"
    SyncLoop "sync-loop" "oracle.sync_loop.count"
    IdleWithWork "idle-with-work" "oracle.idle_with_work.count"
    Storm "request-storm" "oracle.request_storm.devices"
    Again "delivered-again" "oracle.delivered_again.rows"
    WentBack "went-back" "oracle.went_back.count"
    OwnWriteVanished "own-write-vanished" "oracle.own_write_vanished.count"
    DanglingId "dangling-id" "oracle.dangling_id.rows"
    IdTwice "id-twice" "oracle.id_twice.count"
    WrongStatus "wrong-status" "oracle.wrong_status.count"
    Stranger "stranger" "oracle.stranger.cursors"
    Contradiction "contradiction" "oracle.contradiction.rows"
    Acknowledged "acknowledged-without-commit" "oracle.acknowledged_without_commit.count"
    BrokenAttachment "broken-attachment" "oracle.broken_attachment.count"
    BentValue "bent-value" "oracle.bent_value.count"
}

impl Check {
    pub(super) fn name(self) -> &'static str {
        ALL[self as usize].0
    }
    /// Whether a stack with these capabilities can pass it.
    pub(super) fn applies(self, capabilities: Capabilities) -> bool {
        match self {
            Check::SilentDiscard => capabilities.logs,
            Check::WrongStatus => capabilities.status,
            Check::Acknowledged => capabilities.acknowledges,
            Check::Stale | Check::Contradiction => capabilities.stamps,
            Check::WentBack | Check::OwnWriteVanished => capabilities.stamps && capabilities.sessions,
            Check::LostEdit => capabilities.merge == Merge::Keeps,
            Check::IdleWithWork => capabilities.prompt,
            Check::Again => capabilities.stamps && capabilities.once,
            Check::Lost
            | Check::Duplicate
            | Check::Resurrected
            | Check::UndetectedDelete
            | Check::Orphan
            | Check::Misfiled
            | Check::Unasked
            | Check::Reordered
            | Check::Divergent
            | Check::Stuck
            | Check::TwoSyncs
            | Check::WithoutEnd
            | Check::UnitOrder
            | Check::SyncLoop
            | Check::DanglingId
            | Check::IdTwice
            | Check::Stranger
            | Check::BrokenAttachment
            | Check::BentValue
            | Check::Storm => true,
        }
    }

    /// Whether what it looks at can be counted, be it held against the stack or not.
    pub(super) fn counts(self, capabilities: Capabilities) -> bool {
        match self {
            Check::WentBack | Check::OwnWriteVanished | Check::Again => capabilities.stamps,
            other => other.applies(capabilities),
        }
    }
}

/// What a check looks at: where there is none of it, that it found nothing says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Rows that devices hold or should hold.
    Rows,
    /// Edits that people made on devices.
    Edits,
    /// Runs of sync units.
    Runs,
    /// What apps show of the sync.
    Statuses,
    /// Cursors, as devices tell of them where they are watched.
    Cursors,
    /// Rows of which a unit brings a part.
    Parts,
    /// What is attached to rows that people made.
    Attachments,
    /// The world: it is always there.
    World,
}

impl Check {
    pub(super) fn subject(self) -> Subject {
        match self {
            Check::Lost
            | Check::Stale
            | Check::UndetectedDelete
            | Check::Orphan
            | Check::BentValue
            | Check::Divergent => Subject::Rows,
            Check::LostEdit
            | Check::SilentDiscard
            | Check::Misfiled
            | Check::Acknowledged
            | Check::OwnWriteVanished
            | Check::Unasked
            | Check::Reordered => Subject::Edits,
            Check::TwoSyncs
            | Check::WithoutEnd
            | Check::UnitOrder
            | Check::SyncLoop
            | Check::IdleWithWork
            | Check::Storm
            | Check::Again => Subject::Runs,
            Check::WrongStatus => Subject::Statuses,
            Check::Stranger => Subject::Cursors,
            Check::BrokenAttachment => Subject::Attachments,
            Check::Contradiction => Subject::Parts,
            Check::Duplicate
            | Check::Resurrected
            | Check::Stuck
            | Check::DanglingId
            | Check::IdTwice
            | Check::WentBack => Subject::World,
        }
    }
}

/// Why a check had nothing to check, in words. `None` of no check, and of one that always has
/// something.
pub fn subject_of(check: &str) -> Option<&'static str> {
    let at = ALL.iter().position(|(name, _)| *name == check)?;
    match Check::EVERY[at].subject() {
        Subject::Rows => Some("of no device that came to rest was a row compared"),
        Subject::Edits => Some("nobody made an edit on a device"),
        Subject::Runs => Some("no sync began"),
        Subject::Statuses => Some("no app showed a status"),
        Subject::Cursors => Some("no cursor was watched: `store.watch_cursors` says that they are"),
        Subject::Parts => Some("no device was seen with a part of a row"),
        Subject::Attachments => Some("no row was made with an attachment"),
        Subject::World => None,
    }
}

/// All names that a violation can have, for scenario files and their "did you mean".
pub fn check_names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The metric that counts what a check finds; `None` of no check.
pub fn metric_of(check: &str) -> Option<&'static str> {
    ALL.iter().find(|(name, _)| *name == check).map(|(_, metric)| *metric)
}

/// Whether a metric counts what a check finds.
pub fn is_of_check(metric: &str) -> bool {
    ALL.iter().any(|(_, of_check)| *of_check == metric)
}

/// The checks that may fire along with `check` without being named: what `check` means at a larger
/// scale.
///
/// A device that lacks a row, has one too many, or shows what was never so is divergent. One that
/// has a deleted row again went back. An edit that the backend refused and that then vanished is
/// lost and was discarded silently, and is counted by no status. One that is committed again under
/// another key is a commit that nobody asked for. A device that lost sight of its own write went
/// back. A device with a run that never ends does not come to rest, and says that it syncs.
pub fn implied(check: &str) -> &'static [&'static str] {
    match check {
        "duplicate" => &["divergent", "unasked-commit"],
        "lost" | "stale" | "undetected-delete" | "orphan" | "bent-value" => &["divergent"],
        // At rest a value that is not its version's is one that was bent.
        "contradiction" => &["bent-value", "divergent"],
        "resurrected" => &["divergent", "went-back", "own-write-vanished"],
        "lost-edit" => &["silent-discard", "wrong-status"],
        "silent-discard" | "two-syncs-of-one-unit" | "request-storm" => &["wrong-status"],
        "own-write-vanished" => &["went-back"],
        "event-without-end" => &["stuck", "wrong-status"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_named_after_its_check() {
        for (name, metric) in ALL {
            let noun = metric.split('.').nth(1).unwrap();
            assert_eq!(noun.replace('_', "-"), *name);
        }
    }

    #[test]
    fn what_is_implied_exists() {
        for name in check_names() {
            assert!(implied(name).iter().all(|i| check_names().any(|n| n == *i) && *i != name));
        }
        assert_eq!(implied("orphan"), ["divergent"]);
    }
}
