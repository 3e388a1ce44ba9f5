//! syncdyno: a dynamometer for offline-first sync engines.
//!
//! The library is the bench; the binary is [`cli::main`] and nothing else. Who brings a sync
//! stack of their own describes it as a [`contract::Stack`] and calls it with [`world::Stacks`]
//! that know the stack too.

pub mod analysis;
pub mod backend;
pub mod base;
pub mod bugs;
pub mod campaign;
pub mod cli;
pub mod contract;
pub mod disk;
pub mod engine;
pub mod gateway;
pub mod metrics;
pub mod net;
pub mod oracle;
pub mod protocol;
pub mod record;
pub mod render;
pub mod scenario;
pub mod sim;
pub mod stats;
pub mod store;
pub mod theory;
pub mod workload;
pub mod world;
