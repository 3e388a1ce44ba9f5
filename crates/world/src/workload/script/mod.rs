//! The script of a day: each act and its time, planned before the day begins.
//!
//! The plan is made in 3 passes:
//! - `intent` draws the author and time of each write, from the write's own random stream.
//! - `plot` goes through the writes by time, deletions first. It chooses rows, values and free
//!   natural keys. Aimed edits find their row later (`aim`).
//! - `stage` adds times in which the app is in the foreground around each person's acts. A login
//!   opens the app itself, so it has no `Resume`.

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
