//! How often transfers fail, and how long recovery takes: failures over exposure (maximum
//! likelihood for a Poisson process with censoring). Counts vary more than a Poisson distribution
//! says, so intervals are widened accordingly (quasi-Poisson; McCullagh and Nelder 1989, §4.5).

use super::log::{Log, Outcome, Request};
use crate::base::Stream;
use crate::render::calibrate::{Estimate, span};
use statrs::distribution::{ChiSquared, ContinuousCDF};

const OUTAGES_MIN: usize = 3;
/// The recovery times that are searched, in seconds, in steps of this factor.
const SHORTEST: f64 = 1e-2;
const LONGEST: f64 = 1e5;
const FINER: f64 = 1.3;
/// Pauses within this factor have about the same length.
const ABOUT: f64 = 1.25;
/// A pause is usual if this share of the app's own pauses have about its length.
const USUAL: f64 = 0.02;
/// The number of steps from 0 to 1 for the share of the app's own pauses.
const SHARES: u32 = 10;
/// The 95 % quantile of the chi-squared distribution with one degree of freedom.
const RATIO: f64 = 3.841_459;
pub(super) const DEVICES_MIN: u64 = 10;
/// Fewer devices do not show how devices differ: blocks of time are used instead.
const UNITS_MIN: u64 = 4;
const BLOCKS: usize = 12;
/// If a smaller share of requests follow soon after a response, `apart` is true.
const PROMPT_MIN: f64 = 0.25;
/// A request that ended before this share of the quickest responses had not begun.
const SOONER: f64 = 0.1;
/// The quantile that counts as the quickest, since a few may come from a cache.
const QUICKEST: f64 = 0.02;

/// What precedes each request. Failures count only for requests soon after a response of the
/// device: otherwise the link may have been down already. Costs count except after a pause.
pub(super) struct Follows {
    /// Per request that counts for failures, the seconds since that response.
    pub(super) since: Vec<Option<f64>>,
    pub(super) paused: Vec<bool>,
    /// Hardly any request is soon after a response, so all count that do not follow a failure.
    pub(super) apart: bool,
    /// The duration that a failed request would have had, in seconds.
    pub(super) typical: f64,
    pub(super) sooner: f64,
    /// The unit of each request in the bootstrap: its device or a block of time.
    pub(super) unit: Vec<usize>,
    pub(super) units: usize,
}

impl Follows {
    pub(super) fn of(log: &Log) -> Follows {
        let mut took: Vec<f64> = log.answers().map(Request::took).collect();
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
        let sum = |of: fn(&f64) -> f64| took.iter().map(of).sum::<f64>();
        // Seconds since the device's previous request, and whether that one found the link up.
        let mut last = log.of_devices(None);
        let before = log.requests.iter().map(|r| {
            let up = matches!(r.outcome, Outcome::Answered | Outcome::Refused);
            let last = last[r.device as usize].replace((r.start + r.took(), up));
            last.map(|(end, up)| ((r.start - end).max(0.0), up))
        });
        let before: Vec<Option<(f64, bool)>> = before.collect();
        // A request does not count after a failure or one that was not sent.
        let up = || before.iter().flatten().filter(|(_, up)| *up);
        let usual = at(0.5);
        let prompt = up().filter(|(idle, _)| *idle <= usual).count() as f64;
        let apart = prompt <= PROMPT_MIN * up().count() as f64;
        let since = |before: &Option<(f64, bool)>| match before {
            Some((_, false)) => None,
            _ if apart => Some(0.0),
            before => before.map(|(idle, _)| idle).filter(|idle| *idle <= usual),
        };
        // A retry has no connection either, if the failed request had none.
        let mut fresh = log.of_devices(true);
        let paused = |(before, r): (&Option<(f64, bool)>, &Request)| {
            let fresh = &mut fresh[r.device as usize];
            *fresh = before.is_none_or(|(idle, up)| if up { idle > usual } else { *fresh });
            *fresh && !apart
        };
        let all = log.requests.len();
        let (unit, units) = match log.devices.filter(|devices| *devices >= UNITS_MIN) {
            Some(devices) => (log.requests.iter().map(|r| r.device as usize).collect(), devices as usize),
            None => ((0..all).map(|n| n * BLOCKS / all).collect(), BLOCKS),
        };
        Follows {
            unit,
            units,
            since: before.iter().map(since).collect(),
            paused: before.iter().zip(&log.requests).map(paused).collect(),
            apart,
            // Weighted by duration, because longer requests fail more often.
            typical: sum(|t| t * t) / sum(|t| *t).max(1e-12),
            sooner: SOONER * at(QUICKEST),
        }
    }
}

