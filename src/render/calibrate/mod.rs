//! A calibration: the properties of an app's link and backend, estimated from a request log.
//!
//! The campaign room makes a [`Calibration`]; here it becomes a [`story`], JSON ([`to_json`]) or a
//! scenario.
//!
//! Invariants: a log that does not determine the figures gives none, and a diagnosis says why. An
//! estimate always has its interval. Each figure of the scenario is in the calibration or marked as
//! assumed.

mod record;
mod scenario;
mod shown;

pub use record::{Calibration, Census, Code, Diagnosis, Effect, Estimate, Figures, Given, Rule};
pub use shown::{count, in_short, percent, says, span, story, to_json};

#[cfg(test)]
mod tests;
