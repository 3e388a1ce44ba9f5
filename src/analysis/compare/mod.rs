//! Finds the differences between two runs, and whether they are significant.
//!
//! Cells are paired by scenario, variant, swept values and seed. Digests distinguish scenarios with
//! the same name. The kind of pair decides what can be said:
//! - **the same scenario, the same seed**: exact, so the program caused every difference;
//! - **another scenario or variant, the same seeds**: paired, with a 95 % interval: both sides met
//!   the same users, link conditions and faults;
//! - **two programs, over seeds** ([`over_seeds()`]): paired, so that a lucky seed alone is not a
//!   finding;
//! - **other seeds**: two samples, compared by Welch's test.
//!
//! If chance plays a part, figures are tested in four families (Holm 1979): the first figure of the
//! summary, its others, losses, and hundreds of others, which so cannot hide the first three. If a
//! thing is compared with itself, 1 in 100 comparisons per family finds something. A figure that
//! the user names is tested alone. With too few seeds nothing is tested.
//!
//! The metric table says which statistic is compared ([`Compared`](crate::metrics::Compared)). If
//! settings split the same work differently, percentiles of the pieces mean nothing.

mod comparison;
mod difference;
mod halves;
mod judged;
mod observed;
mod over_seeds;
mod pairing;
mod side;
#[cfg(test)]
mod tests;

pub use comparison::{Comparison, Lacks, Unmeasured, compare};
pub use difference::{Basis, Difference, Finding, Group, Missing, Unlike};
pub use halves::{Harm, Moved, Weighed, is_harm, may_be_chance, of_edits};
pub use over_seeds::{Shift, Worst, over_seeds};
pub use side::{Side, SideError};
