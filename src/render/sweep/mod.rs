//! Renders a sweep (a grid of settings). In a table, the first axis runs down, with a column per
//! series. In a plot, the first axis runs from left to right.
//!
//! `plots` draws. `crossover` finds where each of two modes wins. `story` builds the text for
//! people, and `written` the files for programs. `regret` compares one sweep with another.

mod crossover;
mod limits;
mod plots;
mod regret;
mod story;
mod theory;
mod written;

#[cfg(test)]
mod tests;

pub use limits::{limits, optimum, sync_rate_note, value, value_of, within};
pub use plots::{curves, heat_map};
pub use regret::Regret;
pub use story::retold;
pub use theory::{capped, closed_form};
