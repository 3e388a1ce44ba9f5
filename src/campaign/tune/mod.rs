//! Searches for the best settings: which cells to run next, and their result.
//!
//! A [`Place`] stays fixed: a variant with a link, a device class and a fleet. A [`Knob`] is a key
//! that the search varies. The search of a place returns the cells that it wants. The caller runs
//! them, [adds](Place::add) the results and asks again, until no cells are wanted.
//!
//! The method (models page, controllers, (f)) starts with a coarse grid on a log scale under a few
//! seeds. Golden section around the best follows under more seeds. The best third runs under all
//! seeds (successive halving). Then the search goes outwards until settings are worse beyond the
//! noise, which gives the interval. Seeds are paired. Several knobs are searched in turn.
//!
//! Invariants: the wanted cells depend only on known results. A setting stays excluded if it lost
//! something or got stuck under one seed, or if the remaining seeds cannot change that it breaks a
//! limit or gate. No setting shown in the range beats the best under all seeds; settings outside
//! are never chosen. A failure that the smallest size has, too, excludes no setting.

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
