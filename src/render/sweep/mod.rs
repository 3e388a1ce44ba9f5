//! A sweep as it is shown: the first axis runs down a table and along a plot, a column a series.
//!
//! How: `plots` draws, `crossover` says where each of two modes wins, `told` puts it together for
//! people and `written` for programs. `regret` holds one sweep against another.

mod crossover;
mod limits;
mod plots;
mod regret;
mod theory;
mod told;
mod written;

#[cfg(test)]
mod tests;

pub use limits::{limits, of_which_time, optimum, value, value_of, within};
pub use plots::{curves, heat_map};
pub use regret::Regret;
pub use theory::{capped, closed_form};
pub use told::retold;
