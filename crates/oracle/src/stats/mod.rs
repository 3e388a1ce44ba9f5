//! Statistics: tests whether differences exceed chance, and confidence intervals of means.

mod change;
mod noise;
mod smooth;

pub use change::{
    Change, PAIRS_MIN, SAMPLES_MIN, as_many_failed, by_ranks, chance, change, one_sided, seen_more_often,
    surprising,
};
pub use noise::{SEEDS_MIN, interval_of_mean, student, worse_beyond_noise};
pub use smooth::{Drawn, smoothed};
