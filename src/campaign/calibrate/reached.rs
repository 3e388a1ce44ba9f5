//! Timeouts that answers come near: some of what these ended are slow answers.

use super::aside::many_rows;
use super::hung::{Hung, LONGER_MAX, longer};
use super::line::{NORMAL, Sample};
use super::log::{Log, Outcome, Request};
use super::timeout::Timeout;
use crate::metrics::human;

/// An answer that takes this share of the timeout comes near it.
const NEAR: f64 = 0.7;
/// Timeouts of one client end within this share of each other.
const ALIKE: f64 = 0.05;
/// So many answers come near by accident.
const ACCIDENT: usize = 2;
/// Where more of the answers take longer, they are not left out for it.
const LEFT_OUT_MAX: f64 = 0.5;

/// Timeouts after one and the same time that answers come near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reached {
    pub(super) requests: u64,
    pub(super) after: f64,
    pub(super) longest: f64,
    /// How many answers take longer, if that is no accident: other devices, or other requests, have a longer timeout or none. Answers up to
    /// the shortest are seen, of all of them.
    pub(super) longer: u64,
}

impl Reached {
    /// The timeouts of a client that are no longer than its answers are: those of its failures that took one and the same time, or of those
    /// that go by that word; the shortest, where there are several.
    pub(super) fn of(log: &Log, hung: Option<&Hung>) -> Option<Reached> {
        match hung {
            Some(hung) => hung.timeouts().iter().find_map(|timeout| of_timeout(log, *timeout)),
            None => of_word(log),
        }
    }

    /// The first of the timeouts that may have ended slow answers while others took longer, and how many did, where costs do not make up for
    /// those.
    pub(super) fn beside_longer(log: &Log, hung: &Hung) -> Option<(Timeout, u64)> {
        let may_have = |timeout: &&Timeout| {
            let near = come_near(log, timeout.after) && longer(log, timeout.after).1 > LONGER_MAX;
            near && of_timeout(log, **timeout).is_none()
                && more_rows(log, **timeout).is_none_or(|more| more >= -NORMAL)
        };
        let timeout = *hung.timeouts().iter().find(may_have)?;
        Some((timeout, longer(log, timeout.after).0))
    }

    /// Whether an answer tells of costs: one that takes longer than others could does not.
    pub(super) fn leaves(self, answer: &Request) -> bool {
        self.longer == 0 || answer.duration <= self.after
    }
}

fn answers(log: &Log) -> impl Iterator<Item = &Request> {
    log.requests.iter().filter(|r| r.outcome == Outcome::Answered && r.timed && r.duration > 0.0)
}

fn longest(log: &Log) -> f64 {
    answers(log).map(|answer| answer.duration).fold(0.0, f64::max)
}

fn come_near(log: &Log, after: f64) -> bool {
    answers(log).filter(|answer| answer.duration >= NEAR * after).count() > ACCIDENT
}

fn of_timeout(log: &Log, timeout: Timeout) -> Option<Reached> {
    let after = timeout.after;
    let (longer, share) = longer(log, after);
    let seldom = share <= LONGER_MAX;
    // Costs of answers up to a time are as true where it ended none: only less is known of them.
    let ends_answers =
        seldom || share <= LEFT_OUT_MAX && more_rows(log, timeout).is_none_or(|more| more > NORMAL);
    (come_near(log, after) && ends_answers).then(|| Reached {
        requests: timeout.requests as u64,
        after,
        longest: longest(log),
        longer: if seldom { 0 } else { longer },
    })
}

/// By how many standard deviations more of the requests that a timeout ended have many rows: slow answers do. To connect takes as long
/// whatever comes then. `None` where the log has no rows for what failed.
fn more_rows(log: &Log, timeout: Timeout) -> Option<f64> {
    let of = |request: &Request| Sample { x: [1.0, request.rows], y: request.duration, weight: 1.0 };
    let mut samples: Vec<Sample<2>> = answers(log).map(of).collect();
    let others = samples.len();
    samples.extend(log.requests.iter().filter(|request| timeout.has(request)).map(of));
    let tells = samples[others..].iter().any(|sample| sample.x[1] > 0.0);
    tells.then(|| many_rows(&samples, &(others..samples.len()).collect::<Vec<_>>()))
}

