//! The half of a stack that answers, and the backend as it uses it.

use std::sync::Arc;

use super::error::ServerError;
use super::mutation::{Mutation, Outcome, Row};
use crate::base::{DeviceId, EntityId, Key, Stamp, Value};
use crate::contract::schema::{Attributes, Schema};

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

/// What a server knows when it is made.
#[derive(Clone, Debug)]
pub struct ServerSetup {
    /// The entities.
    pub schema: Arc<Schema>,
    /// What sets each device apart, by its number.
    pub attributes: Vec<Attributes>,
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
