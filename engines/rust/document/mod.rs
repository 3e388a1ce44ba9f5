//! Two halves for engines that keep one document of all rows, merge it and pack it into bytes.
//!
//! An engine is a [`Document`]. The phone half keeps it in SQLite as the parts that made it
//! (`kept`), and brings it up to date in runs of units (`phone`). The server half keeps the same
//! document beside the system of record (`server`): it copies changes of the record into the
//! document, and writes what phones merged into it to the record (`settle`).
//!
//! The wire carries the engine's own messages and little else: which edits wait, each with its
//! place in the document, and their verdicts (`frame`). The slip, which costs nothing, says whose
//! edit a change is.
//!
//! Invariants: an edit waits until the phone has a verdict on it, and is stored in the same
//! transaction as its change; a verdict is kept until its phone no longer asks for it; all actors
//! are numbers made of a device and its incarnation, and none is random.

mod frame;
mod kept;
mod notes;
mod phone;
mod server;
mod settle;

pub(crate) use frame::{Reader, Verdict, Writer, answered, not_answered, refusal};
pub(crate) use notes::Notes;
pub(crate) use phone::tell_verdict;
pub(crate) use server::{RecordChanges, read_changes, reads_the_same};

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::phone::TRIED_AGAIN_AFTER;
use syncdyno::contract::{
    Capabilities, Choice, DeviceId, EntityId, Incarnation, Key, Need, OptionForm, Schema, Span, Stack,
    StackOption, Value,
};

/// A row of a document.
pub type At<'a> = (EntityId, &'a Key);
/// Rows of a document.
pub type Touched = BTreeSet<(EntityId, Key)>;

/// A document of rows that merges with others of its kind.
pub trait Document: Sized + 'static {
    /// What one side of a session knows about the other.
    type Peer;

    /// An empty document in which this actor writes.
    fn new(actor: Actor, schema: &Arc<Schema>) -> Self;
    /// Loads parts that were packed before, in order.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    fn load(&mut self, parts: &[Vec<u8>]) -> Result<(), String>;
    /// The changes since the document was last packed or loaded; empty if there are none.
    fn pack(&mut self) -> Vec<u8>;
    /// The whole document, in place of all parts.
    fn whole(&mut self) -> Vec<u8>;

    /// Sets these columns of a row; creates the row if it does not exist. Several puts and removes
    /// in sequence, without another call between them, may become one change.
    fn put(&mut self, row: At<'_>, values: &[(usize, Value)]);
    fn remove(&mut self, row: At<'_>);
    /// The place of the last change that was made here.
    fn own_clock(&mut self) -> Vec<u8>;
    /// True if the document contains the change at a place.
    fn has(&mut self, clock: &[u8]) -> bool;

    /// The columns of a row that devices hold, in their order; `None` if the row does not exist.
    fn row(&self, row: At<'_>) -> Option<Vec<Value>>;
    /// The keys of the rows of an entity, in order.
    fn keys(&self, entity: EntityId) -> Vec<Key>;

    /// Begins a session with the side whose state was encoded in these bytes; without bytes, with
    /// an unknown side.
    fn peer(&self, encoded: &[u8]) -> Self::Peer;
    fn encode_peer(peer: &Self::Peer) -> Vec<u8>;
    /// The next message, if one is due; `asks` forces one.
    fn generate(&mut self, peer: &mut Self::Peer, asks: bool) -> Option<Vec<u8>>;
    /// Applies a message; returns the rows that it changed.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    fn receive(&mut self, peer: &mut Self::Peer, message: &[u8]) -> Result<Touched, String>;
}

/// Who writes in a document: a device or the server, in one incarnation. A power loss may undo what
/// an incarnation wrote, so the next one writes under another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor(pub u64);

impl Actor {
    const LIFE_BITS: u32 = 24;
    fn server(life: u32) -> Actor {
        Actor(u64::from(life))
    }
    fn device(device: DeviceId, life: Incarnation) -> Actor {
        Actor((u64::from(device.0) + 1) << Actor::LIFE_BITS | u64::from(life.0))
    }
}

/// The stack of an engine that keeps this document.
pub fn stack<D: Document>(name: &str, promises: Capabilities) -> Stack {
    let timeout = OptionForm::Span { min: Span::secs(1), max: Span::secs(600) };
    let about = "A request without an answer is given up after this.";
    Stack::new(name, |chosen| Rc::new(phone::Factory::<D>::new(chosen.span("timeout"))))
        .server(|_, setup, ports| Box::new(server::Server::<D>::open(setup, ports)))
        .option(StackOption::new("timeout", timeout, Choice::Span(Span::secs(30)), about))
        .crash_points(&["document.started", "document.answered", "document.told", "document.settled"])
        .promises(promises)
        .lacks(LACKS)
        .patience(|chosen| chosen.span("timeout") + TRIED_AGAIN_AFTER)
        .requests_a_run(phone::ROUNDS)
}

/// What these stacks lack: all users share one document, and its history is on the server.
pub(crate) const LACKS: &[Need] = &[
    Need::Scopes,
    Need::Windows,
    Need::NaturalKeys,
    Need::GivenKeys,
    Need::OpenedRecords,
    Need::UploadOnly,
    Need::Excerpts,
    Need::Attachments,
    Need::UnitRules,
    Need::Hooks,
    Need::SyncedStarts,
    Need::Cancels,
    Need::SharedPhones,
    Need::Upgrades,
    Need::Backups,
    Need::Copies,
    Need::BackendBackups,
];