pub(super) struct Failures {
    events: Vec<f64>,
    exposed: Vec<f64>,
    failed: Vec<bool>,
}

impl Failures {
    pub(super) fn events(&self) -> f64 {
        self.events.iter().sum()
    }
    pub(super) fn exposed(&self) -> f64 {
        self.exposed.iter().sum()
    }
    pub(super) fn rate(&self) -> f64 {
        if self.exposed() > 0.0 { self.events() / self.exposed() } else { 0.0 }
    }
    /// Seconds of exposure between failures; without failures, the 95 % lower bound.
    pub(super) fn between(&self) -> Estimate {
        let spread = self.spread();
        match ChiSquared::new(2.0 * self.events() / spread + 1.0) {
            Ok(law) if self.rate() > 0.0 => {
                let at = |share: f64| 2.0 * self.exposed() / (spread * law.inverse_cdf(share));
                Estimate { value: 1.0 / self.rate(), low: at(0.975), high: at(0.025) }
            }
            _ => Estimate::at_least(self.exposed() / -libm::log(0.05)),
        }
    }

    /// A random failure rate: gamma distribution with Jeffreys' prior.
    pub(super) fn draw(&self, stream: &mut Stream) -> f64 {
        let spread = self.spread();
        let shape = self.events() / spread;
        if shape > 0.0 { gamma(shape + 0.5, stream) * spread / self.exposed() } else { 0.0 }
    }
    /// The variance of counts divided by Poisson's, at least 1.
    fn spread(&self) -> f64 {
        let units = || self.events.iter().zip(&self.exposed).filter(|(_, exposed)| **exposed > 0.0);
        let off = |(events, exposed): (&f64, &f64)| events - self.rate() * exposed;
        let squares: f64 = units().map(off).map(|off| off * off).sum();
        let n = units().count() as f64;
        if self.events() > 0.0 && n > 1.0 { (squares * n / (n - 1.0) / self.events()).max(1.0) } else { 1.0 }
    }
}

/// Counts failures and exposure; timed-out requests that are `slow` did not fail.
pub(super) fn count(log: &Log, follows: &Follows, slow: &[bool]) -> Failures {
    let none = || vec![0.0; follows.units];
    let mut found = Failures { events: none(), exposed: none(), failed: vec![false; log.requests.len()] };
    let (mut idle, mut silent) = (none(), 0.0);
    for (n, r) in log.requests.iter().enumerate() {
        let Some(since) = follows.since[n] else { continue };
        let exposed = match r.outcome {
            Outcome::Answered | Outcome::Refused => r.took() - follows.sooner,
            Outcome::Cut => r.duration.map_or(follows.typical / 2.0, |took| took - follows.sooner),
            Outcome::TimedOut if slow[n] => r.duration.unwrap_or(follows.typical) - follows.sooner,
            Outcome::TimedOut => follows.typical.min(r.duration.unwrap_or(f64::INFINITY)) / 2.0,
            Outcome::NotSent => continue,
        };
        if exposed > 0.0 {
            let unit = follows.unit[n];
            found.failed[n] = r.failed() && !slow[n];
            let failed = f64::from(u8::from(found.failed[n]));
            found.events[unit] += failed;
            found.exposed[unit] += exposed;
            idle[unit] += since;
            silent += if r.outcome == Outcome::TimedOut { failed } else { 0.0 };
        }
    }
    // Silent failures may have happened in the idle time before, too.
    let silent = silent / found.events().max(1.0);
    found.exposed.iter_mut().zip(idle).for_each(|(exposed, idle)| *exposed += silent * idle);
    found
}

/// A gamma variable of scale 1 (Wilson and Hilferty 1931).
pub(super) fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    let part = 1.0 / (9.0 * shape);
    let root = 1.0 - part + libm::sqrt(part) * stream.normal();
    shape * libm::pow(root.max(1e-3), 3.0)
}

#[derive(Clone)]
/// Outages after failures, and the app's own pauses.
pub(super) struct Outages {
    all: Vec<Outage>,
    /// In seconds, ascending: pauses after a response that are longer than a request, as between
    /// syncs, and pauses after which an attempt failed.
    pauses: Vec<f64>,
}

/// The requests of a device after a failure, up to the first that finds the link up.
#[derive(Clone)]
struct Outage {
    /// When the link was down, in seconds.
    down: f64,
    tries: Vec<Try>,
}

