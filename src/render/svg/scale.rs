//! Maps figures to positions in a plot, and chooses the figures on an axis.

use crate::metrics::{Unit, human};

/// Maps figures to positions between two ends, on a linear or logarithmic scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    log: bool,
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

const LINEAR_MAX: f64 = 8.0;

impl Scale {
    pub(super) fn linear((from, to): (f64, f64), (start, end): (f64, f64)) -> Scale {
        let to = if to > from { to } else { from + 1.0 };
        Scale { log: false, from, to, start, end }
    }
    /// A logarithmic scale. All figures must be greater than 0.
    pub(super) fn log((from, to): (f64, f64), (start, end): (f64, f64)) -> Scale {
        let to = if to > from { to } else { from * 2.0 };
        Scale { log: true, from, to, start, end }
    }
    /// The scale from `low` to `high`. It is logarithmic if they are far apart, else linear from 0.
    pub(super) fn fitting(low: f64, high: f64, places: (f64, f64)) -> Scale {
        if low > 0.0 && high / low >= LINEAR_MAX {
            Scale::log((low / 1.15, high * 1.15), places)
        } else {
            Scale::linear((0.0, high * 1.08), places)
        }
    }
    pub(super) fn moved(self, (start, end): (f64, f64)) -> Scale {
        Scale { start, end, ..self }
    }
    pub(super) fn at(self, x: f64) -> f64 {
        let share = if self.log {
            libm::log2(x.max(self.from) / self.from) / libm::log2(self.to / self.from)
        } else {
            (x - self.from) / (self.to - self.from)
        };
        self.start + share.clamp(0.0, 1.0) * (self.end - self.start)
    }
    /// About `most` round figures, each with its label.
    pub(super) fn ticks(self, unit: Unit, most: usize) -> Vec<(f64, String)> {
        let figures = if self.log { self.log_ticks(unit, most) } else { self.even_ticks(unit, most) };
        figures.into_iter().map(|x| (x, label(unit, x))).collect()
    }
    fn even_ticks(self, unit: Unit, most: usize) -> Vec<f64> {
        let ladder = ladder(unit);
        let span = self.to - self.from;
        let fits = |step: &&f64| span / **step <= most as f64;
        let step = ladder.iter().find(fits).copied().unwrap_or(span);
        let first = libm::ceil(self.from / step) as i64;
        let last = libm::floor(self.to / step + 1e-9) as i64;
        (first..=last).map(|i| i as f64 * step).collect()
    }
    fn log_ticks(self, unit: Unit, most: usize) -> Vec<f64> {
        let within = |x: &f64| *x >= self.from * 0.999_999 && *x <= self.to * 1.000_001;
        let all: Vec<f64> = ladder(unit).into_iter().filter(within).collect();
        // If there are too many figures, only whole powers stay.
        let majors: Vec<f64> = all.iter().copied().filter(|x| is_round(unit, *x)).collect();
        let chosen = if all.len() <= most || majors.len() < 3 { all } else { majors };
        let each = chosen.len().div_ceil(most.max(1)).max(1);
        chosen.into_iter().step_by(each).collect()
    }
}

fn ladder(unit: Unit) -> Vec<f64> {
    const SECOND: f64 = 1e9;
    let powers = |base: f64, steps: &'static [f64], count: usize| {
        let decade = std::iter::successors(Some(1.0), move |x| Some(x * base)).take(count);
        decade.flat_map(move |x| steps.iter().map(move |s| x * s))
    };
    match unit {
        Unit::Ns => {
            let below = powers(10.0, &[1.0, 2.0, 5.0], 10).chain([10.0, 15.0, 30.0].map(|s| s * SECOND));
            let minutes = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0].map(|m| m * 60.0 * SECOND);
            let hours = [1.0, 2.0, 3.0, 6.0, 12.0].map(|h| h * 3_600.0 * SECOND);
            let days = powers(10.0, &[1.0, 2.0, 5.0], 5).map(|d| d * 86_400.0 * SECOND);
            below.chain(minutes).chain(hours).chain(days).collect()
        }
        Unit::Bytes | Unit::BytesPerSecond => powers(2.0, &[1.0], 60).collect(),
        _ => powers(10.0, &[1.0, 2.0, 5.0], 18).collect(),
    }
}

fn is_round(unit: Unit, x: f64) -> bool {
    let power = |base: f64| {
        let exponent = libm::log2(x) / libm::log2(base);
        (exponent - libm::round(exponent)).abs() < 1e-9
    };
    match unit {
        Unit::Ns if x >= 60e9 => [60e9, 600e9, 3_600e9, 21_600e9, 86_400e9, 864_000e9].contains(&x),
        Unit::Bytes | Unit::BytesPerSecond => power(4.0),
        _ => power(10.0),
    }
}

