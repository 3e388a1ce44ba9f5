//! Distributes the cells (single simulations) of one plan over many machines.
//!
//! A [`CellList`] lists the cells. A [`Partition`] alone decides which cells belong to a shard. A
//! shard stores its cells in a file in its folder ([`open`]) and judges nothing. A [`Pool`] reads
//! all shards. Then a run continues from the pool in the same way as from a journal.
//!
//! Invariants: neither the order of shards nor duplicate cells change a pool. A pool rejects shards
//! of another build, plan or command, and different results of one cell. Nothing writes to the
//! folder of a finished shard.

mod partition;
mod pool;

pub use partition::{CellList, Deal, NAME, Partition, Shard, open};
pub use pool::Pool;
