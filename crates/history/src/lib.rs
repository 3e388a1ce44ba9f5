//! Recorded histories of real apps, for the oracle of the bench `syncdyno`: read, put in an order
//! that their times allow, and judged.

pub mod history;

pub use syncdyno_config::config;
pub use syncdyno_contract::{base, contract};
pub use syncdyno_oracle::oracle;
