//! Controls chunk sizes. A chunk is the rows of one request. A controller gets the outcome of each
//! request and chooses the rows of the next one. `Steering` keeps the size within bounds. The
//! device's memory limits the bytes of a chunk. Reading order: `seam`, `steering`, then the
//! controllers.
//!
//! Each process has one controller for pushes and one for pulls. There is no controller per entity.
//! Overhead, outages and link speed belong to the device, and one request covers several entities.
//! The state of a controller ends with its process, because the next process is often on another
//! network.

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
