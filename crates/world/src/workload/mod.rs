//! How people use the app, and how the office (employees who write directly to the backend) changes
//! the data.
//!
//! This module decides two things before a world (one simulation) starts. [`Dataset`] is the
//! content: each row of each entity, with its history before the start. `Script` is the day: each
//! act of people and of the office, with its time.
//!
//! Only two things depend on the run: the row of an aimed edit (an edit that finds its row later),
//! and people's reaction to a conflict or a failed sync. The world calls pure functions for both.
//! No function of this module depends on an engine, so two engines get the same day. Read `options`
//! first, then `data` and `script`.
//!
//! Invariants:
//! - A row is a function of (seed, entity, index).
//! - Each step is drawn from its own random stream: (seed, action, actor, number). Another step
//!   changes it only if both need the same row or natural key.
//! - A share is an exact count, rounded by largest remainder.
//! - No key is created twice. No natural key is used twice, unless the contention (edits of the
//!   same rows by two sides) asks for it.

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
