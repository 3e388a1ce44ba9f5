//! Column types as the scenario writes them: `"text 10..40"`, `"ref doctor"`, `"timestamp -90d..60d /20m"`.

use std::borrow::Cow;

use crate::base::words::thousands;
use crate::base::{Bytes, Ppm, Span, Value};

use super::form::Written;
use super::written::{Calendar, backwards, meant, range};

/// What a column's text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ColumnType {
    /// The key of the row.
    Key(KeyType),
    /// A text of so many bytes.
    Text {
        min: u32,
        max: u32,
    },
    /// A text that packs like one that people write, of `min` to `max` bytes.
    Prose {
        min: u32,
        max: u32,
    },
    /// A long text: median and greatest number of bytes, and a share that is of another size.
    Fat {
        median: u32,
        max: u32,
        rare: Option<(Ppm, u32)>,
    },
    Int {
        min: i64,
        max: i64,
    },
    Real,
    Bool,
    /// On a grid, in microseconds from the midnight before the start.
    Timestamp {
        from: i64,
        until: i64,
        step: i64,
    },
    Ref(String),
    /// One of the values of a device attribute.
    Attribute(String),
    OneOf(Vec<String>),
    /// A copy of another entity's column.
    Fold {
        entity: String,
        column: String,
        via: String,
    },
}

impl ColumnType {
    /// Whether the range of this type has no place for a value of one's own.
    pub(super) fn excludes(&self, value: &Value, calendar: Calendar) -> bool {
        match (self, value) {
            (ColumnType::Int { min, max }, Value::Int(n)) => !(min..=max).contains(&n),
            (ColumnType::Text { min, max } | ColumnType::Prose { min, max }, Value::Text(text)) => {
                !(*min as usize..=*max as usize).contains(&text.len())
            }
            (ColumnType::Fat { max, rare, .. }, Value::Text(text)) => {
                text.len() > rare.map_or(*max, |(_, size)| size.max(*max)) as usize
            }
            (ColumnType::Timestamp { from, until, .. }, Value::Int(at)) => {
                let midnight = calendar.midnight().0;
                !(midnight + from..=midnight + until).contains(at)
            }
            _ => false,
        }
    }
}

/// What keys look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyType {
    Uuid,
    Text,
    Int,
}

impl KeyType {
    /// A key of a CSV in the one way in which it is written, so that one key is one text; `None` if it is none of this type.
    pub(super) fn canonical(self, text: &str) -> Option<Cow<'_, str>> {
        match self {
            KeyType::Text => Some(Cow::Borrowed(text)),
            KeyType::Int => {
                let text = text.trim();
                text.parse::<i64>().is_ok_and(|n| n.to_string() == text).then_some(Cow::Borrowed(text))
            }
            KeyType::Uuid => {
                let text = text.trim();
                let groups =
                    text.split('-').map(|g| g.bytes().all(|b| b.is_ascii_hexdigit()).then_some(g.len()));
                let uuid = groups.eq([8, 4, 4, 4, 12].map(Some));
                let large = text.bytes().any(|b| b.is_ascii_uppercase());
                uuid.then(|| if large { text.to_ascii_lowercase().into() } else { text.into() })
            }
        }
    }
    /// What such a key must be.
    pub(super) fn want(self) -> &'static str {
        match self {
            KeyType::Text => "a text",
            KeyType::Int => "a whole number of 64 bits, without a plus and without zeros before it",
            KeyType::Uuid => "a UUID, such as 0f3c9a54-7d1e-4b8a-9c20-5e6f70a1b2c3",
        }
    }
    /// The column's type.
    pub(super) fn name(self) -> &'static str {
        match self {
            KeyType::Text => "text key",
            KeyType::Int => "int key",
            KeyType::Uuid => "uuid key",
        }
    }
}

