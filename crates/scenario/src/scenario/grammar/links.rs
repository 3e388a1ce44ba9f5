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
    why: "nothing holds connections or requests open, and \"bare\" messages have no connections",
    help: "remove the key, or set live = \"websocket\" in [engine.pull]; a stack of your own may hold connections by `Transport::connect`",
};

/// The standard deviation of a natural logarithm.
const SIGMA: Form = Form::Decimal { max: 5.0 };

const LINK: Form = table(&[
    key("kind", Form::word::<NetworkKind>(), "\"other\"")
        .about("The network kind that the operating system reports."),
    optional("radio", Form::word::<Radio>())
        .about("The technology of the radio, which must fit `kind`. Without this key, wifi, lte or none by `kind`."),
    required("rtt", SPAN).about("Round-trip time without load."),
    optional("down", Form::Rate)
        .about("Mean rate towards the device. Required without `trace.down`."),
    optional("up", Form::Rate).about("Mean rate towards the gateway. Required without `trace.up`."),
    key("jitter", SPAN, "\"0s\"")
        .about("Median of the extra delay per packet, in each direction, at most 2s. The delays are log-normal, and are cut to 2s; `gaps` makes longer ones."),
    key("jitter_sigma", SIGMA, "0.8").about("Standard deviation of the logarithm of the extra delay."),
    optional("jitter_tail", JITTER_TAIL).about("Gives a share of the extra delays a long tail."),
    optional("steps", STEPS).about("Sudden changes of the round-trip time, as when satellites change."),
    optional("variation", VARIATION).about("How the rates vary from second to second."),
    optional("trace", TRACE).about("Recorded packet deliveries to replay instead of the rates."),
    key("loss", LOSS, "0").about("Share of packets that are lost, or the parameters of loss in bursts.")
        .needs(PACKETS),
    key("queue", Form::Size { min: 1_500, max: 1 << 40 }, "\"256KiB\"")
        .about("Bytes that the queue of the bottleneck holds, at least `mtu`. A packet that does not fit is lost.")
        .needs(PACKETS),
    key("mtu", Form::Int { min: 576, max: 9_000 }, "1500").about("Bytes of the largest IP packet.")
        .needs(PACKETS),
    optional("gaps", GAPS).about("Periods in which the link carries nothing."),
    optional("radio_changes", RADIO_CHANGES).about("Handovers: changes of the radio technology during use."),
    optional("promotion", PROMOTION)
        .about("When the radio falls asleep, and how long it takes to wake up. `radio` sets its energy.")
        .needs(PACKETS),
    key("reconnect", SPAN, "\"0s\"")
        .about("How long a tunnel needs to come back after a change of the network."),
    key("response_loss", Form::Share, "0")
        .about("Share of responses that are lost after the gateway executed the request."),
    optional("body_limit", LIMIT)
        .about("The largest request that a proxy on the link lets through. The proxy receives a larger request completely, and responds with 413 and a page of its own. Without this key there is no limit."),
    optional("response_limit", LIMIT)
        .about("The largest response that a proxy on the link lets through. Instead of a larger response it sends a page of its own (502), although the gateway has executed the request. Without this key there is no limit."),
    optional("idle_cut", SOME_SPAN)
        .about("A middlebox on the link silently forgets a connection after this long without traffic. `transport.half_open` says what happens to later packets on it. Without this key, never.")
        .needs(PACKETS),
]);

pub(super) const LIMIT: Form = Form::Size { min: 1_000, max: 1 << 40 };

const JITTER_TAIL: Form = table(&[
    required("share", Form::Share).about("Share of delays that follow a Pareto distribution."),
    required("from", SOME_SPAN).about("The shortest of these delays, at most 2s."),
    required("alpha", Form::Decimal { max: 100.0 }).about("Exponent of the Pareto distribution."),
]);

const STEPS: Form = table(&[
    required("every", PERIOD).about("Time from one step to the next."),
    required("within", SPAN)
        .about("Greatest deviation from the mean in one direction, at most half of `rtt`."),
]);

const VARIATION: Form = table(&[
    required("sigma", SIGMA).about("Standard deviation of the logarithm of the rate."),
    key("phi", Form::Decimal { max: 0.95 }, "0.85")
        .about("Correlation of the rate from one second to the next."),
]);

const TRACE: Form = table(&[
    optional("down", Form::Text)
        .about("A file in mahimahi's format, relative to the scenario, for the rate towards the device."),
    optional("up", Form::Text)
        .about("A file in mahimahi's format, relative to the scenario, for the rate towards the gateway."),
]);

const LOSS: Form = Form::Either { plain: &Form::Share, table: &BURSTS };

