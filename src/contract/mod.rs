//! The seam between engines, the bench and everybody who listens.
//!
//! Three parties meet here. An *engine* lives in one device's process: it is opened by an [`EngineFactory`], gets its
//! [`Ports`] and a [`Database`], and answers to [`SyncEngine`]. The *bench* implements the ports: time, randomness, the
//! network, named crash points. *Listeners* (metrics, oracle, recorder) see one stream of [`Event`]s; events flow up, calls
//! never do. An engine of somebody else needs this room and nothing more.
//!
//! The built-in engine and the gateway talk in the messages of this room, as JSON ([`wire`]). An engine with a protocol of
//! its own ignores them: the [`Transport`] port carries bytes.
//!
//! Invariants: nothing here reads a clock, draws a random number or touches a disk; an engine sees of a scenario only what
//! a real app would know: its schema, its sync units, its own attributes.

mod conflict;
mod engine;
mod event;
mod message;
mod port;
mod schema;
pub mod wire;

pub use conflict::{ConflictKind, Sides, Winner};
pub use engine::{
    AppEvent, Carried, Database, DeviceSetup, DeviceView, EditError, EngineError, EngineFactory, LocalEdit,
    LogEntry, LogKind, PendingEdit, Provision, SyncEngine, SyncError,
};
pub use event::{
    AppliedChange, Author, CommitKind, DropReason, Event, EventSink, KillReason, Node, Occurrence, Overtaken,
    RequestKind,
};
pub use message::{
    EditKind, FetchRequest, Mutation, Outcome, PullRequest, PushRequest, Refusal, Request, Row, ServerError,
    Want,
};
pub use port::{
    Clock, CrashPoints, LocalBoxFuture, Machine, NetworkKind, Ports, Spawn, Transport, TransportError, Work,
};
pub use schema::{Attributes, Column, ColumnKind, Delivery, Entity, Schema, ScopeRule, SyncUnit, Trigger};
