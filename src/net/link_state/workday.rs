//! A field worker's day, all of it estimates: the depot's Wi-Fi to 08:20 and from 16:40, lunch from
//! 12:00 to 12:30, between them legs and visits as 35 to 50, with a dead zone of 10 to 20 % of a
//! visit.

use super::super::options::FieldWorker;
use super::link_schedule::{LinkSchedule, Stay};
use crate::base::{Span, Stream, Time};

const DAY: u64 = 86_400;
const LEAVES: u64 = 8 * 3_600 + 20 * 60;
const LUNCH: u64 = 12 * 3_600;
const LUNCH_ENDS: u64 = 12 * 3_600 + 30 * 60;
const RETURNS: u64 = 16 * 3_600 + 40 * 60;
/// Median seconds of a leg and of a visit, and the sigma of both.
const LEG: f64 = 14.0 * 60.0;
const VISIT: f64 = 20.0 * 60.0;
const SIGMA: f64 = 0.5;
/// Share of a visit in a dead zone: least, greatest.
const DEAD: (f64, f64) = (0.1, 0.2);

const DEPOT: usize = 0;
const ROAD: usize = 1;
const SITE: usize = 2;

pub(super) fn schedule(worker: &FieldWorker, stream: &mut Stream, end: Time) -> LinkSchedule {
    let mut days = Days { since_midnight: worker.since_midnight, end, stays: Vec::new(), dead: Vec::new() };
    for day in 0..=(worker.since_midnight + (end - Time::ZERO)).0 / 1_000_000_000 / DAY {
        days.add(day * DAY, stream);
    }
    let links = vec![worker.depot.clone(), worker.road.clone(), worker.site.clone()];
    let mut schedule = LinkSchedule { links, stays: days.stays, dead_zones: days.dead };
    schedule.join();
    schedule
}

struct Days {
    since_midnight: Span,
    end: Time,
    stays: Vec<Stay>,
    dead: Vec<(Time, Time)>,
}

impl Days {
    fn add(&mut self, midnight: u64, stream: &mut Stream) {
        self.stay(midnight, DEPOT);
        self.rounds(midnight + LEAVES, midnight + LUNCH, stream);
        self.stay(midnight + LUNCH, SITE);
        self.rounds(midnight + LUNCH_ENDS, midnight + RETURNS, stream);
        self.stay(midnight + RETURNS, DEPOT);
    }

    /// Legs and visits in turn, from one second since the first midnight to another.
    fn rounds(&mut self, from: u64, until: u64, stream: &mut Stream) {
        let mut at = from as f64;
        let until = until as f64;
        while at < until {
            self.stay(at as u64, ROAD);
            at += stream.log_normal(LEG, SIGMA);
            let visit = stream.log_normal(VISIT, SIGMA);
            let dead = visit * (DEAD.0 + (DEAD.1 - DEAD.0) * stream.unit());
            let begins = at + (visit - dead) * stream.unit();
            if at < until {
                self.stay(at as u64, SITE);
                let times = (self.time(begins.min(until)), self.time((begins + dead).min(until)));
                self.dead.extend((times.0 < times.1).then_some(times));
            }
            at += visit;
        }
    }

    fn stay(&mut self, second: u64, link: usize) {
        let from = self.time(second as f64);
        if self.stays.last().is_some_and(|last| last.from == from) {
            self.stays.pop();
        }
        if from < self.end || self.stays.is_empty() {
            self.stays.push(Stay { from, link });
        }
    }

    fn time(&self, second: f64) -> Time {
        let since_start = Span::from_secs_f64(second).saturating_sub(self.since_midnight);
        (Time::ZERO + since_start).min(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::options::Profile;
    use super::*;
    use crate::base::{BitRate, Seed};
    use std::sync::Arc;

    fn worker(since_midnight: Span) -> FieldWorker {
        let link = |name| Arc::new(Profile::steady(name, Span::ZERO, BitRate(1), BitRate(1)));
        FieldWorker { depot: link("depot"), road: link("road"), site: link("site"), since_midnight }
    }

    fn hour(n: u64) -> Time {
        Time::ZERO + Span::secs(n * 3_600)
    }

    /// Seconds on each link, and in dead zones, of many days.
    fn seconds(days: u64) -> ([f64; 3], f64) {
        let end = Time::ZERO + Span::secs(days * DAY);
        let schedule = schedule(&worker(Span::ZERO), &mut Seed(1).stream("day", 0, 0), end);
        let mut times = [0.0; 3];
        for (i, stay) in schedule.stays.iter().enumerate() {
            let until = schedule.stays.get(i + 1).map_or(end, |next| next.from);
            times[stay.link] += (until - stay.from).as_secs_f64();
        }
        (times, schedule.dead_zones.iter().map(|(from, until)| (*until - *from).as_secs_f64()).sum())
    }

    #[test]
    fn a_shift_has_its_shares_of_road_and_visits() {
        let ([depot, road, site], dead) = seconds(400);
        let shift = 400.0 * 9.0 * 3_600.0;
        assert!((road / shift - 0.35).abs() < 0.03, "road {}", road / shift);
        let visits = site - 400.0 * 1_800.0;
        assert!((visits / shift - 0.5).abs() < 0.03, "visits {}", visits / shift);
        assert!((0.12..0.18).contains(&(dead / visits)), "dead {}", dead / visits);
        assert!((depot / 400.0 / 3_600.0 - (24.0 - 8.0 - 1.0 / 3.0)).abs() < 0.01, "depot {depot}");
    }

    #[test]
    fn a_world_that_starts_at_lunch_starts_at_a_customers() {
        let end = hour(30);
        let noon = worker(Span::secs(12 * 3_600 + 60));
        let schedule = schedule(&noon, &mut Seed(1).stream("day", 0, 0), end);
        assert_eq!(schedule.stays[0], Stay { from: Time::ZERO, link: SITE });
        assert_eq!(schedule.stays[1], Stay { from: Time::ZERO + Span::secs(29 * 60), link: ROAD });
        assert!(schedule.stays.windows(2).all(|w| w[0].from < w[1].from && w[0].link != w[1].link));
        assert!(schedule.dead_zones.iter().all(|(from, until)| from < until && *until <= end));
    }
}
