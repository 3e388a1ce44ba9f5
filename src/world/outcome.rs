//! What a run of a plan comes to.

use super::missed::Missed;
use super::tried::InVain;
use crate::base::{DeviceId, Span, Time};
use crate::metrics::{Distribution, Figures, Sample};
use crate::oracle::{Eventful, Violation};
use crate::workload::Placed;

/// The outcome of one cell.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Covers the chain of events, and the final logical rows of every device and of the backend.
    pub digest: String,
    /// Covers the figures with their names: what a program counts may change where nothing that
    /// happens does.
    pub figures_digest: String,
    /// Covers the final rows of every device and of the backend alone, without their stamps.
    pub content: String,
    /// How it ended.
    pub ending: Ending,
    /// Virtual time of the last thing that happened, at the earliest the script's end unless the
    /// run was cut off before.
    pub ended_at: Time,
    /// Length of the phases: script, then heal and drain.
    pub script: Span,
    /// How long healing and draining took.
    pub drained_in: Span,
    /// The figures of all metrics.
    pub figures: Figures,
    /// What the oracle found, at most [`Outcome::VIOLATIONS_KEPT`] of each check; the counts are in
    /// the figures.
    pub violations: Vec<Violation>,
    /// The records to which most happened, most first.
    pub eventful: Vec<Eventful>,
    /// The first of the edits that were saved, and that a return to a backup destroyed, in words.
    pub taken_back: Option<String>,
    /// The first of the edits that wait on a device for who has logged out of it, in words.
    pub shelved: Option<String>,
    /// Checks of the oracle that the stack gives nothing to look at.
    pub not_applicable: Vec<&'static str>,
    /// Checks of the oracle that had nothing to check.
    pub untried: Vec<&'static str>,
    /// Figures over virtual time.
    pub series: Vec<Sample>,
    /// The observations behind the figures that are distributions, by metric.
    pub distributions: Vec<(&'static str, Distribution)>,
    /// The devices with the longest syncs, and how long these were.
    pub slowest: Vec<(DeviceId, Span)>,
    /// Faults that were drawn or planned, in order, in words.
    pub faults: Vec<(Time, String)>,
    /// Faults that events or chaos planned and that did not fire, or met nobody.
    pub missed: Vec<Missed>,
    /// Actions of which no edit came to be, in a world that was not cut off.
    pub in_vain: Vec<InVain>,
    /// No device sent a request, in a world that was not cut off.
    pub is_silent: bool,
    /// Nobody wanted to edit, and no row came to a device, in a world that was not cut off.
    pub is_still: bool,
    /// How often the script does each action, how often it could not, and what its imports lack.
    pub placed: Placed,
    /// Events that happened.
    pub events: u64,
}

/// How a cell ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything that was under way came to its end.
    Drained,
    /// Some devices did not come to rest by the deadline; one line for each of the first of them
    /// says why.
    Stuck(Vec<String>),
    /// An engine spun or stalled; what the executor saw.
    Stalled(String),
    /// The caller asked to stop.
    Interrupted,
}

impl Outcome {
    /// How many violations of one check are kept with their text.
    pub const VIOLATIONS_KEPT: usize = 20;

    /// The virtual time that it lasted: of all phases.
    pub fn length(&self) -> Span {
        self.script + self.drained_in
    }
}
