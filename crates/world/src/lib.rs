//! The simulated world of the bench `syncdyno`: phones with real SQLite on simulated disks,
//! networks, a gateway and a backend, the built-in engine, and people who work.

pub mod backend;
pub mod bugs;
pub mod disk;
pub mod engine;
pub mod faults;
pub mod gateway;
pub mod integration;
pub mod net;
pub mod protocol;
pub mod setup;
pub mod sim;
pub mod store;
pub mod theory;
pub mod workload;
pub mod world;

pub use syncdyno_config::config;
pub use syncdyno_contract::{base, contract};
pub use syncdyno_oracle::{metrics, oracle};
