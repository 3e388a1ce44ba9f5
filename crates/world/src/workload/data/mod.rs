//! The content of every entity, and its history.
//!
//! A row is a function of (seed, entity, index). Rows `0..live` ([`Dataset::live`]) exist at the
//! start. Rows `live..len` ([`Dataset::len`]) were deleted before it. A row has at most 2 versions:
//! the created one and the last changed one. A permutation of the row numbers makes the past rates
//! exact and the natural keys distinct.
//!
//! A change before the start never affects a reference, timestamp, natural key or scope column. A
//! folded column is a copy of a column of a referenced row. Both versions of a row hold the copied
//! value of the start.

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
