//! A comparison as it is shown: `told` says what differs, `words` why there is none.

mod told;
mod words;

#[cfg(test)]
mod tests;

pub use told::{annotations, human, in_short, json, markdown};
pub use words::{copies, lacking, shift, unjudged, unlike, unmeasured};
