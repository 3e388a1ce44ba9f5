//! Capture by the time of last modification: a device keeps the greatest time that it has seen, and
//! asks for later changes.
//!
//! The options decide if rows are lost. The default loses nothing: pages begin after the last
//! (stamp, key), and a pull stays behind changes that may still appear. All other options occur in
//! practice. Each of them loses rows, or never ends, or has pages of unlimited size.

mod by_time;
mod choice;
pub(super) mod cursor;
mod options;
mod reconcile;

pub(super) use choice::KIND;
pub use options::{Bound, End, LastModifiedOptions, Paging, Source, Stamps};
