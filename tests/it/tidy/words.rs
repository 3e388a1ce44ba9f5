//! Words that readers stopped at, and what to say instead. Sources, scenarios and docs go without.

use std::collections::BTreeMap;
use std::fs;

use super::{files, root};

/// A word, and what to say instead.
const BANNED: &[(&str, &str)] = &[
    ("afresh", "again"),
    ("anew", "again"),
    ("as if a failure every", "a failure every"),
    ("bell", "notify"),
    ("copy of itself", "`from` and `to` must differ"),
    ("did not strike", "did not fire"),
    ("effective mtbf", "a failure every"),
    ("errand", "exchange, backend call"),
    ("for want of", "without, as there is no"),
    ("gait", "clock skew"),
    ("hitherto", "until now"),
    ("how-manieth", "nth"),
    ("in the midst", "during, while"),
    ("in vain", "for nothing, without success"),
    ("is all that ever came up", "there is no more to send"),
    ("itinerary", "link schedule"),
    ("makes no sense", "cannot be read, must be …"),
    ("no candidate", "excluded"),
    ("no metric tells", "the rest"),
    ("not built yet", "not supported"),
    ("not found by", "passed"),
    ("standstill", "stalled"),
    ("thereof", "of it"),
    ("weather", "link conditions, link schedule"),
    ("whereof", "of which"),
    ("whoever", "who, a user who"),
];

/// How often a phrase is in a text, as whole words in any case.
fn times(text: &str, phrase: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric();
    let stands_alone = |at: usize| {
        let before = text[..at].chars().next_back().is_none_or(|c| !is_word(c));
        before && text[at + phrase.len()..].chars().next().is_none_or(|c| !is_word(c))
    };
    text.match_indices(phrase).filter(|(at, _)| stands_alone(*at)).count()
}

/// The occurrences of each banned word, as file names.
fn found() -> BTreeMap<&'static str, Vec<String>> {
    let tops =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    let folders =
        ["crates", "src", "tests", "benches", "docs", "scenarios", "contrib", "reference", "examples"];
    let mut found = BTreeMap::new();
    for path in tops.into_iter().chain(folders.iter().flat_map(|folder| files(folder))) {
        // This list has all of them.
        let is_text = path
            .extension()
            .is_some_and(|e| ["rs", "md", "toml", "sh", "yml"].contains(&&*e.to_string_lossy()));
        if !is_text || path.ends_with("tests/it/tidy/words.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("it is text").to_lowercase();
        for (word, _) in BANNED {
            let name = path.strip_prefix(root()).expect("it lies there").display().to_string();
            found.entry(*word).or_insert_with(Vec::new).extend(std::iter::repeat_n(name, times(&text, word)));
        }
    }
    found
}

#[test]
fn no_banned_word_is_written() {
    let found = found();
    let mut wrong = Vec::new();
    for (word, instead) in BANNED {
        let mut places = found.get(word).map_or(&[][..], Vec::as_slice).to_vec();
        if !places.is_empty() {
            let times = places.len();
            places.dedup();
            wrong.push(format!("`{word}` (say: {instead}) stands {times} times: {places:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_banned_word_is_found_in_any_case_and_not_within_another() {
    assert_eq!(times("in vain; vain in vain", "in vain"), 2);
    assert_eq!(times("renewed canew anews", "anew"), 0);
    assert_eq!(times("x_anew(anew)", "anew"), 2);
}
