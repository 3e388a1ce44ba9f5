//! Events of an app, and edits that people make in it.

use super::future::LocalBoxFuture;
use crate::base::{Digest, Digestible, EditId, EntityId, Key, Value, digested, digested_by_place, in_words};
use crate::contract::schema::Trigger;

/// An event in the life of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppEvent {
    Login,
    Online,
    Offline,
    Resume,
    Pause,
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
    Create,
    Update,
    Delete,
}
in_words!(EditKind { Create: "create", Update: "update", Delete: "delete" });
digested_by_place!(AppEvent, EditKind);

/// An edit that a person makes in the app.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalEdit {
    pub id: EditId,
    pub entity: EntityId,
    /// The row; for a create, a key that is not in use yet.
    pub key: Key,
    pub kind: EditKind,
    /// New values by position in the backend's columns that devices hold; all of them for a create.
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
    /// The edit is saved or refused already.
    Now(Result<(), EditError>),
    /// The edit is saved or refused when this ends; until then its person sees no result.
    Later(LocalBoxFuture<'static, Result<(), EditError>>),
}

impl From<Result<(), EditError>> for Saving {
    fn from(done: Result<(), EditError>) -> Saving {
        Saving::Now(done)
    }
}

digested! {
/// Why an edit could not be made in the app; the person sees it at once, so nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("the row is not on this device")]
    1 NoSuchRow,
    #[error("the row is already on this device")]
    2 Exists,
    #[error("rows that refer to each other go together")]
    6 Referred,
    #[error("no key is left for a new row until the next sync")]
    5 NoKey,
    #[error("a conflict of the row is open")]
    7 InConflict,
    #[error("nothing is edited without a network")]
    8 Locked,
    #[error("this is not edited without a network")]
    9 NotOffline,
    #[error("the row cannot be had for editing")]
    10 NoLease,
    #[error("the row is somebody else's")]
    11 NotOwner,
    #[error("the device's storage is full")]
    3 StorageFull,
    #[error("the database failed: {0}")]
    4 Storage(; String),
}
}

digested! {
/// Why a sync unit failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    #[error("offline: {0}")]
    1 Offline(; String),
    #[error("throttled: {0}")]
    2 Throttled(; String),
    #[error("rejected: {0}")]
    3 Rejected(; String),
    /// The process died in the middle; told by the next incarnation.
    #[error("interrupted")]
    4 Interrupted,
    #[error("the device's storage is full")]
    5 StorageFull,
    /// The local database or an answer is damaged.
    #[error("corrupt: {0}")]
    6 Corrupt(; String),
    #[error("aborted by the app: {0}")]
    7 Aborted(; String),
    /// Somebody cancelled it; the next run goes on where it was.
    #[error("cancelled")]
    8 Cancelled,
    /// Conflicts are open, and nothing is synced before a person has decided them.
    #[error("held: {0}")]
    9 Held(; String),
}
}

impl SyncError {
    /// Whether another try may help without any other action.
    pub fn is_retryable(&self) -> bool {
        !matches!(self, SyncError::Rejected(_) | SyncError::Corrupt(_) | SyncError::Held(_))
    }
}
