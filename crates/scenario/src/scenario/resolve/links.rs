//! Links, and the transport of requests over them.

use std::sync::Arc;

use super::super::profiles::tunnel;
use super::super::traces::Traces;
use crate::base::{BitRate, Ppm, Span, Word};
use crate::config::diagnostic::Diagnostic;
use crate::config::view::{Mistakes, View, read};
use crate::contract::NetworkKind;
use crate::net::tcp::Handshake;
use crate::net::{
    GapLengths, Gaps, Jitter, JitterTail, Limits, LossWindow, OutageMode, PacketLoss, Profile, Promotion,
    PushMessageOptions, Radio, RadioChanges, Steps, Trace, TransportOptions, Variation,
};

pub(super) fn link(name: &str, view: View<'_>, traces: &Traces, mistakes: &Mistakes) -> Arc<Profile> {
    let kind = view.at("kind").word();
    let radio = radio(view.at("radio"), kind);
    one_network(name, kind, radio, view, mistakes);
    // A queue that is smaller than a full-size packet would lose all of these packets.
    mistakes.in_order(view, ["mtu", "queue"], false);
    contradictions(view, mistakes);
    without_radio(view, kind, mistakes);
    let is_tunnel = tunnel::carrier(name).is_some();
    let trace = |way: &str| {
        let trace = traces.get(view.at("trace").at(way).text())?;
        Some(if is_tunnel { trace.at_most(tunnel::RATE, tunnel::RTT).into() } else { Arc::clone(trace) })
    };
    let variation =
        |v: View<'_>| Variation { sigma_milli: v.at("sigma").milli(), phi_milli: v.at("phi").milli() };
    let traces = ["up", "down"].map(trace);
    let [up, down] = traces.clone();
    Arc::new(read!(view, Profile {
        rtt mtu reconnect response_loss idle_cut
    } with {
        name: name.to_owned(),
        kind,
        radio,
        steps: view.at("steps").present().map(|steps| self::steps(steps, view.at("rtt"), mistakes)),
        jitter: jitter(view, mistakes),
        down: rate(name, view, "down", down, mistakes),
        up: rate(name, view, "up", up, mistakes),
        variation: view.at("variation").present().map(variation),
        traces,
        loss: loss(view.at("loss"), mistakes),
        queue: view.at("queue").bytes().0,
        gaps: view.at("gaps").present().map(|gaps| self::gaps(gaps, mistakes)),
        radio_changes: view.at("radio_changes").present().map(|changes| radio_changes(changes, mistakes)),
        promotion: view.at("promotion").present().map(|view| read!(view, Promotion { after takes })),
        limits: limits(view),
    }))
}

pub(super) fn limits(view: View<'_>) -> Limits {
    let limit = |key: &str| view.at(key).present().map(|limit| limit.bytes().0);
    Limits { request: limit("body_limit"), answer: limit("response_limit") }
}

/// The radio technology. The default is the most common technology of the network kind.
fn radio(view: View<'_>, kind: NetworkKind) -> Radio {
    match (view.present(), kind) {
        (Some(written), _) => written.word(),
        (None, NetworkKind::Cellular | NetworkKind::Roaming) => Radio::Lte,
        (None, NetworkKind::Wifi) => Radio::Wifi,
        (None, NetworkKind::Other | NetworkKind::None) => Radio::None,
    }
}

fn rate(name: &str, view: View<'_>, way: &str, trace: Option<Arc<Trace>>, mistakes: &Mistakes) -> BitRate {
    match (trace, view.at(way).present()) {
        (Some(trace), _) => trace.mean(),
        (None, Some(rate)) => rate.rate(),
        (None, None) => {
            // A trace that cannot be read has already been reported.
            if view.at("trace").at(way).present().is_none() {
                let help =
                    format!("give a rate, such as {way} = \"5Mbit/s\", or trace = {{ {way} = \"FILE\" }}");
                mistakes.at(view, format!("`link.{name}` has neither `{way}` nor `trace.{way}`"), help);
            }
            BitRate(1)
        }
    }
}

/// The first of these values that the file contains, because a default has no place to show.
fn written<'a>(views: &[View<'a>]) -> View<'a> {
    *views.iter().find(|view| view.place().is_some()).unwrap_or(&views[0])
}

