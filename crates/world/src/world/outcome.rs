//! What a run of a plan comes to.

use super::said::AppWords;
use super::tried::InVain;
use crate::base::{DeviceId, Span, Time};
use crate::faults::Missed;
use crate::metrics::{Distribution, Figures, Sample, Tails};
use crate::oracle::{Eventful, Violation};
use crate::workload::Placed;

#[derive(Clone, Debug)]
pub struct Outcome {
    /// Covers the chain of events, and the final logical rows of every device and of the backend.
    pub digest: String,
    pub figures_digest: String,
    /// Covers the final rows of every device and of the backend alone, without their stamps.
    pub content: String,
    pub ending: Ending,
    /// When the last thing happened; the end of the script at the earliest, unless cut off.
    pub ended_at: Time,
    /// Length of the phases: script, then heal and drain.
    pub script: Span,
    pub drained_in: Span,
    pub figures: Figures,
    /// What the oracle found, at most `oracle::VIOLATIONS_KEPT` of each check.
    pub violations: Vec<Violation>,
    /// The records to which most happened, most first.
    pub eventful: Vec<Eventful>,
    /// The first of the edits that were saved, and that a return to a backup destroyed, in words.
    pub taken_back: Option<String>,
    /// The first of the edits that wait on a device for who has logged out of it, in words.
    pub shelved: Option<String>,
    pub not_applicable: Vec<&'static str>,
    pub untried: Vec<&'static str>,
    pub series: Vec<Sample>,
    /// The observations behind the figures that are distributions, by metric.
    pub distributions: Vec<(&'static str, Distribution)>,
    pub slowest: Vec<(DeviceId, Span)>,
    pub tails: Tails,
    pub faults: Vec<(Time, String)>,
    /// Faults that events or chaos planned and that did not fire, or met nobody.
    pub missed: Vec<Missed>,
    /// Actions of which no edit came to be, in a world that was not cut off.
    pub in_vain: Vec<InVain>,
    pub is_silent: bool,
    pub is_still: bool,
    /// How often the script does each action, how often it could not, and what its imports lack.
    pub placed: Placed,
    pub events: u64,
    /// What its apps said to their developers; it is of no digest.
    pub said: AppWords,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything that was under way came to its end.
    Drained,
    /// Some devices did not come to rest by the deadline: a line for each of the first.
    Stuck(Vec<String>),
    /// An engine spun or stalled; what the executor saw.
    Stalled(String),
    Interrupted,
}

impl Outcome {
    pub fn length(&self) -> Span {
        self.script + self.drained_in
    }
}
