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
    /// Covers the chain of events, and the final logical rows of every device and of the backend.
    pub digest: String,
    /// A digest of all figures.
    pub figures_digest: String,
    /// Covers only the final rows of every device and of the backend, without their stamps.
    pub content: String,
    /// How the world ended.
    pub ending: Ending,
    /// When the last event happened; not before the end of the script, unless interrupted.
    pub ended_at: Time,
    /// Duration of the phases: script, then heal and drain.
    pub script: Span,
    /// How long healing and draining took.
    pub drained_in: Span,
    /// The figures of all metrics, by name.
    pub figures: Figures,
    /// Violations that the oracle found, at most `oracle::VIOLATIONS_KEPT` per check.
    pub violations: Vec<Violation>,
    /// The first saved edit that a restore destroyed, in words.
    pub taken_back: Option<String>,
    /// The first edit that waits on a device for a person who has logged out, in words.
    pub shelved: Option<String>,
    /// The checks that do not apply to the stack.
    pub not_applicable: Vec<&'static str>,
    /// The checks that passed without anything to look at.
    pub untried: Vec<&'static str>,
    /// The samples of gauges over time.
    pub series: Vec<Sample>,
    /// The observations behind figures that are distributions, by metric.
    pub distributions: Vec<(&'static str, Distribution)>,
    /// The devices with the longest syncs, and their lengths, longest first.
    pub slowest: Vec<(DeviceId, Span)>,
    /// The largest observations of the metrics that a search has limits for.
    pub tails: Tails,
    /// The faults that were planned or drawn, in words, in order.
    pub faults: Vec<(Time, String)>,
    /// The faults that chaos drew at an instant, as events that repeat them.
    pub spelled: Vec<DrawnFault>,
    /// Planned or random faults that did not fire, or met nobody.
    pub missed: Vec<Missed>,
    /// Actions without any edit made, in a world that was not interrupted.
    pub in_vain: Vec<InVain>,
    /// True if no device sent a request.
    pub is_silent: bool,
    /// True if nobody edited anything and no row came to a device.
    pub is_still: bool,
    /// How often the script does each action, how often it could not, and what its imports lack.
    pub placed: Placed,
    /// The number of events.
    pub events: u64,
    /// What its apps said to their developers; not part of any digest.
    pub said: AppWords,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// Everything under way came to its end.
    #[default]
    Drained,
    /// Some devices were not at rest by the deadline; one line for each of the first ones.
    Stuck(Vec<String>),
    /// An engine looped or stalled, as the executor saw it.
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
