//! JSON, really encoded and decoded.
//!
//! A row is an array: `[key, stamp, value, …]`, and `[key, stamp]` for a tombstone, so that a
//! column's name is sent never and a value once. Of a row that the device holds in another version,
//! those columns may come that differ: `[columns, base, key, stamp, value, …]`, with a bit for each
//! column that comes and the stamp of that version. Rows are written straight into the answer: a
//! page of 500 rows costs a handful of allocations.

mod answer;
mod codec;
mod request;
mod rows;
mod weight;

pub(super) use codec::Json;
