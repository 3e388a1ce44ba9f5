//! What of durations a log does not tell: what lies within a step of its clock, and what its app's
//! timeout cut off.

use super::reached::Reached;
use super::step::Step;

/// What of durations a log does not tell.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    /// Its step, if durations have one.
    pub(super) step: Option<Step>,
    /// The app's timeout, if answers come near that.
    pub(super) cut_off: Option<Reached>,
}
