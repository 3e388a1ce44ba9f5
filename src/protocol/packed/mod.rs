//! What packs messages, whatever their format: gzip and zstd, really packed and unpacked.
//!
//! A message is packed where that makes it smaller, as HTTP's `Content-Encoding` says of each; here
//! its first bytes say it. What is unpacked is bounded by what the message says it is and by
//! [`LIMIT`]: a bomb is an error of its message. State of packers is kept by thread and reset
//! before each message, so that no message depends on another.

mod codec;
mod gzip;
mod packing;
mod room;
mod sent;
mod zst;

pub(super) use codec::Packed;
pub use packing::LIMIT;
pub(super) use sent::Sent;
