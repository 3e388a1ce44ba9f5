//! The run loop, its limits, and the reasons to stop.

use std::fmt;
use std::rc::Rc;
use std::task::{Context, Waker};

use super::core::Core;
use super::handle::Handle;
use super::timers::Advance;
use crate::base::Time;

/// A simulation with its nodes, its tasks and its clock.
pub struct Sim {
    handle: Handle,
    /// If this number of polls happens without progress of virtual time, the run counts as stalled.
    pub(super) polls_per_instant_max: u64,
    /// Number of polls so far.
    pub(super) polls: u64,
}

/// The reason why a run stopped. Every run can be continued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// No task is ready and no timer is set. The clock stays at the last event.
    Idle,
    /// All tasks and timers that are due by the deadline are done. The clock is at the deadline.
    Deadline,
    /// Code called [`Handle::halt`].
    Halted,
    /// Virtual time did not advance for a million polls, so a task probably loops.
    Stalled(Box<Snapshot>),
}

/// The state of a run that stopped at a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The virtual time of the stop.
    pub now: Time,
    /// The node of the next task.
    pub node: String,
    /// The name of the next task.
    pub task: &'static str,
    /// Polls since virtual time last advanced.
    pub polls_in_instant: u64,
    /// Polls since the start of the simulation.
    pub polls: u64,
    /// The number of tasks that are ready to run.
    pub ready: usize,
    /// The times of the next few timers.
    pub timers: Vec<Time>,
}

/// Number of polls between two calls of `halts`.
const ASKED_EVERY: u64 = 256;
const TIMERS_SHOWN: usize = 4;

impl Default for Sim {
    /// An empty simulation at time zero.
    fn default() -> Sim {
        Sim { handle: Handle { core: Rc::default() }, polls_per_instant_max: 1_000_000, polls: 0 }
    }
}

impl Sim {
    /// The handle for code inside the simulation.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
    /// Runs everything that is due up to and including `deadline`. It may stop earlier for another
    /// reason. Panics if the deadline is in the past.
    pub fn run_until(&mut self, deadline: Time) -> Stop {
        self.run_unless(deadline, &|| false)
    }

    /// Like [`Sim::run_until`], but stops if `halts` returns true. It calls `halts` also within one
    /// instant.
    pub fn run_unless(&mut self, deadline: Time, halts: &dyn Fn() -> bool) -> Stop {
        let core = Rc::clone(&self.handle.core);
        assert!(deadline >= core.now.get(), "virtual time does not run backwards");
        let stop = self.run(&core, deadline, halts);
        core.rest();
        stop
    }

    /// Like [`Sim::run_until`], but the clock reaches the deadline even if no events are left. So a
    /// caller outside the simulation can act at that time.
    pub fn run_to(&mut self, deadline: Time) -> Stop {
        match self.run_until(deadline) {
            Stop::Idle => {
                self.handle.core.now.set(deadline);
                Stop::Deadline
            }
            stop => stop,
        }
    }
    /// The earliest time at which a timer can be due; `None`: no timer is set. Call it between two
    /// runs.
    pub fn next_timer(&self) -> Option<Time> {
        self.handle.core.timers.borrow().next()
    }

    fn run(&mut self, core: &Core, deadline: Time, halts: &dyn Fn() -> bool) -> Stop {
        let mut context = Context::from_waker(Waker::noop());
        let mut instant_start = self.polls;
        core.excused.set(0);
        let mut ask_at = self.polls + ASKED_EVERY;
        let mut limit = self.limit(instant_start).min(ask_at);
        loop {
            if core.inbox.is_called() {
                if core.handle_rare_work() {
                    core.stays_paused();
                    return Stop::Halted;
                }
                while let Some(task) = core.paused() {
                    if halts() {
                        return Stop::Halted;
                    }
                    core.poll(task, &mut context);
                }
            }
            if self.polls >= limit {
                if let Some(stop) = self.stop_at_limit(instant_start) {
                    return stop;
                }
                if self.polls >= ask_at {
                    if halts() {
                        return Stop::Halted;
                    }
                    ask_at = self.polls + ASKED_EVERY;
                }
                limit = self.limit(instant_start).min(ask_at);
            }
            let Some(task) = core.next() else {
                let ahead = core.advance(deadline);
                instant_start = self.polls;
                core.excused.set(0);
                limit = self.limit(instant_start).min(ask_at);
                match ahead {
                    Advance::To(_) => continue,
                    Advance::TooFar => return Stop::Deadline,
                    Advance::Idle => return Stop::Idle,
                }
            };
            self.polls += 1;
            core.poll(task, &mut context);
        }
    }

    fn limit(&self, instant_start: u64) -> u64 {
        let excused = self.handle.core.excused.get();
        instant_start.saturating_add(self.polls_per_instant_max.saturating_add(excused))
    }

    /// The reason to stop at a limit. `None`: no task is ready, so there is nothing to stop.
    #[cold]
    fn stop_at_limit(&self, instant_start: u64) -> Option<Stop> {
        if self.polls < self.limit(instant_start) {
            return None;
        }
        let core = &self.handle.core;
        let ready = core.ready.borrow();
        let next = ready.iter().find_map(|&task| core.tasks.slots.find(task))?;
        let (node, task) = core.tasks.names(next);
        let snapshot = Box::new(Snapshot {
            now: core.now.get(),
            node,
            task,
            polls_in_instant: self.polls - instant_start,
            polls: self.polls,
            ready: ready.len(),
            timers: core.timers.borrow().upcoming(TIMERS_SHOWN),
        });
        Some(Stop::Stalled(snapshot))
    }
}

impl Drop for Sim {
    /// Drops every future. Otherwise the handles inside them would keep the simulation alive.
    fn drop(&mut self) {
        self.handle.core.close();
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Snapshot { now, node, task, polls_in_instant, polls, ready, timers } = self;
        write!(f, "at {now} in task {task} of node {node}: {polls_in_instant} polls in this instant, ")?;
        write!(f, "{polls} in all, {ready} tasks ready, next timers {timers:?}")
    }
}