#[derive(Clone)]
struct Try {
    start: f64,
    /// Seconds since the previous request.
    pause: f64,
    /// When the link was down, if it was up at the start and failed later.
    fails: f64,
    failed: bool,
}

/// Whether the app itself made the pause before the request that got through.
#[derive(Clone, Copy)]
enum Own {
    Surely,
    /// The probability density of such pauses, per second.
    Perhaps(f64),
}

/// Why a log does not show the time to recover.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unknown {
    /// Only this many failures are followed by a request that gets through.
    Few(usize),
    /// The interval is from 0 to this many seconds.
    Most(f64),
}

impl Unknown {
    pub(super) fn text(self) -> String {
        match self {
            Unknown::Few(n) => {
                let followed = "of its failures are followed by a successful request";
                format!("{n} {followed}, and {OUTAGES_MIN} are needed")
            }
            Unknown::Most(most) if most.is_finite() => {
                let most = span(most);
                format!("tries come when the app's own pauses allow them, so it may be anything up to {most}")
            }
            Unknown::Most(_) => {
                "the tries after failures come when the app's own pauses allow them".to_owned()
            }
        }
    }
}

/// The outages after failures that count. Timed-out requests that are `slow` found the link up. If
/// a request took longer than its transfer would have, as a timeout does, it failed in the middle
/// of that transfer.
pub(super) fn outages(log: &Log, typical: f64, counted: &Failures, slow: &[bool]) -> Outages {
    let in_time = |r: &Request| r.duration.filter(|took| *took <= typical && r.outcome == Outcome::Cut);
    let fails = |r: &Request| r.start + in_time(r).unwrap_or(typical / 2.0);
    let (mut open, mut ends) = (log.of_devices(None::<Outage>), log.of_devices(None));
    let mut found = Outages { all: Vec::new(), pauses: Vec::new() };
    for (n, r) in log.requests.iter().enumerate() {
        let failed = (r.failed() && !slow[n]) || r.outcome == Outcome::NotSent;
        let end = ends[r.device as usize].replace((r.start + r.took(), failed));
        let (pause, after_failure) =
            end.map_or((0.0, true), |(end, failed)| ((r.start - end).max(0.0), failed));
        let own = if after_failure { failed } else { pause > typical };
        found.pauses.extend(own.then_some(pause));
        let open = &mut open[r.device as usize];
        match open {
            Some(outage) => {
                outage.tries.push(Try { start: r.start, pause, fails: fails(r), failed });
                found.all.extend(if failed { None } else { open.take() });
            }
            None if counted.failed[n] => *open = Some(Outage { down: fails(r), tries: Vec::new() }),
            None => {}
        }
    }
    found.pauses.sort_by(f64::total_cmp);
    found
}

/// The mean time to recover of the link. Attempts observe a two-state process (Kalbfleisch and
/// Lawless 1985): after a long pause the link may have been up and failed again. The successful
/// attempt came either when the link was back, or after a pause of the app's own, which says
/// little. The probability of the latter comes from the frequency of such pauses; usual pauses are
/// certainly the app's own. The interval is by likelihood ratio, and covers both cases.
pub(super) fn recovery(outages: &Outages, rate: f64, typical: f64) -> Result<Estimate, Unknown> {
    if outages.all.len() < OUTAGES_MIN {
        return Err(Unknown::Few(outages.all.len()));
    }
    let shares: Vec<(f64, f64)> = outages.all.iter().map(|of| outages.share(of.pause())).collect();
    let dense: Vec<Own> = shares.iter().map(|(share, width)| Own::Perhaps(share / width)).collect();
    let usual = |(own, (share, _)): (&Own, &(f64, f64))| if *share < USUAL { *own } else { Own::Surely };
    let usual: Vec<Own> = dense.iter().zip(&shares).map(usual).collect();
    let [either, least] =
        [dense, usual].map(|own| interval(&|seconds| outages.likelihood(&own, 1.0 / seconds, rate, typical)));
    let (low, high) = (either.low.min(least.low), either.high.max(least.high));
    if low > 0.0 { Ok(Estimate { value: least.value, low, high }) } else { Err(Unknown::Most(high)) }
}

