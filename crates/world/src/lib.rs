//! The simulated world of `syncdyno`: phones with real SQLite on simulated disks, networks, a
//! gateway (the server between phones and backend) and a backend. It also has the built-in sync
//! engine and the people who use the phones.

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
