//! The stream of events of a world, and the decisions about conflicts.
//!
//! Listeners (metrics, oracle, recorders, the digest) get each [`Event`] with its time and its
//! [`Node`] as an [`Occurrence`]. Events flow up and calls never do: no listener affects the run.
//! An engine reports the start of each run, and its end unless the process dies; its requests, its
//! commits and the outcome of edits. A stack's [`Capabilities`](super::Capabilities) say what it
//! cannot report. Events whose text begins with "The world" are emitted by the bench, not by the
//! engine.
//!
//! Invariant: an event is reported only after its effect is durable and its simulated duration has
//! passed.

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
