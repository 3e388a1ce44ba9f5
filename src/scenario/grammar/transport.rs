//! Keys of the transport.

use super::super::form::{Form, SPAN, key, table, word};
use crate::net::tcp::{Congestion, Tls};
use crate::net::{HalfOpen, Protocol};

/// No header of HTTP is longer than servers accept.
const HEADER: Form = Form::Size { min: 0, max: 64 << 10 };

pub(super) const TRANSPORT: Form = table(&[
    word::<Protocol>(
        "protocol",
        "One request at a time on each of several connections, all on one connection, or messages that know neither connections nor headers.",
    ),
    key(
        "connections",
        Form::Int { min: 1, max: 64 },
        "6",
        "Connections that a device opens at most with HTTP/1.1.",
    ),
    word::<Tls>("tls", "Encryption: no, two or one round trip for each new connection."),
    key(
        "certificates",
        Form::Size { min: 0, max: 1 << 20 },
        "\"3kB\"",
        "Bytes of the server's first flight: certificates, key and signature.",
    ),
    key("handshake_work", SPAN, "\"3ms\"", "Time that both ends compute for a handshake."),
    key(
        "keep_alive",
        SPAN,
        "\"75s\"",
        "The far end closes a connection after this long without traffic (nginx 75s, Apache 5s); 0s keeps none.",
    ),
    word::<HalfOpen>(
        "half_open",
        "A request on a connection whose IP session is gone: silence until its deadline, or a reset a round trip later.",
    ),
    word::<Congestion>(
        "congestion",
        "Congestion control of both ends. With BBR no queue overflows, which is true of those that hold two round trips and more; through an outage it waits as CUBIC does (measured: a tenth longer).",
    ),
    key(
        "slow_start_after_idle",
        Form::Bool,
        "true",
        "An idle connection starts slowly again, as Linux has it.",
    ),
    key("header_up", HEADER, "\"500B\"", "HTTP headers of a request."),
    key("header_down", HEADER, "\"300B\"", "HTTP headers of an answer."),
]);
