//! Recorded histories of real apps, judged by the oracle without a world.
//!
//! [`Reader`] reads lines ([`Line`] is the format) and the dumps beside them into a [`History`];
//! [`Ordered`] puts it in an order and judges it; [`Writer`] writes what happened in a world as an
//! app would have recorded it.
//!
//! Invariants: content decides before times, and times are stretches. Of the orders that they allow
//! the one counts that speaks best for the app: a check alarms only where no order excuses it. What
//! was not recorded is not judged, by the same word with which a stack says what it can do
//! ([`Sight`](crate::contract::Sight)).
//!
//! How: `json` and `fields` know where things stand in a line, `value` knows columns, `tables` the
//! files besides; `order` has the orders of what concerns a record, `perform` says what happened in
//! one, `runs` does so for syncs, `fill` for what only the rows at the end tell, and `undone` for
//! what they lack; `tell` tells the oracle, `finals` and `views` have what devices show; `judge`
//! puts it together.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

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
