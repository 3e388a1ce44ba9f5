//! Column types as scenarios write them: `"text 10..40"`, `"ref doctor"`, `"timestamp -90d..60d
//! /20m"`. They may end with the shares of rows that are null or have an empty text.

use std::borrow::Cow;
use std::str::FromStr;

use super::check::size_meant;
use crate::base::words::thousands;
use crate::base::{Bytes, Day, Decimal, Ppm, Span, Value, Word as _, in_words};
use crate::config::diagnostic::meant;
use crate::config::form::Written;
use crate::config::written::{Calendar, range};
use crate::contract::ColumnKind;
use crate::workload::{Letters, Maker};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ColumnType {
    Key(KeyType),
    Made(Maker),
    Ref(String),
    Attribute(String),
    Fold { entity: String, column: String, via: String },
}

impl ColumnType {
    /// The kind of value that the column holds. Keys and references are texts.
    pub(super) fn kind(&self) -> ColumnKind {
        if let ColumnType::Made(maker) = self { maker.kind() } else { ColumnKind::Text }
    }

    /// Whether an imported value is outside the range of this type.
    pub(super) fn excludes(&self, value: &Value, calendar: Calendar) -> bool {
        let ColumnType::Made(maker) = self else { return false };
        match (maker, value) {
            (Maker::Int(min, max), Value::Int(n)) => !(min..=max).contains(&n),
            (Maker::Words(min, max, _) | Maker::Prose(min, max), Value::Text(text)) => {
                !(*min as usize..=*max as usize).contains(&text.len())
            }
            (Maker::Day(from, until), Value::Text(text)) => {
                let start = calendar.day().0;
                let day = Day::read(text).map(|day| day.0);
                day.is_none_or(|day| !(start + from..=start + until).contains(&day))
            }
            (Maker::Fat { max, rare, .. }, Value::Text(text)) => {
                text.len() > rare.map_or(*max, |(_, size)| size.max(*max)) as usize
            }
            (Maker::Moment(from, until, _), Value::Int(at)) => {
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
    /// A UUID of version 7. It begins with the time at which the row was created.
    Uuid7,
    Text,
    Int,
}
in_words!(KeyType { Uuid: "uuid key", Uuid7: "uuid7 key", Text: "text key", Int: "int key" });

impl KeyType {
    pub(super) fn canonical(self, text: &str) -> Option<Cow<'_, str>> {
        match self {
            KeyType::Text => Some(Cow::Borrowed(text)),
            KeyType::Int => {
                let text = text.trim();
                text.parse::<i64>().is_ok_and(|n| n.to_string() == text).then_some(Cow::Borrowed(text))
            }
            KeyType::Uuid | KeyType::Uuid7 => {
                let text = text.trim();
                let groups =
                    text.split('-').map(|g| g.bytes().all(|b| b.is_ascii_hexdigit()).then_some(g.len()));
                let is_version = self == KeyType::Uuid || text.as_bytes().get(14) == Some(&b'7');
                let uuid = groups.eq([8, 4, 4, 4, 12].map(Some)) && is_version;
                let large = text.bytes().any(|b| b.is_ascii_uppercase());
                uuid.then(|| if large { text.to_ascii_lowercase().into() } else { text.into() })
            }
        }
    }
    pub(super) fn want(self) -> &'static str {
        match self {
            KeyType::Text => "a text",
            KeyType::Int => "a whole number of 64 bits, without a plus sign and without leading zeros",
            KeyType::Uuid => "a UUID, such as 0f3c9a54-7d1e-4b8a-9c20-5e6f70a1b2c3",
            KeyType::Uuid7 => "a UUID of version 7, such as 0195a3e1-7d1e-7b8a-9c20-5e6f70a1b2c3",
        }
    }
}

pub(super) const TEXT_MAX: u32 = 1_000_000;

pub(super) const FAT_MAX: u64 = 100_000_000;
/// The default maximum of a `long-text`, as a multiple of its median.
pub(super) const FAT_TAIL: u64 = 100;

pub(super) const COLUMNS_MAX: usize = 1_000;
pub(super) const COLUMNS_WHY: &str =
    "a SQLite table has room for 2000, including the columns that the bench adds to a row";

/// The shares of rows that are null or empty. `None` if the type does not name the share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shares {
    pub(super) null: Option<Ppm>,
    pub(super) empty: Option<Ppm>,
}

