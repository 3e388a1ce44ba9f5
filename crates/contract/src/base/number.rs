//! Numbers with units, as people write them.

/// The error for a text that is not the expected quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {want}")]
pub struct UnitError {
    text: String,
    want: &'static str,
}

impl UnitError {
    pub(crate) fn new(text: &str, want: &'static str) -> UnitError {
        UnitError { text: text.to_owned(), want }
    }
    /// The expected quantity in words, for a caller's own message.
    pub fn want(&self) -> &'static str {
        self.want
    }
}

/// Implements `Debug` as `Display`.
macro_rules! debug_is_display {
    ($($of:ty),+) => {
        $(impl std::fmt::Debug for $of {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        })+
    };
}
pub(super) use debug_is_display;

/// Splits `"1_500.5ms"` into its non-negative number and the rest.
pub fn split_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    number.is_finite().then(|| (number, text[end..].trim_start()))
}
