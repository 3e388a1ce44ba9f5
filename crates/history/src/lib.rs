//! Recorded histories of real apps, for the oracle of the bench `syncdyno`: reads them, orders them
//! as their times allow, and judges them.

pub mod history;

pub use syncdyno_config::config;
pub use syncdyno_contract::{base, contract};
pub use syncdyno_oracle::oracle;
