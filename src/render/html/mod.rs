//! `report.html`: a run as one page.
//!
//! [`page`] renders a record into one file that loads nothing and runs no script.
//!
//! Invariants:
//!
//! - The verdict comes first, then what is wrong, each with the command that repeats it.
//! - Under every plot stands how to read it, and its data as a table.
//! - The size of the page is bounded for any run: what is left out is counted.
//!
//! Read `layout` first, which assembles the page; `plots` finds what can be drawn, `drawing` frames
//! it.

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
