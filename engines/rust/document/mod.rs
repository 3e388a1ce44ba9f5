//! Two halves for engines with one document that has all rows. Such an engine merges documents and
//! packs them into bytes.
//!
//! An engine is a [`Document`]. The phone half stores it in SQLite, as parts (`kept`), and updates
//! it in runs of sync units (`phone`). The server half stores the same document beside the system
//! of record, the backend (`server`). It copies changes of the record into the document. It also
//! writes the changes that phones merged into the document to the record (`settle`).
//!
//! Messages have the engine's own bytes and little else (`frame`): which edits wait, each with its
//! position in the document's history, and the verdicts on edits. A slip (the bench's hidden note,
//! which costs nothing) has the edits' values.
//!
//! Invariants: an edit waits until the phone has a verdict on it. An edit is stored in the same
//! transaction as its change of the document. The server keeps a verdict until the phone no longer
//! asks for it. An actor (a writer) is a number made of a device and its incarnation; no actor is
//! random.

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

/// A row of a document: its entity and its key.
pub type At<'a> = (EntityId, &'a Key);
/// Rows of a document.
pub type Touched = BTreeSet<(EntityId, Key)>;

/// A document of rows. It can be merged with others of its kind.
pub trait Document: Sized + 'static {
    /// The knowledge of one side of a session about the other side.
    type Peer;

    /// Makes an empty document. The actor is its writer.
    fn new(actor: Actor, schema: &Arc<Schema>) -> Self;
    /// Loads packed parts, in order.
    ///
    /// # Errors
    /// A text that says what is wrong with the bytes.
    fn load(&mut self, parts: &[Vec<u8>]) -> Result<(), String>;
    /// Returns the changes since the document was last packed or loaded; empty if there are none.
    fn pack(&mut self) -> Vec<u8>;
    /// Returns the whole document as one part, which replaces all others.
    fn whole(&mut self) -> Vec<u8>;

    /// Sets these columns of a row. Creates the row if it does not exist. Several puts and removes
    /// in sequence can become one change.
    fn put(&mut self, row: At<'_>, values: &[(usize, Value)]);
    fn remove(&mut self, row: At<'_>);
    /// The position of the last change that this actor made.
    fn own_clock(&mut self) -> Vec<u8>;
    /// True if the document contains the change at this position.
    fn has(&mut self, clock: &[u8]) -> bool;

    /// The columns of a row that devices hold, in their order; `None` if the row does not exist.
    fn row(&self, row: At<'_>) -> Option<Vec<Value>>;
    /// The keys of an entity's rows, in order.
    fn keys(&self, entity: EntityId) -> Vec<Key>;

    /// Begins a session with another side. The bytes are its last known state; empty bytes mean
    /// that nothing is known.
    fn peer(&self, encoded: &[u8]) -> Self::Peer;
    fn encode_peer(peer: &Self::Peer) -> Vec<u8>;
    /// The next message, if one is needed. With `asks`, there is always a message.
    fn generate(&mut self, peer: &mut Self::Peer, asks: bool) -> Option<Vec<u8>>;
    /// Applies a message. Returns the rows that it changed.
    ///
    /// # Errors
    /// A text that says what is wrong with the bytes.
    fn receive(&mut self, peer: &mut Self::Peer, message: &[u8]) -> Result<Touched, String>;
}

/// A writer of a document: a device or the server, in one incarnation. A power loss can undo the
/// writes of an incarnation. So the next incarnation writes under another number.
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

/// Makes the stack of an engine with this document.
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

/// Scenario features that these stacks do not support. All users share one document, and its
/// history is on the server.
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
