//! The device's database.

mod options;

pub use options::*;
