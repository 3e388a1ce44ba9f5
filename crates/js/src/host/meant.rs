//! Suggests known names for an unknown one.

/// Suggests the known name that is close to `word`; if none is close, lists all known names.
pub(crate) fn did_you_mean<S: AsRef<str>>(word: &str, known: &[S]) -> String {
    let names = || known.iter().map(AsRef::as_ref);
    let apart = |name: &&str| strsim::damerau_levenshtein(word, name);
    match names().filter(|name| apart(name) <= 2).min_by_key(apart) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of `{}`", names().collect::<Vec<_>>().join("`, `")),
    }
}

/// Returns the first name that differs from `of` in at most two letters, but is not equal.
pub(super) fn misspelt(names: &[String], of: &str) -> Option<String> {
    let is_near = |name: &&String| *name != of && strsim::damerau_levenshtein(name, of) <= 2;
    names.iter().find(is_near).cloned()
}
