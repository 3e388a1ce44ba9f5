//! What people do with the app, and what the back office does with the data.
//!
//! This room decides two things before a world starts. [`Dataset`] is the content: each row of each
//! entity, with its history before the start. `Script` is the day: all that people and the office
//! do, with its time. What depends on the run is a pure function that the world calls: the row of
//! an aimed edit, and what people do with a conflict or a failed sync. Nothing here depends on an
//! engine, so two engines get the same day. Reading order: `options`, `data`, `script`, then the
//! rest.
//!
//! Invariants: a row is a function of (seed, entity, index). A step is drawn from the stream of
//! (seed, action, actor, number); another draw elsewhere moves it only if both want the same row or
//! natural key. A share is an exact count, by largest remainder. No key is created twice. No
//! natural key is given away twice, unless the contention asks for it.

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
