//! Renders runs as text, pages and plots. Each file renders one subject, from a record and the
//! results of `analysis`.
//!
//! [`story()`] is for a terminal, [`html`] for a browser, [`summary()`] and [`junit()`] for CI.
//! [`sweep`], [`tune`], [`mod@compare`], [`calibrate`] and [`tables`] render the results of the
//! commands with these names. [`svg`] draws plots. No renderer accesses a file.
//!
//! The page for a CI job has a limited size ([`SUMMARY_MAX`]), even if many cells fail.

mod answers;
mod brief;
pub mod calibrate;
mod claims;
pub mod compare;
mod grid;
pub mod html;
mod junit;
mod lines;
mod listing;
mod lost;
mod occurrences;
mod reasons;
mod remedies;
mod story;
mod summary;
pub mod svg;
pub mod sweep;
mod table;
mod table_rule;
pub mod tables;
pub mod tune;
mod warnings;
mod why;

#[cfg(test)]
mod tests;

pub use answers::answers;
pub use claims::{both_figures, not_held};
pub use grid::{Grid, escaped};
pub use junit::{REFUSED, junit, junit_refused};
pub use listing::{sizes, texts};
pub use reasons::{demands, reasons_of, trouble};
pub use story::{
    Mark, Paint, annotations, headline, last_lines, lives, notes, reasons, refused, story, warnings,
};
pub use summary::{SUMMARY_MAX, summary};
pub use table::{Form, WIDTH, figures};
pub use warnings::unplaced_in;
