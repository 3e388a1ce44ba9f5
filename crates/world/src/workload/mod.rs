//! The people's use of the app, and the office's changes to the data.
//!
//! This room decides two things before a world starts. [`Dataset`] is the content: each row of each
//! entity, with its history before the start. `Script` is the day: each act of people and the
//! office, with its time. Two things depend on the run: the row of an aimed edit, and people's
//! reaction to a conflict or a failed sync. The world calls pure functions for them. Nothing here
//! depends on an engine, so two engines get the same day. Reading order: `options`, `data`,
//! `script`, the rest.
//!
//! Invariants: a row is a function of (seed, entity, index). A step is drawn from the stream of
//! (seed, action, actor, number). Another draw moves it only if both want the same row or natural
//! key. A share is an exact count, by largest remainder. No key is created twice. No natural key is
//! given away twice, unless the contention asks for it.

mod data;
mod editing;
mod options;
mod resolver;
mod retrying;
mod script;
mod share;

pub use data::{DataError, Dataset, attribute_value};
pub use editing::{Editing, Offline};
pub use options::*;
pub use resolver::{Contested, Delays, Resolver, Takes};
pub use retrying::Retrying;
pub(crate) use script::{
    Act, Actor, Aimed, Batch, Burst, Cells, Found, Import, Keys, Known, Named, OfficeEdit, Person, Script,
    Setting, Sight, Step, Target, write_script,
};
pub use script::{ActionCount, Placed, ShortImport};
pub use share::split;

#[cfg(test)]
mod fixture;
