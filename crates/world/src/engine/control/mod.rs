//! Controls the size of a chunk: the limits of one request. A controller gets the outcome of each
//! try of a request and chooses the next size; `Steering` keeps the size within bounds. Memory
//! limits the bytes of a chunk. Reading order: `seam`, `steering`, then the controllers.
//!
//! There is one controller per direction and process: overhead, outages and link speed belong to
//! the device, and one request covers several entities. A controller forgets when its process ends,
//! as the next process is often on another network.

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
