//! A calibration: what a request log says about an app's link and backend, and what it cannot tell.
//!
//! [`Calibration`] is the finding; it is made in the campaign room. Here it is shown: [`story`] for
//! people, [`to_json`] for programs, [`Calibration::scenario`] as a scenario file with a link and
//! backend costs of one's own.
//!
//! Invariants: a figure that the log cannot tell is absent, and a diagnosis says why; an estimate
//! never stands without its interval; the scenario holds no figure that is neither in the
//! calibration nor marked as assumed.

mod record;
mod scenario;
mod shown;

pub use record::{Advice, Calibration, Census, Code, Diagnosis, Effect, Estimate, Figure, Rule};
pub use shown::{in_short, story, to_json};

#[cfg(test)]
mod tests;
