//! The checks at the end of a run. They compare the backend and the devices with the model.
//!
//! Read `inspection` first: it runs the others.

pub(crate) mod after_hours;
pub(crate) mod attachments;
pub(crate) mod bent;
pub(crate) mod destination;
pub(crate) mod inspection;
pub(crate) mod overwritten;
pub(crate) mod refused;
pub(crate) mod uncounted;

pub(crate) use after_hours::{AfterHours, By};
pub(crate) use attachments::Attachments;
pub(crate) use bent::{Bent, is_null_or_empty, same};
pub(crate) use destination::Holdings;
pub(crate) use overwritten::MiscountedConflicts;
pub(crate) use refused::Definition;
pub(crate) use uncounted::uncounted;
