//! The seam between a sync stack, the bench and everybody who listens.
//!
//! A *stack* ([`Stack`]) has two halves. What runs on a phone is in [`device`]: an engine lives in
//! one device's process and gets its [`Ports`]. What answers it is in [`server`]: bytes in, bytes
//! out, over the [`SystemOfRecord`]. *Listeners* (metrics, oracle, recorder) see one stream of
//! [`Event`]s, which is in [`observe`]; events flow up, calls never do.
//!
//! What the halves say to each other is theirs: the [`Transport`] port carries bytes. The
//! built-in engine and the gateway talk in the messages of room `protocol`. All mean the same by
//! an edit on its way ([`Mutation`]) and by what becomes of it ([`Outcome`]).
//!
//! The values that it speaks in are those of `base`, and stand here too: a stack imports this room
//! and no other.
//!
//! Invariants: nothing here reads a clock, draws a random number or touches a disk; a stack sees
//! of a scenario only what a real app would know: its schema, its sync units, its own attributes,
//! and its own options.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

mod attachment;
pub mod device;
mod naming;
pub mod observe;
mod reference;
mod schema;
pub mod server;
mod stack;

pub use crate::base::{
    Cell, DeviceId, EditId, EntityId, Incarnation, Key, Seed, Span, Stamp, Time, UnitId, Value, ValueRef,
};
pub use attachment::{Attachment, BlobId, Part, blob_hash};
pub use device::{
    Added, AppEvent, Cacheable, Call, Carried, CarriedRows, Clock, CrashPoints, Database, DeviceSetup,
    DeviceView, EachExcerpt, EditError, EditKind, EngineError, EngineFactory, Hook, HookEnd, HookError,
    Hooks, Like, Listed, LocalBoxFuture, LocalEdit, LocalQuery, LogEntry, LogKind, Machine, NetworkKind,
    NoStream, Occasion, OpenConflict, Opened, PendingEdit, Pick, Ports, Progress, Provision, Queue, RowWait,
    Shown, Spawn, Status, SyncEngine, SyncError, TOO_LARGE_PAGE, Threw, Transport, TransportError, Work,
};
pub use naming::{MergeRule, NamedBy, Naming};
pub use observe::{
    AppliedChange, Author, BlobEvent, CommitKind, ConflictKind, Decision, DropReason, Event, EventSink,
    KillReason, Node, Occurrence, Overtaken, PageEvent, PhoneEvent, RequestKind, Sides, UnitEvent,
};
pub use reference::{Copied, OnDelete, Reference};
pub use schema::{
    Attributes, Column, ColumnKind, Condition, Delivery, Entity, Excerpt, Schema, ScopeRule, SyncUnit,
    Trigger, given_key,
};
pub use server::{
    Answered, EachChange, EachServed, Guard, Mutation, Outcome, RecordPort, Refusal, Row, ServerError,
    ServerSetup, SyncServer, SystemOfRecord, image,
};
pub use stack::{
    Capabilities, Choice, Chosen, Described, MakeEngine, MakeServer, Merge, OptionForm, Stack, StackOption,
};
