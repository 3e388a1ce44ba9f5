//! syncdyno: a dynamometer for offline-first sync engines.

pub mod backend;
pub mod base;
pub mod campaign;
pub mod contract;
pub mod engine;
pub mod gateway;
pub mod metrics;
pub mod net;
pub mod oracle;
pub mod report;
pub mod scenario;
pub mod store;
pub mod workload;
pub mod world;
