//! A table of an engine's events by topic. The docs page for authors of engines is generated from
//! it. A check uses it to find engines that do not report the events that they promised.

use crate::contract::EngineEvent;

/// A line of the table: the events on one topic.
#[derive(Clone, Copy, Debug)]
pub struct Hearing {
    /// The names of the events.
    pub events: &'static [&'static str],
    /// What the events say about the engine.
    pub says: &'static str,
    /// How the check `empty-report` finds a missing report. Empty if it does not find it.
    pub found: &'static str,
    pub(crate) topic: Topic,
}

macro_rules! table {
    ($($topic:ident $says:literal [$($event:ident)*] $found:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Topic { $($topic,)* }

        impl Topic {
            pub(crate) fn of(event: &EngineEvent<'_>) -> Option<Topic> {
                match event {
                    $($(EngineEvent::$event { .. })|* => Some(Topic::$topic),)*
                    _ => None,
                }
            }
        }

        /// The table, in the order in which an engine usually reports.
        pub const HEARING: &[Hearing] = &[$(Hearing {
            events: &[$(stringify!($event),)*],
            says: $says,
            found: $found,
            topic: Topic::$topic,
        },)*];
    };
}

table! {
    Runs "a run of a unit begins, ends well or badly"
        [SyncStart SyncComplete SyncError]
        "if nothing reports the end of a run, nor `is_caught_up`, the world is stuck";
    Queue "a unit waits, is asked for again, or is dropped"
        [UnitQueued UnitCoalesced UnitDiscarded]
        "";
    Requests "a request is sent, gets a response, fails or is refused"
        [RequestSent ResponseReceived RequestFailed RequestRefused]
        "the server served a phone that reports no request, and holds no connection";
    Rows "rows are committed on the phone"
        [ChunkApplied]
        "a row came in a version that nobody reported, or with an impossible stamp (`stamps`)";
    Sent "an edit is in a request"
        [EditSent]
        "";
    Squashed "edits are merged into one, or change nothing"
        [EditsSquashed EditUnchanged]
        "an edit that is in no commit is lost";
    Done "an edit is done"
        [EditAcknowledged]
        "edits of a phone are on the backend and do not wait, and the phone reported none (`acknowledges`)";
    Decided "a rule decided about an edit that met another version"
        [ConflictDecided]
        "an edit that was superseded without a report is lost";
    Logged "a line for the user"
        [EditLogged]
        "an edit that was refused or overwritten without a report is a `silent-discard` (`logs`)";
    Status "the sync state that the app shows"
        [Status]
        "units ran on a phone that shows no status (`status`)";
    Cursors "a cursor moved, or was given up"
        [CursorSaved CursorReset]
        "";
    Renamed "a row has another key"
        [Renamed]
        "nobody has the row under its old key";
    Attached "an attachment is being sent"
        [Blob]
        "";
}
