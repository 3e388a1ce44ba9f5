//! The content of every entity, and how it came to be.
//!
//! A row is a function of (seed, entity, index). Rows of an index below [`Dataset::live`] exist at
//! the start; those above, up to [`Dataset::len`], were deleted before it. A row has at most two
//! versions: as created, and as last changed. Past rates are exact and natural keys distinct, since
//! both come from a permutation of the row numbers.
//!
//! A past change touches only columns that do not move a row: no reference, timestamp, natural key
//! or scope column. A folded column holds, in both versions, what the row that it looks at holds at
//! the start.

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
