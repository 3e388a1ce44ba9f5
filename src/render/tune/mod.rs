//! A search as it is shown: `told` is for people, `written` for programs.

pub(super) mod told;
mod written;

#[cfg(test)]
mod tests;

pub use told::{FLAT_PPM, answers, story, value};
pub use written::{to_csv, to_json};
