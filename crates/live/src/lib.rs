//! Runs a simulation of the bench `syncdyno` in real time. Real apps connect to it over HTTP.

pub mod live;

pub use syncdyno_contract::{base, contract};
pub use syncdyno_oracle::oracle;
pub use syncdyno_servers::servers;
pub use syncdyno_world::{net, setup, sim, world};
