//! The content of every entity, and its history.
//!
//! A row is a function of (seed, entity, index). Rows `0..live` ([`Dataset::live`]) exist at the
//! start. Rows `live..len` ([`Dataset::len`]) were deleted before it. A row has at most two
//! versions: as created, and as last changed. A permutation of the row numbers makes past rates
//! exact and natural keys distinct.
//!
//! A past change never touches a reference, timestamp, natural key or scope column. A folded column
//! copies a column of a referenced row. Both versions hold the copied value at the start.

mod cell;
mod dataset;
mod life;
mod mixing;
mod natural;
mod prose;
mod provision;
mod table;
mod words;

#[cfg(test)]
mod tests;

pub use cell::attribute_value;
pub(super) use cell::pick;
pub use dataset::{DataError, Dataset};
