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
//! Where chance plays a part, some hundreds of figures are judged at once (Holm), so that of a
//! hundred comparisons of a thing with itself at most one sees something; a figure that was asked
//! for by its name is judged alone. Few seeds are not judged at all.

mod comparison;
mod difference;
mod over_seeds;
mod pairing;
mod side;

pub use comparison::{Comparison, Lacks, Unmeasured, compare};
pub use difference::{Basis, Difference, Finding, Group, Missing, Unlike};
pub use over_seeds::{Shift, Worst, over_seeds};
pub use side::{Side, SideError};
