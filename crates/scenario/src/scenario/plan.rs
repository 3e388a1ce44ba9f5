//! A plan: one cell of a scenario. It holds what is simulated, what is judged, and its origin.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::question::Question;
pub use super::swarm::{Drawn, Situations, Swarm};
use crate::base::Seed;
use crate::config::diagnostic::Diagnostic;
use crate::gateway::{Capture, Mode};
use crate::setup::Setup;

/// One cell: scenario × variant × axes × seed.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What is simulated.
    pub setup: Setup,
    /// What the cell is judged by.
    pub judged: Arc<Judging>,
    /// Where the cell came from.
    pub source: Arc<Origin>,
}

/// What a cell is judged by.
#[derive(Clone, Debug, Default)]
pub struct Judging {
    /// The violations and figures that the cell must show.
    pub expect: Expect,
    /// Thresholds on figures.
    pub gates: Vec<Gate>,
    /// Claims that compare variants of the scenario; the same in all its cells.
    pub claims: Arc<[Claim]>,
    /// Questions that variants answer by comparison; the same in all cells, too.
    pub questions: Arc<[Question]>,
    /// The situations that the cells must reach.
    pub situations: Situations,
    /// The metrics that a baseline compares; the default list if empty.
    pub baseline_metrics: Vec<String>,
}

/// Where a cell came from, and what to report about it.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The name of the scenario.
    pub scenario: String,
    /// The path it was read from; empty for the embedded one.
    pub path: String,
    /// A digest of the resolved scenario and the files that it reads.
    pub digest: String,
    /// The name of the variant; `None` for the base.
    pub variant: Option<String>,
    /// The values of the axes, by key.
    pub axes: BTreeMap<String, String>,
    /// What a `[table]` calls the axis values of the cell, one per axis.
    pub called: Vec<String>,
    /// The resolved scenario as TOML, for the record and for `repro/`.
    pub resolved: Arc<str>,
    /// What each seed may draw; `None` without a swarm.
    pub swarm: Option<Arc<Swarm>>,
    /// What this seed drew; `None` without a swarm.
    pub drawn: Option<Arc<Drawn>>,
    /// CSVs, traces and files of stack options that the scenario reads, relative to it.
    pub files: Vec<String>,
    /// Notes for the user, such as inferred column types.
    pub notes: Arc<[String]>,
    /// Lints: what is allowed and probably not meant.
    pub warnings: Arc<[Diagnostic]>,
}

impl Deref for Plan {
    type Target = Setup;
    fn deref(&self) -> &Setup {
        &self.setup
    }
}

impl DerefMut for Plan {
    fn deref_mut(&mut self) -> &mut Setup {
        &mut self.setup
    }
}

impl Plan {
    /// The same cell with another seed.
    #[must_use]
    pub fn with_seed(mut self, seed: Seed) -> Plan {
        self.setup.seed = seed;
        self
    }

    /// The capture by which changes are found, for devices or for their replica, after its key.
    pub(super) fn capture(&self) -> (&'static str, &Capture) {
        match self.gateway.mode {
            Mode::Ota => ("gateway.serve.capture", &self.gateway.serve),
            Mode::Persistent => ("gateway.refresh.capture", &self.gateway.refresh.capture),
        }
    }

    /// The judging, to be changed; a shared one is copied first.
    pub fn judged_mut(&mut self) -> &mut Judging {
        Arc::make_mut(&mut self.judged)
    }

    /// The origin, to be changed; a shared one is copied first.
    pub fn source_mut(&mut self) -> &mut Origin {
        Arc::make_mut(&mut self.source)
    }
}

/// Violations and metrics that a cell must show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// The names of the checks that must find a violation.
    pub violations: Vec<String>,
    /// The bounds of figures, by metric.
    pub metrics: BTreeMap<String, Bound>,
    /// The names of the actions of which a run may make no edit.
    pub optional: Vec<String>,
}

/// Inclusive bounds of a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// The least allowed figure; `None` without a bound.
    pub min: Option<u64>,
    /// The greatest allowed figure; `None` without a bound.
    pub max: Option<u64>,
}

/// A claim that compares two variants under each seed: one fails by a figure, the other mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The name of the claim.
    pub id: String,
    /// The name of the variant that fails.
    pub fails: String,
    /// The name of the variant that mends it.
    pub mends: String,
    /// The metric that is compared.
    pub metric: String,
    /// Where the figure of the mended variant must lie.
    pub bound: Bound,
    /// Least ratio of the failing figure to the mended one, in thousandths; if absent, the failing
    /// figure must be out of bounds.
    pub factor_milli: Option<u32>,
    /// Exactly the keys in which the variants differ; empty if the file does not say.
    pub keys: Vec<String>,
    /// For a failing variant with a planted bug: where the bug was reported in a real product.
    pub report: Option<String>,
}

/// A threshold on a figure of a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The name of the gate.
    pub name: String,
    /// The metric.
    pub metric: String,
    /// The statistic: `value`, `count`, `never`, `min`, `mean`, `p50`, `p95`, `p99`, `max`.
    pub stat: String,
    /// The start state of the devices that count; `None` for all devices.
    pub start: Option<String>,
    /// Where the figure must lie.
    pub bound: Bound,
}
