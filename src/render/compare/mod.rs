//! A comparison as it is shown.

mod told;

#[cfg(test)]
mod tests;

pub use told::{annotations, human, in_short, json, markdown};
