//! How a column type is written, and what is wrong with a text that is none.

use super::column::{FAT_MAX, FAT_TAIL, TEXT_MAX, bare_type, column_type, misfit};
use super::form::Written;
use super::shares::without_shares;
use super::written::{backwards, meant};
use crate::base::words::thousands;
use crate::base::{Bytes, Decimal, Span};

pub(super) const COLUMN: Written = Written {
    want: "a column type: \"uuid key\", \"text\", \"text 24\", \"text 10..40\", \"prose 20..200\", \"unicode 10..40\", \"long-text 1.5kB\", \"long-text 1.5kB..20kB 2% 150kB\", \
           \"blob 200kB\", \"blob 50kB..1MB\", \"int\", \"int 0..100\", \"int64\", \"decimal(12,2)\", \"real\", \"bool\", \"date\", \
           \"date -30d..0d\", \"timestamp\", \"timestamp -90d..60d /20m\", \"ref ENTITY\", \"attribute NAME\", \"one of a|b|c\" or \
           \"fold ENTITY.COLUMN via COLUMN\"; with \"null 10%\" behind it that share of rows has nothing there, with \"empty 10%\" an empty text",
    known: Vec::new,
    why: beyond_limits,
    canonical: |text| column_type(text).map(|_| text.split_whitespace().collect::<Vec<_>>().join(" ")),
};

/// Words with which column types begin.
const KINDS: &[&str] = &[
    "uuid key",
    "text key",
    "int key",
    "uuid",
    "text",
    "prose",
    "unicode",
    "long-text",
    "blob",
    "int",
    "int64",
    "decimal",
    "real",
    "bool",
    "date",
    "timestamp",
    "ref",
    "attribute",
    "one of",
    "one",
    "fold",
];

/// What is wrong with a text that is nearly a column type: the limit that it passes, or its first
/// word.
fn beyond_limits(text: &str) -> Option<String> {
    let Some((text, shares)) = without_shares(text) else {
        let said = "\"null 10%\" says how many rows have nothing there, \"empty 10%\" how many an empty text";
        return Some(format!("{said}, from 0% to 100%"));
    };
    if let Some(why) = bare_type(text).and_then(|kind| misfit(&kind, shares)) {
        return Some(why.to_owned());
    }
    if let Some(of) = text.strip_suffix('?').filter(|of| bare_type(of.trim()).is_some()) {
        let of = of.trim();
        return Some(format!("\"{of} null 10%\" is one of which a tenth of the rows has nothing"));
    }
    if text.starts_with("decimal") || text.starts_with("numeric") {
        return Some(decimal_limits(text));
    }
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let ends = || rest.split_once("..").unwrap_or((rest, rest));
    match word {
        "text" | "prose" | "unicode" => {
            let (min, max) = ends();
            let (min, max): (u128, u128) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
            if min > max {
                return Some(format!("a text of at least {min} bytes has no room in {max}"));
            }
            let (text, long) = (thousands(u64::from(TEXT_MAX)), size(FAT_MAX));
            Some(format!("a text has at most {text} bytes; a \"long-text\" may have up to {long}"))
        }
        "fat" => Some(format!("it is \"long-text {rest}\" now")),
        "long-text" => long_text_limits(rest),
        "blob" => blob_limits(rest),
        "date" => backwards(rest).or_else(|| {
            let days = "the ends of a date are whole days from the start's: \"date -30d..0d\"";
            rest.contains("..").then(|| days.to_owned())
        }),
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

/// The limit that the sizes of a long text pass.
fn long_text_limits(rest: &str) -> Option<String> {
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
                "a long text of {median} reaches up to {FAT_TAIL} times that, {tail}, unless its most is written, and none is \
                 longer than {most}: \"long-text {median}..{most}\""
            ));
        }
        None => median,
    };
    if median == 0 {
        return Some("the median of a long text is at least 1B".to_owned());
    }
    if max < median {
        return Some(format!("the most, {}, is less than the median, {}", size(max), size(median)));
    }
    let rare = parts.nth(1).and_then(bytes);
    if max > FAT_MAX || rare.is_some_and(|rare| rare > FAT_MAX) {
        return Some(format!("a long text has at most {most}"));
    }
    None
}

fn size(bytes: u64) -> String {
    for (unit, of) in [("MB", 1_000_000), ("kB", 1_000)] {
        if bytes >= of && bytes.is_multiple_of(of) {
            return format!("{}{unit}", bytes / of);
        }
    }
    format!("{bytes}B")
}

fn blob_limits(rest: &str) -> Option<String> {
    let (min, max) = rest.split_once("..").unwrap_or((rest, rest));
    let (min, max): (Bytes, Bytes) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
    Some(match () {
        () if max.0 > FAT_MAX => format!("a blob has at most {}", size(FAT_MAX)),
        () if min > max => format!("the most, {}, is less than the least, {}", size(max.0), size(min.0)),
        () => "a blob has at least 1B".to_owned(),
    })
}

fn decimal_limits(text: &str) -> String {
    let numbers: Vec<u128> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .filter_map(|part| part.parse().ok())
        .collect();
    let most = Decimal::DIGITS_MAX;
    match numbers[..] {
        [digits, places] if places > digits => {
            format!("of {digits} digits no more than {digits} are decimal places")
        }
        [digits, ..] if digits > u128::from(most) || digits == 0 => {
            format!("a decimal has 1 to {most} digits")
        }
        [digits, places] => format!("write \"decimal({digits},{places})\""),
        _ => "a decimal says how many digits it has, and how many of them are decimal places: \
              \"decimal(12,2)\""
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_type_beyond_a_limit_is_told_the_limit() {
        for (text, said) in [
            ("text 1000001", "bytes; a \"long-text\" may have up to 100MB"),
            ("text 40..10", "a text of at least 40 bytes has no room in 10"),
            ("long-text 2MB", "up to 100 times that, 200MB, unless its most is written"),
            ("long-text 2MB", "none is longer than 100MB: \"long-text 2MB..100MB\""),
            ("long-text 200MB", "a long text has at most 100MB"),
            ("long-text 1kB..101MB", "a long text has at most 100MB"),
            ("long-text 1kB..2kB 1% 101MB", "a long text has at most 100MB"),
            ("long-text 2kB..1kB", "the most, 1kB, is less than the median, 2kB"),
            ("long-text 0B", "at least 1B"),
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
            ("int empty 5%", "only a text"),
            ("text?", "\"text null 10%\""),
            ("decimal 12.2", "write \"decimal(12,2)\""),
            ("decimal(2,3)", "no more than 2 are decimal places"),
            ("decimal(39,3)", "1 to 38 digits"),
            ("decimal", "how many digits it has"),
            ("date 0d..-3d", "its end must lie after"),
            ("date -36h..0d", "whole days"),
            ("blob 200MB", "at most 100MB"),
            ("blob 2kB..1kB", "is less than the least"),
            ("blob 0B", "at least 1B"),
            ("dates", "did you mean \"date\"?"),
        ] {
            let why = beyond_limits(text).unwrap_or_else(|| panic!("{text}: nothing"));
            assert!(why.contains(said) && column_type(text).is_none(), "{text}: {why}");
        }
        assert_eq!(beyond_limits("varchar(20)"), None);
    }
}
