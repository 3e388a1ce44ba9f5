//! The differences between two runs, and whether they are significant.
//!
//! Cells are paired by scenario, variant, swept values and seed; scenarios with the same name are
//! distinguished by their digests. The pair decides which statement is possible:
//!
//! - **the same scenario, the same seed**: exact, so the program made any difference;
//! - **another scenario or variant, the same seeds**: paired, with an interval of 95 %, as both met
//!   the same users, link conditions and faults;
//! - **two programs, over seeds** ([`over_seeds()`]): paired, so that the luck of one seed is not a
//!   finding;
//! - **other seeds**: two samples, compared by Welch's test.
//!
//! If chance plays a part, figures are tested in four families (Holm 1979): the first of the
//! summary, its others, losses, and hundreds of others, which cannot hide the rest. Per family, one
//! in a hundred comparisons of a thing with itself finds something. A figure that was asked for by
//! its name is tested alone. Too few seeds are not tested.
//!
//! The metric table says which statistic is compared ([`Compared`](crate::metrics::Compared)): if
//! settings cut the same work into other pieces, percentiles of the pieces say nothing.

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
