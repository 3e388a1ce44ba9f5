//! Timeouts among many transfers that break: so many failures that took exactly the same time are
//! no chance, however many broke before.

use statrs::distribution::{DiscreteCDF, Poisson};

use super::log::{Log, Outcome};
use super::timeout::{BESIDE_MIN, JITTER, SHARE_MIN, TIMEOUTS_MAX, Timeout, failed};
use super::trouble::SURELY;

/// Other timeouts are fewer than so many: a clock of steps makes more heaps.
const OTHERS: usize = 2;
/// Within so many times its time others are heaped as one is.
const BESIDE: (f64, f64) = (0.5, 4.5);
/// Below this probability answers that took the same time are no chance.
const SHOWN: f64 = 0.05;

/// Durations in their order.
struct Times(Vec<f64>);

impl Times {
    fn of(times: impl Iterator<Item = f64>) -> Times {
        let mut times: Vec<f64> = times.collect();
        times.sort_by(f64::total_cmp);
        Times(times)
    }

    fn between(&self, from: f64, until: f64) -> &[f64] {
        let at = |time: f64| self.0.partition_point(|other| *other < time);
        &self.0[at(from)..at(until)]
    }

    /// How many are as long as each, from the one that most are as long as: none counts twice.
    fn heaps(&self, from: f64, until: f64) -> Vec<(f64, usize)> {
        let times = self.between(from, until);
        let mut all: Vec<(f64, usize)> =
            times.iter().map(|time| (*time, self.between(*time, time * (1.0 + JITTER)).len())).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.total_cmp(&b.0)));
        let mut heaps: Vec<(f64, usize)> = Vec::new();
        for (time, n) in all {
            if heaps.iter().all(|(other, _)| (time / other - 1.0).abs() > JITTER) {
                heaps.push((time, n));
            }
            if heaps.len() > OTHERS {
                break;
            }
        }
        heaps
    }
}

/// Those beside the `timeouts` that are known, the one that ended most first.
pub(super) fn spikes(log: &Log, timeouts: &[Timeout]) -> Vec<Timeout> {
    let others = log.requests.iter().filter(|r| failed(r) && !timeouts.iter().any(|timeout| timeout.has(r)));
    let mut others = Times::of(others.map(|r| r.duration));
    let answers = log.requests.iter().filter(|r| r.outcome == Outcome::Answered && r.timed);
    let answers = Times::of(answers.map(|r| r.duration));
    let mut spikes = Vec::new();
    while let Some((after, requests)) = others.heaps(0.0, f64::INFINITY).first().copied() {
        let matters = requests >= BESIDE_MIN && requests as f64 >= SHARE_MIN * others.0.len() as f64;
        if spikes.len() == TIMEOUTS_MAX || !matters || !no_chance(&others, &answers, log.step, after) {
            break;
        }
        let spike = Timeout { requests, after, until: after * (1.0 + JITTER) };
        others.0.retain(|time| !(after..spike.until).contains(time));
        spikes.push(spike);
    }
    spikes
}

/// Whether more of the failures took that time than chance has in any of them: transfers break at a
/// rate no higher than in the half of that time before. A clock of steps heaps other failures, too,
/// and answers.
fn no_chance(failures: &Times, answers: &Times, step: f64, after: f64) -> bool {
    let (from, until) = (BESIDE.0 * after, BESIDE.1 * after);
    let share = |span: f64| 2.0 * JITTER.max(step / after) * after / span;
    let heaps = failures.heaps(from, until);
    let before = failures.between(from, after).len() as f64;
    let beside = heaps.get(OTHERS).map_or(0, |(_, n)| n - 1) as f64;
    let chance = f64::max(before * share(2.0 * (after - from)), beside);
    let most = heaps.first().map_or(0, |(_, n)| *n);
    let alike = answers.between(after * (1.0 - JITTER), after * (1.0 + JITTER)).len();
    let near = answers.between(from, 2.0 * after).len() as f64;
    let by_clock = at_least(alike, near * share(2.0 * after - from)) < SHOWN;
    at_least(most, chance) < SURELY / failures.0.len() as f64 && !by_clock
}

/// The probability of so many or more by chance where so many are to be expected (Poisson).
pub(super) fn at_least(n: usize, expected: f64) -> f64 {
    let more = |n: u64| Poisson::new(expected).map_or(0.0, |law| law.sf(n));
    n.checked_sub(1).map_or(1.0, |fewer| more(fewer as u64))
}
