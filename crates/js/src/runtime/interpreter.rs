//! One runtime of the interpreter, and its turns.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rquickjs::loader::{Loader, Resolver};
use rquickjs::{CatchResultExt, Context, Ctx, Exception, Function, Module, Promise, Runtime};

use super::cost::{STEPS_OF_A_TICK, Spent, Turns};
use super::fault::Fault;
use super::raw;

/// The memory limit of a runtime, in bytes.
const HEAP: usize = 192 << 20;
/// The stack limit, in bytes. The threads that run cells have more.
const STACK: usize = 640 << 10;
/// Cyclic garbage is collected after this many turns, or after `JOBS` jobs of one turn.
const TURNS: u32 = 64;
const JOBS: u32 = 4096;

/// Finds the modules that a bundle may import.
pub(crate) trait Imports: Resolver + Loader + Copy + 'static {}

pub(crate) struct Interpreter {
    /// Must be dropped before the runtime.
    context: Context,
    runtime: Runtime,
    spent: Rc<RefCell<Spent>>,
    /// Ticks of the current turn.
    ticks: Rc<Cell<u64>>,
    /// True if the memory limit was hit.
    full: Rc<Cell<bool>>,
    turns: Cell<u32>,
}

impl Interpreter {
    /// Creates a runtime without the preludes. It can import these modules.
    pub(crate) fn bare(modules: impl Imports) -> Result<Interpreter, Fault> {
        raw::link_pow();
        let failed = |error: rquickjs::Error| Fault::new(error.to_string());
        let full: Rc<Cell<bool>> = Rc::default();
        let spent: Rc<RefCell<Spent>> = Rc::default();
        let memory = raw::LimitedAllocator::new(HEAP, full.clone(), spent.clone());
        let runtime = Runtime::new_with_alloc(memory).map_err(failed)?;
        runtime.set_max_stack_size(STACK);
        // Garbage is collected after counts of turns and jobs, never after sizes: sizes differ
        // between hosts.
        runtime.set_gc_threshold(usize::MAX);
        runtime.set_loader(modules, modules);
        let ticks: Rc<Cell<u64>> = Rc::default();
        let (counted, of_turn) = (spent.clone(), ticks.clone());
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let mut counted = counted.borrow_mut();
            counted.ticks += 1;
            of_turn.set(of_turn.get() + 1);
            of_turn.get() > counted.turns.most_ticks()
        })));
        runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, handled| {
            // A runtime without the preludes has no function `rejected`.
            if let Ok(rejected) = entry(&ctx, "rejected") {
                _ = rejected.call::<_, ()>((promise, reason, handled));
            }
        })));
        let context = Context::full(&runtime).map_err(failed)?;
        Ok(Interpreter { context, runtime, spent, ticks, full, turns: Cell::new(0) })
    }

    pub(crate) fn with_turns(self, turns: Turns) -> Interpreter {
        self.spent.borrow_mut().turns = turns;
        self
    }

    /// Runs one turn: calls `f`, and then all jobs that `f` queued.
    pub(crate) fn turn<T>(
        &self,
        f: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<T>,
    ) -> Result<T, Fault> {
        self.ticks.set(0);
        self.spent.borrow_mut().begin_turn();
        let given = self.context.with(|ctx| {
            raw::count_stack_from_here(&ctx);
            f(&ctx).map_err(|error| Fault::caught(&ctx, error))
        });
        let mut given = self.drain().and(given);
        if self.is_endless() || self.full.get() {
            // The turn fails even if the app caught the exception.
            given = Err(given.err().unwrap_or_else(|| Fault::new("thrown: null")));
        }
        self.turns.set(self.turns.get() + 1);
        if self.turns.get().is_multiple_of(TURNS) {
            self.runtime.run_gc();
        }
        given.map_err(|fault| self.explained(fault))
    }

    /// Runs one turn and charges nothing for it.
    pub(crate) fn look<T>(
        &self,
        f: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<T>,
    ) -> Result<T, Fault> {
        let before = *self.spent.borrow();
        let given = self.turn(f);
        *self.spent.borrow_mut() = before;
        given
    }

    fn is_endless(&self) -> bool {
        let spent = self.spent.borrow();
        let ticks = self.ticks.get() + spent.steps_of_turn() / STEPS_OF_A_TICK;
        ticks > spent.turns.most_ticks() || spent.is_endless_sql()
    }

    fn drain(&self) -> Result<(), Fault> {
        let mut jobs: u32 = 0;
        while !self.is_endless() {
            match self.runtime.execute_pending_job() {
                Ok(true) => jobs += 1,
                Ok(false) => break,
                Err(failed) => {
                    return Err(failed.0.with(|ctx| Fault::caught(&ctx, rquickjs::Error::Exception)));
                }
            }
            if jobs.is_multiple_of(JOBS) {
                self.runtime.run_gc();
            }
        }
        let orphan = self.context.with(|ctx| orphans(&ctx));
        if self.is_endless() {
            return Err(orphan.unwrap_or_else(|| Fault::new("InternalError: interrupted")));
        }
        orphan.map_or(Ok(()), Err)
    }

    /// Replaces the interpreter's message by a plain one if a limit was exceeded.
    pub(crate) fn explained(&self, fault: Fault) -> Fault {
        let is = |text: &str| fault.what.contains(text);
        let spent = *self.spent.borrow();
        let what = if spent.is_endless_sql() {
            let most = spent.turns.most_steps();
            format!("a SQL statement ran too long: one turn may take {most} steps of SQLite")
        } else if self.is_endless() {
            let most = spent.turns.most_ticks();
            format!(
                "JavaScript ran too long, perhaps in an endless loop: one turn may take {most} ticks of 10 000 steps"
            )
        } else if self.full.get() || is("out of memory") || is("llocation failed") {
            format!("the heap is full: JavaScript has {} MiB on each phone", HEAP >> 20)
        } else if is("Maximum call stack size exceeded") || is("stack overflow") {
            format!("the stack is full: calls may nest within {} KiB", STACK >> 10)
        } else {
            return fault;
        };
        Fault { what, stack: fault.stack }
    }

    /// Runs a module to its end. Each promise that it awaits must settle within the turn.
    pub(crate) fn run(
        &self,
        declare: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Module<'js>>,
    ) -> Result<(), Fault> {
        self.turn(|ctx| {
            let (module, done) = declare(ctx)?.eval()?;
            ctx.globals().set("__exports", module.namespace()?)?;
            ctx.globals().set("__loaded", done)
        })?;
        self.turn(|ctx| {
            let loaded: Promise<'_> = ctx.globals().get("__loaded")?;
            ctx.globals().remove("__loaded")?;
            let waits =
                || Exception::throw_message(ctx, "a module must not wait for a promise while it is loaded");
            loaded.result::<()>().unwrap_or_else(|| Err(waits()))
        })
    }

    pub(crate) fn take_spent(&self) -> Spent {
        let spent = self.spent.take();
        self.spent.borrow_mut().turns = spent.turns;
        spent
    }
    /// The work counters, which functions of the host also increase.
    pub(crate) fn spent(&self) -> Rc<RefCell<Spent>> {
        self.spent.clone()
    }
    /// The runtime's memory use in bytes.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> i64 {
        self.runtime.memory_usage().malloc_size
    }
}

/// Returns the function `name` of the preludes.
pub(crate) fn entry<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Function<'js>> {
    raw::kept_entry(ctx)?.get(name)
}

/// Returns an exception that is still uncaught at the end of the turn.
fn orphans(ctx: &Ctx<'_>) -> Option<Fault> {
    let asked = entry(ctx, "uncaught").ok()?.call::<_, Option<String>>(()).catch(ctx);
    match asked {
        Ok(words) => words.map(|words| Fault::read(&words)),
        Err(error) => Some(Fault::new(error.to_string())),
    }
}
