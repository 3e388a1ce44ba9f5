//! The server side of a world: the server half of a stack, its process, and the backend behind it.
//!
//! Start with `half`.

pub(crate) mod announced_pieces;
pub(crate) mod coding;
pub(crate) mod commits;
pub(crate) mod ear;
pub(crate) mod half;
pub(crate) mod integration;
pub(crate) mod lifecycle;
pub(crate) mod live;
pub(crate) mod process;
pub(crate) mod push_messages;
pub(crate) mod push_service;
pub(crate) mod requests_in;
pub(crate) mod sent_rows;
pub(crate) mod third_party;
pub(crate) mod upkeep;
