//! The built-in sync engine.

mod options;

pub use options::*;
