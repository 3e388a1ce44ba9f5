//! Column types as the scenario writes them: `"text 10..40"`, `"ref doctor"`, `"timestamp -90d..60d
//! /20m"`.

use std::borrow::Cow;

use crate::base::{Bytes, Day, Decimal, Ppm, Span, Value};

use super::shares::{Shares, without_shares};
use super::written::{Calendar, range};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ColumnType {
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
    /// A text of many scripts.
    Unicode {
        min: u32,
        max: u32,
    },
    /// So many bytes, as their base64.
    Blob {
        min: u32,
        max: u32,
    },
    Int {
        min: i64,
        max: i64,
    },
    /// Of so many digits, some of them decimal places.
    Decimal {
        digits: u8,
        places: u8,
    },
    /// Days from the start's day.
    Date {
        from: i64,
        until: i64,
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
    /// Whether what it holds depends on nothing else.
    pub(super) fn stands_alone(&self) -> bool {
        !matches!(
            self,
            ColumnType::Key(_) | ColumnType::Ref(_) | ColumnType::Attribute(_) | ColumnType::Fold { .. }
        )
    }
    /// Whether the range of this type has no place for a value of one's own.
    pub(super) fn excludes(&self, value: &Value, calendar: Calendar) -> bool {
        match (self, value) {
            (ColumnType::Int { min, max }, Value::Int(n)) => !(min..=max).contains(&n),
            (
                ColumnType::Text { min, max }
                | ColumnType::Prose { min, max }
                | ColumnType::Unicode { min, max },
                Value::Text(text),
            ) => !(*min as usize..=*max as usize).contains(&text.len()),
            (ColumnType::Date { from, until }, Value::Text(text)) => {
                let start = calendar.day().0;
                let day = Day::read(text).map(|day| day.0);
                day.is_none_or(|day| !(start + from..=start + until).contains(&day))
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyType {
    Uuid,
    Text,
    Int,
}

impl KeyType {
    /// A key of a CSV in the one way in which it is written, so that one key is one text; `None` if
    /// it is none of this type.
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
    pub(super) fn want(self) -> &'static str {
        match self {
            KeyType::Text => "a text",
            KeyType::Int => "a whole number of 64 bits, without a plus and without zeros before it",
            KeyType::Uuid => "a UUID, such as 0f3c9a54-7d1e-4b8a-9c20-5e6f70a1b2c3",
        }
    }
    pub(super) fn name(self) -> &'static str {
        match self {
            KeyType::Text => "text key",
            KeyType::Int => "int key",
            KeyType::Uuid => "uuid key",
        }
    }
}

/// Sigma of the logarithm of a long text's length, in thousandths: p99 is then about 13 times the
/// median (estimate).
pub(super) const FAT_SIGMA_MILLI: u32 = 1_100;

/// The longest `text`, in bytes.
pub(super) const TEXT_MAX: u32 = 1_000_000;

/// The longest `long-text`, in bytes.
pub(super) const FAT_MAX: u64 = 100_000_000;
/// A `long-text` reaches up to so many times its median where its most is not written.
pub(super) const FAT_TAIL: u64 = 100;

pub(super) const COLUMNS_MAX: usize = 1_000;
/// Why there are no more.
pub(super) const COLUMNS_WHY: &str =
    "a table of SQLite has room for 2000, and what the bench notes of a row is in it too";

/// Why a column of this type is never null by itself.
fn never_null(kind: &ColumnType) -> Option<&'static str> {
    match kind {
        ColumnType::Key(_) => Some("a key is never null"),
        ColumnType::Attribute(_) => Some("an attribute says whose a row is, and is never null"),
        ColumnType::Fold { .. } => Some("a folded column is null where its source is"),
        _ => None,
    }
}

/// Why a column of this type is never empty.
fn never_empty(kind: &ColumnType) -> Option<&'static str> {
    match kind {
        ColumnType::Text { .. }
        | ColumnType::Unicode { .. }
        | ColumnType::Fat { .. }
        | ColumnType::Blob { .. } => None,
        _ => Some("only a text, a unicode, a long-text or a blob can be empty"),
    }
}

/// Why what is said of the shares of rows does not fit the type.
pub(super) fn misfit(kind: &ColumnType, shares: Shares) -> Option<&'static str> {
    let null = shares.null.and_then(|_| never_null(kind));
    null.or_else(|| shares.empty.and_then(|_| never_empty(kind)))
}