/// The maximum of a likelihood and its interval; an end outside the searched range is open.
fn interval(likely: &dyn Fn(f64) -> f64) -> Estimate {
    let grid = std::iter::successors(Some(SHORTEST), |x| Some(x * FINER)).take_while(|x| *x < LONGEST);
    let all: Vec<(f64, f64)> = grid.map(|x| (x, likely(x))).collect();
    let best = all.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(SHORTEST, |best| best.0);
    let best = highest(best / FINER, best * FINER, likely);
    let most = likely(best);
    let within = |x: f64| 2.0 * (most - likely(x)) <= RATIO;
    let edge = |inside: f64, outside: f64| {
        let halve = |(inside, outside): (f64, f64)| {
            let middle = libm::sqrt(inside * outside);
            if within(middle) { (middle, outside) } else { (inside, middle) }
        };
        (0..30).fold((inside, outside), |ends, _| halve(ends)).0
    };
    let held = || all.iter().filter(|(_, likely)| 2.0 * (most - likely) <= RATIO).map(|(x, _)| *x);
    let (first, last) = (held().fold(best, f64::min), held().fold(best, f64::max));
    let low = if first > SHORTEST { edge(first, first / FINER) } else { 0.0 };
    let high = if last * FINER < LONGEST { edge(last, last * FINER) } else { f64::INFINITY };
    Estimate { value: best, low, high }
}

/// The maximum between two ends, by golden section on a log scale.
fn highest(low: f64, high: f64, of: &dyn Fn(f64) -> f64) -> f64 {
    const GOLDEN: f64 = 0.618_034;
    let (mut low, mut high) = (libm::log(low), libm::log(high));
    for _ in 0..40 {
        let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if of(libm::exp(a)) < of(libm::exp(b)) { low = a } else { high = b }
    }
    libm::exp((low + high) / 2.0)
}

impl Outages {
    /// The share of the app's own pauses of about this length, and the width in seconds.
    fn share(&self, pause: f64) -> (f64, f64) {
        let (from, to) = (pause / ABOUT, pause * ABOUT);
        let below = |x: f64| self.pauses.partition_point(|of| *of < x);
        ((below(to) - below(from)) as f64 / self.pauses.len().max(1) as f64, (to - from).max(1e-6))
    }
    /// The log-likelihood, maximized over the share of last pauses that are the app's own.
    fn likelihood(&self, own: &[Own], recovers: f64, fails: f64, typical: f64) -> f64 {
        let (mut likely, mut came) = (0.0, Vec::with_capacity(own.len()));
        for (of, own) in self.all.iter().zip(own) {
            let (tried, as_it_is_back, up) = of.likelihood(recovers, fails, typical);
            likely += tried;
            match own {
                Own::Surely => likely += libm::log(up.max(1e-300)),
                Own::Perhaps(density) => came.push((as_it_is_back, density * up)),
            }
        }
        let of_share = |n: u32| {
            let share = f64::from(n) / f64::from(SHARES);
            let all = came.iter().map(|(back, own)| ((1.0 - share) * back + share * own).max(1e-300));
            all.map(libm::log).sum::<f64>()
        };
        likely + (0..=SHARES).map(of_share).fold(f64::NEG_INFINITY, f64::max)
    }
}

impl Outage {
    fn pause(&self) -> f64 {
        self.tries.last().map_or(0.0, |last| last.pause)
    }
    /// For these rates of recovery and failure per second: the log-likelihood of the failed
    /// attempts, the density of a recovery at the start of the last one, and the probability of a
    /// link that is up by then. An attempt that finds the link up may still fail.
    fn likelihood(&self, recovers: f64, fails: f64, typical: f64) -> (f64, f64, f64) {
        let (share, speed) = (fails / (fails + recovers), fails + recovers);
        let still = |seconds: f64| share + (1.0 - share) * libm::exp(-speed * seconds.max(1e-3));
        let under_way = -libm::expm1(-fails * typical);
        // The two last instants when the link may have been down, with their probabilities.
        let (mut last, mut likely) = ([(self.down, 1.0), (self.down, 0.0)], 0.0);
        for one in &self.tries {
            let over = |of: &dyn Fn(f64) -> f64| {
                last.iter().map(|(at, share)| share * of(one.start - at)).sum::<f64>()
            };
            let down = over(&still);
            if !one.failed {
                let back = over(&|seconds| recovers * libm::exp(-recovers * seconds));
                return (likely, back * (1.0 - under_way), (1.0 - down) * (1.0 - under_way));
            }
            let fails = (down + (1.0 - down) * under_way).max(1e-300);
            likely += libm::log(fails);
            last = [(one.start, down / fails), (one.fails, 1.0 - down / fails)];
        }
        (likely, 1.0, 1.0)
    }
}
