//! Reads recorded histories of real apps, orders their events within the recorded times, and judges
//! them with the oracle of the bench `syncdyno`.

pub mod history;

pub use syncdyno_config::config;
pub use syncdyno_contract::{base, contract};
pub use syncdyno_oracle::oracle;
