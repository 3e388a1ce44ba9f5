//! The day: who does what when, written down before it begins.
//!
//! Three passes. `intent` draws who writes when, each write from its own stream. `plot` walks the
//! writes in the order of time and chooses rows, values and free natural keys; it remembers what it
//! changed, so that a booked slot stays booked. `stage` lays the foreground stretches around what
//! each person does.
//!
//! Deletions choose their rows first, so no other edit that is `kept` meets a row that the script
//! deletes; such edits are of rows that exist at the start. The row of an edit that aims at what is
//! shown or was made is found when it is made (`aim`).
//!
//! A person comes to work with the login (or, in a scenario without logins, with the working hours)
//! and writes until they end. The login brings the app to the foreground; no `Resume` goes with it.

mod aim;
mod intent;
mod person;
mod plot;
mod pool;
mod rhythm;
mod setting;
mod share;
mod stage;
mod step;
mod value;

#[cfg(test)]
mod null_tests;
#[cfg(test)]
mod tests;

pub use aim::{Aimed, Cells, Draft, Found, Named, Sight};
pub use person::Person;
pub use setting::{Burst, Import, Setting, Target};
pub use stage::write_script;
pub use step::{
    Act, ActionCount, Actor, Batch, OfficeEdit, Placed, Script, ScriptSummary, ShortImport, Step,
};
