//! The content of every entity, and how it came to be.
//!
//! A row is a function of (seed, entity, index). Indices below [`Dataset::live`] are rows that
//! exist at the start; those above, up to [`Dataset::len`], were deleted before it. A row has at
//! most two versions: as created, and as last changed.
//!
//! The rates of the past are exact: ages come from a permutation of the row numbers, not from a
//! coin for each row. Natural keys are distinct for the same reason: the row's number, permuted, is
//! read as a number whose digits are the key's columns.
//!
//! A past change touches only what does not move a row: no reference, no timestamp, no natural key,
//! no column of a scope. A folded column holds what the row it looks at holds at the start, in both
//! versions.

mod cell;
mod dataset;
mod life;
mod mixing;
mod natural;
mod prose;
mod provision;
mod scripts;
mod table;
mod words;

#[cfg(test)]
mod tests;

pub use cell::attribute_value;
pub(super) use cell::pick;
pub use dataset::{DataError, Dataset, History};
pub use provision::Synced;
