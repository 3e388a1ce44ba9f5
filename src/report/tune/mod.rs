//! A search for the best settings: what it came to, as a record and as people and programs read it.
//!
//! The search itself is `campaign::tune`. Here is what it is told by: the [`Limits`] that a
//! candidate must keep, the [`field`]'s defaults that stand beside the best, the [`TuneRecord`]
//! that goes into `run.json`, and its renderers.
//!
//! Invariants: the record holds whole numbers only; costs are relative to the best under the seeds
//! that both have, in parts per million; nothing is told of a setting that was not run.
//!
//! How: `limits` is the three limits of requirement R52 with their metrics; `field` the table of
//! defaults with sources; `reasons` borrows from [`super::sweep`] what limits either side; `told`
//! is for people, `written` for programs.

pub mod field;
mod limits;
mod reasons;
mod record;
pub(super) mod told;
mod verdict;
mod written;

#[cfg(test)]
pub(super) mod tests;

pub use limits::{LimitFlag, Limits, excess, in_doubt, is_sound, trouble};
pub use reasons::{Line, Reasons, reasons};
pub use record::{BackendTuned, CellsTuned, KnobTuned, LimitRecord, PlaceTuned, PointTuned, TuneRecord};
pub use told::{FLAT_PPM, answers, story, value};
pub use verdict::verdict;
pub use written::{to_csv, to_json};
