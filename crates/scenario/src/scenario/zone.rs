//! Time zones: fixed offsets, and some cities with the present rules for daylight saving time.

use jiff::tz::{Offset, TimeZone};

use crate::config::form::Written;
use crate::config::written::two_digits;

pub(super) const ZONE: Written =
    Written::of("an offset such as \"+01:00\", \"UTC\", or a zone such as \"Europe/Berlin\"", |text| {
        zone(text).map(|_| text.to_owned())
    })
    .known(|| {
        let mut names: Vec<&str> = ZONES.iter().flat_map(|(_, names)| names.split(' ')).collect();
        names.sort_unstable_by_key(|name| (*name != "UTC", *name));
        names
    });

/// Time zones by the POSIX rule at the end of their file in the IANA database (2025b). Such a rule
/// holds for years after the last change, and needs no files of the operating system.
const ZONES: &[(&str, &str)] = &[
    ("UTC0", "UTC"),
    ("EET-2EEST,M4.5.5/0,M10.5.4/24", "Africa/Cairo"),
    ("SAST-2", "Africa/Johannesburg"),
    ("WAT-1", "Africa/Lagos"),
    ("EAT-3", "Africa/Nairobi"),
    ("AKST9AKDT,M3.2.0,M11.1.0", "America/Anchorage"),
    ("<-03>3", "America/Argentina/Buenos_Aires America/Sao_Paulo"),
    ("<-05>5", "America/Bogota"),
    ("CST6CDT,M3.2.0,M11.1.0", "America/Chicago"),
    ("MST7MDT,M3.2.0,M11.1.0", "America/Denver"),
    ("AST4ADT,M3.2.0,M11.1.0", "America/Halifax"),
    ("PST8PDT,M3.2.0,M11.1.0", "America/Los_Angeles"),
    ("CST6", "America/Mexico_City"),
    ("EST5EDT,M3.2.0,M11.1.0", "America/New_York America/Toronto"),
    ("MST7", "America/Phoenix"),
    ("<+07>-7", "Asia/Bangkok"),
    ("<+04>-4", "Asia/Dubai"),
    ("HKT-8", "Asia/Hong_Kong"),
    ("WIB-7", "Asia/Jakarta"),
    ("IST-2IDT,M3.4.4/26,M10.5.0", "Asia/Jerusalem"),
    ("IST-5:30", "Asia/Kolkata"),
    ("PST-8", "Asia/Manila"),
    ("<+03>-3", "Asia/Riyadh Europe/Istanbul"),
    ("KST-9", "Asia/Seoul"),
    ("CST-8", "Asia/Shanghai"),
    ("<+08>-8", "Asia/Singapore"),
    ("JST-9", "Asia/Tokyo"),
    ("ACST-9:30ACDT,M10.1.0,M4.1.0/3", "Australia/Adelaide"),
    ("AEST-10", "Australia/Brisbane"),
    ("AWST-8", "Australia/Perth"),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "Australia/Sydney"),
    (
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "Europe/Amsterdam Europe/Berlin Europe/Brussels Europe/Madrid Europe/Oslo \
         Europe/Paris Europe/Prague Europe/Rome Europe/Stockholm Europe/Vienna \
         Europe/Warsaw Europe/Zurich",
    ),
    ("EET-2EEST,M3.5.0/3,M10.5.0/4", "Europe/Athens Europe/Helsinki"),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", "Europe/Dublin"),
    ("WET0WEST,M3.5.0/1,M10.5.0", "Europe/Lisbon"),
    ("GMT0BST,M3.5.0/1,M10.5.0", "Europe/London"),
    ("NZST-12NZDT,M9.5.0,M4.1.0/3", "Pacific/Auckland"),
    ("HST10", "Pacific/Honolulu"),
];

pub(super) fn zone(text: &str) -> Option<TimeZone> {
    if let Some((rule, _)) = ZONES.iter().find(|(_, names)| names.split(' ').any(|name| name == text)) {
        return TimeZone::posix(rule).ok();
    }
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let seconds = sign * (two_digits(hours, 14)? as i32 * 3_600 + two_digits(minutes, 59)? as i32 * 60);
    Some(Offset::from_seconds(seconds).ok()?.to_time_zone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset_at(zone_name: &str, time: &str) -> i32 {
        let time: jiff::Timestamp = time.parse().unwrap();
        zone(zone_name).unwrap().to_offset(time).seconds()
    }

    #[test]
    fn daylight_saving_begins_and_ends_by_the_rule_which_can_be_read_for_every_zone() {
        for (rule, names) in ZONES {
            assert!(TimeZone::posix(rule).is_ok(), "{names}: {rule}");
        }
        for (name, time, hours) in [
            ("Europe/Berlin", "2026-03-29T00:59:59Z", 1),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", 2),
            ("Europe/Berlin", "2026-10-25T01:00:00Z", 1),
            ("Europe/London", "2026-07-01T00:00:00Z", 1),
            ("Europe/Dublin", "2026-01-01T00:00:00Z", 0),
            ("America/New_York", "2026-03-08T07:00:00Z", -4),
            ("America/New_York", "2026-11-01T06:00:00Z", -5),
            ("Australia/Sydney", "2026-01-01T00:00:00Z", 11),
            ("Asia/Tokyo", "2026-07-01T00:00:00Z", 9),
        ] {
            assert_eq!(offset_at(name, time), hours * 3_600, "{name} at {time}");
        }
    }

    #[test]
    fn offsets_are_written_with_their_sign_and_both_figures() {
        assert_eq!(offset_at("+05:30", "2026-01-01T00:00:00Z"), 19_800);
        assert_eq!(offset_at("-08:00", "2026-01-01T00:00:00Z"), -28_800);
        for bad in ["", "1", "+1:00", "+01", "01:00", "+15:00", "+01:60", "Europe/Bern", "CET"] {
            assert!(zone(bad).is_none(), "{bad}");
        }
    }
}
