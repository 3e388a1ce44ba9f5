//! Words that readers stopped at, and what to say instead. Sources, scenarios and pages go without
//! them; those that are left from before are counted, and the counts only shrink.

use std::collections::BTreeMap;
use std::fs;

use super::{files, root};

/// A word, what to say instead, and how often it still stands.
const BANNED: &[(&str, &str, usize)] = &[
    ("afresh", "again", 0),
    ("anew", "again", 0),
    ("as if a failure every", "effective MTBF", 5),
    ("bell", "notify", 0),
    ("copy of itself", "`from` and `to` must differ", 0),
    ("did not strike", "did not fire", 0),
    ("errand", "backend call", 53),
    ("for want of", "without, as there is no", 0),
    ("gait", "clock skew", 0),
    ("hitherto", "until now", 0),
    ("how-manieth", "nth", 0),
    ("in the midst", "during, while", 2),
    ("in vain", "for nothing, without success", 0),
    ("itinerary", "link schedule", 98),
    ("makes no sense", "cannot be read, must be …", 1),
    ("no candidate", "excluded", 52),
    ("not built yet", "not supported", 0),
    ("not found by", "passed", 0),
    ("standstill", "stalled", 0),
    ("thereof", "of it", 0),
    ("weather", "link conditions, link schedule", 255),
    ("whereof", "of which", 0),
    ("whoever", "who, a user who", 1),
];

/// How often a phrase stands in a text, as whole words in any case.
fn times(text: &str, phrase: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric();
    let stands_alone = |at: usize| {
        let before = text[..at].chars().next_back().is_none_or(|c| !is_word(c));
        before && text[at + phrase.len()..].chars().next().is_none_or(|c| !is_word(c))
    };
    text.match_indices(phrase).filter(|(at, _)| stands_alone(*at)).count()
}

/// How often each banned word stands, and where.
fn found() -> BTreeMap<&'static str, Vec<String>> {
    let tops =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    let folders = ["src", "tests", "benches", "docs", "scenarios", "contrib", "reference", "examples"];
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
        for (word, _, _) in BANNED {
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
    for (word, instead, left) in BANNED {
        let places = found.get(word).map_or(&[][..], Vec::as_slice);
        if places.len() > *left {
            let mut places = places.to_vec();
            places.dedup();
            wrong.push(format!(
                "`{word}` (say: {instead}) stands {} times, {left} in the list: {places:?}",
                found[word].len()
            ));
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
