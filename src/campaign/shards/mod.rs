//! The cells of one plan on many machines.
//!
//! A [`Roll`] lists the cells of a plan; a [`Partition`] says which of them are a shard's, as a
//! pure function of the roll. A shard keeps its cells in a file of its folder ([`open`]) and judges
//! nothing. A [`Pool`] reads the files of all shards; what is written of them is then written as a
//! run goes on that was cut off after its last cell.
//!
//! Invariants:
//!
//! - Whatever shards there are, in whatever order, with whatever cells twice: the pool of all cells
//!   is the same.
//! - Shards of other builds, plans or commands are never pooled, nor two results of one cell.
//! - A pool changes nothing in the shards that it reads.

mod file;
mod partition;
mod pool;

#[cfg(test)]
mod tests;

pub use file::{NAME, Shard, open};
pub use partition::{Deal, Partition, Roll, SHARDS_MAX};
pub use pool::Pool;
