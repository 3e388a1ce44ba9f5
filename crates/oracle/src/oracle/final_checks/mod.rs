//! What is checked when a run has ended: the backend and the devices against the model.
//!
//! Start with `inspection`.

pub(in crate::oracle) mod after_hours;
pub(in crate::oracle) mod attachments;
pub(in crate::oracle) mod bent;
pub(in crate::oracle) mod destination;
pub(in crate::oracle) mod inspection;
pub(in crate::oracle) mod overwritten;
pub(in crate::oracle) mod refused;
pub(in crate::oracle) mod uncounted;
