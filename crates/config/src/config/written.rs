//! Texts with a grammar of their own that several modules read: clock times, dates, steps, names.

use crate::base::{Day, Span, Stamp, Time};

use super::form::{Written, span};

/// A time in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Time of day in local time, on the day of the start.
    Local(Span),
    /// Time since the start.
    After(Span),
}

/// The date of the start of a simulation (time 0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Time 0 of the simulation.
    pub start: Stamp,
    /// UTC offset of local time, in seconds.
    pub utc_offset: i32,
}

/// A name as one part of a dotted key, quoted if necessary.
pub fn quoted(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare && !name.is_empty() {
        return name.to_owned();
    }
    toml::Value::String(name.to_owned()).to_string()
}

/// Reads a range such as `"-7d..28d"` as microseconds. `None` unless the end is after the start.
pub fn range(text: &str) -> Option<(i64, i64)> {
    let (from, until) = text.split_once("..")?;
    let (from, until) = (signed(from)?, signed(until)?);
    (from < until).then_some((from, until))
}

/// The grammar of a time: a local time on the start day, or a time since the start.
pub const CLOCK: Written = Written::of(
    "a local time on the start day such as \"10:10\", or a time since the start such as \"+2h\"",
    |text| clock(text).map(Clock::text),
);
/// The grammar of a date and time with its UTC offset.
pub const DATE: Written =
    Written::of("a date and time with its offset such as \"2026-03-02T00:00:00+01:00\"", |text| {
        calendar(text).map(|_| text.replace(' ', "T"))
    });
/// The grammar of a clock's step forward or back.
pub const STEP: Written =
    Written::of("a time forward, such as \"+90s\", or back, such as \"-2m\"", |text| with_sign(text, "+"));
/// The grammar of a name: not empty, and without `@`.
pub const NAME: Written = Written::of("a name without `@`", |text| {
    (!text.is_empty() && !text.contains('@')).then(|| text.to_owned())
});
/// The grammar of a clock's offset: ahead or behind.
pub const OFFSET: Written =
    Written::of("a time ahead, such as \"5s\", or behind, such as \"-1h\"", |text| with_sign(text, ""));

/// The canonical text of a signed time span. A positive span begins with `plus`.
fn with_sign(text: &str, plus: &str) -> Option<String> {
    let micros = signed(text)?;
    Some(format!("{}{}", if micros < 0 { "-" } else { plus }, span(Span::micros(micros.unsigned_abs()))))
}

impl Clock {
    fn text(self) -> String {
        match self {
            Clock::After(after) => format!("+{}", span(after)),
            Clock::Local(Span(ns)) => {
                let s = ns / 1_000_000_000;
                let seconds = if s % 60 == 0 { String::new() } else { format!(":{:02}", s % 60) };
                format!("{:02}:{:02}{seconds}", s / 3_600, s / 60 % 60)
            }
        }
    }
    /// The time of day since midnight; `None` for a time since the start.
    pub fn since_midnight(self) -> Option<Span> {
        if let Clock::Local(since_midnight) = self { Some(since_midnight) } else { None }
    }
    /// The text of the time that is later by `by`. A local time stays if the result would pass
    /// midnight.
    pub fn later(self, by: Span) -> String {
        let later = match self {
            Clock::After(after) => Clock::After(after + by),
            // The files cannot express a local time on the day after the start day.
            Clock::Local(since_midnight) if since_midnight + by >= Span::secs(86_400) => self,
            Clock::Local(since_midnight) => Clock::Local(since_midnight + by),
        };
        later.text()
    }
}

