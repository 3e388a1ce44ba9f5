//! What limits a series on either side of its best, in words.

use crate::analysis::sweep::{FLAT, Finding, Fit, Objective, Point, Series, Shares, Side, may_be_luck, rows};
use crate::metrics::human;
use crate::render::trouble;

/// What keeps a setting from being as good as the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    RoundTrips,
    Answers,
    Queue,
    Outages,
    Deadline,
    Refusals,
    Backoff,
    PutOff,
    Writing,
    Hooks,
    Kills,
}

/// What the sentences go by.
#[derive(Clone, Copy)]
struct By<'a> {
    of: Side,
    per: Per,
    /// The statistic of the figure.
    stat: &'a str,
}

/// Whose time goes into the figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Per {
    All,
    Row,
    Run,
    Login,
}

impl Per {
    fn of(objective: &Objective) -> Per {
        match () {
            () if objective.is_sync_rate() => Per::Row,
            () if objective.is_since_login() => Per::Login,
            () if objective.is_of_one_sync() => Per::Run,
            () => Per::All,
        }
    }
    /// How many of them there are. The time is that of failed runs, too.
    fn count(self, point: &Point<'_>) -> f64 {
        match self {
            Per::All => 1.0,
            Per::Row => rows(point),
            Per::Run => point.sum("engine.session.count"),
            Per::Login => point.count("engine.usable_after_login.duration"),
        }
    }
    /// Whether the figure is one of many, as the slowest, and their mean is another.
    fn is_of_many(self) -> bool {
        matches!(self, Per::Run | Per::Login)
    }
    fn takes(self) -> &'static str {
        match self {
            Per::All => "which takes",
            Per::Row => "where a row takes",
            Per::Run => "where a run takes",
            Per::Login => "where all runs take, for each login,",
        }
    }
    /// What the parts are shares of.
    fn time(self) -> &'static str {
        if self.is_of_many() { "the time of all runs" } else { "the time" }
    }
    fn mean(self) -> &'static str {
        match self {
            Per::Login => "all runs, not those of logins alone, take",
            _ => "the mean run takes",
        }
    }
}

/// A part of the time, as its share.
type Part = fn(Shares) -> f64;

/// The sentences about the settings below the best and those above it; of words, about each that is
/// worse.
pub fn limits(
    axis: &str,
    objective: &Objective,
    series: &Series<'_>,
    finding: &Finding,
    fit: Option<Fit>,
) -> Vec<String> {
    let mut told = Vec::new();
    let last = series.points.len() - 1;
    let of = Side::of(axis);
    let by = By { of, per: Per::of(objective), stat: &objective.stat };
    // What luck may have made dearer has no cause.
    let best = &series.points[finding.best];
    let of_luck = |i: usize| may_be_luck(&series.points[i], best, i as u64);
    if !objective.is_of_sync_time() {
        // Where the time of syncs goes says nothing of it.
    } else if series.is_of_words() {
        let worse = (0..=last).filter(|i| !finding.near.contains(i) && !of_luck(*i));
        let worse = worse.map(|i| &series.points[i]);
        let worse = worse.filter(|p| p.candidate().is_some());
        told.extend(worse.filter_map(|p| suffers(by, p, best, fit)));
    } else {
        for (flat, end) in [(finding.flat.0, 0), (finding.flat.1, last)] {
            told.extend(example(series, finding, (flat, end), of_luck).and_then(|here| {
                let which = if end < flat { "below" } else { "above" };
                let text = suffers(by, here, best, fit)?;
                Some(format!("{which} {}, {text}", value(&series.points[flat])))
            }));
        }
    }
    told.extend(excluded(series));
    told.extend((axis == of.chunk_rows).then(|| cap(of, series)).flatten());
    told
}

/// What is excluded and why; of neighbours the first is told.
fn excluded(series: &Series<'_>) -> Vec<String> {
    let told = |run: &[Point<'_>]| {
        let (low, why) = (value(&run[0]), trouble(run[0].trouble.as_ref()?));
        Some(match run {
            [_] => format!("{low} is excluded: {why}"),
            [.., last] => format!("{low} to {} are excluded: at {low}, {why}", value(last)),
            [] => return None,
        })
    };
    series.points.chunk_by(|a, b| a.trouble.is_some() == b.trouble.is_some()).filter_map(told).collect()
}

