//! A runner without a simulation, for tests of campaigns and of the command line.
//!
//! The name of the variant decides the result of the cell.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::runner::Runner;
use super::stop::Signals;
use crate::base::{EntityId, Key, Time};
use crate::contract::StackDescription;
use crate::oracle::{Story, Subject};
use crate::record::fixture;
use crate::scenario::Plan;
use crate::workload::Action;
use crate::world::{ActionCount, Ear, Ending, Outcome, Placed, RequestLog, Traced, Unrunnable, Watch};

/// `lost` loses rows. So does each name that ends in `-lost`. For `slow-lost`, explaining the
/// failure never ends. `endless` runs until it is interrupted. `moody` has a new digest in each
/// run. `senseless` cannot run.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) runs: AtomicU64,
    interrupt: Mutex<Option<(u64, Signals)>>,
}

impl Fake {
    /// Simulates Ctrl-C after `runs` more runs.
    pub(crate) fn interrupts_after(&self, runs: u64, signals: &Signals) {
        let at = self.runs.load(Ordering::Relaxed) + runs;
        *self.interrupt.lock().unwrap() = Some((at, signals.clone()));
    }
    fn pressed(&self, run: u64) {
        if let Some((at, signals)) = &*self.interrupt.lock().unwrap()
            && run + 1 == *at
        {
            signals.interrupt.store(true, Ordering::Relaxed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a cell that takes host time, to be stopped")]
impl Runner for Fake {
    fn stacks(&self) -> Vec<StackDescription> {
        vec![StackDescription::builtin("builtin")]
    }
    fn run(&self, plan: &Plan, watch: &dyn Watch) -> Result<Outcome, Unrunnable> {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        self.pressed(run);
        watch.progress(Time::ZERO + plan.duration, plan.duration);
        let mut outcome = match plan.source.variant.as_deref() {
            Some(variant) if variant == "lost" || variant.ends_with("-lost") => {
                fixture::lost(plan.seed.0 + 1)
            }
            Some("senseless") => return Err(Unrunnable::Data("too many rows".to_owned())),
            Some("panics") => panic!("invariant broken in seed {}", plan.seed.0),
            Some("endless") => {
                while !watch.interrupted() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Outcome { ending: Ending::Interrupted, ..fixture::outcome() }
            }
            _ => fixture::outcome(),
        };
        outcome.digest = format!("{:032x}", plan.seed.0);
        if plan.source.variant.as_deref() == Some("moody") {
            outcome.digest = format!("{run:032x}");
        }
        // Later cells are faster, so cells end in another order than they start.
        std::thread::sleep(Duration::from_micros(2_000 / (plan.seed.0 + 1)));
        Ok(outcome)
    }
    fn trace(&self, plan: &Plan, watch: &dyn Watch) -> Result<Traced, Unrunnable> {
        Ok(Traced { outcome: self.run(plan, watch)?, timeline: "[]\n".to_owned(), left_out: 0 })
    }
    fn lives(&self, plan: &Plan, subjects: &[Subject], watch: &dyn Watch) -> Result<Vec<Story>, Unrunnable> {
        while plan.source.variant.as_deref() == Some("slow-lost") && !watch.interrupted() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let story = |subject: &Subject| {
            let (seed, key) = (plan.seed.0, subject.record.1.as_str());
            let told = format!("seed {seed}: {key} was written and never seen again");
            let lines = if key.starts_with("silent") { vec![] } else { vec![told] };
            Story { lines, steps: Vec::new() }
        };
        Ok(subjects.iter().map(story).collect())
    }
    fn requests(&self, _: &Plan, _: usize, _: &dyn Watch) -> Result<RequestLog, Unrunnable> {
        Ok(RequestLog::default())
    }
    fn heard(&self, plan: &Plan, _: Rc<RefCell<dyn Ear>>, watch: &dyn Watch) -> Result<Outcome, Unrunnable> {
        self.run(plan, watch)
    }
    fn keys(&self, _: &Plan, _: EntityId) -> Result<Vec<Key>, Unrunnable> {
        Ok(["k5", "k50", "silent"].map(Key::new).to_vec())
    }
    /// If a scenario has edits, 1 of 5 finds no row.
    fn placed(&self, plan: &Plan) -> Result<Placed, Unrunnable> {
        let count = |action: &Action| ActionCount {
            name: action.name.clone(),
            on_devices: 4,
            left_out: 1,
            ..ActionCount::default()
        };
        Ok(Placed { actions: plan.workload.actions.iter().map(count).collect(), ..Placed::default() })
    }
}
