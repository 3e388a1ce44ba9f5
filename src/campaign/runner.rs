//! Runs a cell (one simulation). Tests use a fake runner.
//!
//! A plan describes a cell before it runs. A stack is a sync engine with its server half.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::base::{EntityId, Key};
use crate::contract::StackDescription;
use crate::metrics::Sample;
use crate::oracle::{Story, Subject};
use crate::record::Judged;
use crate::scenario::Plan;
use crate::world::{self, AppWords, Ear, Outcome, Placed, RequestLog, Stacks, Traced, Unrunnable, Watch};

pub type Record = (EntityId, Key);
/// A listener for all events of a simulation. The simulation shares it with its owner.
pub type SharedEar = Rc<RefCell<dyn Ear>>;

pub(super) struct Ran {
    pub(super) judged: Judged,
    pub(super) wall: Duration,
    /// The records whose lives (all their events) explain the failure.
    pub(super) suspects: Vec<Subject>,
}

#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub series: Vec<Sample>,
    /// For each metric, its distribution as a line of a histogram log.
    pub histograms: Vec<(String, String)>,
    /// The console output of its apps.
    pub console: Vec<String>,
}

/// Runs plans. The same plan always gives the same outcome, on any thread.
pub trait Runner: Sync {
    fn stacks(&self) -> Vec<StackDescription>;
    /// The stacks; `None` if another process runs them.
    fn engines(&self) -> Option<&Stacks> {
        None
    }
    fn run(&self, plan: &Plan, watch: &dyn Watch) -> Result<Outcome, Unrunnable>;
    /// Like [`run`](Self::run). After a panic, `said` has the console output up to the panic.
    fn run_saying(&self, plan: &Plan, watch: &dyn Watch, _: &mut AppWords) -> Result<Outcome, Unrunnable> {
        self.run(plan, watch)
    }
    /// Runs a cell again and returns the life of each subject, in order.
    fn lives(&self, plan: &Plan, subjects: &[Subject], watch: &dyn Watch) -> Result<Vec<Story>, Unrunnable>;
    fn trace(&self, plan: &Plan, watch: &dyn Watch) -> Result<Traced, Unrunnable>;
    /// Runs a cell again and logs at most its first `most` requests.
    fn requests(&self, plan: &Plan, most: usize, watch: &dyn Watch) -> Result<RequestLog, Unrunnable>;
    /// Runs a cell again. `ear` hears all its events.
    fn heard(&self, plan: &Plan, ear: SharedEar, watch: &dyn Watch) -> Result<Outcome, Unrunnable>;
    fn keys(&self, plan: &Plan, entity: EntityId) -> Result<Vec<Key>, Unrunnable>;
    /// The times and rows of a cell's edits and imports. This does not run the cell.
    fn placed(&self, plan: &Plan) -> Result<Placed, Unrunnable>;
}

#[derive(Clone)]
pub struct InProcess(pub Stacks);

impl Runner for InProcess {
    fn stacks(&self) -> Vec<StackDescription> {
        self.0.described()
    }
    fn engines(&self) -> Option<&Stacks> {
        Some(&self.0)
    }
    fn run(&self, plan: &Plan, watch: &dyn Watch) -> Result<Outcome, Unrunnable> {
        world::run(plan, &self.0, watch)
    }
    fn run_saying(&self, plan: &Plan, watch: &dyn Watch, said: &mut AppWords) -> Result<Outcome, Unrunnable> {
        world::run_saying(plan, &self.0, watch, said)
    }
    fn lives(&self, plan: &Plan, subjects: &[Subject], watch: &dyn Watch) -> Result<Vec<Story>, Unrunnable> {
        world::run_recording(plan, &self.0, watch, subjects).map(|(_, lives)| lives)
    }
    fn trace(&self, plan: &Plan, watch: &dyn Watch) -> Result<Traced, Unrunnable> {
        world::run_tracing(plan, &self.0, watch)
    }
    fn requests(&self, plan: &Plan, most: usize, watch: &dyn Watch) -> Result<RequestLog, Unrunnable> {
        world::run_logging(plan, &self.0, watch, most).map(|(_, log)| log)
    }
    fn heard(&self, plan: &Plan, ear: SharedEar, watch: &dyn Watch) -> Result<Outcome, Unrunnable> {
        world::run_heard(plan, &self.0, watch, ear)
    }
    fn keys(&self, plan: &Plan, entity: EntityId) -> Result<Vec<Key>, Unrunnable> {
        world::keys(plan, entity)
    }
    fn placed(&self, plan: &Plan) -> Result<Placed, Unrunnable> {
        world::placed(plan)
    }
}
