//! A connection that is held: messages both ways.

use std::rc::Rc;

use super::future::LocalBoxFuture;
use super::transport::TransportError;

/// The connection that was asked for, or why there is none.
pub type PendingConnection = LocalBoxFuture<'static, Result<Rc<dyn Connection>, TransportError>>;
/// The next message; nothing once the server has closed the connection.
pub type Received = Result<Option<Vec<u8>>, TransportError>;

/// A connection that is held, as a phone has it: messages both ways, each whole and in order.
///
/// Nothing is sent but messages: an engine that wants to know whether the other side is there asks
/// it, and closes the connection if no answer comes. Without that a phone learns of a connection
/// that was lost on its way only by a message of its own: by a reset, or after a quarter of an hour
/// of silence. What is dropped, or dies with its process, is closed by the operating system.
pub trait Connection {
    /// Hands over a message, which leaves behind those before it. That it was taken says nothing of
    /// its arrival.
    ///
    /// # Errors
    /// Why the connection has ended; [`TransportError::Reset`] if it was closed in order.
    fn send(&self, message: Vec<u8>) -> Result<(), TransportError>;
    /// Waits for the next message, for one caller at a time; what came before the end is given
    /// first.
    ///
    /// # Errors
    /// Why the connection has ended, if neither side has closed it.
    fn receive(&self) -> LocalBoxFuture<'static, Received>;
    /// Closes it behind what was handed over.
    fn close(&self);
    /// How it has ended, if it has as far as the phone knows; well if a side has closed it.
    fn closed(&self) -> Option<Result<(), TransportError>>;
}
