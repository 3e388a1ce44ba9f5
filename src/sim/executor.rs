//! The run loop, its limits and what it says when it stops.

use std::fmt;
use std::rc::Rc;
use std::task::{Context, Waker};

use super::core::{Advance, Core};
use super::handle::Handle;
use super::tasks::NodeId;
use crate::base::{Seed, Time};

/// How the executor runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// So many polls without virtual time advancing are a stall.
    pub polls_per_instant_max: u64,
    /// So many polls are the end of the run, if given.
    pub polls_max: Option<u64>,
    /// Polls ready tasks in a random order drawn from this seed, instead of first come, first served.
    pub shuffle: Option<Seed>,
}

/// A simulation: its nodes, its tasks, its clock.
pub struct Sim {
    handle: Handle,
    options: Options,
    polls: u64,
}

/// Why a run stopped. Each can be run on; a run that stalled stalls again unless something was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// No task is ready and no timer is set; the clock stands at the last event.
    Idle,
    /// All that was due by the deadline is done; the clock stands at the deadline.
    Deadline,
    /// Somebody called [`Handle::halt`].
    Halted,
    /// [`Options::polls_per_instant_max`] was reached: something spins.
    Stalled(Box<Snapshot>),
    /// [`Options::polls_max`] was reached.
    Spent(Box<Snapshot>),
}

/// Where a run stood when it stopped at a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The virtual time.
    pub now: Time,
    /// The node polled last.
    pub node: String,
    /// The task polled last.
    pub task: &'static str,
    /// Polls since virtual time last advanced.
    pub polls_in_instant: u64,
    /// Polls since the start of the world.
    pub polls: u64,
    /// How many tasks are ready.
    pub ready: usize,
    /// When the next few timers come up.
    pub timers: Vec<Time>,
}

/// How many timers a snapshot shows.
const TIMERS_SHOWN: usize = 4;

impl Default for Options {
    fn default() -> Options {
        Options { polls_per_instant_max: 1_000_000, polls_max: None, shuffle: None }
    }
}

impl Sim {
    /// An empty world at time zero.
    pub fn new(options: Options) -> Sim {
        let core = Core::new(options.shuffle.map(|seed| seed.stream("sim.ready", 0, 0)));
        Sim { handle: Handle { core }, options, polls: 0 }
    }

    /// The handle to give to the code inside.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// How many polls there have been.
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// Runs all that is due by `deadline`, included, or until something stops the run earlier.
    ///
    /// # Panics
    /// If the deadline is past.
    pub fn run_until(&mut self, deadline: Time) -> Stop {
        let core = Rc::clone(&self.handle.core);
        assert!(deadline >= core.now(), "virtual time does not run backwards");
        let mut context = Context::from_waker(Waker::noop());
        let mut polls_in_instant = 0;
        loop {
            for task in core.inbox.take().into_iter().flatten() {
                core.wake(task);
            }
            let turn = core.tasks.borrow_mut().next();
            let Some(turn) = turn else {
                match core.advance(deadline) {
                    Advance::Moved => polls_in_instant = 0,
                    Advance::Idle => return Stop::Idle,
                    Advance::Deadline => return Stop::Deadline,
                }
                continue;
            };
            let (node, name) = (turn.node, turn.name);
            core.poll(turn, &mut context);
            polls_in_instant += 1;
            self.polls += 1;
            if core.take_halt() {
                return Stop::Halted;
            }
            if polls_in_instant >= self.options.polls_per_instant_max {
                return Stop::Stalled(self.snapshot(node, name, polls_in_instant));
            }
            if self.options.polls_max.is_some_and(|most| self.polls >= most) {
                return Stop::Spent(self.snapshot(node, name, polls_in_instant));
            }
        }
    }

    fn snapshot(&self, node: NodeId, task: &'static str, polls_in_instant: u64) -> Box<Snapshot> {
        let core = &self.handle.core;
        let tasks = core.tasks.borrow();
        Box::new(Snapshot {
            now: core.now(),
            node: tasks.node_name(node).to_owned(),
            task,
            polls_in_instant,
            polls: self.polls,
            ready: tasks.ready(),
            timers: core.timers.borrow().upcoming(TIMERS_SHOWN),
        })
    }
}

impl Drop for Sim {
    /// Drops every future, so that handles inside them do not keep the world alive.
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
