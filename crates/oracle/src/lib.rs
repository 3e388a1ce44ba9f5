//! Everything that checks and measures a sync engine in the bench `syncdyno`: the reference model
//! with its checks, and the metrics with their statistics. It gets only the stream of events.

pub mod metrics;
pub mod oracle;
pub mod stats;

pub use syncdyno_contract::{base, contract};
