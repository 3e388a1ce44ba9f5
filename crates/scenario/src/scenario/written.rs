//! Texts with a grammar of their own: clock times, dates, triggers, scopes, names.

use crate::base::{Day, Span, Stamp, Time, Word};
use crate::contract::Trigger;
use crate::engine::Bend;

use super::diagnostic::meant;
use super::form::{Written, span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// Local time on the day of the start, since midnight.
    Local(Span),
    After(Span),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Calendar {
    pub(super) start: Stamp,
    /// Added to UTC to get local time, in seconds.
    pub(super) utc_offset: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Attribute(String),
    /// Lies between these, in microseconds from the midnight before the start.
    Window(i64, i64),
}

pub(super) const CLOCK: Written = Written::of(
    "a local time on the start day such as \"10:10\", or a time since the start such as \"+2h\"",
    |text| clock(text).map(Clock::text),
);
pub(super) const DATE: Written =
    Written::of("a date and time with its offset such as \"2026-03-02T00:00:00+01:00\"", |text| {
        calendar(text).map(|_| text.replace(' ', "T"))
    });
pub(super) const TRIGGER: Written = Written::of(
    "\"start\", \"login\", \"online\", \"resume\", \"background\", \"save\", \"manual\", or \"every 5m\", from 1s on",
    |text| match trigger(text)? {
        Trigger::Every(every) => Some(format!("every {}", span(every))),
        _ => Some(text.to_owned()),
    },
)
.because(|text| match text.strip_prefix("every ").map(str::parse::<Span>) {
    Some(Ok(_)) => Some("a period is at least 1s".to_owned()),
    _ => meant(text, &[&TRIGGERS.map(|(word, _)| word)[..], &["every"]].concat()),
});
pub(super) const SCOPE: Written = Written::of(
    "an attribute such as \"device.clinic\", or days around the start such as \"-7d..28d\"",
    |text| scope(text).map(|_| text.to_owned()),
)
.because(|text| {
    let (from, until) = text.split_once("..")?;
    (signed(from)? >= signed(until)?).then(|| "its end must lie after its beginning".to_owned())
});
pub(super) const START_STATE: Written =
    Written::of("`empty`, or how long ago the device was synced, such as `1d`", |text| {
        start_state(text).flatten().map(span)
    })
    .or(&["empty"])
    .because(|text| {
        let just_now = "a device that was synced just now is one of some time, such as `1s`";
        text.parse::<Span>().is_ok().then(|| just_now.to_owned())
    });
pub(super) const MOVES: Written =
    Written::of("the mean time on one link such as \"45m\", from 1s on, or \"field-worker\"", a_second)
        .or(&["field-worker"]);
pub(super) const STEP: Written = Written::of("a time on or back, such as \"+90s\" or \"-2m\"", |text| {
    let micros = signed(text)?;
    Some(format!("{}{}", if micros < 0 { '-' } else { '+' }, span(Span::micros(micros.unsigned_abs()))))
});
pub(super) const UPTO: Written = Written::of(
    "\"settled\" (behind the oldest change that others cannot see yet), or a time such as \"400ms\"",
    |text| text.parse().ok().map(span),
)
.or(&["settled"]);
pub(super) const REMEMBERED: Written =
    Written::of("\"forever\", \"none\", or a time such as \"24h\", from 1s on", a_second)
        .or(&["forever", "none"]);
pub(super) const NAME: Written = Written::of("a name without `@`", |text| {
    (!text.is_empty() && !text.contains('@')).then(|| text.to_owned())
});
pub(super) const OFFSET: Written = Written::of("a time ahead or behind, such as \"5s\" or \"-1h\"", |text| {
    let micros = signed(text)?;
    Some(format!("{}{}", if micros < 0 { "-" } else { "" }, span(Span::micros(micros.unsigned_abs()))))
});
pub(super) const DRIFT: Written =
    Written::of("a drift such as \"20ppm\" or \"-3.5ppm\", at most 10000ppm", |text| {
        drift_ppb(text).map(|ppb| format!("{}ppm", ppb as f64 / 1e3))
    });
pub(super) const DELIVERY: Written =
    Written::of("\"delta\", \"on-open of COLUMN\", \"upload-only\" or \"backend-only\"", |text| {
        let column = text.strip_prefix("on-open of ").map(str::trim).filter(|column| !column.is_empty());
        column.map(|column| format!("on-open of {column}"))
    })
    .or(&["delta", "upload-only", "backend-only"])
    .because(|text| meant(text, &["delta", "on-open of", "upload-only", "backend-only"]));

/// What the way between a device and the backend does to a column.
pub(super) const PATH: Written = Written::of(
    "one of \"local-midnight\" (date), \"wall-clock\", \"milliseconds\", \"seconds\" (timestamp), \"double\" (decimal, int), \
           \"double-cut\" (decimal), \"float\" (decimal, int, real), \"int32\" (int), \"empty-is-null\", \"null-is-empty\" (text, blob), \
           \"null-not-sent\", \"nfc\", \"nfd\", \"nfkc\", \"latin-1\", \"three-byte-utf8\" (text) or \"utf8\" (blob); with \"up\" or \"down\" behind \
           it to the backend alone, or to the device alone",
    |text| path(text).map(|_| text.split_whitespace().collect::<Vec<_>>().join(" ")),
)
.because(|text| {
    let word = text.split_whitespace().next().unwrap_or(text);
    match Bend::of_word(word) {
        Some(_) => Some(format!("\"{word} up\", \"{word} down\" or \"{word}\", which is both ways")),
        None => meant(word, Bend::WORDS),
    }
});

pub(super) fn path(text: &str) -> Option<(Bend, [bool; 2])> {
    let mut words = text.split_whitespace();
    let bend = Bend::of_word(words.next()?)?;
    let ways = match words.next() {
        None => [true, true],
        Some("up") => [true, false],
        Some("down") => [false, true],
        Some(_) => return None,
    };
    words.next().is_none().then_some((bend, ways))
}

fn a_second(text: &str) -> Option<String> {
    text.parse().ok().filter(|time| *time >= Span::secs(1)).map(span)
}

const NAME_MAX: usize = 80;
pub(super) const NAME_WANT: &str = "1 to 80 characters and no `*` at the beginning";
pub const TITLE_WANT: &str = "1 to 80 characters and no `#` among them";

/// Folders and files are called so, terminals show it, and `RUN#NAME` picks it.
pub fn is_title(text: &str) -> bool {
    is_name(text) && !text.contains('#')
}

/// Control characters are escapes as soon as a file is read.
pub(super) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= NAME_MAX
}

