//! Decides when each person works, and when the app is in the foreground.

use crate::base::{DeviceId, Seed, Span, Stamp, Stream, Time};
use crate::contract::Attributes;
use crate::workload::{LoginWave, WorkloadOptions, share};

/// For this long after the login, a person edits only rows that the device started with.
const SETTLING: Span = Span::secs(600);
/// The shortest time from a person's login to their first write.
const FIRST_LOOK: Span = Span::secs(60);

/// The facts about a person with a device that the script needs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    pub device: DeviceId,
    pub attributes: Attributes,
    /// The attributes that the person gets later, by time.
    pub later: Vec<(Time, Attributes)>,
    pub role: String,
    /// The wall clock of the last sync before the start; `None`: the app was just installed.
    pub synced_at: Option<Stamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Presence {
    pub(super) login: Option<Time>,
    pub(super) from: Time,
    pub(super) until: Time,
    pub(super) writes_from: Time,
    /// From this time on, the script assumes that the device holds the rows that the backend had at
    /// the start.
    pub(super) settled: Time,
}

pub(super) fn working_hours(options: &WorkloadOptions, duration: Span) -> (Time, Time) {
    let end = Time::ZERO + duration;
    let (from, until) = options.hours;
    if from < until && from < end { (from, until.min(end)) } else { (Time::ZERO, end) }
}

/// Each person's day; `None` for a person outside all waves of logins, who does not work.
pub(super) fn presences(
    seed: Seed,
    options: &WorkloadOptions,
    people: &[Person],
    hours: (Time, Time),
) -> Vec<Option<Presence>> {
    let present = |person: &Person, login: Option<Time>| {
        let from = login.unwrap_or(hours.0);
        let day = hours.1.since(from);
        let settled = from + SETTLING.min(day.scaled(1, 10));
        let first = from + FIRST_LOOK.min(day.scaled(1, 20));
        let writes_from = if person.synced_at.is_some() { first } else { settled };
        Presence { login, from, until: hours.1, writes_from, settled }
    };
    if options.logins.is_empty() {
        return people.iter().map(|p| Some(present(p, None))).collect();
    }
    let waves = waves_of(seed, &options.logins, people);
    people
        .iter()
        .zip(waves)
        .map(|(person, wave)| {
            let wave = options.logins.get(wave)?;
            let mut stream = seed.stream("login", u64::from(person.device.0), 0);
            Some(present(person, Some(login_time(&mut stream, wave, hours))))
        })
        .collect()
}

/// The index of each person's wave of logins. For a person without a wave, it is the number of
/// waves.
fn waves_of(seed: Seed, logins: &[LoginWave], people: &[Person]) -> Vec<usize> {
    let mut weights: Vec<u64> = logins.iter().map(|w| u64::from(w.share.0)).collect();
    weights.push(1_000_000_u64.saturating_sub(weights.iter().sum()));
    let sizes = share::split(people.len() as u64, &weights, |i| i as u64);
    let mut order: Vec<usize> = (0..people.len()).collect();
    order.sort_by_cached_key(|&i| (seed.hash("wave", u64::from(people[i].device.0), 0), i));
    let mut waves = vec![0; people.len()];
    let members = sizes.iter().enumerate().flat_map(|(wave, size)| (0..*size).map(move |_| wave));
    for (person, wave) in order.into_iter().zip(members) {
        waves[person] = wave;
    }
    waves
}

/// A normally distributed time around the wave's mean. A time outside working time is drawn again,
/// up to 8 times.
fn login_time(stream: &mut Stream, wave: &LoginWave, hours: (Time, Time)) -> Time {
    let mut drawn = wave.at;
    for _ in 0..8 {
        let away = stream.normal() * wave.spread.0 as f64;
        drawn = Time((wave.at.0 as f64 + away).max(0.0) as u64);
        if (hours.0..hours.1).contains(&drawn) {
            break;
        }
    }
    drawn.clamp(hours.0, Time(hours.1.0 - 1))
}

/// The times in which a person only looks at the app and writes nothing; sorted and disjoint.
pub(super) fn stretches(stream: &mut Stream, options: &WorkloadOptions, day: &Presence) -> Vec<(Time, Time)> {
    let (mean, Some(every)) = (options.foreground, options.visits_every()) else {
        return vec![(day.from, day.until)];
    };
    let pause = every.saturating_sub(mean);
    let mut stretches = Vec::new();
    let mut at = day.from;
    while at < day.until {
        let end = at + stream.exponential(mean);
        stretches.push((at, end.min(day.until)));
        at = end + stream.exponential(pause);
    }
    stretches
}

pub(super) fn merge_intervals(mut stretches: Vec<(Time, Time)>) -> Vec<(Time, Time)> {
    stretches.sort_unstable();
    let mut apart: Vec<(Time, Time)> = Vec::with_capacity(stretches.len());
    for (from, until) in stretches {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => apart.push((from, until)),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::fixture::{hour, options, people};

    #[test]
    fn waves_have_their_exact_size_and_stay_within_the_working_time() {
        let mut options = options();
        options.logins[1].share = crate::base::Ppm(300_000);
        let hours = working_hours(&options, Span::secs(18 * 3_600));
        let days = presences(Seed(3), &options, &people(200), hours);
        assert_eq!(days.iter().filter(|d| d.is_none()).count(), 20, "a tenth stays at home");
        let logins: Vec<Time> = days.iter().flatten().map(|d| d.login.unwrap()).collect();
        assert!(logins.iter().all(|t| (hours.0..hours.1).contains(t)));
        let early = logins.iter().filter(|t| **t < hour(8, 10)).count();
        assert!((110..=132).contains(&early), "{early} logged in before 08:10");
    }

    #[test]
    fn the_app_is_looked_at_as_often_and_as_long_as_asked() {
        let options = WorkloadOptions {
            resumes_per_hour_milli: 6_000,
            foreground: Span::secs(120),
            ..WorkloadOptions::default()
        };
        let (from, until) = (hour(0, 0), hour(1_000, 0));
        let day = Presence { login: None, from, until, writes_from: from, settled: from };
        let all = stretches(&mut Seed(1).stream("stretch", 0, 0), &options, &day);
        assert!((5_700..6_300).contains(&all.len()), "{} in 1 000 hours", all.len());
        let total: Span = all.iter().map(|(from, until)| *until - *from).sum();
        let mean = total.as_secs_f64() / all.len() as f64;
        assert!((115.0..125.0).contains(&mean), "{mean} s each");
        assert!(all.windows(2).all(|w| w[0].1 < w[1].0));
    }

    #[test]
    fn stretches_that_touch_become_one() {
        let s = |a, b| (Time(a), Time(b));
        assert_eq!(merge_intervals(vec![s(5, 9), s(1, 3), s(3, 4), s(6, 7), s(8, 12)]), [s(1, 4), s(5, 12)]);
    }
}
