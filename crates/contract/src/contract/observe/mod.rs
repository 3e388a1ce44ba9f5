//! What can be observed of a world: one stream of events, with what was decided of conflicts.
//!
//! Listeners (metrics, oracle, recorders, the digest) get each [`Event`] with its time and its
//! [`Node`] as an [`Occurrence`]. Events flow up and calls never do: no listener changes the run.
//! An engine tells of its runs (start and end, both unless the process dies), its requests, what it
//! has committed and what became of edits. What a stack cannot tell its
//! [`Capabilities`](super::Capabilities) say. Events that begin with "the world" in their
//! description are the bench's own.
//!
//! Invariant: an event is told when what it says is durable and its time is over.

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
