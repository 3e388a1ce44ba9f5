//! Two halves for engines that keep one document of all rows, merge it and pack it into bytes.
//!
//! An engine is a [`Document`]. The half on a phone keeps it in SQLite as the parts that made it
//! (`kept`), and brings it up to date in runs of units (`phone`). The half that answers keeps the
//! same document beside the system of record (`server`): what the office wrote goes into the
//! document, and what phones merged into it goes to the record (`settle`).
//!
//! On the wire are the engine's own messages, and beside them little: which edits wait, by the place
//! that each has in the document, and what became of them (`frame`). Whose edit a change is stands
//! on the slip, which costs nothing.
//!
//! Invariants: an edit waits until the phone has a verdict on it, and lies in the transaction that
//! stores its change; a verdict is kept until its phone asks for it no more; all actors are
//! numbers of a device and its life, and nothing else draws one.

mod frame;
mod kept;
mod notes;
mod phone;
mod server;
mod settle;

pub(crate) use frame::{Reader, Verdict, Writer, answered, not_answered, refusal};
pub(crate) use notes::Notes;
pub(crate) use phone::tell_verdict;
pub(crate) use server::{News, news, reads_the_same};

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
    /// What one side of a conversation knows of the other.
    type Peer;

    /// An empty one, in which this actor writes.
    fn new(actor: Actor, schema: &Arc<Schema>) -> Self;
    /// Takes in what was packed before, in order.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    fn load(&mut self, parts: &[Vec<u8>]) -> Result<(), String>;
    /// What is new since it was last packed or loaded; nothing if nothing is.
    fn pack(&mut self) -> Vec<u8>;
    /// All of it, in place of all parts.
    fn whole(&mut self) -> Vec<u8>;

    /// Has a row say this in these columns; it is made if it is not there. What is put and removed
    /// before something else is asked of the document may be one change.
    fn put(&mut self, row: At<'_>, values: &[(usize, Value)]);
    fn remove(&mut self, row: At<'_>);
    /// The place of the last change that was made here.
    fn mark(&mut self) -> Vec<u8>;
    /// Whether the change at a place is in it.
    fn has(&mut self, mark: &[u8]) -> bool;

    /// The columns of a row that devices hold, in their order; none if it is not there.
    fn row(&self, row: At<'_>) -> Option<Vec<Value>>;
    /// The keys of the rows of an entity, in order.
    fn keys(&self, entity: EntityId) -> Vec<Key>;

    /// How a conversation begins with whom these bytes are kept of; none for a stranger.
    fn peer(&self, kept: &[u8]) -> Self::Peer;
    fn kept(peer: &Self::Peer) -> Vec<u8>;
    /// The next message, if there is anything to say; `asks` if the other side has to be asked
    /// anyway.
    fn generate(&mut self, peer: &mut Self::Peer, asks: bool) -> Option<Vec<u8>>;
    /// Takes in a message; gives the rows that it changed.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    fn receive(&mut self, peer: &mut Self::Peer, message: &[u8]) -> Result<Touched, String>;
}

/// Who writes in a document: a device, or the server, in one of its lives. A loss of power may take
/// back what a life wrote, so the next one writes under another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor(pub u64);

impl Actor {
    const LIVES: u32 = 24;
    fn server(life: u32) -> Actor {
        Actor(u64::from(life))
    }
    fn device(device: DeviceId, life: Incarnation) -> Actor {
        Actor((u64::from(device.0) + 1) << Actor::LIVES | u64::from(life.0))
    }
}

/// A stack of this kind of document.
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

/// One document is everybody's, and its history is on the server.
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
