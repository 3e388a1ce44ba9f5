//! `report.html`: the results of a run on one page.
//!
//! [`page`] renders a record into one HTML file. The file loads nothing and runs no script.
//!
//! Invariants:
//!
//! - The verdict comes first. Then come the failures, each with the command that repeats it.
//! - Under each plot, a text explains the plot, and a table has its data.
//! - The page has a limited size for any run. It gives the number of items that it leaves out.
//!
//! Read `layout` first: it builds the page. `plots` selects the plots, and `drawing` puts them on
//! the page.

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
