//! syncdyno: a dynamometer for offline-first sync engines.

pub mod base;
pub mod sim;
