//! A plan: one cell of a scenario in three parts: what is simulated, what is judged, and where it
//! came from.

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

/// What a cell has to come to.
#[derive(Clone, Debug, Default)]
pub struct Judging {
    pub expect: Expect,
    pub gates: Vec<Gate>,
    /// What variants of its scenario show side by side; of all of them, whichever it is.
    pub claims: Arc<[Claim]>,
    /// What they answer side by side; of all of them, too.
    pub questions: Arc<[Question]>,
    pub situations: Situations,
    pub baseline_metrics: Vec<String>,
}

/// Where a cell was read, and what its reader is told of it.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub scenario: String,
    /// Where it was read; empty for the embedded one.
    pub path: String,
    pub digest: String,
    pub variant: Option<String>,
    pub axes: BTreeMap<String, String>,
    /// What a table calls the values that it gave the cell, an axis each.
    pub called: Vec<String>,
    /// The resolved scenario as TOML, for the record and for `repro/`.
    pub resolved: Arc<str>,
    pub swarm: Option<Arc<Swarm>>,
    pub drawn: Option<Arc<Drawn>>,
    /// Files with rows that the scenario reads, relative to its own.
    pub files: Vec<String>,
    /// What the reader should be told, such as inferred column types.
    pub notes: Arc<[String]>,
    /// What is allowed and probably not meant.
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

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    pub violations: Vec<String>,
    pub metrics: BTreeMap<String, Bound>,
    pub optional: Vec<String>,
}

/// Bounds of a metric, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    pub min: Option<u64>,
    pub max: Option<u64>,
}

/// What two variants show under each seed: a figure fails in one and is mended in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub id: String,
    pub fails: String,
    pub mends: String,
    pub metric: String,
    /// Where the figure lies that is mended.
    pub bound: Bound,
    /// So many thousandths of it the failing one is at least; without it, it lies out of bounds.
    pub factor_milli: Option<u32>,
    /// The keys in which both variants differ, and no others; empty if the file does not say.
    pub keys: Vec<String>,
    /// Where the fault of a failing variant with a planted bug was reported.
    pub report: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    pub name: String,
    pub metric: String,
    /// Which figure of it: `value`, `count`, `min`, `p50`, `p95`, `p99`, `max`.
    pub stat: String,
    pub start: Option<String>,
    pub bound: Bound,
}
