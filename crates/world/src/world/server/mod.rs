//! The server side of a world: a stack's half, its process, and the backend behind it.
//!
//! Start with `half`.

pub(in crate::world) mod coding;
pub(in crate::world) mod commits;
pub(in crate::world) mod half;
pub(in crate::world) mod integration;
pub(in crate::world) mod lifecycle;
pub(in crate::world) mod process;
pub(in crate::world) mod push_messages;
pub(in crate::world) mod requests_in;
pub(in crate::world) mod third_party;
pub(in crate::world) mod upkeep;
