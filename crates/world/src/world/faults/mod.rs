//! What goes wrong in a world: planned by the script or drawn by chaos, and whether it hit anybody.

pub(crate) mod crash;
pub(crate) mod drawing;
pub(crate) mod fired;
pub(crate) mod phone_events;
pub(crate) mod planned;
pub(crate) mod tried;
pub(crate) mod windows;
