//! The way from a device to the server.

use std::rc::Rc;

use super::future::LocalBoxFuture;
use super::slip::Slip;
use crate::base::{Time, digested_by_place, in_words};
use crate::contract::schema::Condition;

/// A request that a cache on the way may answer, as it is asked for by an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cacheable {
    /// Path and query: requests of one address are one to a cache.
    pub address: String,
    /// A cache is to ask the server each time whether what it keeps still holds.
    pub validated: bool,
}

/// What comes back for a request, or why nothing does.
pub type Response = Result<Vec<u8>, TransportError>;
pub type PendingResponse = LocalBoxFuture<'static, Response>;
/// The same with what stands beside the answer.
pub type PendingSlipped = LocalBoxFuture<'static, Result<(Vec<u8>, Slip), TransportError>>;

pub trait Transport {
    /// Sends `request`, waits for the answer, gives up at `deadline`. Dropped before, the request
    /// is given up at once: the server may have acted on it, and hears nothing of that.
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse;
    /// The same for a request that a cache on the way may answer in the server's place.
    fn request_cacheable(&self, request: Vec<u8>, cacheable: Cacheable, deadline: Time) -> PendingResponse {
        drop(cacheable);
        self.request(request, deadline)
    }
    /// The same with a slip beside the request; what the server puts beside its answer comes with
    /// that. A transport that knows no slips brings none.
    fn request_with(&self, request: Vec<u8>, slip: Slip, deadline: Time) -> PendingSlipped {
        drop(slip);
        let answer = self.request(request, deadline);
        Box::pin(async move { Ok((answer.await?, Slip::default())) })
    }
    /// Asks the giver of tokens for another one, with which requests go from then on: what an
    /// engine does that was told [`Unauthorized`](crate::contract::server::ServerError). Where
    /// tokens last for ever there is nothing to do.
    fn renew_token(&self, deadline: Time) -> LocalBoxFuture<'static, Result<(), TransportError>> {
        let _ = deadline;
        Box::pin(async { Ok(()) })
    }
    /// Opens a connection that is held, for messages both ways, with these first words; gives up at
    /// `deadline`. It costs a connection of its own and the upgrade of a request (a WebSocket).
    ///
    /// A transport that knows no connections refuses.
    fn connect(&self, hello: Vec<u8>, deadline: Time) -> PendingConnection {
        let _ = (hello, deadline);
        Box::pin(async { Err(TransportError::Refused) })
    }
    fn network(&self) -> NetworkKind;
}

/// The connection that was asked for, or why there is none.
pub type PendingConnection = LocalBoxFuture<'static, Result<Rc<dyn Connection>, TransportError>>;
/// The next message; nothing once the server has closed the connection.
pub type Received = Result<Option<Vec<u8>>, TransportError>;
/// The same with what stands beside the message.
pub type ReceivedWith = Result<Option<(Vec<u8>, Slip)>, TransportError>;

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
    /// The same with a slip beside the message, for a protocol that names no edits. A connection
    /// that knows no slips brings none.
    ///
    /// # Errors
    /// As for [`send`](Connection::send).
    fn send_with(&self, message: Vec<u8>, slip: Slip) -> Result<(), TransportError> {
        drop(slip);
        self.send(message)
    }
    /// Waits for the next message, for one caller at a time; what came before the end is given
    /// first.
    ///
    /// # Errors
    /// Why the connection has ended, if neither side has closed it.
    fn receive(&self) -> LocalBoxFuture<'static, Received>;
    /// The same with what the server put beside the message.
    ///
    /// # Errors
    /// As for [`receive`](Connection::receive).
    fn receive_with(&self) -> LocalBoxFuture<'static, ReceivedWith> {
        let received = self.receive();
        Box::pin(async move { Ok(received.await?.map(|message| (message, Slip::default()))) })
    }
    /// Whether part of a message has come by now, and the rest is on its way: who waits for an
    /// answer goes on with that, for it is long. A connection that cannot tell says no.
    fn is_receiving(&self) -> bool {
        false
    }
    /// Closes it behind what was handed over.
    fn close(&self);
    /// How it has ended, if it has as far as the phone knows; well if a side has closed it.
    fn closed(&self) -> Option<Result<(), TransportError>>;
}

/// What a proxy says to a request that is larger than it lets through: nginx's page, whose title
/// has the status that an HTTP client is told besides.
pub const TOO_LARGE_PAGE: &[u8] = b"<html>\r\n\
    <head><title>413 Request Entity Too Large</title></head>\r\n\
    <body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n\
    <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NetworkKind {
    None,
    Wifi,
    Cellular,
    /// A satellite or another fixed link.
    Other,
    Roaming,
}
in_words!(NetworkKind {
    Wifi: "wifi", Cellular: "cellular", Other: "other", Roaming: "roaming"
} but None);

impl NetworkKind {
    /// Whether what must hold of a network holds of one of this kind.
    pub fn allows(self, condition: Condition) -> bool {
        match condition {
            Condition::Wifi => self == NetworkKind::Wifi,
            Condition::Unmetered => matches!(self, NetworkKind::Wifi | NetworkKind::Other),
            Condition::NotRoaming => !matches!(self, NetworkKind::Roaming | NetworkKind::None),
        }
    }
}

/// Why a request came to nothing. In every case the gateway may have acted on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum TransportError {
    #[error("offline")]
    Offline,
    #[error("timed out")]
    Timeout,
    #[error("connection reset")]
    Reset,
    /// An answer came that is not the server's, such as the page of a captive portal. An engine
    /// finds that, no transport, but for what answers the wish for a connection.
    #[error("somebody else's answer")]
    Foreign,
    #[error("the login has ended")]
    LoginEnded,
    /// Who asked does not wait for it any more: its run was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The server does not take the connection, or nothing carries one.
    #[error("connection refused")]
    Refused,
}
digested_by_place!(TransportError);
