//! Server halves of published sync protocols, for stacks whose phones speak one of them.

pub mod servers;

pub use syncdyno_contract::{base, contract};
