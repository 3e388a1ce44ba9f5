//! One table of metrics, and the collectors that fill it from events.
//!
//! The table ([`TABLE`]) is the only place that defines a metric: name, unit, better direction,
//! kind and how it is measured. Collectors, gates, filters, help and reports read it. A name is
//! `room.noun.measure`.
//!
//! The [`Collector`] is a listener: it gets every [`crate::contract::Occurrence`] and never calls
//! anybody. Numbers that are not in events (what the oracle found) are passed in at the end by
//! name. A [`Timeline`] also listens if a picture of the run is requested. What a figure means is
//! decided elsewhere: gates, baselines and comparison.
//!
//! Invariants: every figure is a whole number of its unit. A [`Distribution`] keeps exact values.
//! Each metric of the table is in the figures of every cell, even if nothing happened. A wait that
//! never ended counts as longer than all others ([`NEVER`]). Nothing depends on the order of a hash
//! map.
//!
//! An [`Id`] is an index into two boards, one of numbers and one of distributions. Metrics of
//! [`BY_START`] are also kept by the state in which a device started, as `metric@state`; those of
//! [`BY_UNIT`] by sync unit, as `metric/Unit`, and those of [`BY_ENTITY`] by entity.

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
