//! What limits a series on either side of its best, in words.

use super::super::human;
use super::findings::{Finding, alike};
use super::series::{Point, Series};
use super::shares::{Fit, Shares, Side};

/// What keeps a setting from being as good as the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    RoundTrips,
    Queue,
    Outages,
    Deadline,
    Refusals,
    Backoff,
    PutOff,
    Writing,
    Kills,
}

/// The sentences about the settings below the best and those above it; of words, about each that is worse.
pub(in super::super) fn limits(
    axis: &str,
    series: &Series<'_>,
    finding: &Finding,
    fit: Option<Fit>,
) -> Vec<String> {
    let mut told = Vec::new();
    let last = series.points.len() - 1;
    let of = Side::of(axis);
    if series.is_of_words() {
        let (_, flat) = alike(series, finding);
        let best = &series.points[finding.best];
        let worse = (0..=last).filter(|i| !flat.contains(i)).map(|i| &series.points[i]);
        told.extend(worse.filter(|p| p.candidate().is_some()).filter_map(|p| suffers(of, p, best, fit)));
    } else {
        told.extend(beyond(of, series, finding, fit, finding.flat.0, 0));
        told.extend(beyond(of, series, finding, fit, finding.flat.1, last));
    }
    for point in series.points.iter().filter(|point| point.trouble.is_some()) {
        let trouble = point.trouble.as_deref().unwrap_or_default();
        told.push(format!("{} is no candidate: {trouble}", value(point)));
    }
    told.extend((axis == of.chunk_rows).then(|| cap(of, series)).flatten());
    told
}

/// What the settings beyond the flat region suffer from, by the example of the one at the `end`.
fn beyond(
    of: Side,
    series: &Series<'_>,
    finding: &Finding,
    fit: Option<Fit>,
    flat: usize,
    end: usize,
) -> Option<String> {
    let which = if end < flat { "below" } else { "above" };
    let range = if end < flat { end..flat } else { flat + 1..end + 1 };
    let tried = |i: &usize| series.points[*i].candidate().is_some();
    // The example is the candidate that is furthest out.
    let example = if end < flat { range.into_iter().find(tried) } else { range.into_iter().rfind(tried) }?;
    let (here, best) = (&series.points[example], &series.points[finding.best]);
    let text = suffers(of, here, best, fit).or_else(|| unexplained(here, best))?;
    Some(format!("{which} {}, {text}", value(&series.points[flat])))
}

/// Of what costs much more and has no cause among those that are measured.
fn unexplained(here: &Point<'_>, best: &Point<'_>) -> Option<String> {
    let cost = cost(here, best).filter(|cost| cost.is_finite())?;
    Some(format!(
        "nothing that was measured explains the cost: at {}, {:.2} times that of {}",
        value(here),
        cost,
        value(best)
    ))
}

/// What a setting pays beside the best, under the seeds that both have.
fn cost(here: &Point<'_>, best: &Point<'_>) -> Option<f64> {
    let pairs = here.prices.iter().filter_map(|(seed, price)| Some((price, best.prices.get(seed)?)));
    let (here, best) = pairs.fold((0.0, 0.0), |sums, (here, best)| (sums.0 + here, sums.1 + best));
    (best > 0.0).then(|| here / best)
}

/// The share of the cost that a part of the time must explain to be named.
const EXPLAINED_MIN: f64 = 0.5;

/// Whether a part of the time, by its shares here and at the best, has grown by enough to be why a setting costs more.
fn explains(here: &Point<'_>, best: &Point<'_>, share: f64, at_best: f64) -> bool {
    let time = |point: &Point<'_>, other: &Point<'_>| {
        let both = point.cells.iter().filter(|cell| other.cells.iter().any(|o| o.seed == cell.seed));
        let times = both.filter_map(|cell| cell.metrics.get("engine.session.time")?.stat("value"));
        times.map(u128::from).sum::<u128>() as f64
    };
    let longer = time(here, best) / time(best, here);
    let grown = share * longer - at_best;
    // Of no cost there is nothing to explain.
    cost(here, best).is_none_or(|cost| grown >= EXPLAINED_MIN * (cost - 1.0))
}

