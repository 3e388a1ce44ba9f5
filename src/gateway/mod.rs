//! The sync server between devices and the backend.

mod options;

pub use options::*;
