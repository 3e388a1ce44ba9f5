//! A calibration: the properties of an app's link and backend, estimated from a request log.
//!
//! The campaign room makes a [`Calibration`]. This room turns it into a [`story`], into JSON
//! ([`to_json`]) or into a scenario.
//!
//! Invariants: if a log does not determine the figures, there are none, and a diagnosis says why.
//! An estimate always has its interval. Each figure of the scenario comes from the calibration or
//! is marked as assumed.

mod record;
mod scenario;
mod shown;

pub use record::{Calibration, Census, Code, Diagnosis, Effect, Estimate, Figures, Given, Rule};
pub use shown::{count, in_short, percent, says, span, story, to_json};

#[cfg(test)]
mod tests;
