//! Time zones: fixed offsets, and those of some cities with the rules for daylight saving that hold
//! today.

use jiff::tz::{Offset, TimeZone};

use super::form::Written;

pub(super) const ZONE: Written = Written {
    want: "an offset such as \"+01:00\", \"UTC\", or a zone such as \"Europe/Berlin\"",
    known: || ZONES.iter().map(|(name, _)| *name).collect(),
    why: |_| None,
    canonical: |text| zone(text).map(|_| text.to_owned()),
};

/// Zones by the POSIX rule at the end of their file in the time zone database of the IANA (2025b).
/// A rule has no history: it holds for years after its last change, which is what scenarios are
/// about, and it needs no files of the system.
const ZONES: &[(&str, &str)] = &[
    ("UTC", "UTC0"),
    ("Africa/Cairo", "EET-2EEST,M4.5.5/0,M10.5.4/24"),
    ("Africa/Johannesburg", "SAST-2"),
    ("Africa/Lagos", "WAT-1"),
    ("Africa/Nairobi", "EAT-3"),
    ("America/Anchorage", "AKST9AKDT,M3.2.0,M11.1.0"),
    ("America/Argentina/Buenos_Aires", "<-03>3"),
    ("America/Bogota", "<-05>5"),
    ("America/Chicago", "CST6CDT,M3.2.0,M11.1.0"),
    ("America/Denver", "MST7MDT,M3.2.0,M11.1.0"),
    ("America/Halifax", "AST4ADT,M3.2.0,M11.1.0"),
    ("America/Los_Angeles", "PST8PDT,M3.2.0,M11.1.0"),
    ("America/Mexico_City", "CST6"),
    ("America/New_York", "EST5EDT,M3.2.0,M11.1.0"),
    ("America/Phoenix", "MST7"),
    ("America/Sao_Paulo", "<-03>3"),
    ("America/Toronto", "EST5EDT,M3.2.0,M11.1.0"),
    ("Asia/Bangkok", "<+07>-7"),
    ("Asia/Dubai", "<+04>-4"),
    ("Asia/Hong_Kong", "HKT-8"),
    ("Asia/Jakarta", "WIB-7"),
    ("Asia/Jerusalem", "IST-2IDT,M3.4.4/26,M10.5.0"),
    ("Asia/Kolkata", "IST-5:30"),
    ("Asia/Manila", "PST-8"),
    ("Asia/Riyadh", "<+03>-3"),
    ("Asia/Seoul", "KST-9"),
    ("Asia/Shanghai", "CST-8"),
    ("Asia/Singapore", "<+08>-8"),
    ("Asia/Tokyo", "JST-9"),
    ("Australia/Adelaide", "ACST-9:30ACDT,M10.1.0,M4.1.0/3"),
    ("Australia/Brisbane", "AEST-10"),
    ("Australia/Perth", "AWST-8"),
    ("Australia/Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3"),
    ("Europe/Amsterdam", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Athens", "EET-2EEST,M3.5.0/3,M10.5.0/4"),
    ("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Brussels", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1"),
    ("Europe/Helsinki", "EET-2EEST,M3.5.0/3,M10.5.0/4"),
    ("Europe/Istanbul", "<+03>-3"),
    ("Europe/Lisbon", "WET0WEST,M3.5.0/1,M10.5.0"),
    ("Europe/London", "GMT0BST,M3.5.0/1,M10.5.0"),
    ("Europe/Madrid", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Oslo", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Paris", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Prague", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Rome", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Stockholm", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Vienna", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Warsaw", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Zurich", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Pacific/Auckland", "NZST-12NZDT,M9.5.0,M4.1.0/3"),
    ("Pacific/Honolulu", "HST10"),
];

pub(super) fn zone(text: &str) -> Option<TimeZone> {
    if let Some((_, rule)) = ZONES.iter().find(|(name, _)| *name == text) {
        return TimeZone::posix(rule).ok();
    }
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let number = |part: &str, most: i32| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i32>().ok()).flatten().filter(|n| *n <= most)
    };
    let seconds = sign * (number(hours, 14)? * 3_600 + number(minutes, 59)? * 60);
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
    fn every_zone_has_a_rule_that_can_be_read_and_a_place_in_the_order() {
        for (name, rule) in ZONES {
            assert!(TimeZone::posix(rule).is_ok(), "{name}: {rule}");
        }
        assert!(ZONES[1..].windows(2).all(|pair| pair[0].0 < pair[1].0), "sorted, each once");
    }

    #[test]
    fn daylight_saving_begins_and_ends_by_the_rule() {
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
