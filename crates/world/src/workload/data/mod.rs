//! The content of every entity, and how it came to be.
//!
//! A row is a function of (seed, entity, index). Indices below [`Dataset::live`] are rows that
//! exist at the start; those above, up to [`Dataset::len`], were deleted before it. A row has at
//! most two versions: as created, and as last changed. Rates of the past are exact and natural keys
//! distinct since both come from a permutation of the row numbers.
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