/// Splits a column type into the type and its shares. `None` if a share is malformed or occurs
/// twice.
pub(super) fn without_shares(text: &str) -> Option<(&str, Shares)> {
    let (mut text, mut shares) = (text.trim(), Shares::default());
    loop {
        let found = [" null", " empty"].into_iter().filter_map(|word| {
            let (of, share) = text.rsplit_once(word)?;
            (share.is_empty() || share.starts_with(' ')).then_some((of, word, share))
        });
        let Some((of, word, share)) = found.max_by_key(|(of, ..)| of.len()) else {
            return Some((text, shares));
        };
        let place = if word == " null" { &mut shares.null } else { &mut shares.empty };
        if place.replace(percent(share.trim())?).is_some() {
            return None;
        }
        text = of.trim_end();
    }
}

pub(super) fn may_be_null(text: &str) -> bool {
    without_shares(text).is_some_and(|(_, shares)| shares.null.is_some())
}

fn percent(text: &str) -> Option<Ppm> {
    let percent: f64 = text.strip_suffix('%')?.parse().ok()?;
    Ppm::from_share(percent / 100.0)
}

fn misfit(kind: &ColumnType, shares: Shares) -> Option<&'static str> {
    let never_null = match kind {
        ColumnType::Key(_) => Some("a key is never null"),
        ColumnType::Attribute(_) => Some("an attribute names the owner of a row, and is never null"),
        ColumnType::Fold { .. } => Some("a folded column is null where its source column is null"),
        ColumnType::Made(_) | ColumnType::Ref(_) => None,
    };
    let has_length = matches!(kind, ColumnType::Made(Maker::Words(..) | Maker::Fat { .. } | Maker::Blob(..)));
    let never_empty = (!has_length).then_some("only a text, a unicode, a long-text or a blob can be empty");
    shares.null.and(never_null).or(shares.empty.and(never_empty))
}

pub(super) fn column_type(text: &str) -> Option<ColumnType> {
    let (text, shares) = without_shares(text)?;
    let kind = bare_type(text)?;
    misfit(&kind, shares).is_none().then_some(kind)
}

fn bare_type(text: &str) -> Option<ColumnType> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    if let Some(key) = KeyType::of_word(&format!("{word} {rest}")) {
        return Some(ColumnType::Key(key));
    }
    Some(match (word, rest) {
        ("attribute", _) if !rest.is_empty() => ColumnType::Attribute(rest.to_owned()),
        ("ref", _) if !rest.is_empty() && !rest.contains(' ') => ColumnType::Ref(rest.to_owned()),
        ("fold", _) => fold(rest)?,
        _ => ColumnType::Made(maker(text, (word, rest))?),
    })
}

fn maker(text: &str, (word, rest): (&str, &str)) -> Option<Maker> {
    if let Some(inner) = text.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')')) {
        return decimal(inner);
    }
    Some(match (word, rest) {
        ("text" | "unicode" | "prose", _) => {
            let (min, max) = if rest.is_empty() { (8, 24) } else { ends(rest)? };
            match word {
                _ if max > TEXT_MAX => return None,
                "text" => Maker::Words(min, max, Letters::Plain),
                "unicode" => Maker::Words(min, max, Letters::Many),
                _ => Maker::Prose(min, max),
            }
        }
        ("long-text", _) => long_text(rest)?,
        ("blob", _) => {
            let (Bytes(min), Bytes(max)) = ends(rest)?;
            (0 < max && max <= FAT_MAX).then_some(Maker::Blob(min as u32, max as u32))?
        }
        ("int64", "") => Maker::Int(i64::MIN, i64::MAX),
        ("int", "") => Maker::Int(0, 1_000_000),
        ("int", _) if rest.contains("..") => {
            let (min, max) = ends(rest)?;
            Maker::Int(min, max)
        }
        ("real", "") => Maker::Real,
        ("bool", "") => Maker::Bool,
        ("date", _) => {
            let (from, until) = days(rest)?;
            (from % DAY == 0 && until % DAY == 0).then_some(Maker::Day(from / DAY, until / DAY))?
        }
        ("timestamp", _) => {
            let (window, step) = rest.split_once('/').unwrap_or((rest, "1s"));
            let (from, until) = days(window.trim())?;
            let step = i64::try_from(step.trim().parse::<Span>().ok()?.as_micros()).ok();
            Maker::Moment(from, until, step.filter(|step| *step > 0)?)
        }
        ("one", _) => {
            let words = rest.strip_prefix("of ")?.split('|').map(|word| word.trim().to_owned());
            let words: Vec<String> = words.collect();
            words.iter().all(|word| !word.is_empty()).then_some(Maker::OneOf(words))?
        }
        _ => return None,
    })
}

