//! How a device comes to be where it is.

use std::sync::Arc;

use super::super::options::{Moves, Profile};
use super::link_schedule::{LinkSchedule, Stay};
use super::workday;
use crate::base::{Ppm, Seed, Span, Stream, Time};

/// About how many stays a field worker's day has: two legs and visits an hour, and the depot.
const STAYS_A_DAY: u64 = 32;

impl Moves {
    /// About how often a device picks a link in this time.
    pub fn moments(&self, within: Span) -> u64 {
        match self {
            Moves::Wander { links, mean } => within.0.checked_div(pause(links, *mean).0).unwrap_or(0),
            Moves::FieldWorker(_) => (within.0 / Span::secs(86_400).0 + 1) * STAYS_A_DAY,
        }
    }

    /// The links between which it moves.
    pub fn links(&self) -> Vec<&Arc<Profile>> {
        match self {
            Moves::Wander { links, .. } => links.iter().map(|(link, _)| link).collect(),
            Moves::FieldWorker(worker) => vec![&worker.depot, &worker.road, &worker.site],
        }
    }

    /// Where a device is until `end`; at the start a wanderer is on `first`.
    pub fn schedule(&self, first: &Arc<Profile>, seed: Seed, end: Time) -> LinkSchedule {
        let mut stream = seed.stream("net.moves", 0, 0);
        match self {
            Moves::Wander { links, mean } => wander(links, *mean, first, &mut stream, end),
            Moves::FieldWorker(worker) => workday::schedule(worker, &mut stream, end),
        }
    }
}

fn pause(links: &[(Arc<Profile>, Ppm)], mean: Span) -> Span {
    let whole: u64 = links.iter().map(|(_, share)| u64::from(share.0)).sum();
    let squares: u64 = links.iter().map(|(_, share)| u64::from(share.0) * u64::from(share.0)).sum();
    let stays_put = squares as f64 / (whole as f64 * whole as f64);
    Span::from_secs_f64(mean.as_secs_f64() * (1.0 - stays_put))
}

/// At moments of a Poisson process the device picks a link by its share, so that shares are shares
/// of time; the moments come as often as makes the mean stay `mean`: their distance ÷ (1 − Σ
/// share²).
fn wander(
    links: &[(Arc<Profile>, Ppm)],
    mean: Span,
    first: &Arc<Profile>,
    stream: &mut Stream,
    end: Time,
) -> LinkSchedule {
    let first = links.iter().position(|(link, _)| link == first).unwrap_or(0);
    let whole: u64 = links.iter().map(|(_, share)| u64::from(share.0)).sum();
    let pause = pause(links, mean);
    let mut schedule = LinkSchedule {
        links: links.iter().map(|(link, _)| link.clone()).collect(),
        stays: vec![Stay { from: Time::ZERO, link: first }],
        dead_zones: Vec::new(),
    };
    let mut at = Time::ZERO + stream.exponential(pause);
    while pause > Span::ZERO && at < end {
        let mut drawn = stream.below(whole);
        let picked = links.iter().position(|(_, share)| {
            let here = drawn < u64::from(share.0);
            drawn = drawn.saturating_sub(u64::from(share.0));
            here
        });
        schedule.stays.push(Stay { from: at, link: picked.unwrap_or(first) });
        at += stream.exponential(pause);
    }
    schedule.join();
    schedule
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

    /// Names and starting hours of the stays.
    fn told(schedule: &LinkSchedule) -> Vec<(&str, u64)> {
        let hour = |stay: &Stay| stay.from.0 / 3_600_000_000_000;
        schedule.stays.iter().map(|stay| (&*schedule.links[stay.link].name, hour(stay))).collect()
    }

    #[test]
    fn shares_of_links_are_shares_of_time_and_the_mean_stay_is_as_asked() {
        let (a, b, c) = (link("a"), link("b"), link("c"));
        let links = vec![(a.clone(), Ppm(600_000)), (b, Ppm(300_000)), (c, Ppm(100_000))];
        let moves = Moves::Wander { links, mean: Span::secs(2_700) };
        let end = hours(20_000);
        let schedule = moves.schedule(&a, Seed(1), end);
        let mut times = [0_u64; 3];
        for (i, stay) in schedule.stays.iter().enumerate() {
            let until = schedule.stays.get(i + 1).map_or(end, |next| next.from);
            times[stay.link] += (until - stay.from).0;
        }
        for (time, share) in times.into_iter().zip([0.6, 0.3, 0.1]) {
            let found = time as f64 / end.0 as f64;
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
}
