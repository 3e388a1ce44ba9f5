//! Decides which link a device uses at which time.

use std::sync::Arc;

use super::super::options::{FieldWorker, Moves, Profile};
use crate::base::{Ppm, Seed, Span, Stream, Time};

/// The links of a device, and the times when it uses each.
#[derive(Clone, Debug)]
pub struct LinkSchedule {
    pub(super) links: Vec<Arc<Profile>>,
    /// Sorted by start. The first stay starts at time 0. Neighbours use different links.
    pub(super) stays: Vec<Stay>,
    pub(super) dead_zones: Vec<(Time, Time)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stay {
    pub(super) from: Time,
    pub(super) link: usize,
}

impl LinkSchedule {
    /// A schedule with one link all the time.
    pub fn settled(link: Arc<Profile>) -> LinkSchedule {
        let stays = vec![Stay { from: Time::ZERO, link: 0 }];
        LinkSchedule { links: vec![link], stays, dead_zones: Vec::new() }
    }

    /// Puts the device on `link` from `from` to `until`. This replaces the schedule for that time.
    pub fn detour(&mut self, from: Time, until: Time, link: &Arc<Profile>) {
        let known = self.links.iter().position(|known| known == link);
        let link = known.unwrap_or_else(|| {
            self.links.push(link.clone());
            self.links.len() - 1
        });
        let back = self.stays[self.stays.partition_point(|stay| stay.from <= until) - 1].link;
        self.stays.retain(|stay| stay.from < from || stay.from > until);
        self.stays.extend([Stay { from, link }, Stay { from: until, link: back }]);
        self.stays.sort_by_key(|stay| stay.from);
        self.join();
    }

    /// Merges neighbouring stays on the same link.
    fn join(&mut self) {
        self.stays.dedup_by(|next, before| next.link == before.link);
    }
}

impl Moves {
    /// Approximate number of times that a device picks a link within this span.
    pub fn moments(&self, within: Span) -> u64 {
        match self {
            Moves::Wander { links, mean } => within.0.checked_div(pause(links, *mean).0).unwrap_or(0),
            Moves::FieldWorker(_) => (within.0 / Span::secs(DAY).0 + 1) * STAYS_A_DAY,
        }
    }

    /// The links between which the device moves.
    pub fn links(&self) -> Vec<&Arc<Profile>> {
        match self {
            Moves::Wander { links, .. } => links.iter().map(|(link, _)| link).collect(),
            Moves::FieldWorker(worker) => vec![&worker.depot, &worker.road, &worker.site],
        }
    }

