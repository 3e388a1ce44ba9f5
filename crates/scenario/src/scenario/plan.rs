//! A plan: one cell of a scenario. It holds what is simulated, what is judged, and its origin.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::question::Question;
pub use super::swarm::{Drawn, Situations, Swarm};
use crate::base::Seed;
use crate::config::diagnostic::Diagnostic;
use crate::setup::Setup;

/// One cell: scenario × variant × axes × seed.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub setup: Setup,
    pub judged: Arc<Judging>,
    pub source: Arc<Origin>,
}

/// What a cell is judged by.
#[derive(Clone, Debug, Default)]
pub struct Judging {
    pub expect: Expect,
    pub gates: Vec<Gate>,
    /// Claims that compare variants of the scenario; the same in all its cells.
    pub claims: Arc<[Claim]>,
    /// Questions that variants answer by comparison; the same in all cells, too.
    pub questions: Arc<[Question]>,
    pub situations: Situations,
    pub baseline_metrics: Vec<String>,
}

/// Where a cell came from, and what to report about it.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub scenario: String,
    /// The path it was read from; empty for the embedded one.
    pub path: String,
    pub digest: String,
    pub variant: Option<String>,
    pub axes: BTreeMap<String, String>,
    /// What a `[table]` calls the axis values of the cell, one per axis.
    pub called: Vec<String>,
    /// The resolved scenario as TOML, for the record and for `repro/`.
    pub resolved: Arc<str>,
    pub swarm: Option<Arc<Swarm>>,
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
    #[must_use]
    pub fn with_seed(mut self, seed: Seed) -> Plan {
        self.setup.seed = seed;
        self
    }

    pub fn judged_mut(&mut self) -> &mut Judging {
        Arc::make_mut(&mut self.judged)
    }

    pub fn source_mut(&mut self) -> &mut Origin {
        Arc::make_mut(&mut self.source)
    }
}

/// Violations and metrics that a cell must show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    pub violations: Vec<String>,
    pub metrics: BTreeMap<String, Bound>,
    pub optional: Vec<String>,
}

/// Inclusive bounds of a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    pub min: Option<u64>,
    pub max: Option<u64>,
}

/// A claim that compares two variants under each seed: one fails by a figure, the other mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub id: String,
    pub fails: String,
    pub mends: String,
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
    pub name: String,
    pub metric: String,
    /// The statistic: `value`, `count`, `never`, `min`, `mean`, `p50`, `p95`, `p99`, `max`.
    pub stat: String,
    pub start: Option<String>,
    pub bound: Bound,
}
