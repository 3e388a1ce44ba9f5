//! Options of requests: protocol, connections, headers.

use super::tcp::{Congestion, Handshake, Tls};
use crate::base::{Span, in_words};
use crate::contract::http::head_length;

/// The protocol of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// HTTP/1.1: one request at a time on each connection, several connections.
    #[default]
    Http1,
    /// HTTP/2: all requests on one connection. Frames of one direction take turns.
    Http2,
    /// Messages without connections and headers. A request takes a round trip and the time of its
    /// bytes. The closed forms (formulas that predict a sync) describe this protocol.
    Bare,
}
in_words!(Protocol { Http1: "http/1.1", Http2: "http/2", Bare: "bare" });

/// The effect on a request if the IP session of its connection is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HalfOpen {
    /// No response comes until the deadline: a middlebox has forgotten the connection.
    #[default]
    Silent,
    /// The other end sends a reset, which arrives a round trip later.
    Reset,
}
in_words!(HalfOpen { Silent: "silent", Reset: "reset" });

/// The transport of every device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportOptions {
    /// The protocol of requests.
    pub protocol: Protocol,
    /// Maximum number of connections per device. HTTP/2 always has one.
    pub connections: u32,
    /// How connections are opened.
    pub handshake: Handshake,
    /// The server closes a connection that was idle this long; zero: after each request.
    pub keep_alive: Span,
    /// The effect on a request if the IP session of its connection is gone.
    pub half_open: HalfOpen,
    /// A proxy closes a held connection after this long without a message; `None`: never.
    pub idle_close: Option<Span>,
    /// Maximum number of held connections of all devices at the server; `None`: no limit.
    pub held: Option<u32>,
    /// Bytes of a request's HTTP head. They include the part that the sync engine writes itself.
    pub header_up: u64,
    /// Bytes of a response's HTTP head. They include the part that the server half writes itself.
    pub header_down: u64,
}

impl TransportOptions {
    /// Messages without connections and headers.
    pub fn bare() -> TransportOptions {
        TransportOptions { protocol: Protocol::Bare, ..TransportOptions::default() }
    }
}

/// Bytes of a message with an HTTP head of `head` bytes. A message that already contains a part of
/// the head gets only the missing bytes.
pub(super) fn with_head(message: &[u8], head: u64) -> u64 {
    message.len() as u64 + head.saturating_sub(head_length(message) as u64)
}

impl Default for TransportOptions {
    /// 6 connections, 75 s keep-alive (nginx), 2 certificates, a bearer token in the request head.
    fn default() -> TransportOptions {
        TransportOptions {
            protocol: Protocol::default(),
            connections: 6,
            handshake: Handshake {
                tls: Tls::default(),
                certificates: 3_000,
                work: Span::millis(3),
                congestion: Congestion::default(),
                restarts: true,
            },
            keep_alive: Span::secs(75),
            half_open: HalfOpen::default(),
            idle_close: None,
            held: None,
            header_up: 500,
            header_down: 300,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_a_stack_wrote_is_not_sent_twice() {
        let own = b"POST /push HTTP/1.1\r\ncontent-length: 4\r\n\r\nbody";
        assert_eq!(own.len(), 46);
        assert_eq!((with_head(own, 500), with_head(own, 42), with_head(own, 0)), (504, 46, 46));
        assert_eq!((with_head(b"body", 500), with_head(b"body", 0)), (504, 4), "no head of its own");
    }
}