/// The type of a column.
pub(super) const COLUMN: Written = Written {
    want: "a column type: \"uuid key\", \"text\", \"text 24\", \"text 10..40\", \"prose 20..200\", \"fat 1.5kB\", \"fat 1.5kB..20kB 2% 150kB\", \"int\", \"int 0..100\", \
           \"real\", \"bool\", \"timestamp\", \"timestamp -90d..60d /20m\", \"ref ENTITY\", \"attribute NAME\", \"one of a|b|c\" or \
           \"fold ENTITY.COLUMN via COLUMN\"; with \"null 10%\" behind it that share of rows has nothing there",
    known: Vec::new,
    why: beyond_limits,
    canonical: |text| column_type(text).map(|_| text.split_whitespace().collect::<Vec<_>>().join(" ")),
};

/// Sigma of the logarithm of a fat text's length, in thousandths: p99 is then about 13 times the median (estimate).
pub(super) const FAT_SIGMA_MILLI: u32 = 1_100;

/// The longest `text`, in bytes.
pub(super) const TEXT_MAX: u32 = 1_000_000;

/// The longest `fat`, in bytes.
const FAT_MAX: u64 = 100_000_000;
/// A `fat` reaches up to so many times its median where its most is not written.
const FAT_TAIL: u64 = 100;

/// Columns of an entity, its key included.
pub(super) const COLUMNS_MAX: usize = 1_000;
/// Why there are no more.
pub(super) const COLUMNS_WHY: &str =
    "a table of SQLite has room for 2000, and what the bench notes of a row is in it too";

/// A column type without its word on nulls, and the share of rows that have null there; `None` of
/// a share that is none.
pub(super) fn without_null(text: &str) -> Option<(&str, Option<Ppm>)> {
    let text = text.trim();
    let Some((of, share)) = text.rsplit_once(" null") else { return Some((text, None)) };
    if !share.is_empty() && !share.starts_with(' ') {
        return Some((text, None));
    }
    let percent: f64 = share.trim().strip_suffix('%')?.parse().ok()?;
    Some((of.trim_end(), Some(Ppm::from_share(percent / 100.0)?)))
}

/// Why a column of this type is never null by itself.
fn never_null(kind: &ColumnType) -> Option<&'static str> {
    match kind {
        ColumnType::Key(_) => Some("a key is never null"),
        ColumnType::Attribute(_) => Some("an attribute says whose a row is, and is never null"),
        ColumnType::Fold { .. } => Some("a folded column is null where its source is"),
        _ => None,
    }
}

/// Why no `null 10%` may stand behind a column type; `None` if it may.
pub(super) fn why_never_null(text: &str) -> Option<&'static str> {
    bare_type(without_null(text)?.0).and_then(|kind| never_null(&kind))
}

/// Reads a column type.
pub(super) fn column_type(text: &str) -> Option<ColumnType> {
    let (text, null) = without_null(text)?;
    let kind = bare_type(text)?;
    (null.is_none() || never_null(&kind).is_none()).then_some(kind)
}

fn bare_type(text: &str) -> Option<ColumnType> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    match (word, rest) {
        ("uuid", "key") => Some(ColumnType::Key(KeyType::Uuid)),
        ("text", "key") => Some(ColumnType::Key(KeyType::Text)),
        ("int", "key") => Some(ColumnType::Key(KeyType::Int)),
        ("text", "") => Some(ColumnType::Text { min: 8, max: 24 }),
        ("text" | "prose", _) => {
            let (min, max) = rest.split_once("..").unwrap_or((rest, rest));
            let (min, max) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
            let is_prose = word == "prose";
            let kind = if is_prose { ColumnType::Prose { min, max } } else { ColumnType::Text { min, max } };
            (min <= max && max <= TEXT_MAX).then_some(kind)
        }
        ("fat", _) => fat(rest),
        ("int", "") => Some(ColumnType::Int { min: 0, max: 1_000_000 }),
        ("int", _) => {
            let (min, max) = rest.split_once("..")?;
            let (min, max) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
            (min <= max).then_some(ColumnType::Int { min, max })
        }
        ("real", "") => Some(ColumnType::Real),
        ("bool", "") => Some(ColumnType::Bool),
        ("timestamp", _) => timestamp(rest),
        ("attribute", _) => (!rest.is_empty()).then(|| ColumnType::Attribute(rest.to_owned())),
        ("ref", _) => (!rest.is_empty() && !rest.contains(' ')).then(|| ColumnType::Ref(rest.to_owned())),
        ("one", _) => {
            let words: Vec<String> =
                rest.strip_prefix("of ")?.split('|').map(|w| w.trim().to_owned()).collect();
            words.iter().all(|w| !w.is_empty()).then_some(ColumnType::OneOf(words))
        }
        ("fold", _) => fold(rest),
        _ => None,
    }
}

