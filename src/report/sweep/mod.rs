//! A sweep: what a grid of settings came to, which is best, and what limits the others.
//!
//! Everything is read from the record of a run whose cells know their axes. The first axis runs
//! down a table and along a chart; each combination of the others (and each variant) is a series.
//! What is compared is one figure, the [`Objective`].
//!
//! Invariants: settings are compared under common random numbers only, seed by seed; a setting that
//! lost something, got stuck or missed a gate is marked and is no candidate; a share of time is
//! told only from metrics, and a closed form only where the sweep's own figures follow it.
//!
//! How: `series` sorts the cells; `findings` finds the best of a series, what is as good within the
//! noise, paired by seed, and the flat region; `shares` says where the time went and fits what a
//! chunk and a row cost; `growth` fits the power that a cost grows by; `limits` puts that into
//! words; `chart` and `plots` draw, `crossover` says where each of two modes wins, `told` puts it
//! together for people and `written` for programs. `regret` holds one sweep against another.

pub(super) mod chart;
mod crossover;
pub(super) mod findings;
mod growth;
pub(super) mod limits;
mod objective;
mod plots;
mod regret;
pub(super) mod series;
pub(super) mod shares;
pub(super) mod theory;
mod told;
mod written;

#[cfg(test)]
mod tests;

pub use findings::{FAR, worse_beyond_noise};
pub use objective::Objective;
pub use plots::{curves, heat_map};
pub use regret::Regret;
pub use series::Sweep;
pub use shares::queued_share;
pub use theory::contradicted;
pub use told::retold;
