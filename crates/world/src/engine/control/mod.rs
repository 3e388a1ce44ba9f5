//! How large a chunk is, behind one seam: a controller is told what each try of a request came to,
//! and [`Steering`] keeps it within bounds. Memory and not speed decides about bytes.
//!
//! There is one controller a direction and process: overhead, outages and the speed of a link are
//! the device's, and a request asks for several entities at once. What it learned dies with the
//! process, whose next life is often on another network.

mod model;
mod reactive;
mod seam;
mod steering;

#[cfg(test)]
mod tests;

pub use model::ModelOptions;
pub use seam::{Fate, Observed, Size, Trouble};
pub use steering::{Controller, Steering, SteeringOptions};
