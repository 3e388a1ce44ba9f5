//! What people do with the app, and what the back office does with the data.
//!
//! This room decides two things before a world starts, and nothing while it runs. [`Dataset`] is
//! the content: each row of each entity with its history before the start, so that the backend's
//! rows and the state of a device that synced three days ago come from one source. [`Script`] is
//! the day: every login, foreground stretch, edit, opened record, office write and import, with its
//! time, as one sorted list.
//!
//! It leaves to others: what a device does with an event (the engine), who meets which network, and
//! whether an edit survives. Nothing here looks at what an engine does, so two engines are given
//! the same day.
//!
//! Invariants: a row is a function of (seed, entity, index); a step is drawn from the stream of
//! (seed, action, actor, number), so another draw elsewhere moves it only where both want the same
//! row or the same natural key; a share is an exact count by largest remainder; no key is created
//! twice; no natural key is given away twice unless the contention asks for it.
//!
//! How: `data` answers for any cell without making the others; `script` writes the day.

mod data;
mod editing;
mod options;
mod resolver;
mod script;

pub use data::{DataError, Dataset, History, Synced, attribute_value};
pub use editing::{Editing, Offline};
pub use options::*;
pub use resolver::{Contested, Delays, Resolver, Takes};
pub use script::{
    Act, ActionCount, Actor, Aimed, Batch, Burst, Cells, Draft, Found, Import, Named, OfficeEdit, Person,
    Placed, Script, ScriptSummary, Setting, ShortImport, Sight, Step, Target, write_script,
};

#[cfg(test)]
mod sample;
