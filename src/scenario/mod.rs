//! Scenario files: read, checked, resolved to plans.

mod plan;

pub use plan::*;
