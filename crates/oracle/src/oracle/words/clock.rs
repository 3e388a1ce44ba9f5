//! Writes virtual times and stamps as local time, in one form, so that people can compare them.

use crate::base::{Span, Stamp, Time};

/// The wall clock of a simulation, and its local time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// The wall clock at virtual time zero.
    pub start: Stamp,
    /// Offset of local time from UTC in seconds.
    pub utc_offset: i32,
}

impl Clock {
    /// A virtual time in local time, such as `08:02:14.429`. The date comes first if it is not the
    /// start's date.
    pub fn time(self, at: Time) -> String {
        self.stamp(self.start.plus(Span(at.0)))
    }

    /// A stamp in local time; `no date` for stamp 0.
    pub fn stamp(self, stamp: Stamp) -> String {
        if stamp == Stamp(0) && self.start != Stamp(0) {
            return "no date".to_owned();
        }
        match (self.local(self.start), self.local(stamp)) {
            (Some(start), Some(local)) => {
                let time = local.strftime("%H:%M:%S");
                let millis = local.subsec_nanosecond() / 1_000_000;
                let time = format!("{time}.{millis:03}");
                if local.date() == start.date() { time } else { format!("{} {time}", local.date()) }
            }
            _ => stamp.to_string(),
        }
    }

    fn local(self, stamp: Stamp) -> Option<jiff::civil::DateTime> {
        let offset = jiff::tz::Offset::from_seconds(self.utc_offset).ok()?;
        Some(offset.to_datetime(jiff::Timestamp::from_microsecond(stamp.0).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_every_kind_read_alike_and_other_days_have_their_date() {
        let start: jiff::Timestamp = "2026-03-02T08:00:00+01:00".parse().unwrap();
        let clock = Clock { start: Stamp(start.as_microsecond()), utc_offset: 3_600 };
        let later = Time::ZERO + Span::millis(134_429);
        assert_eq!(clock.time(later), "08:02:14.429");
        assert_eq!(clock.stamp(clock.start.plus(Span::millis(134_429))), clock.time(later));
        assert_eq!(clock.stamp(clock.start.minus(Span::secs(9 * 3_600))), "2026-03-01 23:00:00.000");
        assert_eq!(clock.time(Time::ZERO + Span::secs(16 * 3_600)), "2026-03-03 00:00:00.000");
        assert_eq!(clock.stamp(Stamp(0)), "no date");
    }
}
