//! Runs a world of the bench `syncdyno` in real time; real apps reach it over HTTP.

pub mod live;

pub use syncdyno_contract::{base, contract};
pub use syncdyno_oracle::oracle;
pub use syncdyno_servers::servers;
pub use syncdyno_world::{net, setup, sim, world};