/// The timeouts that go by that word, if most took one and the same time.
fn of_word(log: &Log) -> Option<Reached> {
    let by_word = |r: &&Request| r.outcome == Outcome::TimedOut && r.timed && r.duration > 0.0;
    let mut times: Vec<f64> = log.requests.iter().filter(by_word).map(|r| r.duration).collect();
    times.sort_by(f64::total_cmp);
    let after = *times.get(times.len() / 2)?;
    let alike = times.iter().filter(|time| (*time / after - 1.0).abs() <= ALIKE).count();
    (2 * alike > times.len() && come_near(log, after)).then(|| Reached {
        requests: times.len() as u64,
        after,
        longest: longest(log),
        longer: 0,
    })
}

impl Hung {
    /// What the log does not tell of them. The intervals hold that they are the server's, but where it has no other failure (`alone`).
    /// Where answers come near that time (`reached`), they may be answers that took longer.
    pub(super) fn told(&self, alone: bool, reached: Option<Reached>) -> String {
        let held = if alone {
            "which no interval holds, as no other failure is there"
        } else {
            "the intervals hold both"
        };
        let slow = reached.map_or_else(String::new, |reached| {
            format!(
                "; they may be only slow answers, too, as others take up to {}",
                human::span((reached.longest * 1e9) as u64)
            )
        });
        let requests: usize = self.timeouts.iter().map(|timeout| timeout.requests).sum();
        let after: Vec<String> =
            self.timeouts.iter().map(|timeout| human::span((timeout.after * 1e9) as u64)).collect();
        let timeouts = if after.len() == 1 { "a timeout of the app" } else { "timeouts of the app" };
        format!(
            "whether {} of {} are the link's: they took {} each, as if {timeouts} had ended them, and count as such; where the server \
             left them hanging, transfers break less often than told and the best chunk is larger, {held}; log `refused` for what the server \
             left hanging{slow}",
            human::thousands(requests as u64),
            human::count(self.of as u64, "failure"),
            after.join(" or "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty answers that take 1 to 20 s, a row a second, and some timeouts.
    fn log(timeouts: &[(f64, f64)]) -> Log {
        let request = |start: f64, rows: f64, duration: f64, outcome| Request {
            start,
            device: 0,
            rows,
            bytes: 1.0,
            duration,
            timed: true,
            outcome,
            vague: false,
        };
        let answers = (1..=20).map(|n| {
            let n = f64::from(n);
            request(n * 100.0, n, n, Outcome::Answered)
        });
        let timeouts = timeouts
            .iter()
            .enumerate()
            .map(|(n, (rows, after))| request(5_000.0 + 100.0 * n as f64, *rows, *after, Outcome::TimedOut));
        let requests = answers.chain(timeouts).collect();
        Log { requests, devices: None, has_bytes: true, shuffled: false, step: 0.0 }
    }

    fn reached(timeouts: &[(f64, f64)]) -> Option<Reached> {
        let log = log(timeouts);
        Reached::of(&log, super::super::hung::hung(&log, None).as_ref())
    }

    #[test]
    fn a_timeout_that_answers_come_near_is_seen() {
        let known = Some(Reached { requests: 5, after: 21.0, longest: 20.0, longer: 0 });
        assert_eq!(reached(&[(21.0, 21.0); 5]), known);
        assert_eq!(of_word(&log(&[(21.0, 21.0); 5])), known);
        assert_eq!(reached(&[(21.0, 60.0); 5]), None, "no answer takes as long");
        assert_eq!(reached(&[]), None);
    }

    #[test]
    fn of_several_timeouts_the_shortest_that_ends_large_answers_is_told() {
        let known = Some(Reached { requests: 8, after: 14.0, longest: 20.0, longer: 6 });
        let both = |rows, after| [[(rows, after); 8], [(30.0, 25.0); 8]].concat();
        assert_eq!(reached(&both(18.0, 14.0)), known);
        // Whatever the rows it is a time to connect, and most answers take longer.
        for (rows, after) in [(8.0, 14.0), (18.0, 9.0)] {
            let told = reached(&both(rows, after)).map(|reached| (reached.after, reached.longer));
            assert_eq!(told, Some((25.0, 0)), "{rows} rows, {after} s");
        }
        assert_eq!(reached(&both(0.0, 14.0)), known, "rows of what failed are not told");
        let beside = |rows, after| {
            let log = log(&both(rows, after));
            let hung = super::super::hung::hung(&log, None).unwrap();
            Reached::beside_longer(&log, &hung).map(|(timeout, longer)| (timeout.after, longer))
        };
        assert_eq!(
            [beside(8.0, 14.0), beside(2.0, 14.0), beside(18.0, 9.0)],
            [Some((14.0, 6)), None, Some((9.0, 11))]
        );
    }
}
