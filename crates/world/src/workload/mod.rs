//! What people do with the app, and what the back office does with the data.
//!
//! This room decides two things before a world starts, and nothing while it runs. [`Dataset`] is
//! the content: each row of each entity with its history before the start. [`Script`] is the day:
//! all that people and the office do, with its time. Nothing here looks at what an engine does, so
//! two engines are given the same day.
//!
//! Invariants: a row is a function of (seed, entity, index); a step is drawn from the stream of
//! (seed, action, actor, number), so another draw elsewhere moves it only where both want the same
//! row or the same natural key; a share is an exact count by largest remainder; no key is created
//! twice; no natural key is given away twice unless the contention asks for it.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

mod data;
mod editing;
mod options;
mod resolver;
mod retrying;
mod script;
mod share;

pub use data::{DataError, Dataset, History, attribute_value};
pub use editing::{Editing, Offline};
pub use options::*;
pub use resolver::{Contested, Delays, Resolver, Takes};
pub use retrying::Retrying;
pub use script::{
    Act, ActionCount, Actor, Aimed, Batch, Burst, Cells, Draft, Found, Import, Keys, Known, Named,
    OfficeEdit, Person, Placed, Script, Setting, ShortImport, Sight, Step, Target, write_script,
};
pub use share::split;

#[cfg(test)]
mod sample;
