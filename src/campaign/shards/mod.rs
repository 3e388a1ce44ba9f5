//! Distributes the cells of one plan over many machines.
//!
//! A [`CellList`] lists the cells of a plan; a [`Partition`] assigns cells to a shard, as a pure
//! function of the roll. A shard stores its cells in a file in its folder ([`open`]) and judges
//! nothing. A [`Pool`] reads all shards, and a run continues from it as if it had been cut off
//! after its last cell.
//!
//! Invariants: neither the order of shards nor duplicate cells change a pool. Shards of other
//! builds, plans or commands are never pooled, nor two different results of one cell. Shards are
//! only read.

mod partition;
mod pool;

pub use partition::{CellList, Deal, NAME, Partition, Shard, open};
pub use pool::Pool;
