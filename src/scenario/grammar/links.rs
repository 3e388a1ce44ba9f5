//! Keys of links.

use super::super::form::{Form, SOME_SPAN, SPAN, key, optional, required, table};
use super::super::profiles;

pub(super) const LINKS: Form = Form::Named { of: &LINK, library: profiles::links };

/// A standard deviation of a logarithm.
const SIGMA: Form = Form::Decimal { max: 5.0 };
const NO_PACKETS: &str = "only rtt, jitter, down, up, answer_loss and gaps are built so far";

const LINK: Form = table(&[
    key(
        "kind",
        Form::Word { built: &["wifi", "cellular", "other"], later: &[] },
        "\"other\"",
        "What the operating system calls it.",
    ),
    required("rtt", SPAN, "Round trip without load."),
    required("down", Form::Rate, "Rate towards the device."),
    required("up", Form::Rate, "Rate towards the gateway."),
    key("jitter", SPAN, "\"0s\"", "Median of the log-normal extra delay, each way."),
    key("jitter_sigma", SIGMA, "0.8", "Sigma of its logarithm."),
    key("answer_loss", Form::Share, "0", "Share of answers that are lost after the gateway acted."),
    key("gap_mtbf", SPAN, "\"0s\"", "Mean time between gaps; none if 0s."),
    key("gap_mean", SPAN, "\"0s\"", "Mean length of a gap."),
    optional("gaps", GAPS, "Times without the link, in place of `gap_mtbf` and `gap_mean`."),
    key(
        "overhead",
        Form::Size { min: 0, max: 1 << 20 },
        "\"600B\"",
        "Bytes added to each message: headers of HTTP, TLS and TCP.",
    ),
    optional("loss", Form::Later(NO_PACKETS), "Share of packets lost."),
    optional("queue", Form::Later(NO_PACKETS), "Bytes that the bottleneck holds."),
    optional("trace", Form::Later(NO_PACKETS), "Packet-delivery traces to replay."),
]);

const GAPS: Form = table(&[
    required("mtbf", SOME_SPAN, "Mean time from the end of a gap to the next one."),
    required("mean", SOME_SPAN, "Mean length of a gap."),
    key(
        "mode",
        Form::Word { built: &["drop", "hold", "reset"], later: &[] },
        "\"drop\"",
        "What happens to packets meanwhile.",
    ),
]);
