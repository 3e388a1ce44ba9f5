//! What is said of rows and edits on the server's side.

use std::sync::Arc;

use super::device::EditKind;
use super::schema::Schema;
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Value};

/// One local intent on its way to the backend.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    /// The idempotency key: two mutations with the same key are one.
    pub id: String,
    /// The local edit behind it; carried, never read.
    pub edit: EditId,
    /// The entity.
    pub entity: EntityId,
    /// The row.
    pub key: Key,
    /// What to do.
    pub kind: EditKind,
    /// New values by position in the backend's columns; all of the device's columns for a create, none for a delete.
    pub values: Vec<(usize, Value)>,
    /// The stamp of the version that the edit was made on; `None` for a create.
    pub base: Option<Stamp>,
    /// When the person made it, by the device's clock.
    pub made_at: Stamp,
}

/// A version of a row as the backend tells it to a device: projected values, or `None` for a tombstone.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The row's key.
    pub key: Key,
    /// The backend's stamp of this version.
    pub stamp: Stamp,
    /// The device's columns, or `None` if the row is deleted or out of the device's scope.
    pub values: Option<Vec<Value>>,
}

/// What became of one mutation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Committed (now or by an earlier request with the same idempotency key); the row now has this stamp.
    Applied {
        /// The new version's stamp.
        stamp: Stamp,
    },
    /// Not committed: the backend's row is not the version that the edit was made on.
    Conflict {
        /// Why.
        why: Refusal,
        /// The row in the way, as it is now; `None` if the backend never had it.
        current: Option<Row>,
        /// When that version was made, by its author's clock, if the backend says so.
        edited_at: Option<Stamp>,
    },
    /// Not committed and not judged: the backend is too busy with others. Send it again.
    Later,
    /// Not judged yet and safe with the gateway, which brings it to the backend: ask again, by the same idempotency key, in a later
    /// run.
    Queued,
    /// Not committed, and never will be: the backend does not accept it.
    Rejected {
        /// In the backend's words.
        reason: String,
        /// The row as it is; `None` if the backend does not have it.
        current: Option<Row>,
    },
}

/// Why a mutation met a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The row has a newer version than the edit's base.
    Stale,
    /// The row was deleted.
    Gone,
    /// A create of a key that exists.
    Exists,
    /// Another row has the same natural key.
    Taken,
}

/// The gateway or the backend cannot answer: what the device should do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// Down for a while: try again later.
    #[error("the backend is not available")]
    Unavailable,
    /// Asked too often.
    #[error("throttled; try again after {0}")]
    Throttled(Span),
    /// The cursor is older than the tombstones that are kept, or not the gateway's own: load the entity afresh.
    #[error("the cursor of entity {} has expired", .0.0)]
    CursorExpired(EntityId),
    /// The answer took longer than the gateway waits.
    #[error("the gateway gave up waiting for the backend")]
    GatewayTimeout,
    /// It broke in the backend or on the way there, which may have acted: try again.
    #[error("the server failed")]
    Failed,
    /// The request makes no sense.
    #[error("bad request: {0}")]
    BadRequest(String),
}

impl ServerError {
    /// The number that says so in a digest, where its words may change.
    pub fn code(&self) -> u64 {
        match self {
            ServerError::Unavailable => 1,
            ServerError::Throttled(_) => 2,
            ServerError::CursorExpired(_) => 3,
            ServerError::GatewayTimeout => 4,
            ServerError::Failed => 5,
            ServerError::BadRequest(_) => 6,
        }
    }
}

/// The half of a stack that answers phones: bytes in, bytes out.
///
/// It stands beside the system of record: a request takes effect at the instant at which it
/// comes, and the bench says how long the backend worked for it.
pub trait SyncServer {
    /// Answers a request of a device, which is who it says it is.
    fn serve(&mut self, from: DeviceId, request: &[u8], record: &mut dyn SystemOfRecord) -> Vec<u8>;
    /// The answer to a request that is not served: the backend does not let it in, failed, or
    /// took too long.
    fn refuse(&self, error: &ServerError) -> Vec<u8>;
    /// Its process died: what is not durable is gone.
    fn died(&mut self) {}
}

/// Is called with each change: key, stamp, and the backend's values unless the row is gone.
pub type EachChange<'f> = dyn FnMut(&str, Stamp, Option<&[Value]>) + 'f;

/// The backend as a server uses it while it answers one request.
pub trait SystemOfRecord {
    /// The entities.
    fn schema(&self) -> Arc<Schema>;
    /// What its clock shows.
    fn clock(&self) -> Stamp;
    /// Calls `f` with what changed of `entity` after `since`, for a device with these attributes,
    /// in the order of stamps: key, stamp, the backend's values. No values are a row that is
    /// deleted, or no longer in scope. `None` asks for everything that is there.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] if what was deleted since then is forgotten;
    /// [`ServerError::BadRequest`] if the entity is not pulled.
    fn changes(
        &mut self,
        entity: EntityId,
        attributes: &[Value],
        since: Option<Stamp>,
        f: &mut EachChange<'_>,
    ) -> Result<(), ServerError>;
    /// A row as it is now; a deleted one has no values.
    fn get(&mut self, entity: EntityId, key: &Key) -> Option<Row>;
    /// Creates, updates and deletes, for a device with these attributes; gives what became of
    /// each. A mutation whose base is not the row's present version is a conflict, and one whose
    /// idempotency key was seen before has the verdict of then.
    fn write(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome>;
}
