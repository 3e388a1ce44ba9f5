//! Findings and the life of a record, in words.

pub(in crate::oracle) mod busiest;
pub(in crate::oracle) mod clock;
pub(in crate::oracle) mod events;
pub(in crate::oracle) mod fate;
pub(in crate::oracle) mod life;
pub(in crate::oracle) mod phrases;
