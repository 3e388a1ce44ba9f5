//! What the bench `syncdyno` holds a sync engine to: the reference model and its checks, the
//! metrics and their statistics. It hears the stream of events and knows nothing of what makes
//! them.

pub mod metrics;
pub mod oracle;
pub mod stats;

pub use syncdyno_contract::{base, contract};