/// Of the settings from the `flat` region to the `end` of a series the candidate that is furthest
/// out and costs more, not by luck.
fn example<'s, 'a>(
    series: &'s Series<'a>,
    finding: &Finding,
    (flat, end): (usize, usize),
    of_luck: impl Fn(usize) -> bool,
) -> Option<&'s Point<'a>> {
    let mut range = if end < flat { end..flat } else { flat + 1..end + 1 };
    let best = &series.points[finding.best];
    let dearer = |i: &usize| {
        let point = &series.points[*i];
        let costs = cost(point, best).is_none_or(|cost| cost > FLAT);
        point.candidate().is_some() && costs && !of_luck(*i)
    };
    let example = if end < flat { range.find(dearer) } else { range.rfind(dearer) };
    example.map(|i| &series.points[i])
}

/// What a setting pays beside the best, under the seeds that both have.
fn cost(here: &Point<'_>, best: &Point<'_>) -> Option<f64> {
    let pairs = here.prices.iter().filter_map(|(seed, price)| Some((price, best.prices.get(seed)?)));
    let sums = pairs.fold(None, |sums: Option<(f64, f64)>, (here, best)| {
        let (all_here, all_best) = sums.unwrap_or_default();
        Some((all_here + here, all_best + best))
    });
    sums.map(|(here, best)| here / best)
}

/// The share of the cost that the parts of the time that are named must explain together.
const EXPLAINED_MIN: f64 = 0.5;
/// And that each of them must.
const EXPLAINED_BY_EACH_MIN: f64 = 0.2;
/// What a part of the time must at least have grown by to be named, as a share of the time at the
/// best.
const GROWN_MIN: f64 = 0.005;

/// How many times as long the sessions of a setting take as those of the best, under the seeds that
/// both have; 1 where none is in both.
fn longer(here: &Point<'_>, best: &Point<'_>, per: Per) -> f64 {
    let [here, best] = [here.of_seeds_in(best), best.of_seeds_in(here)];
    let all = here.sum("engine.session.time") / best.sum("engine.session.time");
    let times = per.count(&here) / per.count(&best);
    let longer = if times > 0.0 && times.is_finite() { all / times } else { all };
    if longer.is_finite() { longer } else { 1.0 }
}

/// A share of bytes for nothing that is worth telling.
const IN_VAIN_MIN: f64 = 0.01;

/// What a setting suffers from more than the best does; nothing, where they have no seeds in common
/// and nothing has grown.
fn suffers(by: By<'_>, here: &Point<'_>, best: &Point<'_>, fit: Option<Fit>) -> Option<String> {
    let beside = Beside::of(by, here, best, fit);
    beside.as_ref().and_then(Beside::causes).or_else(|| {
        let cost = cost(here, best).filter(|cost| cost.is_finite())?;
        let (x, y) = (value(here), value(best));
        Some(match beside.filter(|beside| by.per.is_of_many() && beside.longer < FLAT) {
            Some(Beside { longer, .. }) => format!(
                "what makes the {} slow is not told apart: at {x}, {cost:.2} times that of {y}, while {} {longer:.2} times as \
                 long",
                by.stat,
                by.per.mean(),
            ),
            None => {
                format!("nothing that was measured explains the cost: at {x}, {cost:.2} times that of {y}")
            }
        })
    })
}

/// A setting beside the best.
struct Beside<'a> {
    here: &'a Point<'a>,
    best: &'a Point<'a>,
    by: By<'a>,
    fitted: bool,
    /// Where the time of each went.
    at: Shares,
    at_best: Shares,
    longer: f64,
}

