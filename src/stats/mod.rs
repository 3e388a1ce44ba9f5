//! Statistics, each once: what differs by more than chance, and between what a mean lies.

mod change;
mod noise;

pub use change::{Change, PAIRS_MIN, SAMPLES_MIN, as_many_failed, chance, change, one_sided, surprising};
pub use noise::{SEEDS_MIN, interval_of_mean, student, worse_beyond_noise};
