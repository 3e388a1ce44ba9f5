//! The server half of a stack, and the backend as it uses it.

use std::sync::Arc;

use super::error::ServerError;
use super::mutation::{Mutation, Outcome, Refusal, Row};
use super::phones::{ConnectionId, Reply};
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Value};
use crate::contract::device::{CarriedRows, Slip};
use crate::contract::schema::{Attributes, Schema};

/// The half of a stack that answers phones: bytes in, bytes out.
///
/// It runs beside the system of record: a request takes effect at the instant when it arrives, and
/// the bench decides how long the backend worked for it.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait SyncServer {
    /// Answers a request of a device at the backend, or keeps it to answer it later. A server that
    /// only uses connections answers none.
    ///
    /// # Errors
    /// What is wrong with the request, or the backend's refusal; the device gets the bytes of
    /// [`refuse`](SyncServer::refuse).
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        Err(ServerError::BadRequest("no requests are answered here".to_owned()))
    }
    /// The same with the slip beside the request, for a server whose protocol does not name edits.
    /// The slip as it is left goes with the response; a server that answers later must leave it
    /// empty.
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
    /// The response to a request that was not served, not let in or not answered in time.
    fn refuse(&self, error: &ServerError) -> Vec<u8>;
    /// Whether a response is a refusal; caches do not keep those.
    fn is_refusal(&self, answer: &[u8]) -> bool {
        false
    }
    /// Calls `f` with each row in a response, or in a message on a connection: entity, key, stamp,
    /// whether it is removed. Used for the recorded life of a record. Without it such lives lack
    /// this step.
    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {}
    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`, for
    /// devices that were synced before the scenario begins.
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        stamp.0.to_string()
    }
    /// A device starts with these rows, and in each entity with the cursor of `stamp`. A server
    /// that tracks the state of its devices records that, in its database if it must survive a
    /// kill.
    fn begin_with(&mut self, device: DeviceId, stamp: Stamp, rows: &mut CarriedRows<'_>) {}
    /// A device opens a connection, with this first message.
    ///
    /// # Errors
    /// Why it is refused; the device is told that it was refused. A server without connections
    /// refuses all.
    fn on_connect(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        hello: &[u8],
    ) -> Result<(), ServerError> {
        Err(ServerError::BadRequest("no connections are held here".to_owned()))
    }
    /// Handles a message of a connection without the backend. Returns true if it did; else the
    /// message goes to the backend.
    fn on_word(&mut self, from: DeviceId, connection: ConnectionId, message: &[u8]) -> bool {
        false
    }
    /// Handles a message of a connection at the backend. Messages that it sends meanwhile leave
    /// when the backend is done, as a response does.
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
    /// The same with the slip beside the message, for a server whose protocol does not name edits.
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
    /// What a device receives on its connection if the backend refused, failed or was too late. It
    /// replaces all that was sent while its message was handled.
    fn refuse_message(&self, message: &[u8], error: &ServerError) -> Option<Vec<u8>> {
        Some(self.refuse(error))
    }
    /// Informs the server that a connection has ended. If a phone loses its network, the server
    /// notices that only when a message does not arrive. Not called for connections that the server
    /// closes, nor when its own process ends.
    fn on_close(&mut self, from: DeviceId, connection: ConnectionId) {}
}

/// A callback for rows of a response: entity, key, stamp, whether it is removed.
pub type EachServed<'f> = dyn FnMut(EntityId, &str, Stamp, bool) + 'f;

/// What a server knows when it starts.
#[derive(Clone, Debug)]
pub struct ServerSetup {
    /// The entities that the app syncs.
    pub schema: Arc<Schema>,
    /// The attributes of each device, by device number.
    pub attributes: Vec<Attributes>,
}

/// A callback for each change: key, stamp, and the backend's values; `None` if the row is gone.
pub type EachChange<'f> = dyn FnMut(&str, Stamp, Option<&[Value]>) + 'f;

/// The backend as a server uses it while it answers one request.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait SystemOfRecord {
    /// The entities that the app syncs.
    fn schema(&self) -> Arc<Schema>;
    /// The time by the system of record's clock.
    fn clock(&self) -> Stamp;
    /// Calls `f` with the changes of `entity` after `since`, for a device with these attributes, in
    /// stamp order: key, stamp, the backend's values. `None` values mean that the row is deleted or
    /// no longer in scope. A `since` of `None` asks for all rows.
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
    /// Applies creates, updates and deletes for a device with these attributes; returns the outcome
    /// of each. A mutation whose base is not the row's current version is a conflict. One whose
    /// idempotency key was seen before gets its first outcome.
    fn write(&mut self, attributes: &[Value], mutations: &[Mutation]) -> Vec<Outcome>;
    /// Records that the server itself refuses an edit, for a conflict or for good; the backend
    /// never sees the edit. The device may give the edit up when it learns that.
    fn refused(&mut self, edit: &Mutation, conflict: Option<Refusal>);
    /// The next commit of the edit `by` also contains these other edits of its row, which have no
    /// mutation of their own: their columns are combined ([`Combine`](crate::contract::Combine)).
    fn carries(&mut self, by: EditId, others: &[EditId]);
    /// In the next commit of `by`, a rule of the server changes the edit's values in these columns.
    fn remade(&mut self, by: EditId, columns: &[usize]) {}
    /// The server refused this edit for a conflict. It had received only the columns that it sets,
    /// and nothing that tells versions of the row apart, so the edit gave way in each of these
    /// columns.
    fn gave_way_by_column(&mut self, edit: EditId) {}
}
