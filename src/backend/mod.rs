//! The enterprise system of record: a pure machine.

mod options;

pub use options::*;
