//! Strategies to find changes, behind one interface.
//!
//! A strategy gives pages of changes to a reader: a device, the gateway's own replica, or a worker.
//! It makes its own cursors and reads them again. A cursor comes back only after the reader has
//! committed its page, so it is also the only receipt for that page. A strategy may keep other
//! state between requests, outside the cursor and the source. That state may be lost at any time
//! ([`Strategy::forget`]). A strategy that knows a device's version of a row may send only the
//! columns that differ ([`Part`](crate::protocol::Part)), with the base version.
//!
//! The file of a strategy holds its key in a scenario, its options, its properties
//! ([`Properties`]), and the code that finds changes. Read `seam` and `choice` first; `list` has
//! all strategies.

mod change_log;
mod choice;
mod flag;
mod hash;
mod last_modified;
mod list;
mod seam;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trial;

pub use change_log::ChangeLogOptions;
pub use flag::{FlagForm, FlagOptions, FlagPer, Initial, OnUnreadable, SetFlag};
pub use hash::{Canonical, HashOptions, Keep, Snapshot, Source};
pub use last_modified::{
    Bound as LastModifiedBound, End as LastModifiedEnd, LastModifiedOptions, Paging as LastModifiedPaging,
    Source as LastModifiedSource, Stamps as LastModifiedStamps,
};

pub use choice::{Around, Capture, Properties};
pub use list::{CAPTURE, CAPTURES};
pub(super) use seam::{Ask, Captured, Effort, Paged, Reader, Strategy, Take};
