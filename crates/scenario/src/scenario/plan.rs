//! A plan: the values for one cell (one simulation), the expectations that judge it, its origin.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::question::Question;
pub use super::swarm::{Drawn, Situations, Swarm};
use crate::base::Seed;
use crate::config::diagnostic::Diagnostic;
use crate::gateway::{Capture, Mode};
use crate::setup::Setup;

/// One cell: one scenario, one variant, one value per axis, one seed.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The values that the simulation needs.
    pub setup: Setup,
    /// The expectations that judge the cell.
    pub judged: Arc<Judging>,
    /// The origin of the cell.
    pub source: Arc<Origin>,
}

/// The expectations that judge a cell.
#[derive(Clone, Debug, Default)]
pub struct Judging {
    /// The violations and figures that the cell must show.
    pub expect: Expect,
    /// Thresholds on figures.
    pub gates: Vec<Gate>,
    /// Claims that compare variants of the scenario. All cells of the scenario have the same
    /// claims.
    pub claims: Arc<[Claim]>,
    /// Questions that two variants answer. All cells of the scenario have the same questions.
    pub questions: Arc<[Question]>,
    /// The situations that the cells of a swarm must reach.
    pub situations: Situations,
    /// The metrics that a baseline compares. If empty, the default list.
    pub baseline_metrics: Vec<String>,
}

/// The origin of a cell, and the notes to report about it.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The name of the scenario.
    pub scenario: String,
    /// The path of the file; empty for an embedded scenario.
    pub path: String,
    /// A digest of the resolved scenario and the files that it reads.
    pub digest: String,
    /// The name of the variant; `None` for the base.
    pub variant: Option<String>,
    /// The values of the axes, by key.
    pub axes: BTreeMap<String, String>,
    /// The names of the cell's axis values in a `[table]`, one per axis.
    pub called: Vec<String>,
    /// The resolved scenario as TOML, for the record and for `repro/`.
    pub resolved: Arc<str>,
    /// What each seed may draw; `None` without a swarm.
    pub swarm: Option<Arc<Swarm>>,
    /// What this seed drew; `None` without a swarm.
    pub drawn: Option<Arc<Drawn>>,
    /// The CSVs, traces and files of stack options that the scenario reads. Paths are relative to
    /// it.
    pub files: Vec<String>,
    /// Notes for the user, such as inferred column types.
    pub notes: Arc<[String]>,
    /// Lints: settings that are allowed but probably not meant.
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

    /// The capture strategy that finds changes for devices or for the replica, with its key.
    pub(super) fn capture(&self) -> (&'static str, &Capture) {
        match self.gateway.mode {
            Mode::Ota => ("gateway.serve.capture", &self.gateway.serve),
            Mode::Persistent => ("gateway.refresh.capture", &self.gateway.refresh.capture),
        }
    }

    /// The judging, for changes. If it is shared, it is copied first.
    pub fn judged_mut(&mut self) -> &mut Judging {
        Arc::make_mut(&mut self.judged)
    }

    /// The origin, for changes. If it is shared, it is copied first.
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
    /// The names of actions that may make no edit in a run.
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

/// A claim that compares two variants under each seed. One variant has a bad figure, and the other
/// variant mends it.
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
    /// The bounds of the figure in the mended variant.
    pub bound: Bound,
    /// The least ratio of the failing figure to the mended figure, in thousandths. `None`: the
    /// failing figure must be outside the bounds.
    pub factor_milli: Option<u32>,
    /// The keys in which the two variants differ, exactly. Empty if the file does not list them.
    pub keys: Vec<String>,
    /// For a failing variant with a planted bug: the report of this bug in a real product.
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
    /// The start state of the devices that count, such as `empty`; `None` for all devices.
    pub start: Option<String>,
    /// The bounds of the figure.
    pub bound: Bound,
}