/// A text as the id of a cell has it.
pub fn in_id(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._=-".contains(c) { c } else { '-' };
    text.chars().map(plain).collect()
}

/// Whether it stands for names in a dotted key; no name begins so.
pub(super) fn is_wide(name: &str) -> bool {
    name.starts_with('*')
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
    pub(super) fn since_midnight(self) -> Option<Span> {
        match self {
            Clock::Local(since_midnight) => Some(since_midnight),
            Clock::After(_) => None,
        }
    }
    pub(super) fn later(self, by: Span) -> String {
        let later = match self {
            Clock::After(after) => Clock::After(after + by),
            // What would come after midnight cannot be written as a local time.
            Clock::Local(since_midnight) if since_midnight + by >= Span::secs(86_400) => self,
            Clock::Local(since_midnight) => Clock::Local(since_midnight + by),
        };
        later.text()
    }
}

impl Calendar {
    pub(super) fn midnight(self) -> Stamp {
        let local = self.start.0 + i64::from(self.utc_offset) * 1_000_000;
        Stamp(self.start.0 - local.rem_euclid(86_400_000_000))
    }
    pub(super) fn day(self) -> Day {
        Day::of(Stamp(self.start.0 + i64::from(self.utc_offset) * 1_000_000))
    }
    /// The instant in virtual time; `None` before the start.
    pub(super) fn time(self, clock: Clock) -> Option<Time> {
        match clock {
            Clock::After(after) => Some(Time::ZERO + after),
            Clock::Local(since_midnight) => {
                let at = self.midnight().plus(since_midnight);
                (at >= self.start).then(|| Time::ZERO + at.since(self.start))
            }
        }
    }
    /// A date of a CSV: RFC 3339, or local time of the scenario without an offset.
    pub(super) fn stamp(self, text: &str) -> Option<Stamp> {
        if let Ok(t) = text.parse::<jiff::Timestamp>() {
            return Some(Stamp(t.as_microsecond()));
        }
        let local: jiff::civil::DateTime = text.parse().ok()?;
        let offset = jiff::tz::Offset::from_seconds(self.utc_offset).ok()?;
        Some(Stamp(offset.to_timestamp(local).ok()?.as_microsecond()))
    }
}