impl Calendar {
    /// Local midnight at the beginning of the start day.
    pub fn midnight(self) -> Stamp {
        let local = self.start.0 + i64::from(self.utc_offset) * 1_000_000;
        Stamp(self.start.0 - local.rem_euclid(86_400_000_000))
    }
    /// The local date of the start.
    pub fn day(self) -> Day {
        Day::of(Stamp(self.start.0 + i64::from(self.utc_offset) * 1_000_000))
    }
    /// The clock time as virtual time; `None` if it is before the start.
    pub fn time(self, clock: Clock) -> Option<Time> {
        match clock {
            Clock::After(after) => Some(Time::ZERO + after),
            Clock::Local(since_midnight) => {
                let at = self.midnight().plus(since_midnight);
                (at >= self.start).then(|| Time::ZERO + at.since(self.start))
            }
        }
    }
    /// Reads a date in a CSV: RFC 3339. A date without an offset is in the scenario's local time.
    pub fn stamp(self, text: &str) -> Option<Stamp> {
        if let Ok(t) = text.parse::<jiff::Timestamp>() {
            return Some(Stamp(t.as_microsecond()));
        }
        let local: jiff::civil::DateTime = text.parse().ok()?;
        let offset = jiff::tz::Offset::from_seconds(self.utc_offset).ok()?;
        Some(Stamp(offset.to_timestamp(local).ok()?.as_microsecond()))
    }
}

/// Reads `"10:10"`, `"10:10:30"` or `"+2h"`; `None` for any other text.
pub fn clock(text: &str) -> Option<Clock> {
    if let Some(after) = text.strip_prefix('+') {
        return after.parse().ok().map(Clock::After);
    }
    let parts: Vec<&str> = text.split(':').collect();
    let (h, m, s) = match parts[..] {
        [h, m] => (h, m, "00"),
        [h, m, s] => (h, m, s),
        _ => return None,
    };
    let seconds = two_digits(h, 23)? * 3_600 + two_digits(m, 59)? * 60 + two_digits(s, 59)?;
    Some(Clock::Local(Span::secs(seconds)))
}

/// Reads a number of exactly two digits, at most `most`.
pub fn two_digits(text: &str, most: u64) -> Option<u64> {
    let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|n| *n <= most)
}

/// Reads a date and time with its UTC offset; `None` for any other text.
pub fn calendar(text: &str) -> Option<Calendar> {
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    pieces.time()?;
    let start: jiff::Timestamp = text.parse().ok()?;
    Some(Calendar { start: Stamp(start.as_microsecond()), utc_offset: pieces.to_numeric_offset()?.seconds() })
}

/// Joins names to a dotted key; names are quoted where necessary.
pub fn dotted(path: &[impl AsRef<str>]) -> String {
    path.iter().map(|name| quoted(name.as_ref())).collect::<Vec<_>>().join(".")
}

/// Reads a signed time span as microseconds. `None` if the text is not a span or does not fit.
pub fn signed(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let span: Span = rest.parse().ok()?;
    i64::try_from(span.as_micros()).ok().map(|micros| sign * micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_time_is_local_and_on_the_start_day() {
        let calendar = calendar("2026-03-02T06:00:00+01:00").unwrap();
        assert_eq!(calendar.utc_offset, 3_600);
        assert_eq!(calendar.midnight().plus(Span::secs(6 * 3_600)), calendar.start);
        assert_eq!(calendar.time(clock("10:10").unwrap()), Some(Time::ZERO + Span::secs(4 * 3_600 + 600)));
        assert_eq!(calendar.time(clock("05:59").unwrap()), None, "before the start");
        assert_eq!(calendar.time(clock("+2h").unwrap()), Some(Time::ZERO + Span::secs(7_200)));
        for bad in ["24:00", "10", "10:1", "10:60", "2h", "", "-1:30"] {
            assert_eq!(clock(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_date_without_an_offset_is_refused_for_the_start_and_local_in_a_csv() {
        assert_eq!(calendar("2026-03-02T06:00:00"), None);
        assert_eq!(calendar("2026-03-02"), None);
        let start = calendar("2026-03-02T00:00:00+01:00").unwrap();
        for same in [
            "2026-03-02T00:00:00",
            "2026-03-02 00:00:00",
            "2026-03-02T00:00:00+01:00",
            "2026-03-01T23:00:00Z",
        ] {
            assert_eq!(start.stamp(same), Some(start.start), "{same}");
        }
        assert_eq!(start.stamp("yesterday"), None);
    }
}
