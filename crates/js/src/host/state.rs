//! The state that all functions of one runtime share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::Value as Json;

use super::disk::Disk;
use crate::contract::{Clock, CrashPoints, Machine, NetworkKind, Seed, Span, Time, Transport, Work};
use crate::runtime::Spent;

const LINES: usize = 20;

/// A runtime's access to the world (the whole simulation). A phone that is prepared before the
/// start has none.
pub(crate) struct World {
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) crash: Rc<dyn CrashPoints>,
    pub(crate) machine: Option<Rc<dyn Machine>>,
    /// The client transport to the server; `None` in a server's runtime.
    pub(crate) transport: Option<Rc<dyn Transport>>,
}

/// An effect that a turn asks for. It happens when the turn's time is over.
#[derive(Debug)]
pub(crate) enum Effect {
    Timer {
        id: u32,
        at: Time,
    },
    Untimer {
        id: u32,
    },
    /// Sends a request. The head is JSON from the prelude (the bench's own JavaScript).
    Fetch {
        id: u32,
        head: String,
        body: Vec<u8>,
    },
    Abort {
        id: u32,
    },
    /// Opens a long-lived connection. `hello` has its address and the headers of its first request.
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
    /// The bench called a function of the adapter (the app's sync code), and this is its result.
    Settled {
        id: u32,
        result: Result<Json, String>,
    },
    Applied,
    Line {
        level: String,
        text: String,
    },
    /// The app tells its person that the server did not take these edits unchanged.
    Logged {
        numbers: Vec<u32>,
        kind: String,
    },
    /// The app called a function that had no effect.
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
    /// The first uncaught exception of a callback.
    pub(crate) threw: RefCell<Option<String>>,
    begun: Cell<bool>,
    /// True if a transaction was committed since this flag was last read.
    committed: Cell<bool>,
    /// True if the process dies at a crash point of this turn.
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
    pub(super) fn wall(&self) -> f64 {
        self.world.as_ref().map_or(0.0, |world| world.clock.wall().0.div_euclid(1_000) as f64)
    }
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
    pub(crate) fn last_line(&self) -> Option<String> {
        self.console.borrow().back().cloned()
    }
    /// Returns the last console lines for the message that ends a cell (one simulation); empty if
    /// there are none.
    pub(crate) fn console(&self) -> String {
        let lines: Vec<String> = self.console.borrow().iter().cloned().collect();
        if lines.is_empty() {
            return String::new();
        }
        format!("\nconsole:\n  {}", lines.join("\n").replace('\n', "\n  "))
    }
    /// Allows kills from now on. Nothing can kill a process while it opens.
    pub(crate) fn begin(&self) {
        self.begun.set(true);
    }
    /// Passes a crash point. If the process dies there, no function has any effect after that.
    pub(crate) fn pass(&self, point: &str) {
        if self.begun.get()
            && !self.dies.get()
            && self.world.as_ref().is_some_and(|world| world.crash.reached(point))
        {
            self.dies.set(true);
        }
    }
    /// Records that a transaction of the engine was committed.
    pub(crate) fn commit(&self) {
        self.committed.set(true);
        // The process can die here, before it reports anything: its disk is still busy.
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
