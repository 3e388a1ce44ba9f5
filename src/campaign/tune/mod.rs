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
//! Invariants: what is wanted depends on what is known alone; what lost something, got stuck or missed a
//! gate or a limit in one seed is out from then on; nothing within the range is shown that is better
//! than the best under all seeds, and what stands outside is shown and never chosen.

mod answer;
mod knob;
mod known;
mod search;

#[cfg(test)]
mod tests;

pub use answer::{Place, herd};
pub use knob::{Knob, STEP};
pub use known::{Known, Measured, Setting};
pub use search::{Found, Shipped, Space, Wanted};
