//! State that the functions of one runtime share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::Value as Json;

use super::disk::Disk;
use crate::contract::{Clock, CrashPoints, Machine, NetworkKind, Seed, Span, Time, Transport, Work};
use crate::runtime::Spent;

/// The maximum number of console lines kept.
const LINES: usize = 20;

/// A runtime's access to the world. A phone that is prepared before the start has none.
pub(crate) struct World {
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) crash: Rc<dyn CrashPoints>,
    /// A phone's hardware.
    pub(crate) machine: Option<Rc<dyn Machine>>,
    /// The client transport to the server; `None` for a server.
    pub(crate) transport: Option<Rc<dyn Transport>>,
}

/// An effect that a turn asked for; it happens when the turn's time is over.
#[derive(Debug)]
pub(crate) enum Effect {
    Timer {
        id: u32,
        at: Time,
    },
    Untimer {
        id: u32,
    },
    /// Sends a request: the head as the prelude wrote it, and the body.
    Fetch {
        id: u32,
        head: String,
        body: Vec<u8>,
    },
    Abort {
        id: u32,
    },
    /// Opens a held connection: its address, and what else the server gets first.
    Connect {
        id: u32,
        hello: String,
    },
    Say {
        id: u32,
        message: Vec<u8>,
        is_text: bool,
    },
    Hang {
        id: u32,
    },
    /// An answer that the bench had asked for is ready.
    Settled {
        id: u32,
        result: Result<Json, String>,
    },
    /// The adapter reports that received rows are applied.
    Applied,
    /// A line of the console.
    Line {
        level: String,
        text: String,
    },
    /// The app tells its person that these edits did not go as made.
    Logged {
        numbers: Vec<u32>,
        kind: String,
    },
    /// The app called something without effect.
    Warned {
        what: String,
    },
}

pub(crate) struct Host {
    pub(crate) world: Option<World>,
    pub(crate) disk: Disk,
    pub(crate) spent: Rc<RefCell<Spent>>,
    seed: Seed,
    draws: Cell<u64>,
    effects: RefCell<Vec<Effect>>,
    console: RefCell<VecDeque<String>>,
    /// The first uncaught exception of a callback without a caller.
    pub(crate) threw: RefCell<Option<String>>,
    begun: Cell<bool>,
    /// True if something was committed since the last look at this flag.
    committed: Cell<bool>,
    /// True if the process dies at a crash point passed in this turn.
    dies: Cell<bool>,
}

impl Host {
    pub(crate) fn new(world: Option<World>, disk: Disk, seed: Seed, spent: Rc<RefCell<Spent>>) -> Rc<Host> {
        Rc::new(Host {
            world,
            disk,
            spent,
            seed,
            draws: Cell::default(),
            effects: RefCell::default(),
            console: RefCell::default(),
            threw: RefCell::default(),
            begun: Cell::new(false),
            committed: Cell::new(false),
            dies: Cell::new(false),
        })
    }
    pub(crate) fn now(&self) -> Time {
        self.world.as_ref().map_or(Time::ZERO, |world| world.clock.now())
    }
    /// Milliseconds since 1970 by the device's clock.
    pub(super) fn wall(&self) -> f64 {
        self.world.as_ref().map_or(0.0, |world| world.clock.wall().0.div_euclid(1_000) as f64)
    }
    /// The UTC offset of local time, in milliseconds.
    pub(super) fn zone(&self) -> f64 {
        self.world
            .as_ref()
            .map_or(0.0, |world| ((world.clock.local().0 - world.clock.wall().0) / 1_000) as f64)
    }
    pub(super) fn random(&self) -> f64 {
        self.draws.set(self.draws.get() + 1);
        (self.seed.hash("js.random", 0, self.draws.get()) >> 11) as f64 / (1_u64 << 53) as f64
    }
    pub(super) fn is_online(&self) -> bool {
        let transport = self.world.as_ref().and_then(|world| world.transport.as_ref());
        transport.is_none_or(|transport| transport.network() != NetworkKind::None)
    }
    pub(super) fn timer(&self, id: u32, ms: f64) {
        self.push(Effect::Timer { id, at: self.now() + Span::nanos((ms * 1e6) as u64) });
    }
    pub(crate) fn push(&self, effect: Effect) {
        self.effects.borrow_mut().push(effect);
    }
    pub(crate) fn take_effects(&self) -> Vec<Effect> {
        self.effects.take()
    }
    /// Takes the effects for which `f` returns true; leaves the others.
    pub(crate) fn take_effects_if(&self, f: impl Fn(&Effect) -> bool) -> Vec<Effect> {
        self.effects.borrow_mut().extract_if(.., |effect| f(effect)).collect()
    }
    pub(super) fn log(&self, level: &str, text: &str) {
        self.push(Effect::Line { level: level.to_owned(), text: text.to_owned() });
        let mut console = self.console.borrow_mut();
        if console.len() == LINES {
            console.pop_front();
        }
        console.push_back(format!("{} {level}: {text}", self.now()));
    }
    /// The last line of the console.
    pub(crate) fn last_line(&self) -> Option<String> {
        self.console.borrow().back().cloned()
    }
    /// The last console lines, for the message that ends a cell; empty if there are none.
    pub(crate) fn console(&self) -> String {
        let lines: Vec<String> = self.console.borrow().iter().cloned().collect();
        if lines.is_empty() {
            return String::new();
        }
        format!("\nconsole:\n  {}", lines.join("\n").replace('\n', "\n  "))
    }
    /// From now on the process can die in a turn. While it is being opened, nothing can kill it.
    pub(crate) fn begin(&self) {
        self.begun.set(true);
    }
    /// Passes a crash point. If the process dies there, no function does anything any more.
    pub(crate) fn pass(&self, point: &str) {
        if self.begun.get()
            && !self.dies.get()
            && self.world.as_ref().is_some_and(|world| world.crash.reached(point))
        {
            self.dies.set(true);
        }
    }
    /// A transaction of the engine was committed.
    pub(crate) fn commit(&self) {
        self.committed.set(true);
        // The process may die here, before it has reported anything: its disk work is under way.
        let machine = self.world.as_ref().and_then(|world| world.machine.as_ref());
        machine.into_iter().for_each(|machine| _ = machine.take_on(Work::default()));
        self.pass("js.committed");
    }
    pub(crate) fn take_committed(&self) -> bool {
        self.committed.replace(false)
    }
    pub(crate) fn dies(&self) -> bool {
        self.dies.get()
    }
}
