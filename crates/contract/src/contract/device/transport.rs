//! The client transport: from a device to the server.
//!
//! A *slip* is metadata of the bench that travels with a message and is not in its bytes.

use std::rc::Rc;

use super::future::LocalBoxFuture;
use super::slip::Slip;
use crate::base::{Time, digested_by_place, in_words};
use crate::contract::schema::Condition;

/// A cacheable request, identified by its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cacheable {
    /// Path and query; a cache treats requests with the same address as one.
    pub address: String,
    /// The cache must ask the server each time whether its copy is still valid.
    pub validated: bool,
}

/// The response to a request, or why there is none.
pub type Response = Result<Vec<u8>, TransportError>;
/// The future of a [`Response`].
pub type PendingResponse = LocalBoxFuture<'static, Response>;
/// Like [`PendingResponse`], with the slip beside the response.
pub type PendingSlipped = LocalBoxFuture<'static, Result<(Vec<u8>, Slip), TransportError>>;

/// Takes the pieces of a response as they arrive.
pub type Pieces = Box<dyn FnMut(Vec<u8>)>;
/// The end of a response that comes in pieces, or the reason why it broke off.
pub type PendingEnd = LocalBoxFuture<'static, Result<(), TransportError>>;

/// Carries requests and messages of a device to the server.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait Transport {
    /// Sends `request` and waits for the response until `deadline`. If the future is dropped, the
    /// request is given up at once. The server may have acted on it, and does not learn that the
    /// phone gave up.
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse;
    /// Like [`request`](Transport::request), but a cache may respond in place of the server.
    fn request_cacheable(&self, request: Vec<u8>, cacheable: Cacheable, deadline: Time) -> PendingResponse {
        self.request(request, deadline)
    }
    /// Like [`request`](Transport::request), with a slip beside the request. The result has the
    /// slip that the server put beside its response. A transport without slips returns an empty
    /// slip.
    fn request_with(&self, request: Vec<u8>, slip: Slip, deadline: Time) -> PendingSlipped {
        let answer = self.request(request, deadline);
        Box::pin(async move { Ok((answer.await?, Slip::default())) })
    }
    /// Sends `request` and calls `heard` with each piece of its response on arrival. It is used for
    /// a request that the server holds open, and for server-sent events. The first piece must come
    /// by `deadline`. If the future is dropped, the request is given up. The server learns this
    /// when it sends the next piece.
    ///
    /// A transport without streams delivers the whole response as one piece.
    fn request_pieces(&self, request: Vec<u8>, deadline: Time, mut heard: Pieces) -> PendingEnd {
        let answer = self.request(request, deadline);
        Box::pin(async move {
            heard(answer.await?);
            Ok(())
        })
    }
    /// Gets a new token, which all later requests use. An engine calls it after the error
    /// [`Unauthorized`](crate::contract::server::ServerError). It does nothing if tokens never
    /// expire.
    fn renew_token(&self, deadline: Time) -> LocalBoxFuture<'static, Result<(), TransportError>> {
        Box::pin(async { Ok(()) })
    }
    /// Opens a long-lived connection (a WebSocket) for messages in both directions. The first
    /// message is `hello`. Gives up at `deadline`. It costs a separate connection and an upgrade
    /// request.
    ///
    /// A transport without connections refuses.
    fn connect(&self, hello: Vec<u8>, deadline: Time) -> PendingConnection {
        Box::pin(async { Err(TransportError::Refused) })
    }
    /// The kind of the present network.
    fn network(&self) -> NetworkKind;
}

/// The opened connection, or why there is none.
pub type PendingConnection = LocalBoxFuture<'static, Result<Rc<dyn Connection>, TransportError>>;
/// The next message; `None` once the server has closed the connection.
pub type Received = Result<Option<Vec<u8>>, TransportError>;
/// Like [`Received`], with the slip beside the message.
pub type ReceivedWith = Result<Option<(Vec<u8>, Slip)>, TransportError>;

