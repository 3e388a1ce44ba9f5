//! The server half of a stack, and its view of the backend.
//!
//! A *slip* is metadata of the bench that travels with a message and is not in its bytes. A *stamp*
//! is the time that identifies a version of a row.

use std::sync::Arc;

use super::error::ServerError;
use super::mutation::{Mutation, Outcome, Refusal, Row};
use super::phones::{ConnectionId, Reply};
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Value};
use crate::contract::device::{CarriedRows, Slip};
use crate::contract::schema::{Attributes, Schema};

/// The half of a stack that responds to phones. It takes and returns bytes.
///
/// It runs beside the system of record. A request takes effect at the time when it arrives. The
/// bench decides how long the backend worked for it.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait SyncServer {
    /// Responds to a request of a device at the backend, or keeps the request to respond later. A
    /// server that uses only connections refuses all requests.
    ///
    /// # Errors
    /// What is wrong with the request, or the backend's refusal. The device gets the bytes of
    /// [`refuse`](SyncServer::refuse).
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        Err(ServerError::BadRequest("no requests are answered here".to_owned()))
    }
    /// Like [`serve`](SyncServer::serve), with the slip beside the request, for a server whose
    /// protocol does not identify edits. The response travels with the slip as this call leaves it.
    /// A server that responds later must leave the slip empty.
    ///
    /// # Errors
    /// As for [`serve`](SyncServer::serve).
    fn serve_with(
        &mut self,
        from: DeviceId,
        request: &[u8],
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        *slip = Slip::default();
        self.serve(from, request, record)
    }
    /// The response to a request that was not served, was not admitted or got no response in time.
    fn refuse(&self, error: &ServerError) -> Vec<u8>;
    /// Whether a response is a refusal. Caches do not keep refusals.
    fn is_refusal(&self, answer: &[u8]) -> bool {
        false
    }
    /// Calls `f` with each row in a response, or in a message on a connection: entity, key, stamp,
    /// whether it is removed. The bench uses it to record the life of a record. Without it, that
    /// recording lacks this step.
    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {}
    /// The cursor of a device that has received all changes of `entity` up to and including
    /// `stamp`. Used for devices that were synced before the scenario begins.
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        stamp.0.to_string()
    }
    /// Informs the server that a device starts with these rows and with the cursor of `stamp` in
    /// each entity. A server that tracks the state of its devices records this. It uses its
    /// database if the record must survive a kill.
    fn begin_with(&mut self, device: DeviceId, stamp: Stamp, rows: &mut CarriedRows<'_>) {}
    /// Handles a connection that a device opens, with its first message.
    ///
    /// # Errors
    /// Why the connection is refused. The device learns only that it was refused. A server without
    /// connections refuses all.
    fn on_connect(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        hello: &[u8],
    ) -> Result<(), ServerError> {
        Err(ServerError::BadRequest("no connections are held here".to_owned()))
    }
    /// Handles a message of a connection without the backend, and returns true. If it returns
    /// false, the message goes to the backend.
    fn on_word(&mut self, from: DeviceId, connection: ConnectionId, message: &[u8]) -> bool {
        false
    }
    /// Handles a message of a connection at the backend. Messages that the server sends meanwhile
    /// leave when the backend is done, like a response.
    ///
    /// # Errors
    /// As for [`serve`](SyncServer::serve): the device gets the message
    /// [`refuse_message`](SyncServer::refuse_message).
    fn on_message(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        message: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        Ok(())
    }
    /// Like [`on_message`](SyncServer::on_message), with the slip beside the message, for a server
    /// whose protocol does not identify edits.
    ///
    /// # Errors
    /// As for [`on_message`](SyncServer::on_message).
    fn on_message_with(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        (message, slip): (&[u8], &Slip),
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        self.on_message(from, connection, message, record)
    }
    /// The message that a device gets on its connection if the backend refused, failed or was too
    /// late. It replaces everything that was sent while the device's message was handled.
    fn refuse_message(&self, message: &[u8], error: &ServerError) -> Option<Vec<u8>> {
        Some(self.refuse(error))
    }
    /// Informs the server that a connection has ended. If a phone loses its network, the server
    /// notices that only when a message does not arrive. It is not called for connections that the
    /// server closes, nor when the server's own process ends.
    fn on_close(&mut self, from: DeviceId, connection: ConnectionId) {}
}

/// A callback for rows of a response: entity, key, stamp, whether it is removed.
pub type EachServed<'f> = dyn FnMut(EntityId, &str, Stamp, bool) + 'f;

/// The facts that a server knows when it starts.
#[derive(Clone, Debug)]
pub struct ServerSetup {
    /// The entities that the app syncs.
    pub schema: Arc<Schema>,
    /// The attributes of each device, by device number.
    pub attributes: Vec<Attributes>,
}

/// A callback for each change: key, stamp, and the backend's values; `None` if the row is gone.
pub type EachChange<'f> = dyn FnMut(&str, Stamp, Option<&[Value]>) + 'f;

/// The backend as a server sees it while it handles one request.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait SystemOfRecord {
    /// The entities that the app syncs.
    fn schema(&self) -> Arc<Schema>;
    /// The time by the system of record's clock.
    fn clock(&self) -> Stamp;
    /// Calls `f` with the changes of `entity` after `since`, for a device with these attributes.
    /// They come in stamp order. `f` gets the key, the stamp and the backend's values. Values of
    /// `None` mean that the row is deleted or no longer in scope. A `since` of `None` asks for all
    /// rows.
    ///
    /// # Errors
    /// [`ServerError::CursorExpired`] if tombstones since then were purged;
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
    /// Applies creates, updates and deletes for a device with these attributes. Returns the outcome
    /// of each. If a mutation's base is not the row's current version, its outcome is a conflict.
    /// If its idempotency key was seen before, it gets its first outcome.
    fn write(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome>;
    /// Records that the server itself refuses an edit, because of a conflict or forever. The
    /// backend never sees the edit. When the device learns of the refusal, it may drop the edit.
    fn refused(&mut self, edit: &Mutation, conflict: Option<Refusal>);
    /// Records that the next commit of the edit `by` also contains these other edits of its row.
    /// They have no mutation of their own: their columns are combined
    /// ([`Combine`](crate::contract::Combine)).
    fn carries(&mut self, by: EditId, others: &[EditId]);
    /// Records that a rule of the server changes these columns of the edit in the next commit of
    /// `by`.
    fn remade(&mut self, by: EditId, columns: &[usize]) {}
    /// Records that the server refused this edit because of a conflict. The server received only
    /// the columns that the edit sets, and nothing that identifies a row version. So the edit lost
    /// in each of these columns.
    fn gave_way_by_column(&mut self, edit: EditId) {}
}
