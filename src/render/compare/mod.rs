//! Writes comparisons as text. `formats` shows differences, and `words` says why two sides cannot
//! be compared.

mod formats;
mod words;

#[cfg(test)]
mod tests;

pub use formats::{annotations, human, in_short, json, markdown};
pub use words::{copies, lacking, shift, unjudged, unlike, unmeasured};
