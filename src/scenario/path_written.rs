//! What the way between a device and the backend does to a column, as it is written:
//! `"local-midnight"`, `"double up"`.

use super::diagnostic::meant;
use super::form::Written;
use crate::base::Word;
use crate::engine::Bend;

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
