//! Recorded histories of real apps, judged by the oracle without a world.
//!
//! [`Reader`] reads lines ([`Line`] is the format) and additional dumps into a [`History`].
//! [`Ordered`] orders it and judges it. [`Writer`] writes the events of a world as an app would
//! have recorded them.
//!
//! Invariants: content counts before times, and a time is a range. Of the allowed orders the best
//! one for the app is used: a check fires only if no order avoids it. What was not recorded is not
//! judged; this is expressed by [`Sight`](crate::contract::Sight), as for stacks.
//!
//! - `json` and `fields` find values in a line, `value` converts columns, `tables` reads the other
//!   files.
//! - `order` has the orders of a record, `perform` infers the events of one order, `runs` orders
//!   syncs.
//! - `fill` infers commits from the rows at the end, and `undone` finds commits that these rows
//!   lack.
//! - `tell` replays events to the oracle, `finals` and `views` hold what devices show, and `judge`
//!   combines them.

mod export;
mod families;
mod fields;
mod fill;
mod finals;
mod json;
mod judge;
mod line;
mod mistakes;
mod names;
mod order;
mod perform;
mod read;
mod recorded;
mod runs;
mod search;
mod tables;
mod tell;
mod undecidable;
mod undone;
mod value;
mod views;

pub use export::Writer;
pub use judge::{About, Ordered};
pub use line::{
    Author, By, Change, Instant, Line, Named, Other, Recorded, Says, VERSION, WallClock, When, schema_json,
};
pub use mistakes::Unreadable;
pub use names::Names;
pub use read::Reader;
pub use recorded::{Ground, History};
pub use tables::{Audit, Dump, Phone};
pub use undecidable::Undecidable;
