//! How a column type is written, and what is wrong with a text that is none.

use super::column::{FAT_MAX, FAT_TAIL, TEXT_MAX, bare_type, column_type, misfit};
use super::form::Written;
use super::shares::without_shares;
use super::written::meant;
use crate::base::Decimal;
use crate::base::words::thousands;

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

/// What is wrong with a text that is nearly a column type: what its first word takes, or the word
/// that was meant.
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
    let (word, rest) = text.split_once([' ', '(']).unwrap_or((text, ""));
    let rest = rest.trim();
    let most = format!("{}MB", FAT_MAX / 1_000_000);
    Some(match word {
        "text" | "prose" | "unicode" => {
            let text = thousands(u64::from(TEXT_MAX));
            format!("\"{word} LEAST..MOST\" has at most {text} bytes; a \"long-text\" may have up to {most}")
        }
        "fat" => format!("it is \"long-text {rest}\" now"),
        "long-text" => format!(
            "\"long-text MEDIAN..MOST\" has 1B to {most}; without its most it reaches up to {FAT_TAIL} times its median"
        ),
        "blob" => format!("\"blob LEAST..MOST\" has 1B to {most}"),
        "int" if !rest.is_empty() => {
            format!("\"int LEAST..MOST\" lies from {} to {}", i64::MIN, i64::MAX)
        }
        "date" if !rest.is_empty() => "\"date FROM..UNTIL\" ends after it begins, in whole days".to_owned(),
        "timestamp" => {
            "\"timestamp FROM..UNTIL /STEP\" ends after it begins, by steps of at least 1us".to_owned()
        }
        "decimal" | "numeric" => {
            let digits = Decimal::DIGITS_MAX;
            format!("\"decimal(DIGITS,PLACES)\" has 1 to {digits} digits, its decimal places among them")
        }
        _ if KINDS.contains(&word) || KINDS.contains(&text) => return None,
        _ => return meant(text, KINDS).or_else(|| meant(word, KINDS)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_type_beyond_a_limit_is_told_what_it_takes() {
        let mut told = String::new();
        for text in [
            "text 1000001",
            "text 40..10",
            "fat 2MB",
            "long-text 2MB",
            "long-text 2kB..1kB",
            "int 9..3",
            "int 3",
            "timestamp /0s",
            "txt 20",
            "uuidkey",
            "boole",
            "text null",
            "text null 101%",
            "uuid key null 5%",
            "int empty 5%",
            "text?",
            "decimal 12.2",
            "decimal(2,3)",
            "date -36h..0d",
            "blob 0B",
            "varchar(20)",
        ] {
            assert_eq!(column_type(text), None, "{text}");
            told += &format!("{text}: {}\n", beyond_limits(text).unwrap_or_default());
        }
        insta::assert_snapshot!(told);
    }
}
