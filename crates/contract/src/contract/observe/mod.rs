//! The stream of events of a world (one simulation), and the decisions about conflicts.
//!
//! Listeners (metrics, oracle, recorders, the digest) get each [`Event`] with its time and its
//! [`Node`] as an [`Occurrence`]. No listener affects the run, because engine and world never call
//! one. An engine reports its requests, its commits and the outcome of edits. It reports the start
//! of each run, and its end unless the process dies. A stack's
//! [`Capabilities`](super::Capabilities) say which reports are missing. Events whose text begins
//! with "The world" come from the bench, not from the engine.
//!
//! Invariant: an event is reported only after its effect is durable and its simulated duration is
//! over.

mod engine_event;
mod event;
mod event_parts;
mod kind;
mod live_event;

pub use engine_event::{BlobEvent, EngineEvent, PageEvent, UnitEvent};
pub use event::{Event, EventSink, Node, Observer, Occurrence};
pub use event_parts::{CallEvent, HeldEvent, IntegrationEvent, JobEvent, PhoneEvent, StoredBlob};
pub use kind::{
    AppMessage, AppliedChange, Author, CommitKind, ConflictKind, Decision, DropReason, EditEnd, KillReason,
    Overtaken, RequestKind, Sides,
};
pub use live_event::{AnnouncementEvent, ListenEvent};