const DAY: i64 = 86_400_000_000;

/// Reads `FROM..UNTIL` in microseconds. An empty text means the last 30 days.
fn days(text: &str) -> Option<(i64, i64)> {
    if text.is_empty() { Some((-30 * DAY, 0)) } else { range(text) }
}

fn ends<T: FromStr + PartialOrd>(text: &str) -> Option<(T, T)> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let (least, most) = (least.trim().parse().ok()?, most.trim().parse().ok()?);
    (least <= most).then_some((least, most))
}

fn long_text(rest: &str) -> Option<Maker> {
    let (rest, rare) = match rest.split_whitespace().collect::<Vec<_>>()[..] {
        [usual] => (usual, None),
        [usual, share, size] => {
            let Bytes(size) = size.parse().ok()?;
            (usual, (0 < size && size <= FAT_MAX).then_some(Some((percent(share)?, size as u32)))?)
        }
        _ => return None,
    };
    let (median, max) = rest.split_once("..").map_or((rest, None), |(median, max)| (median, Some(max)));
    let Bytes(median) = median.parse().ok()?;
    let Bytes(max) = max.map_or(Ok(Bytes(median.saturating_mul(FAT_TAIL))), str::parse).ok()?;
    let fits = 0 < median && median <= max && max <= FAT_MAX;
    fits.then_some(Maker::Fat { median: median as u32, max: max as u32, rare })
}

