//! What differs between two runs, and whether it means anything.
//!
//! Cells are paired by scenario, variant, swept values and seed; scenarios of one name are told
//! apart by their digests. What can be said then depends on the pair:
//!
//! - **the same scenario, the same seed**: exact, so any difference was made by the program;
//! - **another scenario or variant, the same seeds**: paired, with an interval of 95 %, as both met
//!   the same users, link conditions and faults;
//! - **two programs, over seeds** ([`over_seeds()`]): paired, so one seed's luck is no finding;
//! - **other seeds**: two samples, held against each other by Welch's test.
//!
//! Where chance plays a part, figures are judged in two families (Holm 1979): those of the summary,
//! and the hundreds of others, so that these hide none of the first. Of a hundred comparisons of a
//! thing with itself one finds something in either. A figure that was asked for by its name is
//! judged alone. Few seeds are not judged at all.
//!
//! What is compared of a metric is a column of its table ([`Compared`](crate::metrics::Compared)):
//! where settings cut the same work into other pieces, percentiles of the pieces say nothing.

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