/// What is wrong with a text that is nearly a column type: the limit that it passes, or its first
/// word.
fn beyond_limits(text: &str) -> Option<String> {
    const KINDS: &[&str] = &[
        "uuid key",
        "text key",
        "int key",
        "uuid",
        "text",
        "prose",
        "fat",
        "int",
        "real",
        "bool",
        "timestamp",
        "ref",
        "attribute",
        "one of",
        "one",
        "fold",
    ];
    let Some((text, null)) = without_null(text) else {
        return Some("\"null 10%\" says how many rows have nothing there, from 0% to 100%".to_owned());
    };
    if null.is_some()
        && let Some(why) = bare_type(text).and_then(|kind| never_null(&kind))
    {
        return Some(why.to_owned());
    }
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let ends = || rest.split_once("..").unwrap_or((rest, rest));
    match word {
        "text" | "prose" => {
            let (min, max) = ends();
            let (min, max): (u128, u128) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
            if min > max {
                return Some(format!("a text of at least {min} bytes has no room in {max}"));
            }
            let (text, fat) = (thousands(u64::from(TEXT_MAX)), size(FAT_MAX));
            Some(format!("a text has at most {text} bytes; a \"fat\" may have up to {fat}"))
        }
        "fat" => fat_limits(rest),
        "int" => {
            let (min, max) = ends();
            let whole = |end: &str| {
                let digits = end.trim().trim_start_matches('-');
                !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
            };
            if !whole(min) || !whole(max) {
                return None;
            }
            match (min.trim().parse::<i64>(), max.trim().parse::<i64>()) {
                (Ok(min), Ok(max)) if min > max => Some(format!("{min} is more than {max}")),
                (Ok(_), Ok(_)) => Some("an int has both ends, as in \"int 0..100\"".to_owned()),
                _ => Some(format!("an int lies from {} to {}", i64::MIN, i64::MAX)),
            }
        }
        "timestamp" => {
            let (window, step) = rest.split_once('/').unwrap_or((rest, "1s"));
            let step = step.trim().parse::<Span>().ok()?;
            let finer = || Some("the step of a timestamp is at least 1us".to_owned());
            if step < Span::micros(1) { finer() } else { backwards(window.trim()) }
        }
        _ if KINDS.contains(&word) || KINDS.contains(&text) => None,
        _ => meant(text, KINDS).or_else(|| meant(word, KINDS)),
    }
}