    /// The schedule until `end`. With random changes, the device starts on `first`.
    pub fn schedule(&self, first: &Arc<Profile>, seed: Seed, end: Time) -> LinkSchedule {
        let mut stream = seed.stream("net.moves", 0, 0);
        let links = self.links().into_iter().cloned().collect();
        let mut schedule = LinkSchedule { links, stays: Vec::new(), dead_zones: Vec::new() };
        match self {
            Moves::Wander { links, mean } => {
                schedule.stays = wander(links, *mean, first, &mut stream, end);
            }
            Moves::FieldWorker(FieldWorker { since_midnight, .. }) => {
                let mut days = Days { since_midnight: *since_midnight, end, schedule: &mut schedule };
                for day in 0..=(*since_midnight + (end - Time::ZERO)).0 / 1_000_000_000 / DAY {
                    days.add(day * DAY, &mut stream);
                }
            }
        }
        schedule.join();
        schedule
    }
}

fn pause(links: &[(Arc<Profile>, Ppm)], mean: Span) -> Span {
    let whole: u64 = links.iter().map(|(_, share)| u64::from(share.0)).sum();
    let squares: u64 = links.iter().map(|(_, share)| u64::from(share.0) * u64::from(share.0)).sum();
    let stays_put = squares as f64 / (whole as f64 * whole as f64);
    Span::from_secs_f64(mean.as_secs_f64() * (1.0 - stays_put))
}

/// The device picks a link at the times of a Poisson process, with the link's share as probability.
/// So the share is also the link's share of time. A pick may return the same link. With a mean
/// distance of `mean`·(1 − Σ share²) between picks, a stay lasts `mean` on average.
fn wander(
    links: &[(Arc<Profile>, Ppm)],
    mean: Span,
    first: &Arc<Profile>,
    stream: &mut Stream,
    end: Time,
) -> Vec<Stay> {
    let first = links.iter().position(|(link, _)| link == first).unwrap_or(0);
    let whole: u64 = links.iter().map(|(_, share)| u64::from(share.0)).sum();
    let pause = pause(links, mean);
    let mut stays = vec![Stay { from: Time::ZERO, link: first }];
    let mut at = Time::ZERO + stream.exponential(pause);
    while pause > Span::ZERO && at < end {
        let mut drawn = stream.below(whole);
        let picked = links.iter().position(|(_, share)| {
            let here = drawn < u64::from(share.0);
            drawn = drawn.saturating_sub(u64::from(share.0));
            here
        });
        stays.push(Stay { from: at, link: picked.unwrap_or(first) });
        at += stream.exponential(pause);
    }
    stays
}

const DAY: u64 = 86_400;
const LEAVES: u64 = 8 * 3_600 + 20 * 60;
const LUNCH: u64 = 12 * 3_600;
const LUNCH_ENDS: u64 = 12 * 3_600 + 30 * 60;
const RETURNS: u64 = 16 * 3_600 + 40 * 60;
/// Approximate stays per day: two trips (legs) and two visits per hour, and the depot.
const STAYS_A_DAY: u64 = 32;
/// Median seconds of a trip (leg) and of a visit, and the sigma of both.
const LEG: f64 = 14.0 * 60.0;
const VISIT: f64 = 20.0 * 60.0;
const SIGMA: f64 = 0.5;
/// Share of a visit in a dead zone: minimum and maximum.
const DEAD: (f64, f64) = (0.1, 0.2);

/// Indices in [`Moves::links`].
const DEPOT: usize = 0;
const ROAD: usize = 1;
const SITE: usize = 2;

/// A field worker's days; all numbers are estimates. The worker is at the depot until 08:20 and
/// from 16:40 on. Lunch is from 12:00 to 12:30. In the remaining time, trips (legs) and visits
/// alternate in a ratio of 35 to 50. Each visit has a dead zone (no network) for 10 to 20 % of its
/// time.
struct Days<'s> {
    since_midnight: Span,
    end: Time,
    schedule: &'s mut LinkSchedule,
}

