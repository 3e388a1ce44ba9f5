//! Keys of links and of the transport over them.

use super::super::profiles::Library;
use super::engine::is_own_stack;
use crate::base::Bytes;
use crate::config::form::Stated;
use crate::config::form::{
    Form, Needs, PERIOD, SOME_SPAN, SPAN, key, optional, owned, required, table, word,
};
use crate::contract::NetworkKind;
use crate::faults::CONNECTS;
use crate::net::tcp::{Congestion, Tls};
use crate::net::{GapLengths, HalfOpen, OutageMode, Protocol, Radio, TransportOptions};

pub(super) const LINKS: Form = Form::Named { of: &LINK, library: || Library::Links.names() };

const PACKETS: &Needs = &Needs {
    of: PROTOCOL,
    holds: |of| !of[0].says(Protocol::Bare),
    why: "\"bare\" messages know no packets, and this does nothing to them",
    help: CONNECTS,
};

const CONNECTIONS: &Needs = &Needs {
    of: PROTOCOL,
    holds: |of| !of[0].says(Protocol::Bare),
    why: "\"bare\" messages know neither connections nor headers",
    help: CONNECTS,
};

const HELD: &Needs = &Needs {
    of: &["engine.name", "transport.protocol"],
    holds: |of| is_own_stack(of[0]) && !of[1].says(Protocol::Bare),
    why: "the built-in stack holds no connections, and \"bare\" messages know none",
    help: "a stack of your own may hold them, by `Transport::connect`",
};

const PROTOCOL: &[&str] = &["transport.protocol"];

/// A standard deviation of a natural logarithm.
const SIGMA: Form = Form::Decimal { max: 5.0 };

const LINK: Form = table(&[
    key("kind", Form::word::<NetworkKind>(), "\"other\"")
        .about("What the operating system calls it."),
    optional("radio", Form::word::<Radio>())
        .about("What the radio speaks; without it wifi, lte or none by `kind`, which it does not contradict."),
    required("rtt", SPAN).about("Round trip without load."),
    optional("down", Form::Rate)
        .about("Mean rate towards the device; needed without `trace.down`."),
    optional("up", Form::Rate).about("Mean rate towards the gateway; needed without `trace.up`."),
    key("jitter", SPAN, "\"0s\"")
        .about("Median of the log-normal extra delay, each way, at most 2s. A delay that is drawn longer than 2s is 2s: longer ones are `gaps`."),
    key("jitter_sigma", SIGMA, "0.8").about("Sigma of its logarithm."),
    optional("jitter_tail", JITTER_TAIL).about("A share of the delays with a long tail."),
    optional("steps", STEPS).about("Steps of the round trip, as satellites change."),
    optional("variation", VARIATION).about("How the rates vary from second to second."),
    optional("trace", TRACE).about("Packet-delivery traces to replay in place of the rates."),
    key("loss", LOSS, "0").about("Share of packets lost, or how losses come in bursts.")
        .needs(PACKETS),
    key("queue", Form::Size { min: 1_500, max: 1 << 40 }, "\"256KiB\"")
        .about("Bytes that the bottleneck holds, at least `mtu`; a packet beyond them is lost.")
        .needs(PACKETS),
    key("mtu", Form::Int { min: 576, max: 9_000 }, "1500").about("Bytes of the largest IP packet.")
        .needs(PACKETS),
    optional("gaps", GAPS).about("Times without the link."),
    optional("radio_changes", RADIO_CHANGES).about("Changes of radio technology under way."),
    optional("promotion", PROMOTION)
        .about("How the radio falls asleep and wakes up, as packets meet it; its time and energy go by `radio`.")
        .needs(PACKETS),
    key("reconnect", SPAN, "\"0s\"")
        .about("How long a tunnel needs to come back after a change of network."),
    key("response_loss", Form::Share, "0")
        .about("Share of responses that are lost after the gateway acted."),
    optional("body_limit", LIMIT)
        .about("The largest request that a proxy on the link lets through. It takes all of a larger one, and says 413 in a page of its own."),
    optional("response_limit", LIMIT)
        .about("The largest response that it lets through. In the place of a larger one comes a page of its own (502), and the gateway has acted."),
    optional("idle_cut", SOME_SPAN)
        .about("A middlebox on the link forgets a connection after this long without traffic, and tells nobody: what is sent on it then meets `transport.half_open`.")
        .needs(PACKETS),
]);

pub(super) const LIMIT: Form = Form::Size { min: 1_000, max: 1 << 40 };

const JITTER_TAIL: Form = table(&[
    required("share", Form::Share).about("The share of delays that are Pareto."),
    required("from", SOME_SPAN).about("The least of them, at most 2s."),
    required("alpha", Form::Decimal { max: 100.0 }).about("Their exponent."),
]);

const STEPS: Form = table(&[
    required("every", PERIOD).about("From one step to the next."),
    required("within", SPAN).about("The greatest deviation, one way; at most half of `rtt`."),
]);

