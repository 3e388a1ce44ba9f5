//! Recorded histories of real apps. The oracle (the judge) checks them without a simulation.
//!
//! [`Reader`] reads lines ([`Line`] is the format) and additional dumps into a [`History`].
//! [`Ordered`] orders the history and judges it. [`Writer`] writes the events of a simulation as an
//! app would have recorded them.
//!
//! Invariants: content decides before times do, and a time is a range. If the times allow several
//! orders, the order that is best for the app counts: a check reports a fault only if no order
//! avoids it. Facts that were not recorded are not judged. As for stacks,
//! [`Sight`](crate::contract::Sight) states what was recorded.
//!
//! - `json` and `fields` find values in a line, `value` converts columns, `tables` reads the other
//!   files.
//! - `order` finds the possible orders of a record (a row with all its events). `perform` infers
//!   the events of one order. `runs` orders syncs.
//! - `fill` infers commits from the rows at the end. `undone` finds commits that are missing in
//!   these rows.
//! - `tell` replays events to the oracle, `finals` and `views` hold the rows that devices show, and
//!   `judge` combines all of this.

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
