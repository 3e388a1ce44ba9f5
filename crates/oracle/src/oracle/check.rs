//! The names of the checks, their metrics, and which implies which.

use crate::contract::{Capabilities, Merge};

macro_rules! checks {
    ($($id:ident $harm:ident $name:literal $metric:literal $matter:ident $needs:expr;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) enum Check { $($id,)* }

        impl Check {
            pub(super) const EVERY: &[Check] = &[$(Check::$id,)*];

            pub(super) fn matter(self) -> Matter {
                match self { $(Check::$id => Matter::$matter,)* }
            }

            pub(super) fn applies(self, capabilities: Capabilities) -> bool {
                let needs: fn(Capabilities) -> bool = match self { $(Check::$id => $needs,)* };
                needs(capabilities)
            }
        }

        static HARM: &[Harm] = &[$(Harm::$harm,)*];

        pub(super) static ALL: &[(&str, &str)] = &[$(($name, $metric),)*];
    };
}

checks! {
    Lost Lost "lost" "oracle.lost.rows" Rows |_| true;
    Stale Divergent "stale" "oracle.stale.rows" Rows |can| can.stamps;
    Duplicate Doubled "duplicate" "oracle.duplicate.rows" World |_| true;
    Resurrected Doubled "resurrected" "oracle.resurrected.rows" World |_| true;
    UndetectedDelete Divergent "undetected-delete" "oracle.undetected_delete.rows" Rows |_| true;
    Orphan Divergent "orphan" "oracle.orphan.rows" Rows |_| true;
    LostEdit Lost "lost-edit" "oracle.lost_edit.count" Edits |can| can.merge != Merge::Drops;
    SilentDiscard Lost "silent-discard" "oracle.silent_discard.count" Edits |can| can.logs;
    Misfiled Lost "misfiled" "oracle.misfiled.edits" Edits |_| true;
    Unasked Doubled "unasked-commit" "oracle.unasked_commit.count" Edits |_| true;
    Reordered Lost "reordered" "oracle.reordered.edits" Edits |_| true;
    Divergent Divergent "divergent" "oracle.divergent.devices" Rows |_| true;
    Stuck Stuck "stuck" "oracle.stuck.devices" World |_| true;
    TwoSyncs Wrong "two-syncs-of-one-unit" "oracle.two_syncs_of_one_unit.count" Runs |_| true;
    WithoutEnd Stuck "event-without-end" "oracle.event_without_end.count" Runs |_| true;
    UnitOrder Wrong "unit-out-of-order" "oracle.unit_out_of_order.count" Runs |_| true;
    SyncLoop Wrong "sync-loop" "oracle.sync_loop.count" Runs |_| true;
    IdleWithWork Stuck "idle-with-work" "oracle.idle_with_work.count" Runs |can| can.prompt;
    Storm Wrong "request-storm" "oracle.request_storm.devices" Runs |_| true;
    Again Wrong "delivered-again" "oracle.delivered_again.rows" Runs |can| can.stamps && can.once;
    WentBack Divergent "went-back" "oracle.went_back.count" World |can| can.stamps && can.sessions;
    OwnWriteVanished Divergent "own-write-vanished" "oracle.own_write_vanished.count" Edits
        |can| can.stamps && can.sessions;
    DanglingId Divergent "dangling-id" "oracle.dangling_id.rows" World |_| true;
    IdTwice Doubled "id-twice" "oracle.id_twice.count" World |_| true;
    WrongStatus Wrong "wrong-status" "oracle.wrong_status.count" Statuses |can| can.status;
    Stranger Divergent "stranger" "oracle.stranger.cursors" Cursors |_| true;
    Contradiction Divergent "contradiction" "oracle.contradiction.rows" Parts |can| can.stamps;
    Acknowledged Lost "acknowledged-without-commit" "oracle.acknowledged_without_commit.count" Edits
        |can| can.acknowledges;
    BrokenAttachment Lost "broken-attachment" "oracle.broken_attachment.count" Attachments |_| true;
    Flicker Divergent "flicker" "oracle.flicker.rows" Looks |can| can.stamps && can.sessions;
    EmptyReport Wrong "empty-report" "oracle.empty_report.count" Rows
        |can| can.stamps || can.acknowledges || can.status;
    OldOverNew Lost "old-over-new" "oracle.old_over_new.count" Edits |_| true;
    RefusedCommitted Doubled "refused-and-committed" "oracle.refused_and_committed.count" Edits |_| true;
    NotTaken Lost "not-taken" "oracle.not_taken.count" Edits |_| true;
    BentValue Lost "bent-value" "oracle.bent_value.count" Rows |_| true;
    Missing Lost "missing" "destination.missing.rows" Destination |_| true;
    DeliveredTwice Doubled "delivered-twice" "destination.delivered_twice.rows" Destination |_| true;
    Outdated Divergent "outdated" "destination.outdated.rows" Destination |_| true;
    KeptDeleted Divergent "kept-deleted" "destination.kept_deleted.rows" Destination |_| true;
}

