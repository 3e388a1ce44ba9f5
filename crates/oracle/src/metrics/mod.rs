//! The table of all metrics, and the collectors that fill it from events.
//!
//! The table ([`TABLE`]) is the only definition of each metric: its name, unit, better direction,
//! kind, and how it is measured. Collectors, limits, filters, help and reports read the table. A
//! name has the form `room.noun.measure`. The room is the part of the bench, such as `engine`.
//!
//! The [`Collector`] is a listener: it gets every [`crate::contract::Occurrence`] and calls no
//! other part. Numbers that are not in events, such as the oracle's findings, are added by name at
//! the end. A [`Timeline`] is a second listener, for a picture of the run. Other parts decide what
//! a figure means: limits, baselines and comparisons.
//!
//! Invariants: every figure is a whole number of its unit. A [`Distribution`] keeps exact values.
//! Each cell (one simulation with one seed) has a figure for each metric of the table, even if
//! nothing happened. A wait that never ended counts as longer than all others ([`NEVER`]). No
//! figure depends on the order of a hash map.
//!
//! An [`Id`] is the index of a metric in the table. Metrics in [`BY_START`] also have figures per
//! start state of devices, as `metric@state`; those in [`BY_UNIT`] per sync unit, as `metric/Unit`;
//! those in [`BY_ENTITY`] per entity.

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
mod listening;
mod pace;
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

use attachments::Attachments;
use awaited::Awaited;
use board::{Board, Part};
use delivery::Delivery;
use distribution::Wait;
use edits::{Edits, Made};
use forgotten::Forgotten;
use listening::Listening;
use pace::Pace;
use page::Pages;
use presence::Presence;
use replication::Replication;
use series::{Levels, Series};
use sessions::Sessions;
use sights::StatusMetrics;
use situations::Situations;
use tails::TailCollector;
use traffic::Traffic;
use unsent::{Unsent, Waits};
use visibility::Visibility;
use waste::{Spent, Waste};
