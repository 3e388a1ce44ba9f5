//! A search for the best settings: what a setting must keep, what the field ships.

pub mod field;
mod limits;
mod verdict;

pub use limits::{LimitFlag, Limits, excess, in_doubt, is_sound, trouble};
pub use verdict::verdict;
