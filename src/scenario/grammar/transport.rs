//! Keys of the transport.

use super::super::form::{Form, SPAN, owned, table, word};
use super::super::stated::Stated;
use crate::base::Bytes;
use crate::net::tcp::{Congestion, Tls};
use crate::net::{HalfOpen, Protocol, TransportOptions};

/// No header of HTTP is longer than servers accept.
const HEADER: Form = Form::Size { min: 0, max: 64 << 10 };

fn transport() -> TransportOptions {
    TransportOptions::default()
}

pub(super) const TRANSPORT: Form = table(&[
    word::<Protocol>("protocol")
        .about("One request at a time on each of several connections, all on one connection, or messages that know neither connections nor headers."),
    owned("connections", Form::Int { min: 1, max: 64 }, || transport().connections.stated())
    .about("Connections that a device opens at most with HTTP/1.1."),
    word::<Tls>("tls").about("Encryption: no, two or one round trip for each new connection."),
    owned(
        "certificates",
        Form::Size { min: 0, max: 1 << 20 },
        || Bytes(transport().handshake.certificates).stated(),
    )
    .about("Bytes of the server's first flight: certificates, key and signature."),
    owned("handshake_work", SPAN, || transport().handshake.work.stated())
        .about("Time that both ends compute for a handshake."),
    owned("keep_alive", SPAN, || transport().keep_alive.stated())
        .about("The far end closes a connection after this long without traffic (nginx 75s, Apache 5s); 0s keeps none."),
    word::<HalfOpen>("half_open")
        .about("A request on a connection whose IP session is gone: silence until its deadline, or a reset a round trip later."),
    word::<Congestion>("congestion")
        .about("Congestion control of both ends. With BBR a queue of a round trip or more overflows only in a message that an outage meets, which is true of those that hold two."),
    owned("slow_start_after_idle", Form::Bool, || transport().handshake.restarts.stated())
    .about("An idle connection starts slowly again, as Linux has it."),
    owned("header_up", HEADER, || Bytes(transport().header_up).stated())
        .about("HTTP headers of a request."),
    owned("header_down", HEADER, || Bytes(transport().header_down).stated())
        .about("HTTP headers of a response."),
]);
