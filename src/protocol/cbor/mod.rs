//! CBOR (RFC 8949), really encoded and decoded: the same shape as JSON in a binary form.
//!
//! A row is an array `[key, stamp, value, …]` as in JSON; numbers take one to nine bytes, texts go
//! as they are behind their length. Lists whose length is not known when they begin are of
//! indefinite length.

mod codec;

pub(super) use codec::Cbor;
