//! What the bench `syncdyno` checks a sync engine against: the reference model and its checks, the
//! metrics and their statistics. It only gets the stream of events.

pub mod metrics;
pub mod oracle;
pub mod stats;

pub use syncdyno_contract::{base, contract};
