//! Links: how long a message takes, and whether it arrives.

mod options;

pub use options::*;
