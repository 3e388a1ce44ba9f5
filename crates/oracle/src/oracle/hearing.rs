//! Which of an engine's events each check hears: one table, by which the page for authors of
//! engines is made, and an engine that says nothing of what it promised is found.

use super::check::Check;
use crate::contract::EngineEvent;

/// A line of the table: some events, and the checks that hear them.
#[derive(Clone, Copy, Debug)]
pub struct Hearing {
    /// The names of the events.
    pub events: &'static [&'static str],
    /// What they say of the engine.
    pub says: &'static str,
    /// Why a promise of theirs that is not kept is found, if it is (`empty-report`).
    pub found: &'static str,
    checks: &'static [Check],
}

macro_rules! table {
    ($($topic:ident $says:literal [$($event:ident)*] [$($check:ident)*] $found:literal;)*) => {
        /// What events are about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Topic { $($topic,)* }

        impl Topic {
            pub(super) fn of(event: &EngineEvent<'_>) -> Option<Topic> {
                match event {
                    $($(EngineEvent::$event { .. })|* => Some(Topic::$topic),)*
                    _ => None,
                }
            }
        }

        /// The table, in the order in which an engine comes to tell.
        pub const HEARING: &[Hearing] = &[$(Hearing {
            events: &[$(stringify!($event),)*],
            says: $says,
            found: $found,
            checks: &[$(Check::$check,)*],
        },)*];
    };
}

table! {
    Runs "a run of a unit begins, ends well or badly"
        [SyncStart SyncComplete SyncError]
        [Stuck TwoSyncs WithoutEnd UnitOrder SyncLoop IdleWithWork Storm WrongStatus Stranger]
        "where nothing tells that a run ended, nor `is_caught_up`, the world is stuck";
    Queue "a unit waits, is asked for again, or is dropped"
        [UnitQueued UnitCoalesced UnitDiscarded]
        [UnitOrder IdleWithWork]
        "";
    Requests "a request leaves, is answered, fails or is refused"
        [RequestSent ResponseReceived RequestFailed RequestRefused]
        [Storm WithoutEnd]
        "the server served a phone that tells of no request, and holds no connection";
    Rows "rows are committed on the phone"
        [ChunkApplied]
        [SilentDiscard WentBack OwnWriteVanished Again Flicker Stale EmptyReport]
        "a row came in a version that nobody told of, or with a stamp that none can have (`stamps`)";
    Sent "an edit is in a request"
        [EditSent]
        [Misfiled Acknowledged WrongStatus]
        "";
    Squashed "edits go out as one, or change nothing"
        [EditsSquashed EditUnchanged]
        [LostEdit Unasked]
        "an edit that is in no commit is lost";
    Done "an edit is done"
        [EditAcknowledged]
        [Acknowledged OwnWriteVanished Flicker]
        "edits of a phone are on the backend and do not wait, and it told of none (`acknowledges`)";
    Decided "a rule decided about an edit that met another version"
        [ConflictDecided]
        [LostEdit SilentDiscard Resurrected NotTaken Unasked]
        "an edit that gave way untold is lost";
    Logged "a line for the user"
        [EditLogged]
        [SilentDiscard RefusedCommitted LostEdit]
        "what was refused or overwritten untold is a `silent-discard` (`logs`)";
    Status "what the app shows of the sync"
        [Status]
        [WrongStatus]
        "units ran on a phone that shows no status (`status`)";
    Cursors "a cursor moved, or was given up"
        [CursorSaved CursorReset]
        [Again Stranger]
        "";
    Renamed "a row has another key"
        [Renamed]
        [DanglingId IdTwice]
        "the row under its old key is one that nobody has";
    Attached "an attachment is on its way"
        [Blob]
        [BrokenAttachment]
        "";
}

impl Hearing {
    /// The names of the checks that hear them.
    pub fn checks(&self) -> impl Iterator<Item = &'static str> {
        self.checks.iter().map(|check| check.name())
    }
}

/// The checks that need no event of an engine: what the backend commits, and what a view of a phone
/// at rest shows, is enough.
pub fn needs_no_event() -> impl Iterator<Item = &'static str> {
    let hears = |check: &Check| HEARING.iter().any(|line| line.checks.contains(check));
    let of_engine = move |check: &&Check| !check.is_of_destination() && !hears(check);
    Check::EVERY.iter().filter(of_engine).map(|check| check.name())
}
