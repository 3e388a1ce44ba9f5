//! Keys of links and of the transport over them.

use super::super::profiles::Library;
use super::engine::{is_live, is_own_stack};
use crate::base::Bytes;
use crate::config::form::{
    Form, Needs, PERIOD, SOME_SPAN, SPAN, Stated, key, optional, owned, required, table, word,
};
use crate::contract::NetworkKind;
use crate::engine::Medium;
use crate::faults::CONNECTS;
use crate::net::tcp::{Congestion, Tls};
use crate::net::{GapLengths, HalfOpen, OutageMode, Protocol, Radio, TransportOptions as Transport};

pub(super) const LINKS: Form = Form::Named { of: &LINK, library: || Library::Links.names() };

const fn not_bare(why: &'static str) -> Needs {
    Needs { of: &["transport.protocol"], holds: |of| !of[0].says(Protocol::Bare), why, help: CONNECTS }
}

const PACKETS: &Needs = &not_bare("\"bare\" messages have no packets");
const CONNECTIONS: &Needs = &not_bare("\"bare\" messages have neither connections nor headers");

const HELD: &Needs = &Needs {
    of: &["engine.name", "transport.protocol", "engine.pull.live"],
    holds: |of| (is_own_stack(of[0]) || is_live(of[2], Medium::is_held)) && !of[1].says(Protocol::Bare),
    why: "no connection or request stays open, and \"bare\" messages have no connections",
    help: "write live = \"websocket\" in [engine.pull]; a stack of your own may use `Transport::connect`",
};

/// A standard deviation of a natural logarithm.
const SIGMA: Form = Form::Decimal { max: 5.0 };

const LINK: Form = table(&[
    key("kind", Form::word::<NetworkKind>(), "\"other\"")
        .about("The network kind that the operating system reports."),
    optional("radio", Form::word::<Radio>())
        .about("The radio's technology; if it is missing, wifi, lte or none by `kind`. It must fit `kind`."),
    required("rtt", SPAN).about("Round trip without load."),
    optional("down", Form::Rate)
        .about("Mean rate towards the device; needed without `trace.down`."),
    optional("up", Form::Rate).about("Mean rate towards the gateway; needed without `trace.up`."),
    key("jitter", SPAN, "\"0s\"")
        .about("Median of the log-normal extra delay, in each direction, at most 2s. Longer draws are cut to 2s: longer delays are `gaps`."),
    key("jitter_sigma", SIGMA, "0.8").about("Sigma of its logarithm."),
    optional("jitter_tail", JITTER_TAIL).about("A share of the delays that has a long tail."),
    optional("steps", STEPS).about("Steps of the round trip, as when satellites change."),
    optional("variation", VARIATION).about("How the rates vary from second to second."),
    optional("trace", TRACE).about("Packet-delivery traces to replay instead of the rates."),
    key("loss", LOSS, "0").about("Share of packets lost, or parameters of bursty loss.")
        .needs(PACKETS),
    key("queue", Form::Size { min: 1_500, max: 1 << 40 }, "\"256KiB\"")
        .about("Bytes that the bottleneck's queue holds, at least `mtu`; a packet beyond them is lost.")
        .needs(PACKETS),
    key("mtu", Form::Int { min: 576, max: 9_000 }, "1500").about("Bytes of the largest IP packet.")
        .needs(PACKETS),
    optional("gaps", GAPS).about("Periods without the link."),
    optional("radio_changes", RADIO_CHANGES).about("Handovers: changes of radio technology during use."),
    optional("promotion", PROMOTION)
        .about("How the radio falls asleep and how packets wake it; its time and energy go by `radio`.")
        .needs(PACKETS),
    key("reconnect", SPAN, "\"0s\"")
        .about("How long a tunnel needs to come back after a change of network."),
    key("response_loss", Form::Share, "0")
        .about("Share of responses that are lost after the gateway executed the request."),
    optional("body_limit", LIMIT)
        .about("The largest request that a proxy on the link lets through. It receives a larger one completely, and responds with 413 and a page of its own."),
    optional("response_limit", LIMIT)
        .about("The largest response that it lets through. Instead of a larger one it sends a page of its own (502); the gateway has executed the request."),
    optional("idle_cut", SOME_SPAN)
        .about("A middlebox on the link silently forgets a connection after this long without traffic; later packets on it meet `transport.half_open`.")
        .needs(PACKETS),
]);

pub(super) const LIMIT: Form = Form::Size { min: 1_000, max: 1 << 40 };

const JITTER_TAIL: Form = table(&[
    required("share", Form::Share).about("Share of delays that follow a Pareto distribution."),
    required("from", SOME_SPAN).about("The shortest of them, at most 2s."),
    required("alpha", Form::Decimal { max: 100.0 }).about("Exponent of the Pareto distribution."),
]);

const STEPS: Form = table(&[
    required("every", PERIOD).about("From one step to the next."),
    required("within", SPAN).about("The greatest deviation in one direction; at most half of `rtt`."),
]);

