//! The size of a chunk, behind one seam. A controller gets the outcome of each try of a request,
//! and `Steering` keeps its choice within bounds. Bytes are bounded by memory, not by speed.
//! Reading order: `seam`, `steering`, then the controllers.
//!
//! There is one controller per direction and process: overhead, outages and link speed belong to
//! the device, and one request covers several entities. What it learned dies with the process, as
//! the next one is often on another network.

mod model;
mod reactive;
mod seam;
mod steering;

#[cfg(test)]
mod tests;

pub use model::ModelOptions;
pub use seam::{Fate, Observed, Size, Trouble};
pub(crate) use steering::Steering;
pub use steering::{Controller, SteeringOptions};
