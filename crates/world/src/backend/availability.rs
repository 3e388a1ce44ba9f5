//! Outages of a backend, drawn before the simulation starts.

use super::options::Availability;
use crate::base::{Seed, Span, Time};

/// The outages up to `end`, in order: an alternating renewal process with exponential up and down
/// times, in steady state from the start.
pub(crate) fn outages(availability: Availability, seed: Seed, end: Time) -> Vec<(Time, Time)> {
    let share = availability.share.share();
    let mean_down = availability.mean_outage;
    if share >= 1.0 || mean_down == Span::ZERO {
        return Vec::new();
    }
    let mean_up = Span::from_secs_f64(mean_down.as_secs_f64() * share / (1.0 - share));
    let mut stream = seed.stream("backend.availability", 0, 0);
    let mut outages = Vec::new();
    // An exponential time has no memory: the rest of one is exponential too.
    let mut from = if stream.chance(share) { Time::ZERO + stream.exponential(mean_up) } else { Time::ZERO };
    while from < end {
        let until = from + stream.exponential(mean_down);
        outages.push((from, until.min(end)));
        from = until + stream.exponential(mean_up);
    }
    outages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ppm;

    #[test]
    fn the_share_of_time_and_the_length_of_outages_come_out() {
        let end = Time::ZERO + Span::secs(20_000 * 3_600);
        for (ppm, minutes) in [(995_000, 30), (500_000, 4), (900_000, 240)] {
            let availability = Availability { share: Ppm(ppm), mean_outage: Span::secs(minutes * 60) };
            let outages = outages(availability, Seed(3), end);
            let down: u64 = outages.iter().map(|(from, until)| (*until - *from).0).sum();
            let up = 1e6 - down as f64 / end.0 as f64 * 1e6;
            let mean = down as f64 / outages.len() as f64 / 60e9;
            let off = (1e6 - up) / (1e6 - f64::from(ppm)) - 1.0;
            assert!(off.abs() < 0.15, "up {up} of a million, not {ppm}");
            assert!((mean / minutes as f64 - 1.0).abs() < 0.15, "{mean} minutes, not {minutes}");
            assert!(outages.windows(2).all(|pair| pair[0].1 < pair[1].0), "outages lie apart");
        }
    }
}
