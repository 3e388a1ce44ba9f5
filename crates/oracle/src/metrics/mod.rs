//! One table of metrics, and the collectors that fill it from events.
//!
//! The table ([`TABLE`]) is the only place that names a metric, its unit, which direction is
//! better, its kind and how it is taken. Collectors, gates, filters, help and reports all read it.
//! A name is `room.noun.measure`.
//!
//! The [`Collector`] is a listener: it gets every [`crate::contract::Occurrence`] and never calls
//! anybody. What it cannot see in events (what the oracle found) is handed in at the end by name. A
//! [`Timeline`] listens as well, where a picture of the run is wanted. The room leaves to others
//! what a figure means: gates, baselines and comparison live further down.
//!
//! Invariants: every figure is a whole number of its unit; a [`Distribution`] keeps exact values; a
//! metric that is in the table is in the figures of every cell, as zero or as a percentile of
//! nothing if nothing happened; a wait whose end never came counts as longer than all ([`NEVER`]);
//! nothing depends on the order of a hash map.
//!
//! How: an [`Id`] is an index into two boards, one of numbers and one of distributions. The metrics
//! of [`BY_START`] are also kept by the state in which a device started, as `metric@state`; those
//! of [`BY_UNIT`] also by sync unit, as `metric/Unit`, and those of [`BY_ENTITY`] by entity.

mod attachments;
mod awaited;
mod board;
mod collector;
mod delivery;
mod distribution;
mod edits;
mod figure;
mod forgotten;
pub mod human;
mod left;
mod page;
mod presence;
mod replication;
mod series;
mod sessions;
mod sights;
mod situations;
mod table;
mod tails;
#[cfg(test)]
mod tests;
mod timeline;
mod traffic;
mod unsent;
mod visibility;
mod waste;

pub use collector::{Collected, Collector, CollectorSetup};
pub use distribution::Distribution;
pub use figure::{Censored, Figure, Figures, NEVER, STATS, Sample, Unit};
pub use left::{Left, Reach};
pub use series::{QUEUED, SERIES, SYNCED};
pub use situations::Situation;
pub use table::{
    BY_ENTITY, BY_SIZE, BY_START, BY_UNIT, Better, Compared, Id, Kind, Metric, TABLE, find, is_by_entity,
    names, parts,
};
pub use tails::{Observation, Tails};
pub use timeline::Timeline;
