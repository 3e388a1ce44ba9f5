//! A calibration: the properties of an app's link and backend, estimated from a request log.
//!
//! The campaign room makes a [`Calibration`]; here it becomes a [`story`], JSON ([`to_json`]) or a
//! scenario.
//!
//! Invariants: a figure that the log does not determine is absent or conditional, and a diagnosis
//! says why. An estimate always has its interval. Each figure of the scenario is in the calibration
//! or marked as assumed.

mod record;
mod scenario;
mod shown;

pub use record::{Advice, Calibration, Census, Code, Diagnosis, Effect, Estimate, Figure, Rule};
pub use record::{Given, Next, Reading, Timeouts};
pub use shown::{count, in_short, percent, says, span, story, to_json};

#[cfg(test)]
mod tests;