impl Check {
    pub(super) fn name(self) -> &'static str {
        ALL[self as usize].0
    }
    /// Whether it is about the records of another system.
    pub(super) fn is_of_destination(self) -> bool {
        self.matter() == Matter::Destination
    }
    /// Whether what it looks at can be counted, be it held against the stack or not.
    pub(super) fn counts(self, capabilities: Capabilities) -> bool {
        match self {
            Check::WentBack | Check::OwnWriteVanished | Check::Flicker | Check::Again => capabilities.stamps,
            other => other.applies(capabilities),
        }
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

/// What a violation of this name does; `None` of no check.
pub fn harm_of(check: &str) -> Option<Harm> {
    ALL.iter().position(|(name, _)| *name == check).map(|at| HARM[at])
}

/// Why a check had nothing to check; `None` of no check, and of one that always has something.
pub fn subject_of(check: &str) -> Option<&'static str> {
    let at = ALL.iter().position(|(name, _)| *name == check)?;
    match Check::EVERY[at].matter() {
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

/// The promises of a stack without which a check is not applicable, by their names in
/// [`Capabilities`].
pub fn promises_of(check: &str) -> Vec<&'static str> {
    let Some(at) = ALL.iter().position(|(name, _)| *name == check) else { return Vec::new() };
    let (all, none) = (Capabilities::ALL, Capabilities::NONE);
    let each: [(&str, Capabilities, Capabilities); 8] = [
        (
            "acknowledges",
            Capabilities { acknowledges: false, ..all },
            Capabilities { acknowledges: true, ..none },
        ),
        ("stamps", Capabilities { stamps: false, ..all }, Capabilities { stamps: true, ..none }),
        ("sessions", Capabilities { sessions: false, ..all }, Capabilities { sessions: true, ..none }),
        ("once", Capabilities { once: false, ..all }, Capabilities { once: true, ..none }),
        ("prompt", Capabilities { prompt: false, ..all }, Capabilities { prompt: true, ..none }),
        ("merge", Capabilities { merge: none.merge, ..all }, Capabilities { merge: all.merge, ..none }),
        ("logs", Capabilities { logs: false, ..all }, Capabilities { logs: true, ..none }),
        ("status", Capabilities { status: false, ..all }, Capabilities { status: true, ..none }),
    ];
    let check = Check::EVERY[at];
    let decides = |(_, without, alone): &&(&str, Capabilities, Capabilities)| {
        !check.applies(*without) || check.applies(*alone) && !check.applies(none)
    };
    each.iter().filter(decides).map(|(name, ..)| *name).collect()
}

/// What may fire along with `check` without being named: what that means at a larger scale.
pub fn implied(check: &str) -> &'static [&'static str] {
    match check {
        "duplicate" => &["divergent", "unasked-commit", "old-over-new"],
        // It is a duplicate that does harm, and what it replaces nobody has seen.
        "old-over-new" => &["duplicate", "divergent", "silent-discard", "unasked-commit", "resurrected"],
        "lost" | "stale" => &["divergent", "flicker"],
        "undetected-delete" | "orphan" | "bent-value" => &["divergent"],
        // At rest a value that is not its version's is one that was bent.
        "contradiction" => &["bent-value", "divergent"],
        "resurrected" => &["divergent", "went-back", "own-write-vanished", "flicker"],
        // The value of a refused edit that another edit brings is there after all.
        "unasked-commit" => &["refused-and-committed"],
        "lost-edit" => &["silent-discard", "wrong-status"],
        "silent-discard" | "two-syncs-of-one-unit" | "request-storm" => &["wrong-status"],
        "own-write-vanished" => &["went-back", "flicker"],
        "went-back" => &["flicker"],
        // A version that is passed over may be of any kind; of two records one is left behind.
        "missing" | "delivered-twice" => &["outdated", "kept-deleted"],
        "outdated" => &["kept-deleted"],
        "event-without-end" => &["stuck", "wrong-status"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_named_after_its_check_and_what_is_implied_is_another() {
        for (name, metric) in ALL {
            let noun = metric.split('.').nth(1).unwrap();
            assert_eq!(noun.replace('_', "-"), *name);
            assert!(implied(name).iter().all(|i| check_names().any(|n| n == *i) && i != name));
        }
    }
}
