//! The interface between a sync stack, the bench and the listeners.
//!
//! A *stack* ([`Stack`]) has two halves. [`device`] has the phone's half: an engine lives in one
//! device's process and gets its [`Ports`]. [`server`] has the server half: it takes request bytes,
//! uses the [`SystemOfRecord`], and returns response bytes. *Listeners* (metrics, oracle, recorder)
//! get one stream of [`Event`]s, defined in [`observe`]. A stack reports events; it never calls a
//! listener.
//!
//! The halves choose their own protocol: the [`Transport`] port carries bytes. All protocols share
//! two types: [`Mutation`] (a sent edit) and [`Outcome`] (its result). The types of `base` that
//! this API uses are exported here too, so a stack imports only this module.
//!
//! Invariants: nothing here reads a clock, draws a random number or touches a disk. A stack gets
//! only the parts of a scenario that a real app would know: its schema, its sync units, its own
//! attributes and its own options.

mod attachment;
pub mod device;
pub mod http;
pub mod observe;
mod passport;
mod schema;
pub mod server;
mod stack;

pub use crate::base::{
    Cell, DeviceId, EditId, EntityId, Incarnation, Key, Seed, Span, Stamp, Time, UnitId, Value, ValueRef,
};
pub use attachment::{Attachment, BlobId, Part, blob_hash};
pub use device::*;
pub use observe::*;
pub use passport::{Capabilities, Combine, Merge, Need, Passport, Sight};
pub use schema::{
    Attributes, Column, ColumnKind, Condition, Copied, CutOrder, Delivery, Entity, Excerpt, MergeRule,
    MovingWindow, NamedBy, Naming, OnDelete, Reference, Schema, ScopeRule, SyncUnit, Trigger, given_key,
};
pub use server::*;
pub use stack::{
    Choice, Chosen, CombineBy, FitsBy, LackBy, MakeEngine, MakeServer, OptionError, OptionForm, Stack,
    StackDescription, StackFile, StackOption,
};
