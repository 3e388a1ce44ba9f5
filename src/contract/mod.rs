//! The seam between a sync stack, the bench and everybody who listens.
//!
//! A *stack* ([`Stack`]) has two halves. What runs on a phone (`device`, `port`): an engine lives
//! in one device's process; it is opened by an [`EngineFactory`], gets its [`Ports`] and a
//! [`Database`], and answers to [`SyncEngine`]. What answers it (`server`): a [`SyncServer`]
//! takes bytes and gives bytes, over the [`SystemOfRecord`]. *Listeners* (metrics, oracle,
//! recorder) see one stream of [`Event`]s (`observe`); events flow up, calls never do. A stack of
//! somebody's own needs this room, and the values of `base`.
//!
//! What the halves say to each other is theirs: the [`Transport`] port carries bytes. The
//! built-in engine and the gateway talk in the messages of room `protocol`. All mean the same by
//! an edit on its way ([`Mutation`]) and by what becomes of it ([`Outcome`]).
//!
//! Invariants: nothing here reads a clock, draws a random number or touches a disk; a stack sees
//! of a scenario only what a real app would know: its schema, its sync units, its own attributes,
//! and its own options.

mod conflict;
mod device;
mod observe;
mod port;
mod schema;
mod server;
mod stack;

pub use conflict::{ConflictKind, Decision, Sides};
pub use device::{
    AppEvent, Carried, Database, DeviceSetup, DeviceView, EditError, EditKind, EngineError, EngineFactory,
    LocalEdit, LogEntry, LogKind, PendingEdit, Provision, SyncEngine, SyncError,
};
pub use observe::{
    AppliedChange, Author, CommitKind, DropReason, Event, EventSink, KillReason, Node, Occurrence, Overtaken,
    RequestKind,
};
pub use port::{
    Clock, CrashPoints, LocalBoxFuture, Machine, NetworkKind, Ports, Spawn, Transport, TransportError, Work,
};
pub use schema::{Attributes, Column, ColumnKind, Delivery, Entity, Schema, ScopeRule, SyncUnit, Trigger};
pub use server::{EachChange, Mutation, Outcome, Refusal, Row, ServerError, SyncServer, SystemOfRecord};
pub use stack::{
    Capabilities, Choice, Chosen, Described, MakeEngine, MakeServer, OptionForm, ServerSetup, Stack,
    StackOption,
};
