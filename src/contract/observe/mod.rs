//! What can be observed of a world: one stream of events, with what was decided of conflicts.
//!
//! Listeners (metrics, oracle, recorders, the digest) get each [`Event`] with its time and its
//! [`Node`] as an [`Occurrence`]. Events flow up and calls never do: nobody who emits one learns
//! who listens, and no listener changes the run.
//!
//! An engine tells of its runs ([`Event::SyncStart`] and its end, always both unless the process
//! dies), its requests, what it has committed ([`Event::ChunkApplied`]) and what became of edits:
//! [`Event::EditSent`], [`Event::EditAcknowledged`], [`Event::ConflictDecided`] with its
//! [`Decision`]. What a stack cannot tell its [`Capabilities`](super::Capabilities) say. Events
//! that begin with "the world" in their description are the bench's own.
//!
//! Invariant: an event is told when what it says is durable and its time is over.

mod conflict;
mod event;
mod kind;
mod occurrence;
mod page;
mod phone;
mod unit;

pub use conflict::{ConflictKind, Decision, Sides};
pub use event::Event;
pub use kind::{AppliedChange, Author, CommitKind, DropReason, KillReason, Overtaken, RequestKind};
pub use occurrence::{EventSink, Node, Occurrence};
pub use page::PageEvent;
pub use phone::PhoneEvent;
pub use unit::UnitEvent;
