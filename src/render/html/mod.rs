//! `report.html`: a run as one page to look at.
//!
//! [`page`] renders a record and nothing else, into a file that asks for nothing and runs no
//! script.
//!
//! Invariants:
//!
//! - The verdict comes first, then what is wrong, each with the command that shows it again.
//! - Under every plot stands how to read it, and its data as a table.
//! - The page is bounded, whatever the run: what is left out is counted.
//!
//! How: `layout` puts the page together; `plots` finds what can be drawn, `drawing` frames it.

mod drawing;
mod failures;
mod figures;
mod layout;
mod plots;
mod style;
mod tables;
mod tuned;

#[cfg(test)]
mod tests;

pub use layout::page;
pub use plots::{fleet, life, outages, percentiles};