/// The phone's end of a long-lived connection: whole messages in both directions, in order.
///
/// There is no keep-alive. An engine that must know whether the server is there asks it, and closes
/// the connection if no response comes. Otherwise a phone notices a lost connection only when it
/// sends: by a reset, or after 15 minutes without a response. If the engine drops the connection or
/// its process dies, the operating system closes it.
pub trait Connection {
    /// Sends a message after those sent before. `Ok` does not mean that the message arrived.
    ///
    /// # Errors
    /// Why the connection has ended. A normal close is reported as [`TransportError::Reset`], too.
    fn send(&self, message: Vec<u8>) -> Result<(), TransportError>;
    /// Like [`send`](Connection::send), for a protocol whose messages do not name the edits in
    /// them. The slip, which travels beside the message and costs nothing, tells the bench which
    /// edits these are. A connection without slips drops the slip.
    ///
    /// # Errors
    /// As for [`send`](Connection::send).
    fn send_with(&self, message: Vec<u8>, slip: Slip) -> Result<(), TransportError> {
        drop(slip);
        self.send(message)
    }
    /// Waits for the next message; only one caller at a time. Messages that arrived before the end
    /// of the connection are returned first.
    ///
    /// # Errors
    /// Why the connection has ended, if neither side has closed it.
    fn receive(&self) -> LocalBoxFuture<'static, Received>;
    /// Like [`receive`](Connection::receive), with the slip beside the message.
    ///
    /// # Errors
    /// As for [`receive`](Connection::receive).
    fn receive_with(&self) -> LocalBoxFuture<'static, ReceivedWith> {
        let received = self.receive();
        Box::pin(async move { Ok(received.await?.map(|message| (message, Slip::default()))) })
    }
    /// True if a part of a message has arrived and the rest is on its way. A caller that waits for
    /// a response then waits longer. False if the connection does not know.
    fn is_receiving(&self) -> bool {
        false
    }
    /// Closes the connection after the messages sent before.
    fn close(&self);
    /// How the connection ended, as far as the phone knows. `Ok` if one side closed it; `None`
    /// while it is open.
    fn closed(&self) -> Option<Result<(), TransportError>>;
}

/// The page that nginx returns for a request that is larger than it allows. The title of the page
/// contains the status code, as the bench sends such pages without an HTTP head.
pub const TOO_LARGE_PAGE: &[u8] = b"<html>\r\n\
    <head><title>413 Request Entity Too Large</title></head>\r\n\
    <body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n\
    <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// The kind of network that a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NetworkKind {
    /// No network.
    None,
    /// A wireless LAN.
    Wifi,
    /// A cellular network at home.
    Cellular,
    /// Another link that is not metered, such as a satellite dish of a house or a cable.
    Other,
    /// A cellular network abroad.
    Roaming,
}
in_words!(NetworkKind {
    Wifi: "wifi", Cellular: "cellular", Other: "other", Roaming: "roaming"
} but None);

impl NetworkKind {
    /// True if a network of this kind meets the condition.
    pub fn allows(self, condition: Condition) -> bool {
        match condition {
            Condition::Wifi => self == NetworkKind::Wifi,
            Condition::Unmetered => matches!(self, NetworkKind::Wifi | NetworkKind::Other),
            Condition::NotRoaming => !matches!(self, NetworkKind::Roaming | NetworkKind::None),
        }
    }
}

/// Why a request failed. Unless it never left the phone, the server may have acted on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum TransportError {
    /// The device has no network.
    #[error("offline")]
    Offline,
    /// No response came until the deadline.
    #[error("timed out")]
    Timeout,
    /// The connection was reset.
    #[error("connection reset")]
    Reset,
    /// The response is not from the server: for instance, the page of a captive portal. The engine
    /// detects this. The transport detects it only for the response to a connection request.
    #[error("somebody else's answer")]
    Foreign,
    /// The server refuses a new token, and the person must log in again.
    #[error("the login has ended")]
    LoginEnded,
    /// The caller no longer waits, because its sync was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The server refuses the connection, or the transport has no connections.
    #[error("connection refused")]
    Refused,
}
digested_by_place!(TransportError);