/// The limit that the sizes of a fat text pass.
fn fat_limits(rest: &str) -> Option<String> {
    let bytes = |text: &str| text.trim().parse::<Bytes>().ok().map(|Bytes(n)| n);
    let mut parts = rest.split_whitespace();
    let usual = parts.next()?;
    let (median, max) = usual.split_once("..").map_or((usual, None), |(median, max)| (median, Some(max)));
    let most = size(FAT_MAX);
    let median = bytes(median)?;
    let max = match max {
        Some(max) => bytes(max)?,
        None if median.saturating_mul(FAT_TAIL) > FAT_MAX && median <= FAT_MAX => {
            let tail = size(median.saturating_mul(FAT_TAIL));
            let median = size(median);
            return Some(format!(
                "a fat of {median} reaches up to {FAT_TAIL} times that, {tail}, unless its most is written, and none is \
                 longer than {most}: \"fat {median}..{most}\""
            ));
        }
        None => median,
    };
    if median == 0 {
        return Some("the median of a fat is at least 1B".to_owned());
    }
    if max < median {
        return Some(format!("the most, {}, is less than the median, {}", size(max), size(median)));
    }
    let rare = parts.nth(1).and_then(bytes);
    if max > FAT_MAX || rare.is_some_and(|rare| rare > FAT_MAX) {
        return Some(format!("a fat has at most {most}"));
    }
    None
}

fn fat(rest: &str) -> Option<ColumnType> {
    const MAX: u64 = FAT_MAX;
    let (rest, rare) = match rest.split_whitespace().collect::<Vec<_>>()[..] {
        [usual] => (usual, None),
        [usual, share, size] => {
            let Bytes(size) = size.parse().ok()?;
            let share = share
                .strip_suffix('%')?
                .parse()
                .ok()
                .and_then(|percent: f64| Ppm::from_share(percent / 100.0))?;
            (usual, (0 < size && size <= MAX).then_some(Some((share, size as u32)))?)
        }
        _ => return None,
    };
    let (median, max) = match rest.split_once("..") {
        Some((median, max)) => (median, Some(max)),
        None => (rest, None),
    };
    let Bytes(median) = median.parse().ok()?;
    let max = match max {
        Some(max) => max.parse::<Bytes>().ok()?.0,
        None => median.saturating_mul(FAT_TAIL),
    };
    let fits = 0 < median && median <= max && max <= MAX;
    fits.then_some(ColumnType::Fat { median: median as u32, max: max as u32, rare })
}

/// A size as a column type writes it.
fn size(bytes: u64) -> String {
    for (unit, of) in [("MB", 1_000_000), ("kB", 1_000)] {
        if bytes >= of && bytes.is_multiple_of(of) {
            return format!("{}{unit}", bytes / of);
        }
    }
    format!("{bytes}B")
}

fn timestamp(rest: &str) -> Option<ColumnType> {
    const DAY: i64 = 86_400_000_000;
    let (window, step) = match rest.split_once('/') {
        Some((window, step)) => (window.trim(), step.trim().parse::<Span>().ok()?),
        None => (rest, Span::secs(1)),
    };
    let (from, until) = if window.is_empty() { (-30 * DAY, 0) } else { range(window)? };
    let step = i64::try_from(step.as_micros()).ok().filter(|step| *step > 0)?;
    Some(ColumnType::Timestamp { from, until, step })
}

