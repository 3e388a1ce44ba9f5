//! A calibration: what a request log says about an app's link and backend, and what it cannot tell.
//!
//! [`Calibration`] is the finding; it is made in the campaign room. Here it is shown:
//! [`Calibration::story`] for people, [`Calibration::to_json`] for programs,
//! [`Calibration::scenario`] as a scenario file with a link and backend costs of one's own.
//!
//! Invariants: a figure that the log cannot tell is absent, and a line of `unknown` says why; an
//! estimate never stands without its interval; the scenario holds no figure that is not in the
//! calibration or marked as assumed.

mod json;
mod record;
mod scenario;
mod told;

pub use record::{Advice, Calibration, Census, Costs, Estimate, Outages, Rate, Split, UNTOLD_ROUND_TRIP};

#[cfg(test)]
mod tests;