impl<'a> Beside<'a> {
    fn of(by: By<'a>, here: &'a Point<'a>, best: &'a Point<'a>, fit: Option<Fit>) -> Option<Beside<'a>> {
        let (at, at_best) = (Shares::of(by.of, here, fit)?, Shares::of(by.of, best, fit)?);
        let longer = longer(here, best, by.per);
        Some(Beside { here, best, by, fitted: fit.is_some(), at, at_best, longer })
    }

    /// What a part of the time has grown by, as a share of the time at the best.
    fn grown(&self, part: Part) -> f64 {
        part(self.at) * self.longer - part(self.at_best)
    }

    /// The sentence about the parts of the time that have grown most, if they explain the cost.
    fn causes(&self) -> Option<String> {
        // Without seeds in common there is nothing to explain.
        let cost = cost(self.here, self.best).map_or(0.0, |cost| cost - 1.0);
        // The parts are known of the mean alone.
        let to_explain = if self.by.per.is_of_many() { self.longer - 1.0 } else { cost };
        if cost > FLAT - 1.0 && to_explain < FLAT - 1.0 {
            return None;
        }
        let told: Vec<String> =
            self.largest(to_explain).into_iter().map(|(cause, part)| self.told(cause, part)).collect();
        let grown = self.longer - 1.0;
        let of_the_mean = match self.by.per.is_of_many()
            && cost.is_finite()
            && (grown < EXPLAINED_MIN * cost || cost < EXPLAINED_MIN * grown)
        {
            true => {
                let (mean, longer, stat) = (self.by.per.mean(), self.longer, self.by.stat);
                format!("; {mean} {longer:.2} times as long, the {stat} {:.2} times", cost + 1.0)
            }
            false => String::new(),
        };
        Some(told.join("; and ") + &of_the_mean).filter(|_| !told.is_empty())
    }

    /// The parts of the time that have grown most from the best to here: as many as explain so
    /// much, or none.
    fn largest(&self, to_explain: f64) -> Vec<(Cause, Part)> {
        let mut parts = parts(self.here, self.best, self.fitted);
        parts.retain(|(_, part)| self.grown(*part) > GROWN_MIN);
        parts.sort_by(|(_, a), (_, b)| self.grown(*b).total_cmp(&self.grown(*a)));
        parts.retain(|(_, part)| self.grown(*part) >= EXPLAINED_BY_EACH_MIN * to_explain);
        let mut explained = 0.0;
        let enough = parts.iter().position(|(_, part)| {
            explained += self.grown(*part);
            explained >= EXPLAINED_MIN * to_explain
        });
        parts.truncate(enough.map_or(0, |last| last + 1));
        parts
    }

    /// What is said of a cause and its part of the time.
    fn told(&self, cause: Cause, part: Part) -> String {
        let (x, y) = (value(self.here), value(self.best));
        let [share, share_at_best] = [self.at, self.at_best].map(part);
        let no_greater = share <= share_at_best;
        let [share, share_at_best] = [share, share_at_best].map(percent);
        // A part that takes no greater share has grown with the whole.
        let grown = match no_greater || share == share_at_best {
            true => format!(", {} {:.2} times as long", self.by.per.takes(), 1.0 / self.longer),
            false => String::new(),
        };
        let whole = self.by.per.time();
        let time = |what: &str, goes: &str| {
            format!("{what}: at {x}, {share} of {whole}{goes} ({share_at_best} at {y}{grown})")
        };
        match cause {
            Cause::RoundTrips => time("round trips", " is waiting for responses to begin"),
            Cause::Answers => {
                time("responses", " is waiting for useful ones, until all their rows are there")
            }
            Cause::Queue => time("the backend's queue", " is waiting for one of its workers"),
            // On a link without a rate to speak of, bytes for nothing tell nothing.
            Cause::Outages if self.at.in_vain < IN_VAIN_MIN => time("outages restart chunks", " is lost"),
            Cause::Outages => {
                let [in_vain, in_vain_at_best] = [self.at, self.at_best].map(|of| percent(of.in_vain));
                format!(
                    "outages restart chunks: at {x}, {share} of {whole} is lost, and {in_vain} of the bytes on the wire are \
                     beyond what was of use ({share_at_best} and {in_vain_at_best} at {y}{grown})",
                )
            }
            Cause::Deadline => time("requests run into their deadline", ""),
            Cause::Refusals => time(refusals(self.here, self.best), ""),
            Cause::Backoff => time("waiting before retries", ""),
            Cause::PutOff => time("the backend puts changes off", " is waiting to send them again"),
            Cause::Writing => time("writing on the device", ""),
            Cause::Hooks if killed(self.here) > 0.0 => {
                time("the app's hooks, and kills of the app", " is neither of a request nor of writing")
            }
            Cause::Hooks => time("the app's hooks", " is waiting for them"),
            Cause::Kills => {
                let [kills, at_best] = [self.here, self.best].map(killed);
                format!(
                    "the app is killed: at {x}, {kills} times, during {share} of {whole} ({at_best} and \
                     {share_at_best} at {y}{grown})"
                )
            }
        }
    }
}

/// Of each of these how many there are here beyond those of the best, with as many seeds; where
/// none has become more, how many there are.
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

/// The parts of the time that may be causes. Unless a line is fitted to answers, how long they take
/// to begin is not told apart.
fn parts(here: &Point<'_>, best: &Point<'_>, fitted: bool) -> Vec<(Cause, Part)> {
    let counts = [
        "engine.requests.failed",
        "engine.requests.timed_out",
        "engine.requests.refused",
        "backend.mutations.put_off",
    ];
    let [failed, timed_out, refused, put_off] = more(here, best, counts);
    let mut parts: Vec<(Cause, Part)> = vec![
        if fitted { (Cause::RoundTrips, |s| s.waiting) } else { (Cause::Answers, |s| s.moving) },
        (Cause::Queue, |s| s.queued),
        (Cause::Outages, Shares::cut),
        (Cause::Deadline, |s| s.timed_out),
        (Cause::Refusals, |s| s.refused),
        (Cause::Writing, |s| s.writing),
    ];
    // Who fails waits before asking again: one without the other may grow while both together
    // shrink.
    let waits: (Cause, Part) = match () {
        () if refused > failed => (Cause::Refusals, |s| s.refused + s.backing_off),
        () if put_off > failed + refused => (Cause::PutOff, |s| s.backing_off),
        () if timed_out * 2.0 > failed => (Cause::Deadline, |s| s.timed_out + s.backing_off),
        () => (Cause::Backoff, |s| s.backing_off),
    };
    parts.retain(|(cause, _)| *cause != waits.0);
    parts.push(waits);
    // What no request and no writing took is of hooks and of kills: they are not told apart.
    if here.sum("engine.hooks.count") > 0.0 {
        parts.push((Cause::Hooks, |s| s.rest));
    } else if killed(here) > 0.0 {
        parts.push((Cause::Kills, |s| s.rest));
    }
    parts
}

/// How often the app of some device was killed.
fn killed(point: &Point<'_>) -> f64 {
    point.sum("device.kills.count")
}

/// Where asking for more brings no more.
fn cap(of: Side, series: &Series<'_>) -> Option<String> {
    let got = |point: &Point<'_>| point.max(of.chunk_rows);
    let capped = series
        .points
        .iter()
        .filter(|p| p.trouble.is_none())
        .find(|p| p.number().is_some_and(|n| got(p) > 0.0 && got(p) < n))?;
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
        [Some(low), Some(high)] => format!("the optimum lies above {low} and below {high} (95 %)"),
        [Some(low), None] => format!("the optimum lies above {low} (95 %)"),
        [None, Some(high)] => format!("the optimum lies below {high} (95 %)"),
        [None, None] => "no setting is better beyond the noise".to_owned(),
    }
}

/// From one setting to another.
pub fn region(first: String, last: String) -> String {
    if first == last { format!("{first} alone") } else { format!("{first} to {last}") }
}

/// The value of a setting, with its thousands apart where it is a plain whole number.
pub fn value(point: &Point<'_>) -> String {
    point.value.parse().map_or_else(|_| point.value.clone(), human::thousands)
}

pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p < 0.05 => "0 %".to_owned(),
        p if p < 9.95 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}
