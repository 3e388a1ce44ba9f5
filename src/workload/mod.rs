//! What people do with the app, and what the back office does with the data.

mod options;

pub use options::*;
