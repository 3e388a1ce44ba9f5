//! Server halves (the server's side of a stack) of published sync protocols. A stack whose phones
//! use such a protocol takes one of them.

pub mod servers;

pub use syncdyno_contract::{base, contract};
