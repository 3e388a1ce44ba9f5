//! By the time of last modification: a device keeps the greatest time it has seen, and asks for
//! what changed since.
//!
//! That is as good as its details. The default loses nothing: pages begin after the last (stamp,
//! key), and a pull stays behind what is still to be seen. All others are met in the field, and
//! each loses rows, or never ends, or has pages without bound, in its own way.

mod by_time;
mod choice;
pub(super) mod cursor;
mod options;
mod reconcile;

pub(super) use choice::KIND;
pub use options::{Bound, End, LastModifiedOptions, Paging, Source, Stamps};
