//! Suggestions for words that are misspelt.

/// The end of an error about an unknown word: the known word `near`, if one is similar.
pub(crate) fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