pub(super) fn column_type(text: &str) -> Option<ColumnType> {
    let (text, shares) = without_shares(text)?;
    let kind = bare_type(text)?;
    misfit(&kind, shares).is_none().then_some(kind)
}

pub(super) fn bare_type(text: &str) -> Option<ColumnType> {
    if let Some(inner) = text.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')')) {
        return decimal(inner);
    }
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    match (word, rest) {
        ("uuid", "key") => Some(ColumnType::Key(KeyType::Uuid)),
        ("text", "key") => Some(ColumnType::Key(KeyType::Text)),
        ("int", "key") => Some(ColumnType::Key(KeyType::Int)),
        ("text", _) => text_length(rest).map(|(min, max)| ColumnType::Text { min, max }),
        ("unicode", _) => text_length(rest).map(|(min, max)| ColumnType::Unicode { min, max }),
        ("prose", _) => text_length(rest).map(|(min, max)| ColumnType::Prose { min, max }),
        ("long-text", _) => long_text(rest),
        ("blob", _) => blob(rest),
        ("int64", "") => Some(ColumnType::Int { min: i64::MIN, max: i64::MAX }),
        ("int", "") => Some(ColumnType::Int { min: 0, max: 1_000_000 }),
        ("int", _) => {
            let (min, max) = rest.split_once("..")?;
            let (min, max) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
            (min <= max).then_some(ColumnType::Int { min, max })
        }
        ("real", "") => Some(ColumnType::Real),
        ("bool", "") => Some(ColumnType::Bool),
        ("date", _) => date(rest),
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

fn long_text(rest: &str) -> Option<ColumnType> {
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

fn text_length(rest: &str) -> Option<(u32, u32)> {
    if rest.is_empty() {
        return Some((8, 24));
    }
    let (min, max) = rest.split_once("..").unwrap_or((rest, rest));
    let (min, max) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
    (min <= max && max <= TEXT_MAX).then_some((min, max))
}

fn blob(rest: &str) -> Option<ColumnType> {
    let (min, max) = rest.split_once("..").unwrap_or((rest, rest));
    let (Bytes(min), Bytes(max)) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
    (min <= max && 0 < max && max <= FAT_MAX).then_some(ColumnType::Blob { min: min as u32, max: max as u32 })
}

/// Reads `12,2`.
fn decimal(inner: &str) -> Option<ColumnType> {
    let (digits, places) = inner.split_once(',').unwrap_or((inner, "0"));
    let (digits, places): (u8, u8) = (digits.trim().parse().ok()?, places.trim().parse().ok()?);
    let fits = (1..=Decimal::DIGITS_MAX).contains(&digits) && places <= digits;
    fits.then_some(ColumnType::Decimal { digits, places })
}

fn date(rest: &str) -> Option<ColumnType> {
    const DAY: i64 = 86_400_000_000;
    let (from, until) = if rest.is_empty() { (-30 * DAY, 0) } else { range(rest)? };
    let whole = from % DAY == 0 && until % DAY == 0;
    whole.then_some(ColumnType::Date { from: from / DAY, until: until / DAY })
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
    fn a_column_type_is_read_as_it_is_written_or_refused() {
        let mut told = String::new();
        for texts in [
            "uuid key|text 24|text 10..40|prose 10..40|unicode 10..40|text empty 5%|text 40..10|text -1|uuid|key|",
            "long-text 1.5kB|long-text 1.5kB..20kB|long-text 1.5kB..20kB 2% 150kB|long-text|long-text 0B",
            "long-text 1kB 2%|long-text 1kB 2 150kB|long-text 1kB 200% 150kB|long-text 1kB 2% 0B|blob 200kB",
            "int -5..100|int64|int 3|real 2|decimal(12,2)|decimal(38)|date|date -80d..0d|varchar(20)",
            "timestamp -1h..60m /20m|timestamp 3d..1d|timestamp /0s|ref|ref a b|fold patient via patient",
            "fold patient.name via patient",
        ] {
            for text in texts.split('|') {
                told += &format!("{text:?}: {:?}\n", column_type(text));
            }
        }
        for text in ["one of a|b", "one of", "one of a||b"] {
            told += &format!("{text:?}: {:?}\n", column_type(text));
        }
        insta::assert_snapshot!(told);
    }
}
