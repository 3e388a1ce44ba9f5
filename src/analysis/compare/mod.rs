//! Finds the differences between two runs, and tests whether they are significant.
//!
//! A run has cells: single simulations of one scenario, variant and seed. Cells of both runs are
//! paired by scenario, variant, swept values and seed. Digests distinguish scenarios with the same
//! name. The kind of pair decides how differences are judged:
//! - **The same scenario and seed**: exact. The program caused every difference.
//! - **Another scenario or variant, the same seeds**: paired, with a 95 % interval. Both sides have
//!   the same users, link conditions and faults.
//! - **Two versions of the program, over all seeds** ([`over_seeds()`]): paired, so that a single
//!   lucky seed is not a finding.
//! - **Other seeds**: two samples, compared by Welch's test.
//!
//! Unless the pairs are exact, figures are tested in 4 families (Holm 1979): the first figure of
//! the summary, its other figures, losses, and hundreds of other figures. With separate families,
//! the hundreds cannot hide the important figures. If a program is compared with itself, a family
//! has a false finding in 1 of 100 comparisons. A figure that the user names is tested alone. With
//! too few seeds nothing is tested.
//!
//! The table of metrics says which statistics are compared
//! ([`Compared`](crate::metrics::Compared)). If two settings split the same work into different
//! pieces, percentiles of the pieces mean nothing.

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
