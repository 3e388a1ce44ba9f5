//! A device: hardware, disk and link that last, and the app's process that comes and goes.
//!
//! Start with `node`.

pub(in crate::world) mod app;
pub(in crate::world) mod background;
pub(in crate::world) mod browsing;
pub(in crate::world) mod clock;
pub(in crate::world) mod disk_template;
pub(in crate::world) mod hardware;
pub(in crate::world) mod hooks;
pub(in crate::world) mod lists;
pub(in crate::world) mod looks;
pub(in crate::world) mod node;
pub(in crate::world) mod older_version;
pub(in crate::world) mod ports;
pub(in crate::world) mod screen;
pub(in crate::world) mod storage;
pub(in crate::world) mod suspension;
pub(in crate::world) mod token;
