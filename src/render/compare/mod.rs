//! Renders a comparison: `told` shows differences, `words` says why two sides cannot be compared.

mod told;
mod words;

#[cfg(test)]
mod tests;

pub use told::{annotations, human, in_short, json, markdown};
pub use words::{copies, lacking, shift, unjudged, unlike, unmeasured};
