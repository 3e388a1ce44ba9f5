//! The stream of events of a world, and the decisions about conflicts.
//!
//! Listeners (metrics, oracle, recorders, the digest) get each [`Event`] with its time and its
//! [`Node`] as an [`Occurrence`]. Events flow up and calls never do: no listener affects the run.
//! An engine reports its runs (start and end, both unless the process dies), its requests, its
//! commits and the outcome of edits. A stack's [`Capabilities`](super::Capabilities) say what it
//! cannot report. Events described with "the world" are the bench's own.
//!
//! Invariant: an event is reported when its effect is durable and its time is over.

mod engine_event;
mod event;
mod event_parts;
mod kind;

pub use engine_event::{BlobEvent, EngineEvent, PageEvent, UnitEvent};
pub use event::{Event, EventSink, Node, Observer, Occurrence};
pub use event_parts::{CallEvent, HeldEvent, IntegrationEvent, PhoneEvent, StoredBlob};
pub use kind::{
    AppSaid, AppliedChange, Author, CommitKind, ConflictKind, Decision, DropReason, EditEnd, KillReason,
    Overtaken, RequestKind, Sides,
};
