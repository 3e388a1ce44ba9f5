//! The outcome of a run.

use super::said::AppWords;
use crate::base::{DeviceId, Span, Time};
use crate::faults::{DrawnFault, Missed};
use crate::metrics::{Distribution, Figures, Sample, Tails};
use crate::oracle::Violation;
use crate::workload::Placed;
use crate::world::faults::tried::InVain;

/// The outcome of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// A digest of all events in order, and of the final rows of every device and of the backend.
    pub digest: String,
    /// A digest of all figures.
    pub figures_digest: String,
    /// Covers only the final rows of every device and of the backend, without their stamps.
    pub content: String,
    /// How the world ended.
    pub ending: Ending,
    /// When the last event happened. Without an interruption, that is at or after the end of the
    /// script.
    pub ended_at: Time,
    /// Duration of the script phase.
    pub script: Span,
    /// Duration of the heal and drain phases together.
    pub drained_in: Span,
    /// The figures of all metrics, by name.
    pub figures: Figures,
    /// Violations that the oracle found, at most `oracle::VIOLATIONS_KEPT` per check.
    pub violations: Vec<Violation>,
    /// A sentence about the first saved edit that a restore destroyed.
    pub taken_back: Option<String>,
    /// A sentence about the first edit that waits on a device because its person has logged out.
    pub shelved: Option<String>,
    /// The checks that do not apply to the stack.
    pub not_applicable: Vec<&'static str>,
    /// The checks that passed although they found nothing to check.
    pub untried: Vec<&'static str>,
    /// The samples of gauges over time.
    pub series: Vec<Sample>,
    /// The observations behind each figure that is a distribution, by metric.
    pub distributions: Vec<(&'static str, Distribution)>,
    /// The devices with the longest syncs, and their lengths, longest first.
    pub slowest: Vec<(DeviceId, Span)>,
    /// The largest observations of metrics for which a search has limits.
    pub tails: Tails,
    /// All planned and random faults, each with its time and a description.
    pub faults: Vec<(Time, String)>,
    /// Faults that chaos drew at their time, written as scenario events that repeat them.
    pub spelled: Vec<DrawnFault>,
    /// Planned or random faults that did not fire, or that affected no device or server.
    pub missed: Vec<Missed>,
    /// Actions of the script without any edit made. Empty if the world was interrupted.
    pub in_vain: Vec<InVain>,
    /// True if no device sent a request.
    pub is_silent: bool,
    /// True if no edit was made and no device received a row.
    pub is_still: bool,
    /// For each action: how many edits the script has, and how many it could not place. Also counts
    /// the rows that imports lack.
    pub placed: Placed,
    /// The number of events.
    pub events: u64,
    /// The messages that apps printed for their developers. They are in no digest.
    pub said: AppWords,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// All work in progress came to its end.
    #[default]
    Drained,
    /// Some devices were not at rest by the deadline; one line for each of the first ones.
    Stuck(Vec<String>),
    /// The executor found an engine that loops or stalls.
    Stalled(String),
    /// The caller stopped the world.
    Interrupted,
}

impl Outcome {
    /// The virtual time of the whole run.
    pub fn length(&self) -> Span {
        self.script + self.drained_in
    }
}