/// A share of bytes in vain that is worth telling.
const IN_VAIN_MIN: f64 = 0.01;

/// What a setting suffers from more than the best does.
fn suffers(of: Side, here: &Point<'_>, best: &Point<'_>, fit: Option<Fit>) -> Option<String> {
    let (at, at_best) = (Shares::of(of, here, fit)?, Shares::of(of, best, fit)?);
    let (x, y) = (value(here), value(best));
    let time = |what: &str, share: fn(Shares) -> f64, goes: &str| {
        let [share, at_best] = [at, at_best].map(|shares| percent(share(shares)));
        format!("{what}: at {x}, {share} of the time{goes} ({at_best} at {y})")
    };
    Some(match cause(here, best, at, at_best)? {
        Cause::RoundTrips => time("round trips", |s| s.waiting, " is waiting for answers to begin"),
        Cause::Queue => format!(
            "the backend's queue: at {x}, about {} of the time is waiting for one of its workers (about {} at {y})",
            percent(at.queued),
            percent(at_best.queued),
        ),
        // On a link without a rate to speak of, bytes in vain tell nothing.
        Cause::Outages if at.in_vain < IN_VAIN_MIN => time("outages restart chunks", |s| s.lost, " is lost"),
        Cause::Outages => format!(
            "outages restart chunks: at {x}, {} of the time is lost, and {} of the bytes on the wire are beyond what was of use \
             ({} and {} at {y})",
            percent(at.lost),
            percent(at.in_vain),
            percent(at_best.lost),
            percent(at_best.in_vain),
        ),
        Cause::Deadline => time("requests run into their deadline", |s| s.lost, ""),
        Cause::Refusals => time(refusals(here, best), |s| s.lost + s.backing_off, ""),
        Cause::Backoff => time("waiting before retries", |s| s.backing_off, ""),
        Cause::PutOff => {
            time("the backend puts changes off", |s| s.backing_off, " is waiting to send them again")
        }
        Cause::Writing => time("writing on the device", |s| s.writing, ""),
        Cause::Kills => format!(
            "the app is killed: at {x}, {} times ({} at {y})",
            here.sum("device.kills.count"),
            best.sum("device.kills.count"),
        ),
    })
}

/// Of each of these how many there are here beyond those of the best, with as many seeds; where none has become more, how many there are.
fn more<const N: usize>(here: &Point<'_>, best: &Point<'_>, metrics: [&str; N]) -> [f64; N] {
    let seeds = here.cells.len() as f64 / best.cells.len().max(1) as f64;
    let more = metrics.map(|metric| (here.sum(metric) - seeds * best.sum(metric)).max(0.0));
    if more.iter().any(|more| *more > 0.0) { more } else { metrics.map(|metric| here.sum(metric)) }
}

/// Why most requests are refused that the best does not have refused.
fn refusals(here: &Point<'_>, best: &Point<'_>) -> &'static str {
    let why = [
        ("engine.requests.throttled", "the server refuses what is beyond its quota"),
        ("engine.requests.unavailable", "the server is down or its queue is full"),
        ("engine.requests.gateway_timeout", "the gateway gives up waiting for the server"),
        ("engine.requests.server_failed", "requests break in the server"),
    ];
    let refused = more(here, best, why.map(|(metric, _)| metric));
    let most = refused.into_iter().zip(why.map(|(_, told)| told)).max_by(|a, b| a.0.total_cmp(&b.0));
    match most {
        Some((refused, told)) if refused > 0.0 => told,
        _ => "the server refuses",
    }
}

