//! What answers devices, as the world asks it: the gateway, or a server that was brought.

use crate::backend::{Backend, Called};
use crate::base::{DeviceId, EntityId, Stamp, Time};
use crate::contract::{CarriedRows, ConnectionId, EachServed, Event, Reply, ServerError, Slip};

/// The half of a stack that answers devices, over all of the backend: capture strategies read
/// flags, logs and files.
pub trait ServerHalf {
    /// Answers a request of a device at the backend.
    ///
    /// # Errors
    /// What is wrong with the request, or what the backend said no to.
    fn serve(&mut self, from: DeviceId, request: &[u8], backend: &mut Backend) -> Result<Reply, ServerError>;
    /// The same with what stands beside the request; beside the answer is what it leaves there.
    ///
    /// # Errors
    /// As for [`serve`](ServerHalf::serve).
    fn serve_with(
        &mut self,
        from: DeviceId,
        request: &[u8],
        slip: &mut Slip,
        backend: &mut Backend,
    ) -> Result<Reply, ServerError> {
        *slip = Slip::default();
        self.serve(from, request, backend)
    }
    /// The bytes that say no.
    fn refuse(&self, error: &ServerError) -> Vec<u8>;
    /// Whether an answer says no: a cache on the way keeps none of these.
    fn is_refusal(&self, answer: &[u8]) -> bool;
    /// Answers a request without the backend, if it can; nothing goes to the backend then.
    fn answer(&mut self, now: Time, from: DeviceId, request: &[u8]) -> Option<Answered> {
        let _ = (now, from, request);
        None
    }
    /// The call to the backend is over: what [`serve`](ServerHalf::serve) gave has left for the
    /// device, or was thrown away since the backend failed or was too late.
    fn ended(&mut self, backend: &mut Backend, has_left: bool) {
        let _ = (backend, has_left);
    }
    /// Calls `f` with each row in an answer: entity, key, stamp, whether it is removed.
    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>);
    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`.
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String;
    /// A device begins with rows that it was sent before the start, and with these cursors.
    fn begin_with(&mut self, device: DeviceId, stamp: Stamp, rows: &mut CarriedRows<'_>);
    /// A device wants to hold a connection, with these first words.
    ///
    /// # Errors
    /// Why it is not taken.
    fn on_connect(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        hello: &[u8],
    ) -> Result<(), ServerError> {
        let _ = (from, connection, hello);
        Err(ServerError::BadRequest("no connections are held here".to_owned()))
    }
    /// Takes a message of a connection without the backend, if it can.
    fn on_word(&mut self, from: DeviceId, connection: ConnectionId, message: &[u8]) -> bool {
        let _ = (from, connection, message);
        false
    }
    /// Takes a message of a connection at the backend.
    ///
    /// # Errors
    /// What the backend said no to.
    fn on_message(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        (message, slip): (&[u8], &Slip),
        backend: &mut Backend,
    ) -> Result<(), ServerError> {
        let _ = (from, connection, message, slip, backend);
        Ok(())
    }
    /// What a device hears in place of what was sent while its message was taken.
    fn refuse_message(&self, message: &[u8], error: &ServerError) -> Option<Vec<u8>> {
        let _ = message;
        Some(self.refuse(error))
    }
    /// A connection has ended, as far as the server is told.
    fn on_close(&mut self, from: DeviceId, connection: ConnectionId) {
        let _ = (from, connection);
    }
    /// Its process has ended.
    fn died(&mut self);
    /// Its next process begins.
    fn restarted(&mut self);
}

/// An answer without the backend.
#[derive(Debug)]
pub struct Answered {
    /// The bytes.
    pub answer: Vec<u8>,
    /// When they leave.
    pub done_at: Time,
    /// What is told of it.
    pub events: Vec<Event<'static>>,
}

/// Has a half answer a request of a device that comes at `now` and is given up on at `deadline`; to
/// be called in the order in which requests come.
pub fn answer_by<H: ServerHalf + ?Sized>(
    half: &mut H,
    backend: &mut Backend,
    times: (Time, Time),
    (from, request): (DeviceId, &[u8]),
) -> Called<Reply> {
    call_by(half, backend, times, |half, backend| half.serve(from, request, backend))
}

/// Has a half do something at the backend that comes at `now` and is given up on at `deadline`; to
/// be called in the order in which things come.
pub fn call_by<H: ServerHalf + ?Sized, T>(
    half: &mut H,
    backend: &mut Backend,
    (now, deadline): (Time, Time),
    work: impl FnOnce(&mut H, &mut Backend) -> Result<T, ServerError>,
) -> Called<T> {
    backend.begin_call(now, deadline);
    let answer = work(half, backend);
    let called = backend.end_call(answer);
    half.ended(backend, called.answer.is_ok());
    called
}
