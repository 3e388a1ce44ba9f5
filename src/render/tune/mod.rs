//! Renders a search for the best settings: `story` is for people, `written` for programs.

mod reasons;
pub(super) mod story;
mod written;

#[cfg(test)]
mod tests;

pub use super::sweep::value_of as value;
pub use reasons::{Line, Reasons, reasons};
pub use story::{FLAT_PPM, answers, story};
pub use written::{to_csv, to_json};