fn fold(rest: &str) -> Option<ColumnType> {
    let (source, via) = rest.split_once(" via ")?;
    let (entity, column) = source.trim().split_once('.')?;
    let via = via.trim();
    let whole = [entity, column, via].iter().all(|name| !name.is_empty() && !name.contains([' ', '.']));
    whole.then(|| ColumnType::Fold {
        entity: entity.to_owned(),
        column: column.to_owned(),
        via: via.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_types_are_read_as_they_are_written() {
        let minute = 60_000_000;
        for (text, want) in [
            ("uuid key", ColumnType::Key(KeyType::Uuid)),
            ("text 24", ColumnType::Text { min: 24, max: 24 }),
            ("text 10..40", ColumnType::Text { min: 10, max: 40 }),
            ("prose 10..40", ColumnType::Prose { min: 10, max: 40 }),
            ("fat 1.5kB", ColumnType::Fat { median: 1_500, max: 150_000, rare: None }),
            ("fat 1.5kB..20kB", ColumnType::Fat { median: 1_500, max: 20_000, rare: None }),
            (
                "fat 1.5kB..20kB 2% 150kB",
                ColumnType::Fat { median: 1_500, max: 20_000, rare: Some((Ppm(20_000), 150_000)) },
            ),
            ("int -5..100", ColumnType::Int { min: -5, max: 100 }),
            (
                "timestamp -1h..60m /20m",
                ColumnType::Timestamp { from: -60 * minute, until: 60 * minute, step: 20 * minute },
            ),
            ("one of a|b", ColumnType::OneOf(vec!["a".to_owned(), "b".to_owned()])),
            (
                "fold patient.name via patient",
                ColumnType::Fold {
                    entity: "patient".to_owned(),
                    column: "name".to_owned(),
                    via: "patient".to_owned(),
                },
            ),
        ] {
            assert_eq!(column_type(text), Some(want), "{text}");
        }
    }

    #[test]
    fn a_column_type_beyond_a_limit_is_told_the_limit() {
        for (text, said) in [
            ("text 1000001", "bytes; a \"fat\" may have up to 100MB"),
            ("text 40..10", "a text of at least 40 bytes has no room in 10"),
            ("fat 2MB", "up to 100 times that, 200MB, unless its most is written"),
            ("fat 2MB", "none is longer than 100MB: \"fat 2MB..100MB\""),
            ("fat 200MB", "a fat has at most 100MB"),
            ("fat 1kB..101MB", "a fat has at most 100MB"),
            ("fat 1kB..2kB 1% 101MB", "a fat has at most 100MB"),
            ("fat 2kB..1kB", "the most, 1kB, is less than the median, 2kB"),
            ("fat 0B", "at least 1B"),
            ("int 0..99999999999999999999", "an int lies from -9223372036854775808 to 9223372036854775807"),
            ("int 9..3", "9 is more than 3"),
            ("int 3", "both ends"),
            ("timestamp 3d..1d", "its end must lie after its beginning"),
            ("timestamp /0s", "at least 1us"),
            ("txt 20", "did you mean \"text\"?"),
            ("uuidkey", "did you mean \"uuid key\"?"),
            ("boole", "did you mean \"bool\"?"),
            ("text null", "\"null 10%\" says how many rows"),
            ("text null 101%", "from 0% to 100%"),
            ("uuid key null 5%", "a key is never null"),
            ("attribute ward null 5%", "is never null"),
            ("fold a.b via a null 5%", "null where its source is"),
        ] {
            let why = beyond_limits(text).unwrap_or_else(|| panic!("{text}: nothing"));
            assert!(why.contains(said) && column_type(text).is_none(), "{text}: {why}");
        }
        assert_eq!(beyond_limits("varchar(20)"), None);
    }

    #[test]
    fn a_share_of_nulls_stands_behind_a_type() {
        for (text, of, share) in [
            ("text 10..40 null 10%", "text 10..40", Some(100_000)),
            ("ref folder null 0%", "ref folder", Some(0)),
            ("one of a|b null 2.5%", "one of a|b", Some(25_000)),
            ("fat 1kB..2kB 1% 3kB  null 7%", "fat 1kB..2kB 1% 3kB", Some(70_000)),
            ("one of a|nullable", "one of a|nullable", None),
        ] {
            assert_eq!(without_null(text), Some((of, share.map(Ppm))), "{text}");
            assert_eq!(column_type(text), bare_type(of), "{text}");
            assert!(column_type(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_no_column_type_is_refused() {
        for bad in [
            "",
            "uuid",
            "key",
            "text 40..10",
            "text -1",
            "fat",
            "fat 0B",
            "fat 1kB 2%",
            "fat 1kB 2 150kB",
            "fat 1kB 200% 150kB",
            "fat 1kB 2% 0B",
            "int 3",
            "real 2",
            "timestamp 3d..1d",
            "timestamp /0s",
            "ref",
            "ref a b",
            "one of",
            "one of a||b",
            "fold patient via patient",
            "varchar(20)",
        ] {
            assert_eq!(column_type(bad), None, "{bad:?}");
        }
    }
}
