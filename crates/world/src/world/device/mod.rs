//! A device: its hardware, disk and link are permanent; the app's process starts and ends.
//!
//! Start with `node`.

pub(crate) mod app;
pub(crate) mod background;
pub(crate) mod browsing;
pub(crate) mod clock;
pub(crate) mod disk_template;
pub(crate) mod hardware;
pub(crate) mod hooks;
pub(crate) mod lists;
pub(crate) mod looks;
pub(crate) mod node;
pub(crate) mod older_version;
pub(crate) mod ports;
pub(crate) mod push_messages;
pub(crate) mod screen;
pub(crate) mod storage;
pub(crate) mod suspension;
pub(crate) mod token;