fn decimal(inner: &str) -> Option<Maker> {
    let (digits, places) = inner.split_once(',').unwrap_or((inner, "0"));
    let (digits, places): (u8, u8) = (digits.trim().parse().ok()?, places.trim().parse().ok()?);
    let fits = (1..=Decimal::DIGITS_MAX).contains(&digits) && places <= digits;
    fits.then_some(Maker::Decimal(digits, places))
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

pub(super) const COLUMN: Written = Written::of(
    "a column type: \"uuid key\", \"text\", \"text 24\", \"text 10..40\", \"prose 20..200\", \
           \"unicode 10..40\", \"long-text 1.5kB\", \"long-text 1.5kB..20kB 2% 150kB\", \"blob \
           200kB\", \"blob 50kB..1MB\", \"int\", \"int 0..100\", \"int64\", \"decimal(12,2)\", \
           \"real\", \"bool\", \"date\", \"date -30d..0d\", \"timestamp\", \"timestamp -90d..60d \
           /20m\", \"ref ENTITY\", \"attribute NAME\", \"one of a|b|c\", \"uuid7 key\" or \"fold ENTITY.COLUMN via \
           COLUMN\"; then \"null 10%\" for this share of rows without a value, or \"empty \
           10%\" for this share of rows with an empty text",
    |text| column_type(text).map(|_| text.split_whitespace().collect::<Vec<_>>().join(" ")),
)
.because(beyond_limits);

const KINDS: &str = "uuid key|uuid7 key|text key|int key|text|prose|unicode|long-text|blob|int|int64|decimal|real|bool|\
                     date|timestamp|ref|attribute|one of|one|fold";

/// The help for `long-text` and `blob` with a wrong unit, such as `10kb`.
fn wrong_unit(word: &str, rest: &str) -> Option<String> {
    let sizes = rest.split_whitespace().flat_map(|size| size.split(".."));
    let meant = sizes.filter(|_| ["long-text", "blob"].contains(&word)).find_map(size_meant)?;
    Some(format!("did you mean \"{meant}\"? sizes are in B, kB, MB, KiB or MiB"))
}

/// The help for `LEAST..MOST` if the greater value comes first.
fn reversed(word: &str, rest: &str) -> Option<String> {
    let (range, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let (least, most) = range.split_once("..").map(|(least, most)| (least.trim(), most.trim()))?;
    let is_reversed = match word {
        "int" => least.parse::<i64>().ok()? > most.parse().ok()?,
        "text" | "prose" | "unicode" | "long-text" | "blob" => {
            least.parse::<Bytes>().ok()?.0 > most.parse::<Bytes>().ok()?.0
        }
        _ => false,
    };
    let right = format!("{word} {most}..{least} {after}");
    is_reversed.then(|| format!("{least} is greater than {most}; write \"{}\"", right.trim_end()))
}

/// The help for a text that is nearly a column type: the limits of its first word, or the word that
/// was probably meant.
fn beyond_limits(text: &str) -> Option<String> {
    let Some((text, shares)) = without_shares(text) else {
        let said =
            "\"null 10%\" is the share of rows without a value, \"empty 10%\" the share with an empty text";
        return Some(format!("{said}, from 0% to 100%"));
    };
    if let Some(why) = bare_type(text).and_then(|kind| misfit(&kind, shares)) {
        return Some(why.to_owned());
    }
    if let Some(of) = text.strip_suffix('?').filter(|of| bare_type(of.trim()).is_some()) {
        let of = of.trim();
        return Some(format!("with \"{of} null 10%\", 10 % of the rows have no value"));
    }
    let kinds: Vec<&str> = KINDS.split('|').collect();
    let (word, rest) = text.split_once([' ', '(']).unwrap_or((text, ""));
    let rest = rest.trim();
    if let Some(why) = wrong_unit(word, rest).or_else(|| reversed(word, rest)) {
        return Some(why);
    }
    let most = format!("{}MB", FAT_MAX / 1_000_000);
    Some(match word {
        "text" | "prose" | "unicode" => {
            let text = thousands(u64::from(TEXT_MAX));
            format!("\"{word} LEAST..MOST\" takes at most {text} bytes; a \"long-text\" takes up to {most}")
        }
        "fat" => format!("write \"long-text {rest}\" instead"),
        "long-text" => format!(
            "\"long-text MEDIAN..MOST\" takes sizes from 1B to {most}; without MOST, the largest size is {FAT_TAIL} times MEDIAN"
        ),
        "blob" => format!("\"blob LEAST..MOST\" takes sizes from 1B to {most}"),
        "int" if !rest.is_empty() => {
            format!("\"int LEAST..MOST\" takes numbers from {} to {}", i64::MIN, i64::MAX)
        }
        "date" if !rest.is_empty() => {
            "\"date FROM..UNTIL\" takes whole days, and UNTIL must be after FROM".to_owned()
        }
        "timestamp" => {
            "in \"timestamp FROM..UNTIL /STEP\", UNTIL must be after FROM, and STEP must be at least 1us"
                .to_owned()
        }
        "decimal" | "numeric" => {
            let digits = Decimal::DIGITS_MAX;
            format!("in \"decimal(DIGITS,PLACES)\", DIGITS must be from 1 to {digits} and includes PLACES")
        }
        _ if kinds.contains(&word) || kinds.contains(&text) => return None,
        _ => return meant(text, &kinds).or_else(|| meant(word, &kinds)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_type_is_read_as_it_is_written_or_told_what_it_takes() {
        let mut told = String::new();
        for texts in [
            "uuid key,text 24,text 10..40,prose 10..40,unicode 10..40,text empty 5%,text 40..10,text -1,uuid,key,",
            "long-text 1.5kB,long-text 1.5kB..20kB,long-text 1.5kB..20kB 2% 150kB,long-text,long-text 0B",
            "long-text 1kB 2%,long-text 1kB 2 150kB,long-text 1kB 200% 150kB,long-text 1kB 2% 0B,long-text 2MB",
            "long-text 2kB..1kB,fat 2MB,blob 200kB,blob 0B,text 1000001,txt 20,text?,uuidkey,boole,varchar(20)",
            "int -5..100,int64,int 3,int 9..3,real 2,decimal(38),decimal 12.2,date,date -80d..0d,date -36h..0d",
            "timestamp -1h..60m /20m,timestamp 3d..1d,timestamp /0s,ref,ref a b,fold patient via patient",
            "fold patient.name via patient,one of a|b,one of,one of a||b,one of a|nullable,ref folder null 0%",
            "text 10..40 null 10%,text null 1% empty 2%,text empty 2%  null 1%,one of a|b null 2.5%",
            "long-text 1kB..2kB 1% 3kB  null 7%,text null,text null 101%,text null 1% null 2%,text empty 101%",
            "text null 1% empty,uuid key null 5%,int empty 5%,uuid7 key",
        ] {
            for text in texts.split(',') {
                told += &match (column_type(text), without_shares(text)) {
                    (Some(kind), Some((_, shares))) => format!("{text:?}: {kind:?} {shares:?}\n"),
                    _ => format!("{text:?} is none: {}\n", beyond_limits(text).unwrap_or_default()),
                };
            }
        }
        for text in ["decimal(12,2)", "decimal(2,3)"] {
            told += &format!("{text:?}: {:?} {:?}\n", column_type(text), beyond_limits(text));
        }
        insta::assert_snapshot!(told);
    }
}
