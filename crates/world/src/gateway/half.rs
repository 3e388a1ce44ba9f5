//! The interface of the server that responds to devices: the gateway, or a third-party server.

use crate::backend::{Backend, Called};
use crate::base::{DeviceId, EntityId, Stamp, Time};
use crate::contract::{CarriedRows, ConnectionId, EachServed, Event, Reply, ServerError, Slip};

/// The server half of a sync stack. It has full access to the backend: capture strategies read the
/// backend's flags, logs and files.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait ServerHalf {
    /// Serves a device's request at the backend.
    ///
    /// # Errors
    /// The mistake in the request, or the backend's refusal.
    fn serve(&mut self, from: DeviceId, request: &[u8], backend: &mut Backend) -> Result<Reply, ServerError>;
    /// Like `serve`. `slip` has out-of-band data of the request, and gets the response's
    /// out-of-band data.
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
    /// The bytes of an error response.
    fn refuse(&self, error: &ServerError) -> Vec<u8>;
    /// True for an error response. Caches between server and device do not keep these.
    fn is_refusal(&self, answer: &[u8]) -> bool;
    /// Responds without the backend, if possible. `None`: the request must go to the backend.
    fn answer(&mut self, now: Time, from: DeviceId, request: &[u8]) -> Option<Answered> {
        None
    }
    /// Ends the backend call. `has_left` is true if the response of [`serve`](ServerHalf::serve)
    /// left for the device. Otherwise it was discarded, because the backend failed or was too late.
    fn ended(&mut self, backend: &mut Backend, has_left: bool) {}
    /// Calls `f` with each row of a response: its entity, key and stamp, and true if it is removed.
    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>);
    /// The cursor of a device that has seen everything of `entity` up to and including `stamp`.
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String;
    /// Tells the server that a device begins with old rows and with the cursors of `stamp`.
    fn begin_with(&mut self, device: DeviceId, stamp: Stamp, rows: &mut CarriedRows<'_>);
    /// A device asks to keep a connection open. This is its first message.
    ///
    /// # Errors
    /// The reason for a refusal.
    fn on_connect(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        hello: &[u8],
    ) -> Result<(), ServerError> {
        Err(ServerError::BadRequest("no connections are held here".to_owned()))
    }
    /// Handles a message of a connection without the backend; false if it needs the backend.
    fn on_word(&mut self, from: DeviceId, connection: ConnectionId, message: &[u8]) -> bool {
        false
    }
    /// Handles a message of a connection at the backend.
    ///
    /// # Errors
    /// The backend's refusal.
    fn on_message(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        (message, slip): (&[u8], &Slip),
        backend: &mut Backend,
    ) -> Result<(), ServerError> {
        Ok(())
    }
    /// Makes an error message for a device. It replaces all messages that were sent while `message`
    /// was handled.
    fn refuse_message(&self, message: &[u8], error: &ServerError) -> Option<Vec<u8>> {
        Some(self.refuse(error))
    }
    /// The server notices that a connection has ended.
    fn on_close(&mut self, from: DeviceId, connection: ConnectionId) {}
    /// The server's process has ended.
    fn died(&mut self);
    /// The server's next process begins.
    fn restarted(&mut self);
}

/// A response made without the backend.
#[derive(Debug)]
pub struct Answered {
    /// The response's bytes.
    pub answer: Vec<u8>,
    /// The time when the response leaves.
    pub done_at: Time,
    /// The events to report.
    pub events: Vec<Event<'static>>,
}

/// Lets a server half use the backend, for work that arrives at `now` and times out at `deadline`.
/// Calls must come in the order of arrival.
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
