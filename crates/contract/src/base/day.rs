//! Calendar days, without a time of day and without a time zone.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::{Date, Weekday, date};

use super::time::Stamp;
use super::word::in_words;

const DAY: i64 = 86_400_000_000;
const FIRST: Date = date(1970, 1, 1);

/// A day of the Gregorian calendar, as the number of days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// Reads a day such as `"2026-11-25"`; `None` for other formats and for days that do not exist.
    pub fn read(text: &str) -> Option<Day> {
        let read: Date = text.parse().ok()?;
        let day = Day(read.duration_since(FIRST).as_hours() / 24);
        (read.year() > 0 && day.to_string() == text).then_some(day)
    }

    /// The day that contains an instant, in UTC.
    pub fn of(stamp: Stamp) -> Day {
        Day(stamp.0.div_euclid(DAY))
    }
    /// The first instant of the day, in UTC.
    pub fn begins(self) -> Stamp {
        Stamp(self.0.saturating_mul(DAY))
    }
}

/// A day that the calendar cannot hold is shown as its number.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match FIRST
            .checked_add(SignedDuration::from_hours(self.0.saturating_mul(24).clamp(-1 << 40, 1 << 40)))
        {
            Ok(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
            Err(_) => write!(f, "day {}", self.0),
        }
    }
}

in_words!(Weekday {
    Monday: "mon",
    Tuesday: "tue",
    Wednesday: "wed",
    Thursday: "thu",
    Friday: "fri",
    Saturday: "sat",
    Sunday: "sun",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_as_it_is_written_and_what_is_none_does_not() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("1969-12-31", -1),
            ("2026-11-25", 20_782),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!(Day::read(text), Some(Day(days)), "{text}");
        }
        for text in
            ["2026-02-30", "2026-2-03", "26-02-03", "20260203", "2026-13-01", "0000-01-01", "2026-01-01T", ""]
        {
            assert_eq!(Day::read(text), None, "{text}");
        }
        assert_eq!(Day(i64::MAX).to_string(), "day 9223372036854775807");
    }

    #[test]
    fn a_day_of_an_instant_before_1970_is_the_one_that_had_begun() {
        assert_eq!(Day::of(Stamp(-1)), Day(-1));
        assert_eq!(Day(-1).begins(), Stamp(-DAY));
    }
}
