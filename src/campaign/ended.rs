//! A cell that has ended, and what it observed.

use std::time::Duration;

use super::runner::Subject;
use crate::metrics::Sample;
use crate::record::Judged;

/// A cell that was run.
pub(super) struct Ran {
    pub(super) judged: Judged,
    pub(super) wall: Duration,
    /// Records whose lives would explain what is wrong.
    pub(super) suspects: Vec<Subject>,
}

/// What is too much to be in a record: points over virtual time, and the observations behind the
/// distributions.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Figures over virtual time.
    pub series: Vec<Sample>,
    /// By metric: the observations behind its distribution, as a line of a log of histograms.
    pub histograms: Vec<(String, String)>,
}
