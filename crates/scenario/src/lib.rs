//! The scenario files of the bench `syncdyno`. This crate reads them, checks them, and resolves
//! them to plans.

pub mod scenario;

pub use syncdyno_config::config;
pub use syncdyno_contract::{base, contract};
pub use syncdyno_oracle::{metrics, oracle};
pub use syncdyno_world::{
    backend, bugs, disk, engine, faults, gateway, integration, kinds_of_trouble, net, on_devices, protocol,
    setup, store, workload,
};
