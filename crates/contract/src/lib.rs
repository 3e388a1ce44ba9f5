//! The seam between a sync stack and the bench `syncdyno`, without the bench.
//!
//! An engine's author needs [`contract`] alone; `syncdyno::contract` is the same. [`base`] has the
//! values in which both speak.

#[doc(hidden)]
pub mod base;
pub mod contract;
