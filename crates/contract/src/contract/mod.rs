//! The seam between a sync stack, the bench and everybody who listens.
//!
//! A *stack* ([`Stack`]) has two halves. What runs on a phone is in [`device`]: an engine lives in
//! one device's process and gets its [`Ports`]. What answers it is in [`server`]: bytes in, bytes
//! out, over the [`SystemOfRecord`]. *Listeners* (metrics, oracle, recorder) see one stream of
//! [`Event`]s, which is in [`observe`]; events flow up, calls never do.
//!
//! What the halves say to each other is theirs: the [`Transport`] port carries bytes. All mean the
//! same by an edit on its way ([`Mutation`]) and by what becomes of it ([`Outcome`]). The values of
//! `base` that it speaks in stand here too: a stack imports this room and no other.
//!
//! Invariants: nothing here reads a clock, draws a random number or touches a disk; a stack sees
//! of a scenario only what a real app would know: its schema, its sync units, its own attributes,
//! and its own options.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

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
    Attributes, Column, ColumnKind, Condition, Copied, Delivery, Entity, Excerpt, MergeRule, NamedBy, Naming,
    OnDelete, Reference, Schema, ScopeRule, SyncUnit, Trigger, given_key,
};
pub use server::*;
pub use stack::{
    Choice, Chosen, CombineBy, Described, FitsBy, LackBy, MakeEngine, MakeServer, Misfit, OptionForm, Stack,
    StackFile, StackOption,
};
