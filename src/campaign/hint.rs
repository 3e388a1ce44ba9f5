//! Suggestions for words that are misspelt.

/// The end of a message about a word that is close to a known one.
pub(crate) fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