const BURSTS: Form = table(&[
    required("p", Form::Share)
        .about("Chance per packet that a burst of losses begins. The mean loss is p / (p + r)."),
    required("r", Form::Share)
        .about("Chance per packet that a burst of losses ends. The mean burst is 1 / r packets."),
    optional("every", PERIOD).about("Length of a period. Packets are lost only at its beginning (`for`)."),
    optional("for", SOME_SPAN).about("How long packets are lost at the beginning of each period (`every`)."),
]);

const GAPS: Form = table(&[
    required("mtbf", PERIOD).about("Mean time from the end of a gap to the next one."),
    required("mean", PERIOD).about("Mean length of a gap."),
    word::<OutageMode>("mode")
        .about("What happens to packets during a gap: they are lost, held until its end, or break the connection. A link of the library keeps its own value, \"hold\"."),
    word::<GapLengths>("lengths")
        .about("How the lengths of gaps are distributed around their mean. A link of the library keeps its own value, mostly \"cellular\"."),
]);

const RADIO_CHANGES: Form = table(&[
    required("mtbf", PERIOD).about("Mean time from one handover to the next."),
    key("takes", SPAN, "\"4500ms\"").about("How long a handover holds packets back."),
    key("session_loss", Form::Share, "0.333333").about(
        "Share of the handovers that lose the IP session: connections then meet `transport.half_open`.",
    ),
]);

const PROMOTION: Form = table(&[
    required("after", SPAN).about("The radio sleeps after this long without a packet."),
    required("takes", SPAN).about("Median time that the radio takes to wake up."),
]);

/// The size of HTTP headers. Servers do not accept longer ones.
const HEADER: Form = Form::Size { min: 0, max: 64 << 10 };
const FLIGHT: Form = Form::Size { min: 0, max: 1 << 20 };

pub(super) const TRANSPORT: Form = table(&[
    word::<Protocol>("protocol")
        .about("How requests travel: one at a time on each of several connections, all on one connection, or (\"bare\") as messages without connections and headers."),
    owned("connections", Form::Int { min: 1, max: 64 }, || Transport::default().connections.stated())
    .about("Most connections that a device opens at the same time, with HTTP/1.1.")
        .needs(&Needs {
            of: &[".protocol", "."],
            holds: |of| of[0].says(Protocol::Http1) || of[1].int() == 1,
            why: "only HTTP/1.1 opens several connections",
            help: "remove the key, or set protocol = \"http/1.1\"; \"http/2\" has one connection, and \"bare\" has none",
        }),
    word::<Tls>("tls").about("Version of TLS. A new connection costs two further round trips with 1.2, one with 1.3, and none without TLS.")
        .needs(CONNECTIONS),
    owned("certificates", FLIGHT, || Bytes(Transport::default().handshake.certificates).stated())
        .about("Bytes of the server's first flight of TLS: certificates, key and signature.")
        .needs(CONNECTIONS),
    owned("handshake_work", SPAN, || Transport::default().handshake.work.stated())
        .about("Processor time of both ends together for a TLS handshake.")
        .needs(CONNECTIONS),
    owned("keep_alive", SPAN, || Transport::default().keep_alive.stated())
        .about("The server closes a connection after this long without traffic (nginx 75s, Apache 5s). With 0s it closes each connection after its response.")
        .needs(CONNECTIONS),
    word::<HalfOpen>("half_open")
        .about("What happens to a request on a connection whose IP session is lost: no response until its deadline (\"silent\"), or a reset after one round trip.")
        .needs(CONNECTIONS),
    optional("held", Form::Int { min: 1, max: 10_000_000 })
        .about("Most two-way connections (`Transport::connect`) and held requests of all devices together. The server refuses further ones. Without this key there is no limit.")
        .needs(HELD),
    optional("idle_close", SOME_SPAN)
        .about("A proxy in front of the server closes a two-way connection after this long without a message, and notifies both ends (nginx 60s). Without this key, never.")
        .needs(HELD),
    word::<Congestion>("congestion")
        .about("Congestion control of both ends. With \"bbr\", a queue of at least one round trip overflows only after an outage. The model is right for queues of two round trips or more.")
        .needs(CONNECTIONS),
    owned("slow_start_after_idle", Form::Bool, || Transport::default().handshake.restarts.stated())
    .about("Whether an idle connection goes back to slow start, as Linux does.")
        .needs(CONNECTIONS),
    owned("header_up", HEADER, || Bytes(Transport::default().header_up).stated())
        .about("Size of the HTTP head of a request, with the headers that a stack writes itself.")
        .needs(CONNECTIONS),
    owned("header_down", HEADER, || Bytes(Transport::default().header_down).stated())
        .about("Size of the HTTP head of a response, with the headers that a stack writes itself.")
        .needs(CONNECTIONS),
]);
