//! Searches for the best settings: it decides which cells to run next, and computes the result.
//!
//! A cell is one simulation with one seed. A [`Place`] stays fixed: a variant with a link, a device
//! class and a fleet. A [`Knob`] is a key that the search varies. A setting has one value per knob.
//! The search of a place returns the cells that it needs. The caller runs them, [adds](Place::add)
//! the results and asks again, until the search needs no cells.
//!
//! The method (models page, controllers, (f)) has these steps. A coarse grid on a log scale runs
//! under a few seeds. Golden section search around the best setting follows under more seeds. The
//! best third then runs under all seeds (successive halving). Finally the search goes outwards
//! until settings are worse beyond the noise between seeds; this gives the interval. Seeds are
//! paired. Several knobs are searched one after the other.
//!
//! Invariants: the needed cells depend only on known results. A setting stays excluded if it lost
//! data or got stuck under one seed. It also stays excluded if it breaks a limit or gate for
//! certain, whatever the remaining seeds show. No setting in the range beats the best setting under
//! all seeds. Settings outside the range are never chosen. If the smallest size has a failure too,
//! the failure excludes no setting.

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
