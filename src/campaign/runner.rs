//! What runs a cell: the simulation, or in tests something that stands for it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::base::{EntityId, Key};
use crate::contract::Described;
use crate::metrics::Sample;
use crate::oracle::{Story, Subject};
use crate::record::Judged;
use crate::scenario::Plan;
use crate::world::{self, AppWords, Ear, Outcome, Placed, RequestLog, Stacks, Traced, Unrunnable, Watch};

pub type Record = (EntityId, Key);

pub(super) struct Ran {
    pub(super) judged: Judged,
    pub(super) wall: Duration,
    /// Records whose lives would explain what is wrong.
    pub(super) suspects: Vec<Subject>,
}

#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub series: Vec<Sample>,
    /// By metric: the observations behind its distribution, as a line of a log of histograms.
    pub histograms: Vec<(String, String)>,
    /// Lines of the consoles of its apps.
    pub console: Vec<String>,
}

/// What runs a plan. The same plan always gives the same outcome, on any thread.
pub trait Runner: Sync {
    fn stacks(&self) -> Vec<Described>;
    /// The stacks themselves, if they are of this process.
    fn engines(&self) -> Option<&Stacks> {
        None
    }
    fn run(&self, plan: &Plan, watch: &dyn Watch) -> Result<Outcome, Unrunnable>;
    /// The same; if it ends by a panic, `said` is what its apps had said by then.
    fn run_saying(
        &self,
        plan: &Plan,
        watch: &dyn Watch,
        _said: &mut AppWords,
    ) -> Result<Outcome, Unrunnable> {
        self.run(plan, watch)
    }
    /// Runs a cell again and tells the lives of these subjects, one after the other.
    fn lives(&self, plan: &Plan, subjects: &[Subject], watch: &dyn Watch) -> Result<Vec<Story>, Unrunnable>;
    fn trace(&self, plan: &Plan, watch: &dyn Watch) -> Result<Traced, Unrunnable>;
    /// Runs a cell again and keeps a log of its first `most` requests.
    fn requests(&self, plan: &Plan, most: usize, watch: &dyn Watch) -> Result<RequestLog, Unrunnable>;
    /// Runs a cell again with somebody who hears all of it.
    fn heard(&self, plan: &Plan, ear: Rc<RefCell<dyn Ear>>, watch: &dyn Watch)
    -> Result<Outcome, Unrunnable>;
    fn keys(&self, plan: &Plan, entity: EntityId) -> Result<Vec<Key>, Unrunnable>;
    /// What becomes of the edits and imports that a cell asks for; nothing is run.
    fn placed(&self, plan: &Plan) -> Result<Placed, Unrunnable>;
}

#[derive(Clone)]
pub struct InProcess(pub Stacks);

impl Runner for InProcess {
    fn stacks(&self) -> Vec<Described> {
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
    fn heard(
        &self,
        plan: &Plan,
        ear: Rc<RefCell<dyn Ear>>,
        watch: &dyn Watch,
    ) -> Result<Outcome, Unrunnable> {
        world::run_heard(plan, &self.0, watch, ear)
    }
    fn keys(&self, plan: &Plan, entity: EntityId) -> Result<Vec<Key>, Unrunnable> {
        world::keys(plan, entity)
    }
    fn placed(&self, plan: &Plan) -> Result<Placed, Unrunnable> {
        world::placed(plan)
    }
}
