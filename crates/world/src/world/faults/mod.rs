//! What goes wrong in a world: planned by the script or drawn by chaos, and whether it hit anybody.

pub(in crate::world) mod crash;
pub(in crate::world) mod disturbances;
pub(in crate::world) mod drawing;
pub(in crate::world) mod fired;
pub(in crate::world) mod phone_events;
pub(in crate::world) mod planned;
pub(in crate::world) mod targets;
pub(in crate::world) mod tried;
pub(in crate::world) mod untested;
pub(in crate::world) mod windows;
