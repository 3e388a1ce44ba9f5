//! Ways to find out what changed, behind one seam.
//!
//! A strategy gives pages of changes to a reader: a device, or the gateway's own replica. It makes
//! its own cursors and reads them again. A cursor comes back only from who has committed the page
//! that it came with, so it is also the receipt for that page, and the only one there is. What a
//! strategy keeps between requests besides what it put into the cursor and the source it may lose
//! at any time ([`Strategy::forget`]). One that knows what a device holds of a row may tell of the
//! [`Part`](crate::protocol::Part) that differs, naming the version that it differs from.
//!
//! The file of a strategy has its key in a scenario, its options and how they are read, what it
//! asks of the backend and of who reads by it ([`Choice`]), and what it does. A list names them.

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

pub use choice::{Around, Capture, Choice};
pub use list::{FORM, KINDS};
pub(super) use seam::{Ask, Effort, Reader, Strategy};
