//! What a run comes to, as figures and enums.
//!
//! [`judge`] holds the outcome of a cell against what its plan says must come out; claims, answers
//! and occurrences hold cells against each other. [`sweep`] and [`tune`] find the best of a grid of
//! settings, [`compare`] what differs between two runs.
//!
//! Invariants:
//!
//! - What cannot be judged is not a pass: a gate or an expectation on a metric that is absent or
//!   was never observed fails and says so; an interrupted cell is incomplete.
//! - No sentence is made here: why a cell fails is a code with its figures.

#![allow(missing_docs, reason = "what a name says is not said again")]

mod answers;
#[cfg(test)]
mod baseline_tests;
mod claims;
pub mod compare;
mod drawn;
mod judge;
mod occurrences;
mod order;
mod phases;
mod spread;
pub mod sweep;
pub mod tune;
mod untested;
mod worst;

pub use answers::{
    AS_GIVEN, Answered, AnsweredList, Fault, Void, are_all, by_list, close_answers, hold_answers, losses_of,
    own_faults,
};
pub use claims::{NotHeld, Why, hold_claims, unchecked, unit_in, variant};
pub use drawn::{keep_series_of_few, to_draw};
pub use judge::{broken, cell_ids, judge, record_name};
pub use occurrences::hold_occurrences;
pub use order::{distinct, grouped};
pub use phases::{Phase, phases};
pub use untested::unplaced;
pub use worst::{beyond, counted, grade, worst_of};
