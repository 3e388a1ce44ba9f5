//! What limits a series on either side of its best, in words.

use crate::analysis::sweep::{Cause, FAILURES, Finding, Grown, Objective, Part, Point, Side, are_words};
use crate::analysis::tune::field::EVERYTHING;
use crate::base::Span;
use crate::metrics::human;
use crate::render::trouble;

/// What is said of settings below and above the best, and of what is excluded; of words, of each.
pub fn limits(axis: &str, causes: &[Cause], points: &[Point<'_>], finding: &Finding) -> Vec<String> {
    let mut told: Vec<String> = causes.iter().map(|cause| suffers(points, finding, cause)).collect();
    told.extend(excluded(points));
    let of = Side::of(axis);
    told.extend((axis == of.chunk_rows).then(|| cap(of, points)).flatten());
    told
}

fn suffers(points: &[Point<'_>], finding: &Finding, cause: &Cause) -> String {
    let Cause { at, cost, longer, grown } = cause;
    let [x, y] = [*at, finding.best].map(|i| value(&points[i]));
    let of = |grown: &Grown| {
        let (what, goes) = words(grown.part);
        let [share, at_best] = [grown.share, grown.at_best].map(percent);
        // A part that takes no greater share has grown with the whole.
        let whole = match grown.share <= grown.at_best || share == at_best {
            true => format!(", of a time {:.2} times as long", 1.0 / longer),
            false => String::new(),
        };
        format!("{what}: at {x}, {share} of the time{goes} ({at_best} at {y}{whole})")
    };
    let told = match grown.as_slice() {
        [] => format!("nothing that was measured explains the cost: at {x}, {cost:.2} times that of {y}"),
        grown => grown.iter().map(of).collect::<Vec<_>>().join("; and "),
    };
    match () {
        () if are_words(points) => told,
        () if at < &finding.best => format!("below {}, {told}", value(&points[finding.flat.0])),
        () => format!("above {}, {told}", value(&points[finding.flat.1])),
    }
}

fn words(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::RoundTrips => ("round trips", " is waiting for responses to begin"),
        Part::Answers => ("responses", " is waiting for useful ones, until all their rows are there"),
        Part::Queue => ("the backend's queue", " is waiting for one of its workers"),
        Part::Writing => ("writing on the device", ""),
        Part::Rest => ("the app's hooks or kills", " is neither of a request nor of writing"),
        Part::Failures(metric) => {
            let of = FAILURES.into_iter().zip(FAILED).find(|(of, _)| *of == metric);
            (of.map_or("requests fail", |(_, told)| told), " is lost, with waits before retries")
        }
    }
}

/// What requests come to nothing by, in the order of [`FAILURES`].
const FAILED: [&str; FAILURES.len()] = [
    "outages restart chunks",
    "requests run into their deadline",
    "the server refuses what is beyond its quota",
    "the server is down or its queue is full",
    "the gateway gives up waiting for the server",
    "requests break in the server",
    "the backend puts changes off",
];

fn excluded(points: &[Point<'_>]) -> Vec<String> {
    let told = |run: &[Point<'_>]| {
        let (low, why) = (value(&run[0]), trouble(run[0].trouble.as_ref()?));
        Some(match run {
            [_] => format!("{low} is excluded: {why}"),
            [.., last] => format!("{low} to {} are excluded: at {low}, {why}", value(last)),
            [] => return None,
        })
    };
    points.chunk_by(|a, b| a.trouble.is_some() == b.trouble.is_some()).filter_map(told).collect()
}

/// Where asking for more brings no more.
fn cap(of: Side, points: &[Point<'_>]) -> Option<String> {
    let got = |point: &Point<'_>| point.max(of.chunk_rows);
    let is_capped = |p: &&Point<'_>| p.number().is_some_and(|n| got(p) > 0.0 && got(p) < n);
    let capped = points.iter().filter(|p| p.trouble.is_none()).find(is_capped)?;
    let (holder, caps) = match of == Side::of("engine.push.chunk_rows") {
        true => ("push", "chunk_bytes, or all there is"),
        false => ("answer", "the page cap, chunk_bytes, or all there is"),
    };
    let rows = human::count(got(capped) as u64, "row");
    Some(format!("from {} on no {holder} holds more than {rows}: {caps}", value(capped)))
}

/// Of a rate, which time it is over, as a line.
pub fn of_which_time(objective: &Objective) -> &'static str {
    if !objective.is_sync_rate() {
        return "";
    }
    "  over the time in which syncs run: waits and tries count, time offline between them does not\n"
}

pub(super) const TOO_FEW: &str = "too few seeds to tell the noise (try --seeds 1..=8)";

/// Between which settings the optimum lies; open at an end of what was tried.
pub fn optimum(ends: [Option<String>; 2]) -> String {
    match ends {
        [Some(low), Some(high)] => format!("the optimum lies above {low} and below {high} (95 % sure)"),
        [Some(low), None] => format!("the optimum lies above {low} (95 % sure)"),
        [None, Some(high)] => format!("the optimum lies below {high} (95 % sure)"),
        [None, None] => "no setting is better beyond the noise".to_owned(),
    }
}

pub fn region(first: String, last: String) -> String {
    if first == last { format!("{first} alone") } else { format!("{first} to {last}") }
}

pub fn value(point: &Point<'_>) -> String {
    value_of(&point.value)
}

/// A setting, or several, as figures are told: thousands apart, and times in words.
pub fn value_of(text: &str) -> String {
    let one = |text: &str| match (text.parse(), text.parse()) {
        _ if text == EVERYTHING => "everything".to_owned(),
        (Ok(n), _) => human::thousands(n),
        (_, Ok(Span(ns))) => human::span(ns),
        _ => text.to_owned(),
    };
    text.split(", ").map(one).collect::<Vec<_>>().join(", ")
}

pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p < 0.05 => "0 %".to_owned(),
        p if p < 9.95 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}
