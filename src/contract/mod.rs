//! The seam between engines, the bench and everybody who listens.
//!
//! Three parties meet here. An *engine* lives in one device's process: it is opened by an [`EngineFactory`], gets its
//! [`Ports`] and a [`Database`], and answers to [`SyncEngine`]. The *bench* implements the ports: time, randomness, the
//! network, named crash points. *Listeners* (metrics, oracle, recorder) see one stream of [`Event`]s; events flow up, calls
//! never do. An engine of somebody else needs this room and nothing more.
//!
//! What engine and server say to each other is theirs: the [`Transport`] port carries bytes. The built-in ones talk in the messages
//! of room `protocol`. Both ends, and the backend, mean the same by an edit on its way ([`Mutation`]) and by what becomes of it
//! ([`Outcome`]).
//!
//! Invariants: nothing here reads a clock, draws a random number or touches a disk; an engine sees of a scenario only what
//! a real app would know: its schema, its sync units, its own attributes.

mod conflict;
mod device;
mod event;
mod port;
mod schema;
mod server;

pub use conflict::{ConflictKind, Decision, Sides};
pub use device::{
    AppEvent, Carried, Database, DeviceSetup, DeviceView, EditError, EditKind, EngineError, EngineFactory,
    LocalEdit, LogEntry, LogKind, PendingEdit, Provision, SyncEngine, SyncError,
};
pub use event::{
    AppliedChange, Author, CommitKind, DropReason, Event, EventSink, KillReason, Node, Occurrence, Overtaken,
    RequestKind,
};
pub use port::{
    Clock, CrashPoints, LocalBoxFuture, Machine, NetworkKind, Ports, Spawn, Transport, TransportError, Work,
};
pub use schema::{Attributes, Column, ColumnKind, Delivery, Entity, Schema, ScopeRule, SyncUnit, Trigger};
pub use server::{Mutation, Outcome, Refusal, Row, ServerError};