const VARIATION: Form = table(&[
    required("sigma", SIGMA).about("Standard deviation of the rate's logarithm."),
    key("phi", Form::Decimal { max: 0.95 }, "0.85").about("Correlation from one second to the next."),
]);

const TRACE: Form = table(&[
    optional("down", Form::Text)
        .about("A file in mahimahi's format, relative to the scenario: towards the device."),
    optional("up", Form::Text).about("The same towards the gateway."),
]);

const LOSS: Form = Form::Either { plain: &Form::Share, table: &BURSTS };

const BURSTS: Form = table(&[
    required("p", Form::Share).about("From no loss to loss, a packet. Loss is p / (p + r)."),
    required("r", Form::Share).about("From loss to no loss, a packet. The mean burst is 1 / r packets."),
    optional("every", PERIOD).about("Losses come only in the beginning of each such time."),
    optional("for", SOME_SPAN).about("How long that beginning lasts."),
]);

const GAPS: Form = table(&[
    required("mtbf", PERIOD).about("Mean time from the end of a gap to the next one."),
    required("mean", PERIOD).about("Mean length of a gap."),
    word::<OutageMode>("mode")
        .about("What happens to packets meanwhile. A profile's own stays: those of the library hold them."),
    word::<GapLengths>("lengths")
        .about("How the lengths are spread about their mean. A profile's own stay: mostly \"cellular\"."),
]);

const RADIO_CHANGES: Form = table(&[
    required("mtbf", PERIOD).about("Mean time from one to the next."),
    key("takes", SPAN, "\"4500ms\"").about("How long packets are held back."),
    key("session_loss", Form::Share, "0.333333").about("Share of them that lose the IP session."),
]);

const PROMOTION: Form = table(&[
    required("after", SPAN).about("The radio sleeps after this long without a packet."),
    required("takes", SPAN).about("Median time to wake it."),
]);

/// Servers do not accept longer HTTP headers.
const HEADER: Form = Form::Size { min: 0, max: 64 << 10 };

fn transport() -> TransportOptions {
    TransportOptions::default()
}

pub(super) const TRANSPORT: Form = table(&[
    word::<Protocol>("protocol")
        .about("One request at a time on each of several connections, all on one connection, or messages that know neither connections nor headers."),
    owned("connections", Form::Int { min: 1, max: 64 }, || transport().connections.stated())
    .about("Connections that a device opens at most with HTTP/1.1.")
        .needs(&Needs {
            of: &[".protocol", "."],
            holds: |of| of[0].says(Protocol::Http1) || of[1].int() == 1,
            why: "only HTTP/1.1 has several connections",
            help: "protocol = \"http/1.1\" opens so many; \"http/2\" has one, and \"bare\" knows none",
        }),
    word::<Tls>("tls").about("Encryption: no, two or one round trip for each new connection.")
        .needs(CONNECTIONS),
    owned(
        "certificates",
        Form::Size { min: 0, max: 1 << 20 },
        || Bytes(transport().handshake.certificates).stated(),
    )
    .about("Bytes of the server's first flight: certificates, key and signature.")
        .needs(CONNECTIONS),
    owned("handshake_work", SPAN, || transport().handshake.work.stated())
        .about("Time that both ends compute for a handshake.")
        .needs(CONNECTIONS),
    owned("keep_alive", SPAN, || transport().keep_alive.stated())
        .about("The far end closes a connection after this long without traffic (nginx 75s, Apache 5s); 0s keeps none.")
        .needs(CONNECTIONS),
    word::<HalfOpen>("half_open")
        .about("A request on a connection whose IP session is gone: silence until its deadline, or a reset a round trip later.")
        .needs(CONNECTIONS),
    optional("held", Form::Int { min: 1, max: 10_000_000 })
        .about("Connections with messages both ways (`Transport::connect`) that the server side holds at most, of all devices; it refuses further ones.")
        .needs(HELD),
    optional("idle_close", SOME_SPAN)
        .about("A proxy before the server closes such a connection after this long without a message, and tells both ends (nginx 60s).")
        .needs(HELD),
    word::<Congestion>("congestion")
        .about("Congestion control of both ends. With BBR a queue of a round trip or more overflows only in a message that an outage meets, which is true of those that hold two.")
        .needs(CONNECTIONS),
    owned("slow_start_after_idle", Form::Bool, || transport().handshake.restarts.stated())
    .about("An idle connection starts slowly again, as Linux has it.")
        .needs(CONNECTIONS),
    owned("header_up", HEADER, || Bytes(transport().header_up).stated())
        .about("HTTP head of a request. What a stack writes of it itself is a part of it.")
        .needs(CONNECTIONS),
    owned("header_down", HEADER, || Bytes(transport().header_down).stated())
        .about("HTTP head of a response, in the same way.")
        .needs(CONNECTIONS),
]);