const VARIATION: Form = table(&[
    required("sigma", SIGMA).about("Standard deviation of the rate's logarithm."),
    key("phi", Form::Decimal { max: 0.95 }, "0.85").about("Correlation from one second to the next."),
]);

const TRACE: Form = table(&[
    optional("down", Form::Text)
        .about("A file in mahimahi's format, relative to the scenario, for the rate towards the device."),
    optional("up", Form::Text).about("The same for the rate towards the gateway."),
]);

const LOSS: Form = Form::Either { plain: &Form::Share, table: &BURSTS };

const BURSTS: Form = table(&[
    required("p", Form::Share).about("Chance per packet of going from no loss to loss. Loss is p / (p + r)."),
    required("r", Form::Share)
        .about("Chance per packet of going from loss to no loss. The mean burst is 1 / r packets."),
    optional("every", PERIOD).about("Losses come only at the beginning of each period of this length."),
    optional("for", SOME_SPAN).about("Length of that beginning."),
]);

const GAPS: Form = table(&[
    required("mtbf", PERIOD).about("Mean time from the end of a gap to the next one."),
    required("mean", PERIOD).about("Mean length of a gap."),
    word::<OutageMode>("mode")
        .about("What happens to packets during a gap. A profile's own value stays: those of the library hold them."),
    word::<GapLengths>("lengths")
        .about("How the lengths are distributed around their mean. A profile's own value stays: mostly \"cellular\"."),
]);

const RADIO_CHANGES: Form = table(&[
    required("mtbf", PERIOD).about("Mean time from one handover to the next."),
    key("takes", SPAN, "\"4500ms\"").about("How long packets are held back."),
    key("session_loss", Form::Share, "0.333333").about("Share of handovers that lose the IP session."),
]);

const PROMOTION: Form = table(&[
    required("after", SPAN).about("The radio sleeps after this long without a packet."),
    required("takes", SPAN).about("Median time to wake it up."),
]);

/// Servers do not accept longer HTTP headers.
const HEADER: Form = Form::Size { min: 0, max: 64 << 10 };
const FLIGHT: Form = Form::Size { min: 0, max: 1 << 20 };

pub(super) const TRANSPORT: Form = table(&[
    word::<Protocol>("protocol")
        .about("One request at a time on each of several connections, all requests on one connection, or messages that have neither connections nor headers."),
    owned("connections", Form::Int { min: 1, max: 64 }, || Transport::default().connections.stated())
    .about("Most connections that a device opens with HTTP/1.1.")
        .needs(&Needs {
            of: &[".protocol", "."],
            holds: |of| of[0].says(Protocol::Http1) || of[1].int() == 1,
            why: "only HTTP/1.1 has several connections",
            help: "write protocol = \"http/1.1\"; \"http/2\" opens one connection, and \"bare\" opens none",
        }),
    word::<Tls>("tls").about("Encryption: no, two or one round trip for each new connection.")
        .needs(CONNECTIONS),
    owned("certificates", FLIGHT, || Bytes(Transport::default().handshake.certificates).stated())
        .about("Bytes of the server's first flight: certificates, key and signature.")
        .needs(CONNECTIONS),
    owned("handshake_work", SPAN, || Transport::default().handshake.work.stated())
        .about("Computing time of both ends for a handshake.")
        .needs(CONNECTIONS),
    owned("keep_alive", SPAN, || Transport::default().keep_alive.stated())
        .about("The server closes a connection after this long without traffic (nginx 75s, Apache 5s); with 0s it keeps none.")
        .needs(CONNECTIONS),
    word::<HalfOpen>("half_open")
        .about("What a request meets on a connection whose IP session is lost: no response until its deadline, or a reset after one round trip.")
        .needs(CONNECTIONS),
    optional("held", Form::Int { min: 1, max: 10_000_000 })
        .about("Most two-way connections (`Transport::connect`) and held requests that the server side holds, of all devices together; it refuses further ones.")
        .needs(HELD),
    optional("idle_close", SOME_SPAN)
        .about("A proxy before the server closes a two-way connection after this long without a message, and notifies both ends (nginx 60s).")
        .needs(HELD),
    word::<Congestion>("congestion")
        .about("Congestion control of both ends. With BBR the model lets a queue of a round trip or more overflow only if a message meets an outage; that is true of queues that hold two.")
        .needs(CONNECTIONS),
    owned("slow_start_after_idle", Form::Bool, || Transport::default().handshake.restarts.stated())
    .about("Whether an idle connection goes back to slow start, as Linux does.")
        .needs(CONNECTIONS),
    owned("header_up", HEADER, || Bytes(Transport::default().header_up).stated())
        .about("Size of the HTTP head of a request. Headers that a stack writes itself are part of it.")
        .needs(CONNECTIONS),
    owned("header_down", HEADER, || Bytes(Transport::default().header_down).stated())
        .about("Size of the HTTP head of a response, with the same rule.")
        .needs(CONNECTIONS),
]);
