//! The interface between a sync stack and the bench `syncdyno`, without the bench itself.
//!
//! The author of an engine needs only [`contract`]; `syncdyno::contract` is the same module.
//! [`base`] holds the values that both sides use.

#[doc(hidden)]
pub mod base;
pub mod contract;
