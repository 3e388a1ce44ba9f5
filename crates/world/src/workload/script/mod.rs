//! The day: who does what when, written down before it begins.
//!
//! Three passes. `intent` draws who writes when, each write from its own stream. `plot` goes
//! through the writes by time, deletions first, and chooses rows, values and free natural keys. An
//! edit that aims at what is shown or was made finds its row when it is made (`aim`). `stage` puts
//! foreground stretches around what each person does; a login has no `Resume`.

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
