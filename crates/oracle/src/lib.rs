//! Everything that checks and measures a sync engine in the bench `syncdyno`: the reference model
//! with its checks, and the metrics with their statistics. The crate cannot see the simulation. It
//! gets the stream of events and read-only views of databases.

pub mod metrics;
pub mod oracle;
pub mod stats;

pub use syncdyno_contract::{base, contract};
