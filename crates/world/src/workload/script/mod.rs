//! The day: a plan of each act and its time, made before the day begins.
//!
//! There are three passes. `intent` draws the author and time of each write, from the write's own
//! stream. `plot` goes through the writes by time, deletions first, and chooses rows, values and
//! free natural keys. Edits that aim at shown or created rows find them later (`aim`). `stage` puts
//! foreground stretches around each person's acts; a login has no `Resume`.

mod aim;
mod intent;
mod person;
mod plot;
mod pool;
mod rhythm;
mod setting;
mod stage;
mod step;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use aim::{Aimed, Cells, Found, Keys, Known, Named, Sight};
pub(crate) use person::Person;
pub(crate) use setting::{Burst, Import, Setting, Target};
pub(crate) use stage::write_script;
pub(crate) use step::{Act, Actor, Batch, OfficeEdit, Script, Step};
pub use step::{ActionCount, Placed, ShortImport};
