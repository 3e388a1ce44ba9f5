//! Whether a figure is within its bounds, and how a record says so.

/// A figure of a record in words, as it stands there.
pub(super) fn figure(value: Option<u64>) -> String {
    value.map_or_else(|| "no figure".to_owned(), |value| value.to_string())
}

/// Whether a figure lies within its bounds; none does not.
pub(super) fn within(value: Option<u64>, min: Option<u64>, max: Option<u64>) -> bool {
    value.is_some_and(|value| min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max))
}

/// What is not `met`, in a word.
pub(super) fn other(met: bool) -> &'static str {
    if met { "missed" } else { "met" }
}
