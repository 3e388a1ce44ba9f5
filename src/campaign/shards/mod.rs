//! Distributes the cells of one plan over many machines.
//!
//! A [`CellList`] lists the cells of a plan. A [`Partition`] decides which of them belong to a
//! shard; nothing else influences this. A shard stores its cells in a file in its folder ([`open`])
//! and judges nothing. A [`Pool`] reads all shards. A run then continues from the pool as from a
//! journal.
//!
//! Invariants: neither the order of shards nor duplicate cells change a pool. Shards of other
//! builds, plans or commands are never pooled, nor two different results of one cell. Shards are
//! only read.

mod partition;
mod pool;

pub use partition::{CellList, Deal, NAME, Partition, Shard, open};
pub use pool::Pool;
