//! Days of a calendar, without an hour and without a time zone.

use std::fmt;

use super::time::Stamp;

const DAY: i64 = 86_400_000_000;

/// A day of the Gregorian calendar by its distance from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// Reads `"2026-11-25"` and nothing else.
    pub fn read(text: &str) -> Option<Day> {
        let [year, month, day] = text.split('-').collect::<Vec<_>>()[..] else { return None };
        let number = |text: &str, width: usize| {
            let digits = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<i64>().ok()).flatten()
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let read = Day::from_parts(year, month, day);
        // A 30th of February is the 1st or 2nd of March by arithmetic.
        (year > 0 && read.to_string() == text).then_some(read)
    }

    /// The day of an instant where local time is UTC.
    pub fn of(stamp: Stamp) -> Day {
        Day(stamp.0.div_euclid(DAY))
    }
    /// Its first instant where local time is UTC.
    pub fn begins(self) -> Stamp {
        Stamp(self.0.saturating_mul(DAY))
    }

    /// Days from parts of a date (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    fn from_parts(year: i64, month: i64, day: i64) -> Day {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Day(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    /// Year, month and day (by the same).
    fn parts(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day = days.rem_euclid(146_097);
        let of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let year = of_era + era * 400;
        let (of_month, month) = (of_year - (153 * month + 2) / 5 + 1, (month + 2) % 12 + 1);
        (if month <= 2 { year + 1 } else { year }, month, of_month)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_as_it_is_written() {
        for (text, days) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("1969-12-31", -1), ("2026-11-25", 20_782)]
        {
            assert_eq!(Day::read(text), Some(Day(days)), "{text}");
        }
        for n in -700_000..700_000 {
            let text = Day(n * 3).to_string();
            assert!(Day::read(&text).is_none_or(|day| day == Day(n * 3)), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in ["2026-02-30", "2026-2-03", "26-02-03", "2026-13-01", "0000-01-01", "2026-01-01T", ""] {
            assert_eq!(Day::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_of_an_instant_before_1970_is_the_one_that_had_begun() {
        assert_eq!(Day::of(Stamp(-1)), Day(-1));
        assert_eq!(Day(-1).begins(), Stamp(-DAY));
    }
}
