//! The search for the best settings: which cells to run next, and what they come to.
//!
//! A [`Place`] is a variant with a link, a device class, a fleet: what is given. The [`Knob`]s are what can be turned. The search of a
//! place says which cells it wants; the caller runs them, [adds](Place::add) what came out and asks again, until nothing is wanted. What
//! runs the cells, and how many places side by side, is not known here.
//!
//! The method (models page, controllers, (f)): a coarse grid in the logarithm under a few seeds; then
//! golden section between the neighbours of the best under more; then the best third under all
//! (successive halving); then outwards from the best until settings are worse beyond the noise,
//! which is the interval. Always the same seeds for all, compared pair by pair. Of several knobs one
//! after the other, the others standing still, until nothing changes.
//!
//! Invariants:
//!
//! - What is wanted depends on what is known alone: not on the number of threads, nor on whether the
//!   search was cut off and resumed.
//! - A setting that lost something, got stuck, missed a gate or does not keep a limit in one seed is
//!   excluded from then on.
//! - Nothing within the range is shown that is better than the best under all seeds. What stands
//!   outside the range is shown and never chosen.
//!
//! `knob` is a range and its golden section, `known` what was measured, `search` the method,
//! `answer` puts it into the record.

mod answer;
mod knob;
mod known;
mod place;
mod search;

#[cfg(test)]
mod tests;

pub use answer::herd;
pub use knob::{Knob, STEP};
pub use known::{Known, Measured, Setting};
pub use place::Place;
pub use search::{Found, Shipped, Space, Wanted};
