//! The search for the best settings: which cells to run next, and their result.
//!
//! A [`Place`] is what is given: a variant with a link, a device class, a fleet. [`Knob`]s are what
//! can be changed. The search of a place says which cells it wants; the caller runs them,
//! [adds](Place::add) the results and asks again, until nothing is wanted.
//!
//! The method (models page, controllers, (f)): a coarse grid on a log scale under a few seeds;
//! golden section around the best under more; the best third under all (successive halving); then
//! outwards until settings are worse beyond the noise, which gives the interval. Seeds are compared
//! in pairs. Several knobs are searched in turn, until nothing changes.
//!
//! Invariants: what is wanted depends only on what is known. A setting is out for good if it lost
//! something or got stuck under one seed, or breaks a limit or a gate whatever the other seeds
//! give. No setting shown in the range is better than the best under all seeds; settings outside
//! are shown, never chosen. No rule excludes a setting for what also happens to the smallest size.

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