fn one_network(name: &str, kind: NetworkKind, radio: Radio, view: View<'_>, mistakes: &Mistakes) {
    let cellular = matches!(radio, Radio::TwoG | Radio::ThreeG | Radio::Lte | Radio::FiveG);
    let fits = match kind {
        NetworkKind::Wifi if cellular => "\"wifi\" or \"none\"",
        NetworkKind::Cellular | NetworkKind::Roaming if radio == Radio::Wifi => {
            "\"2g\", \"3g\", \"lte\", \"5g\" or \"none\""
        }
        _ => return,
    };
    let title =
        format!("`link.{name}` cannot have the kind \"{}\" with the radio \"{}\"", kind.word(), radio.word());
    let help = format!("write {fits} for `radio`, or leave out `radio`: the default follows `kind`");
    let at = written(&[view.at("radio"), view.at("kind"), view]);
    mistakes.given(&[view.at("kind")]).at(at, title, help);
}

/// Reports radio keys on a link without a radio, at the first of these keys that the file contains.
fn without_radio(view: View<'_>, kind: NetworkKind, mistakes: &Mistakes) {
    let (radio, called) = (view.at("radio"), view.at("kind"));
    if self::radio(radio, kind) != Radio::None {
        return;
    }
    for key in ["promotion", "radio_changes"] {
        let Some(figures) = view.at(key).present() else { continue };
        let within = figures.entries().map(|(_, figure)| figure);
        let written = std::iter::once(figures).chain(within).chain([radio, called]);
        let Some(at) = written.into_iter().find(|view| view.place().is_some()) else { continue };
        let help = "set `radio`, or use a link with another name and without this key";
        mistakes.given(&[radio, called, figures]).at(
            at,
            format!("a link without a radio has no `{key}`"),
            help,
        );
    }
}

fn contradictions(view: View<'_>, mistakes: &Mistakes) {
    let variation = view.at("variation");
    let traced = ["down", "up"].iter().all(|way| view.at("trace").at(way).present().is_some());
    if traced && variation.place().is_some() {
        let help = "leave out `variation`: a trace varies as in its recording";
        let title = "both directions replay a trace: `variation` has no effect";
        mistakes.given(&[variation]).at(variation, title, help);
    }
    let answers = view.at("response_loss");
    if answers.share() >= Ppm::ONE {
        let help = "the share must be below 1; for a time without responses write an event `response_loss`";
        mistakes.at(answers, "every response is lost: no sync ever ends", help);
    }
}

/// The check has already reported steps of 0.
fn steps(view: View<'_>, rtt: View<'_>, mistakes: &Mistakes) -> Steps {
    let within = view.at("within");
    let most = Span(rtt.span().0 / 2);
    if within.span() > most {
        let title =
            format!("steps of {} in each direction exceed the round trip of {}", within.span(), rtt.span());
        let help = format!("`within` must be at most half of `rtt`, here {most}");
        mistakes.given(&[within, rtt]).at(written(&[within, rtt]), title, help);
    }
    Steps { every: view.at("every").span().max(Span(1)), within: view.at("within").span() }
}

fn too_late(view: View<'_>, mistakes: &Mistakes) {
    if view.span() > Jitter::LONGEST {
        let title = format!("a jitter of {} is longer than any delay of a message", view.span());
        let help = format!(
            "write at most {}; for longer delays write `gaps`, or an event `outage` with mode = \"hold\"",
            Jitter::LONGEST
        );
        mistakes.at(view, title, help);
    }
}

fn jitter(view: View<'_>, mistakes: &Mistakes) -> Jitter {
    too_late(view.at("jitter"), mistakes);
    let tail = view.at("jitter_tail").present().and_then(|tail| {
        too_late(tail.at("from"), mistakes);
        let alpha = tail.at("alpha");
        if alpha.value().is_some() && alpha.milli() == 0 {
            let help = "write an exponent such as 1.6; a smaller exponent makes a longer tail";
            mistakes.at(alpha, "the exponent of the tail must be greater than 0", help);
        }
        let none = view.at("jitter");
        if none.span() == Span::ZERO && !none.is_changed() {
            let help = "set `jitter` too: the median delay outside the tail";
            mistakes.at(tail, "a tail needs a jitter", help);
        }
        // If an axis or a variant removes the jitter, the jitter's tail is removed too.
        (none.span() > Span::ZERO).then(|| JitterTail {
            share: tail.at("share").share(),
            from: tail.at("from").span(),
            alpha_milli: alpha.milli().max(1),
        })
    });
    Jitter { median: view.at("jitter").span(), sigma_milli: view.at("jitter_sigma").milli(), tail }
}

