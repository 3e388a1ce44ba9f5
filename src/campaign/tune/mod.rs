//! The search for the best settings: which cells to run next, and what they come to.
//!
//! A [`Place`] is a variant with a link, a device class, a fleet: what is given. The [`Knob`]s are what
//! can be turned. The search of a place says which cells it wants; the caller runs them,
//! [adds](Place::add) what came out and asks again, until nothing is wanted.
//!
//! The method (models page, controllers, (f)): a coarse grid in the logarithm under a few seeds; golden
//! section between the neighbours of the best under more; the best third under all (successive
//! halving); then outwards until settings are worse beyond the noise, which is the interval. Seeds are
//! compared pair by pair. Of several knobs one after the other, until nothing changes.
//!
//! Invariants: what is wanted depends on what is known alone; what lost something or got stuck in
//! one seed is out from then on, and so is what breaks a limit or a gate whatever the seeds that
//! are left say; nothing within the range is shown that is better than the best under all seeds,
//! and what stands outside is shown and never chosen. A rule never excludes a setting for what the
//! smallest size meets as well.

mod answer;
mod knob;
mod known;
mod place;
mod rules;
mod search;

#[cfg(test)]
mod tests;

pub use answer::herd;
pub use knob::{Knob, STEP};
pub use known::{Known, Measured, Setting};
pub use place::Place;
pub use search::{Found, Shipped, Space, Wanted};
