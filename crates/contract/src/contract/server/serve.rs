//! The half of a stack that answers, and the backend as it uses it.

use std::sync::Arc;

use super::error::ServerError;
use super::mutation::{Mutation, Outcome, Refusal, Row};
use super::phones::{ConnectionId, Reply};
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Value};
use crate::contract::device::{CarriedRows, Slip};
use crate::contract::schema::{Attributes, Schema};

/// The half of a stack that answers phones: bytes in, bytes out.
///
/// It stands beside the system of record: a request takes effect at the instant at which it comes,
/// and the bench says how long the backend worked for it.
pub trait SyncServer {
    /// Answers a request of a device at the backend, or keeps it to answer it later. A server that
    /// knows connections alone answers none.
    ///
    /// # Errors
    /// What is wrong with the request, or what the backend said no to: the device is told by
    /// [`refuse`](SyncServer::refuse).
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        let _ = (from, request, record);
        Err(ServerError::BadRequest("no requests are answered here".to_owned()))
    }
    /// The same with what stands beside the request, which a server takes whose protocol names no
    /// edits; what it leaves there comes with its answer. One that answers later leaves nothing.
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
    /// The bytes that say no: a request was not served, let in or answered in time.
    fn refuse(&self, error: &ServerError) -> Vec<u8>;
    /// Whether an answer says no: a cache on the way keeps none of these.
    fn is_refusal(&self, answer: &[u8]) -> bool {
        let _ = answer;
        false
    }
    /// Calls `f` with each row in an answer, or in a message that it sends on a connection, for the
    /// recorded life of a record: entity, key, stamp, whether it is removed. A server that tells
    /// none has lives without this step.
    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {
        let _ = (answer, f);
    }
    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`, for
    /// devices that were synced before the scenario begins.
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        let _ = entity;
        stamp.0.to_string()
    }
    /// A device begins with rows that it was sent before the start, and in each entity with the
    /// cursor of `stamp`: a server that keeps in mind where its devices are notes that, in its
    /// database if it is to know it after a kill.
    fn begin_with(&mut self, device: DeviceId, stamp: Stamp, rows: &mut CarriedRows<'_>) {
        let _ = (device, stamp, rows);
    }
    /// A device wants to hold a connection, with these first words.
    ///
    /// # Errors
    /// Why it is not taken: the device is told that it was refused. A server that knows no
    /// connections takes none.
    fn on_connect(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        hello: &[u8],
    ) -> Result<(), ServerError> {
        let _ = (from, connection, hello);
        Err(ServerError::BadRequest("no connections are held here".to_owned()))
    }
    /// Takes a message of a connection without the backend, if it can; true if it did, and nothing
    /// goes to the backend then.
    fn on_word(&mut self, from: DeviceId, connection: ConnectionId, message: &[u8]) -> bool {
        let _ = (from, connection, message);
        false
    }
    /// Takes a message of a connection at the backend. What it sends meanwhile leaves when the
    /// backend is done, as an answer does.
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
        let _ = (from, connection, message, record);
        Ok(())
    }
    /// The same with what stands beside the message, which a server takes whose protocol names no
    /// edits.
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
        let _ = slip;
        self.on_message(from, connection, message, record)
    }
    /// What a device hears on its connection in place of all that was sent while its message was
    /// taken, since the backend said no, failed or was too late.
    fn refuse_message(&self, message: &[u8], error: &ServerError) -> Option<Vec<u8>> {
        let _ = message;
        Some(self.refuse(error))
    }
    /// A connection has ended, as far as the server is told: of one whose phone has lost its
    /// network it learns when something that it sends does not arrive. Not called for those that it
    /// closes, and those that end with its own process.
    fn on_close(&mut self, from: DeviceId, connection: ConnectionId) {
        let _ = (from, connection);
    }
}

pub type EachServed<'f> = dyn FnMut(EntityId, &str, Stamp, bool) + 'f;

/// What a server knows when it is made.
#[derive(Clone, Debug)]
pub struct ServerSetup {
    pub schema: Arc<Schema>,
    /// What sets each device apart, by its number.
    pub attributes: Vec<Attributes>,
}

/// Is called with each change: key, stamp, and the backend's values unless the row is gone.
pub type EachChange<'f> = dyn FnMut(&str, Stamp, Option<&[Value]>) + 'f;

/// The backend as a server uses it while it answers one request.
pub trait SystemOfRecord {
    fn schema(&self) -> Arc<Schema>;
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
    /// The server itself says no to an edit of a device, for a conflict or for good, and the
    /// backend never sees it. Its device may give it up when it is told.
    fn refused(&mut self, edit: &Mutation, conflict: Option<Refusal>);
    /// The next commit of the edit `by` brings these others of its row, too, which are written by
    /// no mutation of their own: their columns are combined
    /// ([`Combine`](crate::contract::Combine)).
    fn carries(&mut self, by: EditId, others: &[EditId]);
    /// The next commit of the edit `by` says in these columns what a rule of the server's own made
    /// of it.
    fn remade(&mut self, by: EditId, columns: &[usize]) {
        let _ = (by, columns);
    }
    /// The server, which refused an edit for a conflict, heard of it the columns that it sets and
    /// nothing by which versions of a row could be told apart: it gave way in each of them.
    fn gave_way_by_column(&mut self, edit: EditId) {
        let _ = edit;
    }
}