/// The part of the time that has grown most from the best to here.
fn cause(here: &Point<'_>, best: &Point<'_>, at: Shares, at_best: Shares) -> Option<Cause> {
    let counts = ["engine.requests.failed", "engine.requests.refused", "engine.requests.timed_out"];
    let [failed, refused, timed_out] = more(here, best, counts);
    let failed = failed + refused;
    let lost = if refused * 2.0 > failed {
        Cause::Refusals
    } else if timed_out * 2.0 > failed {
        Cause::Deadline
    } else {
        Cause::Outages
    };
    let waits = match lost {
        Cause::Refusals => lost,
        _ if more(here, best, ["backend.mutations.put_off"])[0] > failed => Cause::PutOff,
        _ => Cause::Backoff,
    };
    let mut grown = vec![
        (Cause::RoundTrips, at.waiting, at_best.waiting),
        (Cause::Queue, at.queued, at_best.queued),
        (lost, at.lost, at_best.lost),
        (waits, at.backing_off, at_best.backing_off),
        (Cause::Writing, at.writing, at_best.writing),
    ];
    if lost == Cause::Refusals {
        // Who is refused waits before asking again: one without the other may grow while both together shrink.
        grown.retain(|(cause, ..)| *cause != Cause::Refusals);
        grown.push((lost, at.lost + at.backing_off, at_best.lost + at_best.backing_off));
    }
    let by = |(_, share, at_best): &(Cause, f64, f64)| share - at_best;
    let most = grown.into_iter().max_by(|a, b| by(a).total_cmp(&by(b)))?;
    let (cause, share, share_at_best) = most;
    let killed = |point: &Point<'_>| point.sum("device.kills.count");
    match by(&most) {
        more if more > 0.005 && explains(here, best, share, share_at_best) => Some(cause),
        more if more <= 0.005 && killed(here) > killed(best) => Some(Cause::Kills),
        _ => None,
    }
}

/// Where asking for more brings no more.
fn cap(of: Side, series: &Series<'_>) -> Option<String> {
    let got = |point: &Point<'_>| point.max(of.chunk_rows);
    let capped = series.points.iter().find(|p| p.number().is_some_and(|n| got(p) > 0.0 && got(p) < n))?;
    Some(format!(
        "from {} on no {} holds more than {}: {}",
        value(capped),
        of.holder,
        human::count(got(capped) as u64, "row"),
        of.caps
    ))
}

/// Whether the best of the closed form lies outside of that `between` which the runs say that the optimum lies.
pub fn contradicted(best: f64, between: [Option<f64>; 2]) -> bool {
    let [low, high] = between;
    low.is_some_and(|low| best < low) || high.is_some_and(|high| best > high)
}

/// What the closed form says of the best chunk, where it applies, and that the runs contradict it, if the optimum does not lie there by
/// them. The time between failures is the fit's: gaps and backoff are in it, so it is not the link's.
pub(in super::super) fn closed_form(fit: Option<Fit>, between: Option<[Option<f64>; 2]>) -> Vec<String> {
    const CONTRADICTED: &str = "the runs contradict the closed form, which takes every answer for a full chunk of one long pull: go by the runs";
    let Some((fit, cost)) = fit.and_then(|fit| Some((fit, fit.cost()?))) else { return Vec::new() };
    let contradicted = between.is_some_and(|between| contradicted(cost.best(), between));
    // How well answers lie on their line says nothing for a curve that does not follow from them.
    let fitted = match contradicted {
        true => String::new(),
        false => format!(" (what answers take, fitted within {})", percent(fit.misfit)),
    };
    let form = format!(
        "closed form: {} from {} a chunk, {} a row{fitted}, as if a failure every {}",
        human::count(cost.best() as u64, "row"),
        seconds(cost.chunk),
        seconds(cost.row),
        seconds(cost.mtbf),
    );
    [form].into_iter().chain(contradicted.then(|| CONTRADICTED.to_owned())).collect()
}

fn seconds(s: f64) -> String {
    human::span((s * 1e9) as u64)
}

/// The value of a setting, with its thousands apart where it is a plain whole number.
pub(in super::super) fn value(point: &Point<'_>) -> String {
    point.value.parse().map_or_else(|_| point.value.clone(), human::thousands)
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p < 0.05 => "0 %".to_owned(),
        p if p < 9.95 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}
