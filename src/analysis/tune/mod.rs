//! A search for the best settings: what a setting must keep, what the field ships, what limits
//! either side of the best.

pub mod field;
mod limits;
mod reasons;
mod verdict;

pub use limits::{LimitFlag, Limits, excess, in_doubt, is_sound, trouble};
pub use reasons::{Line, Reasons, reasons};
pub use verdict::verdict;