impl Days<'_> {
    fn add(&mut self, midnight: u64, stream: &mut Stream) {
        self.stay(midnight, DEPOT);
        self.rounds(midnight + LEAVES, midnight + LUNCH, stream);
        self.stay(midnight + LUNCH, SITE);
        self.rounds(midnight + LUNCH_ENDS, midnight + RETURNS, stream);
        self.stay(midnight + RETURNS, DEPOT);
    }

    /// Trips (legs) and visits in turn. Times are in seconds after the first midnight.
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
                self.schedule.dead_zones.extend((times.0 < times.1).then_some(times));
            }
            at += visit;
        }
    }

    fn stay(&mut self, second: u64, link: usize) {
        let (from, stays) = (self.time(second as f64), &mut self.schedule.stays);
        stays.pop_if(|last| last.from == from);
        if from < self.end || stays.is_empty() {
            stays.push(Stay { from, link });
        }
    }

    fn time(&self, second: f64) -> Time {
        let since_start = Span::from_secs_f64(second).saturating_sub(self.since_midnight);
        (Time::ZERO + since_start).min(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::BitRate;

    fn link(name: &str) -> Arc<Profile> {
        Arc::new(Profile::steady(name, Span::millis(10), BitRate(1_000), BitRate(1_000)))
    }
    fn hours(n: u64) -> Time {
        Time::ZERO + Span::secs(n * 3_600)
    }
    fn working(since_midnight: Span, end: Time) -> LinkSchedule {
        let [depot, road, site] = ["depot", "road", "site"].map(link);
        let worker = FieldWorker { depot: depot.clone(), road, site, since_midnight };
        Moves::FieldWorker(worker).schedule(&depot, Seed(1), end)
    }

    /// Names and start hours of the stays.
    fn told(schedule: &LinkSchedule) -> Vec<(&str, u64)> {
        let hour = |stay: &Stay| stay.from.0 / 3_600_000_000_000;
        schedule.stays.iter().map(|stay| (&*schedule.links[stay.link].name, hour(stay))).collect()
    }

    /// Seconds on each of three links.
    fn seconds(schedule: &LinkSchedule, end: Time) -> [f64; 3] {
        let mut times = [0.0; 3];
        let ends = schedule.stays[1..].iter().map(|next| next.from).chain([end]);
        for (stay, until) in schedule.stays.iter().zip(ends) {
            times[stay.link] += (until - stay.from).as_secs_f64();
        }
        times
    }

    #[test]
    fn shares_of_links_are_shares_of_time_and_the_mean_stay_is_as_asked() {
        let (a, b, c) = (link("a"), link("b"), link("c"));
        let links = vec![(a.clone(), Ppm(600_000)), (b, Ppm(300_000)), (c, Ppm(100_000))];
        let moves = Moves::Wander { links, mean: Span::secs(2_700) };
        let end = hours(20_000);
        let schedule = moves.schedule(&a, Seed(1), end);
        for (time, share) in seconds(&schedule, end).into_iter().zip([0.6, 0.3, 0.1]) {
            let found = time * 1e9 / end.0 as f64;
            assert!((found / share - 1.0).abs() < 0.03, "{found} instead of {share}");
        }
        let mean = end.0 as f64 / schedule.stays.len() as f64 / 1e9;
        assert!((mean / 2_700.0 - 1.0).abs() < 0.02, "mean stay {mean} s");
    }

    #[test]
    fn who_has_one_link_stays_on_it() {
        let only = link("only");
        let moves = Moves::Wander { links: vec![(only.clone(), Ppm(1_000_000))], mean: Span::secs(60) };
        assert_eq!(told(&moves.schedule(&only, Seed(1), hours(100))), [("only", 0)]);
    }

    #[test]
    fn a_detour_replaces_what_would_have_been() {
        let mut schedule = LinkSchedule::settled(link("home"));
        schedule.detour(hours(2), hours(5), &link("train"));
        assert_eq!(told(&schedule), [("home", 0), ("train", 2), ("home", 5)]);
        schedule.detour(hours(4), hours(7), &link("hotel"));
        assert_eq!(told(&schedule), [("home", 0), ("train", 2), ("hotel", 4), ("home", 7)]);
        schedule.detour(hours(1), hours(9), &link("home"));
        assert_eq!(told(&schedule), [("home", 0)]);
        schedule.detour(hours(0), hours(3), &link("train"));
        assert_eq!(told(&schedule), [("train", 0), ("home", 3)]);
    }

    #[test]
    fn a_shift_has_its_shares_of_road_and_visits() {
        let end = hours(400 * 24);
        let schedule = working(Span::ZERO, end);
        let [depot, road, site] = seconds(&schedule, end);
        let shift = 400.0 * 9.0 * 3_600.0;
        assert!((road / shift - 0.35).abs() < 0.03, "road {}", road / shift);
        let visits = site - 400.0 * 1_800.0;
        assert!((visits / shift - 0.5).abs() < 0.03, "visits {}", visits / shift);
        let dead: f64 = schedule.dead_zones.iter().map(|(from, until)| (*until - *from).as_secs_f64()).sum();
        assert!((0.12..0.18).contains(&(dead / visits)), "dead {}", dead / visits);
        assert!((depot / 400.0 / 3_600.0 - (24.0 - 8.0 - 1.0 / 3.0)).abs() < 0.01, "depot {depot}");
    }

    #[test]
    fn a_world_that_starts_at_lunch_starts_at_a_customers() {
        let end = hours(30);
        let schedule = working(Span::secs(12 * 3_600 + 60), end);
        assert_eq!(schedule.stays[0], Stay { from: Time::ZERO, link: SITE });
        assert_eq!(schedule.stays[1], Stay { from: Time::ZERO + Span::secs(29 * 60), link: ROAD });
        assert!(schedule.stays.windows(2).all(|w| w[0].from < w[1].from && w[0].link != w[1].link));
        assert!(schedule.dead_zones.iter().all(|(from, until)| from < until && *until <= end));
    }
}
