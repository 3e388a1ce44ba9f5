//! One table of metrics, and the collectors that fill it from events.

mod figure;

pub use figure::{Figure, Figures, Sample, Unit};
