//! syncdyno: a dynamometer for offline-first sync engines.

pub mod backend;
pub mod base;
pub mod bugs;
pub mod contract;
pub mod disk;
pub mod engine;
pub mod gateway;
pub mod metrics;
pub mod net;
pub mod oracle;
pub mod scenario;
pub mod sim;
pub mod store;
pub mod workload;
pub mod world;
