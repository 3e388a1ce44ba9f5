//! The reference model and the checks against it.

mod violation;

pub use violation::Violation;
