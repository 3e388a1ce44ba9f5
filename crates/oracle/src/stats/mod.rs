//! Statistics, each once: what differs by more than chance, and between what a mean lies.

mod change;
mod noise;
mod smooth;

pub use change::{
    Change, PAIRS_MIN, SAMPLES_MIN, as_many_failed, by_ranks, chance, change, one_sided, seen_more_often,
    surprising,
};
pub use noise::{SEEDS_MIN, interval_of_mean, student, worse_beyond_noise};
pub use smooth::{Drawn, smoothed};