pub(super) fn clock(text: &str) -> Option<Clock> {
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

pub(super) fn two_digits(text: &str, most: u64) -> Option<u64> {
    let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|n| *n <= most)
}

pub(super) fn calendar(text: &str) -> Option<Calendar> {
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    pieces.time()?;
    let offset = pieces.to_numeric_offset()?;
    let start: jiff::Timestamp = text.parse().ok()?;
    Some(Calendar { start: Stamp(start.as_microsecond()), utc_offset: offset.seconds() })
}

/// What starts a unit, but for periods.
const TRIGGERS: [(&str, Trigger); 7] = [
    ("start", Trigger::Start),
    ("login", Trigger::Login),
    ("online", Trigger::Online),
    ("resume", Trigger::Resume),
    ("background", Trigger::Background),
    ("save", Trigger::Save),
    ("manual", Trigger::Manual),
];

pub(super) fn trigger(text: &str) -> Option<Trigger> {
    let named = TRIGGERS.iter().find(|(word, _)| *word == text).map(|(_, trigger)| *trigger);
    let every = || text.strip_prefix("every ")?.parse().ok().filter(|every| *every >= Span::secs(1));
    named.or_else(|| every().map(Trigger::Every))
}

/// How a trigger is written.
pub(super) fn trigger_text(trigger: Trigger) -> String {
    match trigger {
        Trigger::Every(every) => format!("every {}", span(every)),
        _ => TRIGGERS.iter().find(|(_, of)| *of == trigger).map_or("", |(word, _)| word).to_owned(),
    }
}

/// A name as a part of a dotted key.
pub(super) fn quoted(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare && !name.is_empty() {
        return name.to_owned();
    }
    toml::Value::String(name.to_owned()).to_string()
}

pub(super) fn dotted(path: &[impl AsRef<str>]) -> String {
    path.iter().map(|name| quoted(name.as_ref())).collect::<Vec<_>>().join(".")
}

pub(super) fn scope(text: &str) -> Option<Scope> {
    if let Some(attribute) = text.strip_prefix("device.") {
        return (!attribute.is_empty()).then(|| Scope::Attribute(attribute.to_owned()));
    }
    let (from, until) = range(text)?;
    Some(Scope::Window(from, until))
}

/// Reads `"-7d..28d"` as microseconds; the end must lie after the start.
pub(super) fn range(text: &str) -> Option<(i64, i64)> {
    let (from, until) = text.split_once("..")?;
    let (from, until) = (signed(from)?, signed(until)?);
    (from < until).then_some((from, until))
}

pub(super) fn signed(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let span: Span = rest.parse().ok()?;
    i64::try_from(span.as_micros()).ok().map(|micros| sign * micros)
}

pub(super) fn start_state(text: &str) -> Option<Option<Span>> {
    if text == "empty" {
        return Some(None);
    }
    let ago: Span = text.parse().ok()?;
    (ago > Span::ZERO).then_some(Some(ago))
}

pub(super) fn drift_ppb(text: &str) -> Option<i64> {
    let ppm: f64 = text.strip_suffix("ppm")?.trim().parse().ok()?;
    (ppm.abs() <= 10_000.0).then(|| (ppm * 1e3).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_names_every_word() {
        for word in Bend::WORDS {
            assert!(PATH.want.contains(&format!("\"{word}\"")), "{word}");
        }
    }

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