/// The label of a figure on an axis. It is short and has no noun, because the axis has the noun.
pub(super) fn label(unit: Unit, x: f64) -> String {
    let value = libm::round(x.max(0.0)) as u64;
    let text = match unit {
        Unit::Rows | Unit::Devices | Unit::Count => return human::thousands(value),
        _ => human::figure(unit, value),
    };
    let nothing = [" rows/s", " 00 s", " 00 min", " 00 h"];
    let text = nothing.iter().find_map(|rest| text.strip_suffix(rest)).unwrap_or(&text);
    let Some((whole, rest)) = text.split_once('.') else { return text.to_owned() };
    let word = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let decimals = rest[..rest.len() - word.len()].trim_end_matches('0');
    if decimals.is_empty() { format!("{whole}{word}") } else { format!("{whole}.{decimals}{word}") }
}

pub(super) fn noun(unit: Unit) -> &'static str {
    match unit {
        Unit::Rows => "rows",
        Unit::Devices => "devices",
        Unit::MilliRowsPerSecond => "rows/s",
        _ => "",
    }
}

/// Removes labels that would overlap. The last label stays, and `first` labels have priority.
pub(super) fn labels_that_fit(
    ticks: &[(f64, String)],
    first: &[bool],
    size: f64,
    gap: f64,
) -> Vec<(f64, String)> {
    let half = |i: usize| super::ink::width(&ticks[i].1, size) / 2.0;
    let meet = |a: usize, b: usize| (ticks[a].0 - ticks[b].0).abs() < half(a) + half(b) + gap;
    let is_first = |i: &usize| first.get(*i).copied().unwrap_or(false);
    let all = || 0..ticks.len();
    let order = all().rev().take(1).chain(all().filter(is_first)).chain(all().filter(|i| !is_first(i)));
    let mut kept: Vec<usize> = Vec::new();
    for i in order {
        if kept.iter().all(|&other| other != i && !meet(i, other)) {
            kept.push(i);
        }
    }
    kept.sort_unstable();
    kept.into_iter().map(|i| ticks[i].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, unit: Unit, most: usize) -> Vec<String> {
        scale.ticks(unit, most).into_iter().map(|(_, label)| label).collect()
    }
    #[test]
    fn an_axis_of_time_is_told_in_times_that_people_use() {
        let hours = Scale::linear((0.0, 18.0 * 3_600e9), (0.0, 1.0));
        assert_eq!(labels(hours, Unit::Ns, 6), ["0 s", "3 h", "6 h", "9 h", "12 h", "15 h", "18 h"]);
        let minutes = Scale::linear((0.0, 301e9), (0.0, 1.0));
        assert_eq!(labels(minutes, Unit::Ns, 9), ["0 s", "1 min", "2 min", "3 min", "4 min", "5 min"]);
        let seconds = Scale::linear((0.0, 2.3e9), (0.0, 1.0));
        assert_eq!(labels(seconds, Unit::Ns, 5), ["0 s", "500 ms", "1 s", "1.5 s", "2 s"]);
        let wide = Scale::log((1e6, 4_000e9), (0.0, 1.0));
        assert_eq!(
            labels(wide, Unit::Ns, 9),
            ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "1 min", "10 min", "1 h"]
        );
    }

    #[test]
    fn an_axis_of_sizes_counts_in_powers_of_two() {
        let sizes = Scale::linear((0.0, 3_000_000.0), (0.0, 1.0));
        assert_eq!(labels(sizes, Unit::Bytes, 4), ["0 B", "1 MiB", "2 MiB"]);
    }
    #[test]
    fn figures_find_their_places_and_never_leave_the_plot() {
        let log = Scale::log((1.0, 100.0), (0.0, 10.0));
        assert_eq!((log.at(1.0), log.at(10.0), log.at(100.0)), (0.0, 5.0, 10.0));
        assert_eq!((log.at(0.0), log.at(1e9)), (0.0, 10.0));
        let down = Scale::linear((0.0, 4.0), (100.0, 0.0));
        assert_eq!((down.at(1.0), down.at(9.0)), (75.0, 0.0));
        assert!(Scale::fitting(1.0, 9.0, (0.0, 1.0)).log && !Scale::fitting(1.0, 7.0, (0.0, 1.0)).log);
    }
    #[test]
    fn labels_without_room_are_left_out_but_the_last_one_stays() {
        let ticks: Vec<(f64, String)> = (0..10).map(|i| (f64::from(i) * 10.0, "1024".to_owned())).collect();
        let kept = labels_that_fit(&ticks, &[], 10.0, 4.0);
        assert!(kept.len() < 5 && kept.last().is_some_and(|last| last.0 == 90.0), "{kept:?}");
        let marked: Vec<bool> = (0..10).map(|i| i == 1).collect();
        let kept = labels_that_fit(&ticks, &marked, 10.0, 4.0);
        assert!(kept.iter().any(|tick| tick.0 == 10.0), "what is marked has its label: {kept:?}");
        assert!(kept.windows(2).all(|pair| pair[1].0 - pair[0].0 > 29.0), "{kept:?}");
    }
}
