//! Events of an app, and edits that people make in it.

use super::future::LocalBoxFuture;
use crate::base::{
    Digest, Digestible, EditId, EntityId, Key, Value, digested, digested_by_place, in_words, word_enums,
};
use crate::contract::schema::Trigger;

word_enums! {
    /// What happens to waiting edits when a phone must load everything again.
    pub enum WaitingEdits {
        /// They are dropped without a message.
        #[default]
        Drop: "drop",
        /// They are dropped, each with a log line that its person can read.
        Tell: "tell",
        /// They are sent first. A phone that cannot send them does not load again.
        SendFirst: "send-first",
    }
}

/// An event in the life of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppEvent {
    /// A person logged in.
    Login,
    /// The network came back.
    Online,
    /// The network went away.
    Offline,
    /// The app came to the foreground.
    Resume,
    /// The app left the foreground.
    Pause,
    /// The operating system gives the app time in the background.
    Background,
}

impl AppEvent {
    /// The trigger of sync units that this event fires, if any.
    pub fn trigger(self) -> Option<Trigger> {
        match self {
            AppEvent::Login => Some(Trigger::Login),
            AppEvent::Online => Some(Trigger::Online),
            AppEvent::Resume => Some(Trigger::Resume),
            AppEvent::Background => Some(Trigger::Background),
            AppEvent::Offline | AppEvent::Pause => None,
        }
    }
}

/// The kind of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum EditKind {
    /// A new row.
    Create,
    /// New values in a row.
    Update,
    /// The row is deleted.
    Delete,
}
in_words!(EditKind { Create: "create", Update: "update", Delete: "delete" });
digested_by_place!(AppEvent, EditKind);

/// An edit that a person makes in the app.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalEdit {
    /// The edit, unique in a world.
    pub id: EditId,
    /// The entity of the row.
    pub entity: EntityId,
    /// The row; for a create, a key that is not in use yet.
    pub key: Key,
    /// What the edit does to the row.
    pub kind: EditKind,
    /// New values by position among the backend's columns. A create has all columns that devices
    /// hold.
    pub values: Vec<(usize, Value)>,
}

impl Digestible for LocalEdit {
    fn digest(&self, digest: &mut Digest) {
        self.id.digest(digest);
        self.entity.digest(digest);
        self.key.digest(digest);
        self.kind.digest(digest);
        self.values[..].digest(digest);
    }
}

/// The result of saving an edit, now or later.
pub enum Saving {
    /// The edit is already saved or refused.
    Now(Result<(), EditError>),
    /// The future returns the result. Until then the person sees no result.
    Later(LocalBoxFuture<'static, Result<(), EditError>>),
}

impl From<Result<(), EditError>> for Saving {
    fn from(done: Result<(), EditError>) -> Saving {
        Saving::Now(done)
    }
}

digested! {
/// Why an edit could not be made in the app. The person sees the reason at once, so nothing is
/// lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The device does not hold the row.
    #[error("the row is not on this device")]
    1 NoSuchRow,
    /// The device holds a row with this key already.
    #[error("the row is already on this device")]
    2 Exists,
    /// The row and rows that refer to it must be deleted together.
    #[error("rows that refer to each other go together")]
    6 Referred,
    /// The reserve of keys is empty until the next sync.
    #[error("no key is left for a new row until the next sync")]
    5 NoKey,
    /// A conflict of the row waits for a person's decision.
    #[error("a conflict of the row is open")]
    7 InConflict,
    /// The app allows no edit without a network.
    #[error("nothing may be edited offline")]
    8 Locked,
    /// The app does not allow this edit without a network.
    #[error("this may not be edited offline")]
    9 NotOffline,
    /// The row cannot be reserved. Another device has it, or the server has a newer version, or the
    /// server cannot be reached.
    #[error("no lease on the row is available")]
    10 NoLease,
    /// Another person owns the row.
    #[error("somebody else owns the row")]
    11 NotOwner,
    /// Too many edits wait to be sent, or one waits for too long.
    #[error("too many edits wait, or one waits for too long")]
    20 OutboxFull,
    /// The device's storage is full.
    #[error("the device's storage is full")]
    3 StorageFull,
    /// The database failed, with its message.
    #[error("the database failed: {0}")]
    4 Storage(; String),
}
}

digested! {
/// Why a sync unit failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// There was no network, or no response came.
    #[error("offline: {0}")]
    1 Offline(; String),
    /// The server asked the device to try again later.
    #[error("throttled: {0}")]
    2 Throttled(; String),
    /// The server refused the request.
    #[error("rejected: {0}")]
    3 Rejected(; String),
    /// The process died during the run. The device's next process reports this.
    #[error("interrupted")]
    4 Interrupted,
    /// The device's storage is full.
    #[error("the device's storage is full")]
    5 StorageFull,
    /// The local database or a response is damaged.
    #[error("corrupt: {0}")]
    6 Corrupt(; String),
    /// A hook of the app ended the unit.
    #[error("aborted by the app: {0}")]
    7 Aborted(; String),
    /// Somebody cancelled the run. The next run resumes where this one stopped.
    #[error("cancelled")]
    8 Cancelled,
    /// Conflicts are open. Nothing is synced until a person has decided them.
    #[error("held: {0}")]
    9 Held(; String),
}
}

impl SyncError {
    /// True if another try may help without any other action.
    pub fn is_retryable(&self) -> bool {
        !matches!(self, SyncError::Rejected(_) | SyncError::Corrupt(_) | SyncError::Held(_))
    }
}
