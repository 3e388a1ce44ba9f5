//! Keys of links.

use super::super::form::{Form, PERIOD, SOME_SPAN, SPAN, key, optional, required, table, word};
use super::super::profiles;
use crate::contract::NetworkKind;
use crate::net::{GapLengths, OutageMode, Radio};

pub(super) const LINKS: Form = Form::Named { of: &LINK, library: profiles::links };

/// A standard deviation of a logarithm.
const SIGMA: Form = Form::Decimal { max: 5.0 };

const LINK: Form = table(&[
    key("kind", Form::word::<NetworkKind>(), "\"other\"", "What the operating system calls it."),
    optional(
        "radio",
        Form::word::<Radio>(),
        "What the radio speaks; without it wifi, lte or none by `kind`, which it does not contradict.",
    ),
    required("rtt", SPAN, "Round trip without load."),
    optional("down", Form::Rate, "Mean rate towards the device; needed without `trace.down`."),
    optional("up", Form::Rate, "Mean rate towards the gateway; needed without `trace.up`."),
    key(
        "jitter",
        SPAN,
        "\"0s\"",
        "Median of the log-normal extra delay, each way, at most 2s. A delay that is drawn longer than 2s is 2s: longer ones are `gaps`.",
    ),
    key("jitter_sigma", SIGMA, "0.8", "Sigma of its logarithm."),
    optional("jitter_tail", JITTER_TAIL, "A share of the delays with a long tail."),
    optional("steps", STEPS, "Steps of the round trip, as satellites change."),
    optional("variation", VARIATION, "How the rates vary from second to second."),
    optional("trace", TRACE, "Packet-delivery traces to replay in place of the rates."),
    key("loss", LOSS, "0", "Share of packets lost, or how losses come in bursts."),
    key(
        "queue",
        Form::Size { min: 1_500, max: 1 << 40 },
        "\"256KiB\"",
        "Bytes that the bottleneck holds, at least `mtu`; a packet beyond them is lost.",
    ),
    key("mtu", Form::Int { min: 576, max: 9_000 }, "1500", "Bytes of the largest IP packet."),
    optional("gaps", GAPS, "Times without the link."),
    optional("radio_changes", RADIO_CHANGES, "Changes of radio technology under way."),
    optional(
        "promotion",
        PROMOTION,
        "How the radio falls asleep and wakes up, as packets meet it; its time and energy go by `radio`.",
    ),
    key("reconnect", SPAN, "\"0s\"", "How long a tunnel needs to come back after a change of network."),
    key("response_loss", Form::Share, "0", "Share of answers that are lost after the gateway acted."),
    optional(
        "body_limit",
        LIMIT,
        "The largest request that a proxy on the link lets through. It takes all of a larger one, and says 413 in a page of its own.",
    ),
    optional(
        "answer_limit",
        LIMIT,
        "The largest answer that it lets through. In the place of a larger one comes a page of its own (502), and the gateway has acted.",
    ),
]);

/// The bytes of the largest message that somebody takes.
pub(super) const LIMIT: Form = Form::Size { min: 1_000, max: 1 << 40 };

const JITTER_TAIL: Form = table(&[
    required("share", Form::Share, "The share of delays that are Pareto."),
    required("from", SOME_SPAN, "The least of them, at most 2s."),
    required("alpha", Form::Decimal { max: 100.0 }, "Their exponent."),
]);

const STEPS: Form = table(&[
    required("every", PERIOD, "From one step to the next."),
    required("within", SPAN, "The greatest deviation, one way; at most half of `rtt`."),
]);

const VARIATION: Form = table(&[
    required("sigma", SIGMA, "Standard deviation of the rate's logarithm."),
    key("phi", Form::Decimal { max: 0.95 }, "0.85", "Correlation from one second to the next."),
]);

const TRACE: Form = table(&[
    optional(
        "down",
        Form::Text,
        "A file in mahimahi's format, relative to the scenario: towards the device.",
    ),
    optional("up", Form::Text, "The same towards the gateway."),
]);

const LOSS: Form = Form::Either { plain: &Form::Share, table: &BURSTS };

const BURSTS: Form = table(&[
    required("p", Form::Share, "From no loss to loss, a packet. Loss is p / (p + r)."),
    required("r", Form::Share, "From loss to no loss, a packet. The mean burst is 1 / r packets."),
    optional("every", PERIOD, "Losses come only in the beginning of each such time."),
    optional("for", SOME_SPAN, "How long that beginning lasts."),
]);

const GAPS: Form = table(&[
    required("mtbf", PERIOD, "Mean time from the end of a gap to the next one."),
    required("mean", PERIOD, "Mean length of a gap."),
    word::<OutageMode>(
        "mode",
        "What happens to packets meanwhile. A profile's own stays: those of the library hold them.",
    ),
    word::<GapLengths>(
        "lengths",
        "How the lengths are spread about their mean. A profile's own stay: mostly \"cellular\".",
    ),
]);

const RADIO_CHANGES: Form = table(&[
    required("mtbf", PERIOD, "Mean time from one to the next."),
    key("takes", SPAN, "\"4500ms\"", "How long packets are held back."),
    key("session_loss", Form::Share, "0.333333", "Share of them that lose the IP session."),
]);

const PROMOTION: Form = table(&[
    required("after", SPAN, "The radio sleeps after this long without a packet."),
    required("takes", SPAN, "Median time to wake it."),
]);
