//! The cells of one plan on many machines.
//!
//! A [`Roll`] lists the cells of a plan; a [`Partition`] says which of them are a shard's, as a
//! pure function of the roll. A shard keeps its cells in a file of its folder ([`open`]) and judges
//! nothing. A [`Pool`] reads all shards, and a run goes on from them as if cut off after its last cell.
//!
//! Invariants: the pool of all cells is the same in whatever order shards come, with whatever cells
//! twice; shards of other builds, plans or commands are never pooled, nor two results of one cell; a
//! pool changes nothing in the shards that it reads.

mod partition;
mod pool;

pub use partition::{Deal, NAME, Partition, Roll, SHARDS_MAX, Shard, open};
pub use pool::Pool;
