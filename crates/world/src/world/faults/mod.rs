//! The faults of a world, planned by the script or drawn at random by chaos, and whether they had
//! an effect.

pub(crate) mod crash;
pub(crate) mod drawing;
pub(crate) mod fired;
pub(crate) mod phone_events;
pub(crate) mod planned;
pub(crate) mod tried;
pub(crate) mod windows;
