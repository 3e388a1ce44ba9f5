//! Explains what limits the settings of a series on both sides of the best setting.

use crate::analysis::sweep::{Cause, FAILURES, Finding, Grown, Objective, Part, Point, Side, are_words};
use crate::analysis::tune::field::EVERYTHING;
use crate::base::Span;
use crate::metrics::human;
use crate::render::lines::joined;
use crate::render::trouble;

/// Texts about the settings below and above the best, and about excluded settings. If settings are
/// words, each has a text.
pub fn limits(axis: &str, causes: &[Cause], points: &[Point<'_>], finding: &Finding) -> Vec<String> {
    let suffering = causes.iter().map(|cause| suffers(points, finding, cause));
    let of = Side::of(axis);
    let cap = (axis == of.chunk_rows).then(|| cap(of, points)).flatten();
    suffering.chain(excluded(points)).chain(cap).collect()
}

fn suffers(points: &[Point<'_>], finding: &Finding, cause: &Cause) -> String {
    let Cause { at, cost, longer, grown } = cause;
    let [x, y] = [*at, finding.best].map(|i| value(&points[i]));
    let of = |grown: &Grown| {
        let what = words(grown.part);
        let [share, at_best] = [grown.share, grown.at_best].map(percent);
        // If the share of a part did not grow, the whole time grew at least as much.
        let whole = format!(", where everything takes {:.2} times as long", 1.0 / longer);
        let whole = if grown.share <= grown.at_best || share == at_best { &*whole } else { "" };
        format!("{what} {share} of the time at {x} ({at_best} at {y}{whole})")
    };
    let unexplained = || format!("no measured part explains why {x} costs {cost:.2} times as much as {y}");
    let told = joined(grown.iter().map(of), "; and ").unwrap_or_else(unexplained);
    match () {
        () if are_words(points) => told,
        () if at < &finding.best => format!("below {}: {told}", value(&points[finding.flat.0])),
        () => format!("above {}: {told}", value(&points[finding.flat.1])),
    }
}

fn words(part: Part) -> String {
    match part {
        Part::RoundTrips => "waiting for responses to begin takes".to_owned(),
        Part::Answers => "waiting for useful responses takes".to_owned(),
        Part::Queue => "waiting for one of the backend's workers takes".to_owned(),
        Part::Writing => "writing on the device takes".to_owned(),
        Part::Rest => "the app's hooks, or kills, take".to_owned(),
        Part::Failures(metric) => {
            let told = FAILURES.into_iter().zip(FAILED).find(|(of, _)| *of == metric);
            let told = told.map_or("failed requests", |(_, told)| told);
            format!("{told}, with the waits before retries, take")
        }
    }
}

/// The reasons for failed requests as text, in the order of [`FAILURES`].
const FAILED: [&str; FAILURES.len()] = [
    "chunks interrupted by outages",
    "requests that time out",
    "requests beyond the server's quota",
    "requests to a server that is down or full",
    "requests that the gateway gives up",
    "requests that fail in the server",
    "changes that the backend defers",
];

fn excluded(points: &[Point<'_>]) -> Vec<String> {
    let told = |run: &[Point<'_>]| {
        let (low, why) = (value(&run[0]), trouble(run[0].trouble.as_ref()?));
        Some(match &run[1..] {
            [] => format!("{low} is excluded: {why}"),
            [.., last] => format!("{low} to {} are excluded: at {low}, {why}", value(last)),
        })
    };
    points.chunk_by(|a, b| a.trouble.is_some() == b.trouble.is_some()).filter_map(told).collect()
}

/// The setting above which responses do not become larger; `None` if there is none.
fn cap(of: Side, points: &[Point<'_>]) -> Option<String> {
    let got = |point: &Point<'_>| point.max(of.held);
    let is_capped = |p: &&Point<'_>| p.number().is_some_and(|n| got(p) > 0.0 && got(p) < n);
    let capped = points.iter().filter(|p| p.trouble.is_none()).find(is_capped)?;
    let (holder, caps) = match of == Side::of("engine.push.chunk_rows") {
        true => ("push", "chunk_bytes, or the end of the rows"),
        false => ("response", "the page cap, chunk_bytes, or the end of the rows"),
    };
    let rows = human::count(got(capped) as u64, "row");
    Some(format!("from {} on no {holder} holds more than {rows}: {caps}", value(capped)))
}

/// A line that explains which time a rate refers to.
pub fn sync_rate_note(objective: &Objective) -> &'static str {
    if !objective.is_sync_rate() {
        return "";
    }
    "  the rate uses the time in syncs, including waits and failed tries; syncs that move nothing do not count\n"
}

pub(super) const TOO_FEW: &str = "too few seeds to estimate the noise (try --seeds 1..=8)";

/// The settings between which the optimum lies, as text. `None` is the end of the tried settings.
pub fn optimum(ends: [Option<String>; 2]) -> String {
    match ends {
        [Some(low), Some(high)] => format!("the optimum lies above {low} and below {high} (95 % sure)"),
        [Some(low), None] => format!("the optimum lies above {low} (95 % sure)"),
        [None, Some(high)] => format!("the optimum lies below {high} (95 % sure)"),
        [None, None] => "no setting is better beyond the noise".to_owned(),
    }
}

/// The settings that are as good as the best in practice, as text. `besides` is added at the end.
pub fn within(first: String, last: String, besides: &str) -> String {
    match first == last && besides.is_empty() {
        true => "no other setting that was tried is within 3 %".to_owned(),
        false => format!("{first} to {last}{besides} cost at most 3 % more"),
    }
}

pub fn value(point: &Point<'_>) -> String {
    value_of(&point.value)
}

/// One or several settings for people, with separators of thousands and with units of time.
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
