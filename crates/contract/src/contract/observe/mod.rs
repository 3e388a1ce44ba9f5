//! The stream of events of a world, and the decisions about conflicts.
//!
//! Listeners (metrics, oracle, recorders, the digest) get each [`Event`] with its time and its
//! [`Node`] as an [`Occurrence`]. Events flow up and calls never do: no listener affects the run.
//! An engine reports its runs (start and end, both unless the process dies), its requests, its
//! commits and the outcome of edits. A stack's [`Capabilities`](super::Capabilities) say what it
//! cannot report. Events described with "the world" are the bench's own.
//!
//! Invariant: an event is reported when its effect is durable and its time is over.

mod event;
mod kind;

pub use event::{
    BlobEvent, CallEvent, EngineEvent, Event, EventSink, HeldEvent, IntegrationEvent, Node, Observer,
    Occurrence, PageEvent, PhoneEvent, StoredBlob, UnitEvent,
};
pub use kind::{
    AppSaid, AppliedChange, Author, CommitKind, ConflictKind, Decision, DropReason, EditEnd, KillReason,
    Overtaken, RequestKind, Sides,
};