fn loss(view: View<'_>, mistakes: &Mistakes) -> Option<PacketLoss> {
    if !view.is_table() {
        let p = view.share();
        if p >= Ppm::ONE {
            let help = "the share must be below 1; for a link that is lost for a time write `gaps`, or an event `outage`";
            mistakes.at(view, "every packet is lost: nothing ever arrives", help);
        }
        return (p.0 > 0).then_some(PacketLoss { p, r: Ppm(Ppm::ONE.0 - p.0), window: None });
    }
    let (p, r) = (view.at("p").share(), view.at("r").share());
    if p.0 > 0 && r.0 == 0 && view.at("r").present().is_some() {
        let help = "`r` must be above 0; for a link that carries nothing write an event `outage`";
        mistakes.at(written(&[view.at("r"), view.at("p")]), "a burst of losses never ends: `r` is 0", help);
    }
    let window = match (view.at("every").present(), view.at("for").present()) {
        (Some(every), Some(lasts)) => {
            mistakes.in_order(view, ["for", "every"], false);
            Some(LossWindow { every: every.span().max(Span(1)), lasts: lasts.span() })
        }
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => {
            let help = "write both: in each `every`, packets are lost during its first `for`";
            mistakes.at(one, "`every` and `for` need each other", help);
            None
        }
    };
    (p.0 > 0).then_some(PacketLoss { p, r, window })
}

fn radio_changes(view: View<'_>, mistakes: &Mistakes) -> RadioChanges {
    mistakes.in_order(view, ["takes", "mtbf"], true);
    read!(view, RadioChanges { mtbf takes session_loss })
}

/// Warns if gaps keep the profile's `mode = "hold"`: it delays packets, and users do not see it as
/// offline time.
pub(super) fn kept_gaps(root: View<'_>) -> Vec<Diagnostic> {
    let told = |(name, link): (&str, View<'_>)| {
        let gaps = link.at("gaps");
        let (mtbf, _) = gaps.at("mtbf").place().zip(gaps.at("mean").place())?;
        let holds = gaps.at("mode").place().is_none() && gaps.at("mode").text() == OutageMode::Hold.word();
        let title = format!(
            "`link.{name}.gaps` keeps the profile's `mode = \"hold\"` and its `lengths`: packets \
             wait, and no phone goes offline"
        );
        let help = "write `mode = \"drop\"` to take phones offline in a gap, or `mode = \"hold\"` to confirm that packets wait";
        holds.then(|| Diagnostic::new(Some(mtbf), title).help(help))
    };
    root.at("link").entries().filter_map(told).collect()
}

fn gaps(view: View<'_>, mistakes: &Mistakes) -> Gaps {
    let at = written(&[view.at("mean"), view.at("mtbf"), view.at("lengths")]);
    let (mtbf, mean) = (view.at("mtbf").span(), view.at("mean").span());
    let lengths: GapLengths = view.at("lengths").word();
    mistakes.in_order(view, ["mean", "mtbf"], true);
    if mean < mtbf && mean > Gaps::mean_max(lengths) {
        let help = format!("write a `mean` of at most {}", Gaps::mean_max(lengths));
        let given = mistakes.given(&[view.at("lengths")]);
        given.at(at, "these gaps are too long for a cellular network", help);
    }
    Gaps { mtbf: mtbf.max(Span(1)), mean, mode: view.at("mode").word(), lengths }
}

pub(super) fn transport(view: View<'_>) -> TransportOptions {
    read!(view, TransportOptions {
        protocol connections keep_alive half_open held idle_close
    } with {
        handshake: Handshake {
            tls: view.at("tls").word(),
            certificates: view.at("certificates").bytes().0,
            work: view.at("handshake_work").span(),
            congestion: view.at("congestion").word(),
            restarts: view.at("slow_start_after_idle").flag(),
        },
        header_up: view.at("header_up").bytes().0,
        header_down: view.at("header_down").bytes().0,
    })
}

pub(super) fn push_messages(view: View<'_>) -> PushMessageOptions {
    read!(view, PushMessageOptions { delay lost collapse kept } with {
        delay_sigma_milli: view.at("delay_sigma").milli(),
    })
}
