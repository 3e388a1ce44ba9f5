//! A calibration: what a request log says about an app's link and backend, under which conditions.
//!
//! [`Calibration`] is made in the campaign room, and shown as [`story`], [`to_json`], or a
//! scenario.
//!
//! Invariants: a figure that the log cannot tell is absent, or stands under a condition, and a
//! diagnosis says why; an estimate never stands without its interval; the scenario holds no figure
//! that is neither in the calibration nor marked as assumed.

mod record;
mod scenario;
mod shown;

pub use record::{Advice, Calibration, Census, Code, Diagnosis, Effect, Estimate, Figure, Rule};
pub use record::{Given, Next, Reading, Timeouts};
pub use shown::{count, in_short, percent, says, span, story, to_json};

#[cfg(test)]
mod tests;
