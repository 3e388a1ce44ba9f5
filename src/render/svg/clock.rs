//! Local time on an axis.

/// The clock of a scenario: the seconds from midnight to virtual time 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock(u64);

const DAY: u64 = 86_400;
const STEPS: [u64; 19] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, DAY, 2 * DAY];

impl Clock {
    /// Reads the time of day from an instant such as `2026-03-02T08:00:00+01:00`.
    pub fn parse(start: &str) -> Option<Clock> {
        let (_, time) = start.split_once(['T', ' '])?;
        let number = |from: usize| time.get(from..from + 2)?.parse::<u64>().ok();
        Some(Clock(number(0)? * 3_600 + number(3)? * 60 + number(6).unwrap_or(0)))
    }
    /// The clock time at an instant, such as `08:30:05`. From the second day on, with the day.
    pub fn time(self, at_ns: u64) -> String {
        let seconds = self.0 + at_ns / 1_000_000_000;
        let (h, m, s) = (seconds % DAY / 3_600, seconds % 3_600 / 60, seconds % 60);
        match seconds / DAY {
            0 => format!("{h:02}:{m:02}:{s:02}"),
            day => format!("day {} {h:02}:{m:02}:{s:02}", day + 1),
        }
    }
    pub(super) fn ticks(self, end_ns: u64, most: usize) -> Vec<(f64, String)> {
        let long = end_ns / 1_000_000_000;
        let fits = |step: &u64| long / step <= most as u64;
        // If no step is large enough, a step is several whole days.
        let step = STEPS.into_iter().find(fits).unwrap_or(DAY * (long / DAY / most as u64 + 1));
        let last = (self.0 + long) / step;
        let tick = |n: u64| {
            let seconds = n * step;
            let label = match (seconds % DAY, seconds / DAY) {
                (0, day) if day > 0 => format!("day {}", day + 1),
                (time, _) if step < 60 => {
                    format!("{:02}:{:02}:{:02}", time / 3_600, time % 3_600 / 60, time % 60)
                }
                (time, _) => format!("{:02}:{:02}", time / 3_600, time % 3_600 / 60),
            };
            ((seconds - self.0) as f64 * 1e9, label)
        };
        (self.0.div_ceil(step)..=last).map(tick).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_of_local_time_begins_at_a_round_one() {
        let clock = Clock::parse("2026-03-02T07:50:00+01:00").unwrap();
        let labels = |minutes: u64, most| {
            let ticks = clock.ticks(minutes * 60_000_000_000, most);
            ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(clock.ticks(7_200_000_000_000, 5)[0], (600e9, "08:00".to_owned()));
        assert_eq!(labels(120, 5), ["08:00", "08:30", "09:00", "09:30"]);
        assert_eq!(labels(3 * 1_440, 4), ["day 2", "day 3", "day 4"]);
        assert_eq!(labels(100 * 1_440, 4), ["day 27", "day 53", "day 79"]);
        assert_eq!(clock.time(86_400_000_000_000), "day 2 07:50:00");
        assert_eq!(Clock::parse("soon"), None);
    }
}
