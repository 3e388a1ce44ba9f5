//! One simulation: builds a plan into nodes, runs its phases, returns the outcome.

mod outcome;

pub use outcome::{Ending, Outcome};
