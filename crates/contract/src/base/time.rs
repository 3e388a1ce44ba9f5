//! Virtual time, spans and wall-clock stamps.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

use serde::{Deserialize, Serialize};

use super::number::{UnitError, debug_is_display, split_number};

/// An instant of virtual time: nanoseconds since the start of the world (the simulation).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

/// A length of virtual time in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub u64);

/// A wall-clock reading: microseconds since 1970-01-01T00:00:00Z. Row versions have such stamps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(pub i64);

impl Time {
    /// The start of the world.
    pub const ZERO: Time = Time(0);
    /// Later than every instant of a world; stands for "never".
    pub const FAR: Time = Time(u64::MAX);

    /// The span from `earlier` to `self`, zero if `earlier` is later.
    pub fn since(self, earlier: Time) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// The instant `n` milliseconds after the start of the world.
pub fn at_ms(n: u64) -> Time {
    Time::ZERO + Span::millis(n)
}

/// The instant `n` seconds after the start of the world.
pub fn at_secs(n: u64) -> Time {
    Time::ZERO + Span::secs(n)
}

impl Span {
    /// A span of zero.
    pub const ZERO: Span = Span(0);

    /// A span of `n` nanoseconds.
    pub const fn nanos(n: u64) -> Span {
        Span(n)
    }
    /// A span of `n` microseconds.
    pub const fn micros(n: u64) -> Span {
        Span(n * 1_000)
    }
    /// A span of `n` milliseconds.
    pub const fn millis(n: u64) -> Span {
        Span(n * 1_000_000)
    }
    /// A span of `n` seconds.
    pub const fn secs(n: u64) -> Span {
        Span(n * 1_000_000_000)
    }
    /// A span of `s` seconds, rounded to the nanosecond; negative and non-finite input gives zero.
    pub fn from_secs_f64(s: f64) -> Span {
        if s.is_finite() && s > 0.0 { Span((s * 1e9 + 0.5) as u64) } else { Span(0) }
    }
    /// The span in seconds, for display and for models. Do not use it to compare spans.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// Whole microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0 / 1_000
    }
    /// The span times `numerator / denominator`, computed in 128-bit integers.
    pub fn scaled(self, numerator: u64, denominator: u64) -> Span {
        assert!(denominator > 0, "a span is not scaled by a fraction over zero");
        let wide = u128::from(self.0) * u128::from(numerator) / u128::from(denominator);
        Span(u64::try_from(wide).unwrap_or(u64::MAX))
    }
    /// The difference, zero if `other` is longer.
    pub fn saturating_sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl Stamp {
    /// The reading `span` later.
    pub fn plus(self, span: Span) -> Stamp {
        Stamp(self.0 + (span.0 / 1_000) as i64)
    }
    /// The reading `span` earlier.
    pub fn minus(self, span: Span) -> Stamp {
        Stamp(self.0 - (span.0 / 1_000) as i64)
    }
    /// The span from `earlier` to `self`, zero if `earlier` is later.
    pub fn since(self, earlier: Stamp) -> Span {
        Span(u64::try_from(self.0 - earlier.0).unwrap_or(0) * 1_000)
    }
    /// The reading rounded down to a multiple of `precision`.
    pub fn truncated(self, precision: Span) -> Stamp {
        let unit = (precision.0 / 1_000).max(1) as i64;
        // Saturating, because a reading from a file may be any number.
        Stamp(self.0.div_euclid(unit).saturating_mul(unit))
    }
}

/// A range of stamps around a restore from a backup, both ends included. If the stamp of a version
/// is in this range, the version may belong to the history that the backend has abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undone {
    /// No version committed after the backup has an earlier stamp.
    pub from: Stamp,
    /// Every version committed after the restore has a later stamp.
    pub until: Stamp,
}

impl Undone {
    /// Whether a version with this stamp may belong to the abandoned history.
    pub fn has(self, stamp: Stamp) -> bool {
        (self.from..=self.until).contains(&stamp)
    }
}

impl Add<Span> for Time {
    type Output = Time;
    fn add(self, span: Span) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}
impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}
impl Sub<Time> for Time {
    type Output = Span;
    fn sub(self, earlier: Time) -> Span {
        assert!(self >= earlier, "virtual time does not run backwards");
        Span(self.0 - earlier.0)
    }
}
impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}
impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}
impl Mul<u64> for Span {
    type Output = Span;
    fn mul(self, n: u64) -> Span {
        Span(self.0.saturating_mul(n))
    }
}
impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Span>>(spans: I) -> Span {
        spans.fold(Span::ZERO, Add::add)
    }
}

impl std::str::FromStr for Span {
    type Err = UnitError;
    /// Reads `"250us"`, `"20ms"`, `"1.5s"`, `"7m"`, `"2h"`, `"3d"`, and sums such as `"1h30m"`.
    fn from_str(text: &str) -> Result<Span, UnitError> {
        const WANT: &str = "a time such as \"20ms\", \"1.5s\", \"7m\", \"2h\", \"3d\" or \"1h30m\"";
        let mut rest = text.trim();
        let mut total = 0.0_f64;
        if rest.is_empty() {
            return Err(UnitError::new(text, WANT));
        }
        while !rest.is_empty() {
            let (number, after) = split_number(rest).ok_or_else(|| UnitError::new(text, WANT))?;
            let unit_len = after.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(after.len());
            let factor = match &after[..unit_len] {
                "ns" => 1.0,
                "us" | "µs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" | "min" => 60e9,
                "h" => 3_600e9,
                "d" => 86_400e9,
                _ => return Err(UnitError::new(text, WANT)),
            };
            total += number * factor;
            rest = after[unit_len..].trim_start();
        }
        if !(0.0..=9.2e18).contains(&total) {
            return Err(UnitError::new(text, "a time between 0 and 290 years"));
        }
        Ok(Span((total + 0.5) as u64))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ns = self.0;
        match ns {
            0 => write!(f, "0s"),
            1..1_000 => write!(f, "{ns}ns"),
            1_000..1_000_000 => write!(f, "{}us", trimmed(ns, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", trimmed(ns, 1_000_000)),
            1_000_000_000..60_000_000_000 => write!(f, "{}s", trimmed(ns, 1_000_000_000)),
            _ => {
                let secs = ns / 1_000_000_000;
                let (d, h, m, s) = (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60, secs % 60);
                let parts = [(d, "d"), (h, "h"), (m, "m"), (s, "s")].into_iter().filter(|(n, _)| *n > 0);
                parts.take(2).try_for_each(|(n, unit)| write!(f, "{n}{unit}"))
            }
        }
    }
}

fn trimmed(n: u64, unit: u64) -> String {
    let thousandths = u64::try_from(u128::from(n) * 1_000 / u128::from(unit)).unwrap_or(u64::MAX);
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Display for Time {
    /// Hours, minutes, seconds and milliseconds since the start: `08:03:21.004`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0 / 1_000_000;
        let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(f, "{h:02}:{m:02}:{s:02}.{:03}", ms % 1_000)
    }
}
impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stamp {}", self.0)
    }
}
impl fmt::Display for Stamp {
    /// UTC, to the microsecond.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "stamp {}", self.0),
        }
    }
}
debug_is_display!(Span, Time);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_their_unit() {
        for (text, ns) in [
            ("20ms", 20_000_000),
            ("1.5s", 1_500_000_000),
            ("7m", 420_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("0s", 0),
        ] {
            assert_eq!(text.parse::<Span>().unwrap(), Span(ns), "{text}");
        }
        for bad in ["", "5", "5 parsecs", "-3s", "1e40d", "s"] {
            assert!(bad.parse::<Span>().is_err(), "{bad:?} is not a time");
        }
    }

    #[test]
    fn a_shown_span_reads_back_as_itself_to_the_unit_shown() {
        for ns in
            [1, 999, 1_500, 20_000_000, 1_234_000_000, 59_999_000_000, 420_000_000_000, 90_000_000_000_000]
        {
            let shown = Span(ns).to_string();
            let read: Span = shown.parse().unwrap();
            assert!(read.0.abs_diff(ns) * 1_000 <= ns, "{ns} shown as {shown}");
        }
    }

    #[test]
    fn a_stamp_is_truncated_towards_the_past() {
        assert_eq!(Stamp(-1).truncated(Span::millis(1)), Stamp(-1_000));
        assert_eq!(Stamp(1_999).truncated(Span::millis(1)), Stamp(1_000));
        assert_eq!(Stamp(1_999).truncated(Span::ZERO), Stamp(1_999));
    }
}
