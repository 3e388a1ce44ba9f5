//! Texts with a grammar of their own: triggers, scopes, paths, names.

use crate::base::{Span, Word};
use crate::config::tree::Origin;
use crate::config::written::{range, signed};
use crate::contract::{CutOrder, Trigger};
use crate::engine::Bend;

use crate::config::diagnostic::meant;
use crate::config::form::{Written, span};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Attribute(String),
    /// The value is between these limits, in microseconds since local midnight of the start day.
    Window(i64, i64),
    /// Like `Window`, on the day of the start. The limits move by one day at each midnight.
    Moving(i64, i64),
    /// The row is among the first rows of all. The number is the number of these rows.
    Cut(CutOrder, u32),
}

pub(super) const AXIS: &str = "--axis";

/// True if an option with this name can give a key several values. This includes options of `tune`.
pub(super) fn is_axis(source: &str) -> bool {
    [AXIS, "--knob", "--class", "--link", "--fleet"].contains(&source)
}

pub(super) fn is_of_axis(origin: &Origin) -> bool {
    origin.place.as_ref().is_some_and(|place| is_axis(&place.source.name))
}

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
    "an attribute such as \"device.clinic\", days around the start such as \"-7d..28d\", days that move on such as \"today-30d..today+1d\", or \"newest 50\" or \"nearest 50\" of all rows",
    |text| scope(text).map(|_| text.to_owned()),
)
.because(|text| {
    if let Some(word) = text.split_whitespace().next().filter(|word| cut_order(word).is_some()) {
        return Some(format!("how many rows: \"{word} 50\", from 1 to {CUT_MAX}"));
    }
    let (from, until) = text.split_once("..")?;
    (signed(from)? >= signed(until)?).then(|| "the end must be after the beginning".to_owned())
});
pub(super) const START_STATE: Written =
    Written::of("`empty`, or the time since the device's last sync, such as `1d`", |text| {
        start_state(text).flatten().map(span)
    })
    .or(&["empty"])
    .because(|text| {
        let just_now = "write `1s` for a device that was synced just now";
        text.parse::<Span>().is_ok().then(|| just_now.to_owned())
    });
pub(super) const MOVES: Written =
    Written::of("the mean time on one link such as \"45m\", at least 1s, or \"field-worker\"", a_second)
        .or(&["field-worker"]);
pub(super) const REMEMBERED: Written =
    Written::of("\"forever\", \"none\", or a time such as \"24h\", at least 1s", a_second)
        .or(&["forever", "none"]);
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

/// The change of a column's values on the path between a device and the backend.
pub(super) const PATH: Written = Written::of(
    "one of \"local-midnight\" (date), \"wall-clock\", \"milliseconds\", \"seconds\" (timestamp), \
           \"double\" (decimal, int), \"double-cut\" (decimal), \"float\" (decimal, int, real), \
           \"int32\" (int), \"empty-is-null\", \"null-is-empty\" (text, blob), \"null-not-sent\", \
           \"nfc\", \"nfd\", \"nfkc\", \"latin-1\", \"three-byte-utf8\" (text) or \"utf8\" (blob); \
           then \"up\" for only towards the backend, or \"down\" for only towards the device",
    |text| path(text).map(|_| text.split_whitespace().collect::<Vec<_>>().join(" ")),
)
.because(|text| {
    let word = text.split_whitespace().next().unwrap_or(text);
    match Bend::of_word(word) {
        Some(_) => Some(format!("\"{word} up\", \"{word} down\" or \"{word}\", which is both directions")),
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
/// The part of an error message that says which titles are allowed.
pub const TITLE_WANT: &str = "1 to 80 characters without `#`";

/// Whether a text is a valid title. Titles name folders and files, appear in terminals, and are
/// selected by `RUN#NAME`.
pub fn is_title(text: &str) -> bool {
    is_name(text) && !text.contains('#')
}

/// Control characters are already escaped when the file is read.
pub(super) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= NAME_MAX
}

/// The form of a text in the id of a cell.
pub fn in_id(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._=-".contains(c) { c } else { '-' };
    text.chars().map(plain).collect()
}

/// True if a part of a dotted key is a wildcard. No valid name begins with `*`.
pub(super) fn is_wildcard(name: &str) -> bool {
    name.starts_with('*')
}

/// The triggers of units, except periods.
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

pub(super) fn trigger_text(trigger: Trigger) -> String {
    match trigger {
        Trigger::Every(every) => format!("every {}", span(every)),
        _ => TRIGGERS.iter().find(|(_, of)| *of == trigger).map_or("", |(word, _)| word).to_owned(),
    }
}

pub(super) fn scope(text: &str) -> Option<Scope> {
    if let Some(attribute) = text.strip_prefix("device.") {
        return (!attribute.is_empty()).then(|| Scope::Attribute(attribute.to_owned()));
    }
    if let Some((word, count)) = text.split_once(char::is_whitespace) {
        let count: u32 = count.trim().parse().ok()?;
        let order = cut_order(word)?;
        return (1..=CUT_MAX).contains(&count).then_some(Scope::Cut(order, count));
    }
    if let Some((from, until)) = text.split_once("..")
        && let Some((from, until)) = around_today(from).zip(around_today(until))
    {
        return (from < until).then_some(Scope::Moving(from, until));
    }
    let (from, until) = range(text)?;
    Some(Scope::Window(from, until))
}

/// The maximum number of rows of a cut.
const CUT_MAX: u32 = 1_000_000;

fn cut_order(word: &str) -> Option<CutOrder> {
    match word {
        "newest" => Some(CutOrder::Greatest),
        "nearest" => Some(CutOrder::Least),
        _ => None,
    }
}

/// A time relative to today's midnight, such as `today-30d`, in microseconds.
fn around_today(text: &str) -> Option<i64> {
    let rest = text.trim().strip_prefix("today")?;
    if rest.is_empty() { Some(0) } else { rest.starts_with(['+', '-']).then(|| signed(rest)).flatten() }
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
}
