//! A calibration: the properties of an app's link and backend, estimated from a request log.
//!
//! The module `campaign` makes a [`Calibration`]. This module turns it into a [`story`] for people,
//! JSON ([`to_json`]), or a scenario.
//!
//! Invariants: if a log does not determine the figures, there are no figures, and a diagnosis gives
//! the reason. An estimate always has an interval. Each figure of the scenario comes from the
//! calibration or is marked as assumed.

mod record;
mod scenario;
mod shown;

pub use record::{Calibration, Census, Code, Diagnosis, Effect, Estimate, Figures, Given, Rule};
pub use shown::{count, in_short, percent, says, span, story, to_json};

#[cfg(test)]
mod tests;
