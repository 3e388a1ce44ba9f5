//! Suggests the right word for a misspelt one.

/// The end of an error about an unknown word. `near` is the most similar known word.
pub(crate) fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
