//! `report.html`: a run as one page.
//!
//! [`page`] renders a record into one file that loads nothing and runs no script.
//!
//! Invariants:
//!
//! - The verdict comes first. Then come the failures, each with the command that repeats it.
//! - Under each plot, a text says how to read it, and a table has its data.
//! - The size of the page is bounded for any run. The page counts what it leaves out.
//!
//! Read `layout` first: it assembles the page. `plots` selects what can be drawn, and `drawing`
//! puts a plot on the page.

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
