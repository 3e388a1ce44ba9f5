//! The single thread of a phone's JavaScript.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::contract::{LocalBoxFuture, Ports, Time};
use crate::host::{Effect, Host};
use crate::runtime::{Fault, Interpreter, end_cell, entry, work};

/// A job that JavaScript does in a turn.
pub(super) enum Job {
    /// Calls a function of the adapter (the app's sync code), with arguments as JSON.
    Call { id: u32, name: &'static str, args: String },
    /// A response, or the reason why there is none. The note has statements to write with its rows.
    Answer { id: u32, head: String, body: Vec<u8>, note: Option<String> },
    /// An event of the app.
    Happened(&'static str),
    /// A message on a long-lived connection, or its end.
    Heard { id: u32, what: &'static str, text: String, body: Option<Vec<u8>>, note: Option<String> },
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Failure {
    pub(super) name: String,
    pub(super) code: Option<String>,
    pub(super) retryable: bool,
    /// True if no response came: the network failed, or the request was cancelled.
    #[serde(default)]
    pub(super) network: bool,
    pub(super) words: String,
}

impl Failure {
    fn read(text: &str) -> Failure {
        let bare = |_| Failure {
            name: String::new(),
            code: None,
            retryable: true,
            network: false,
            words: text.to_owned(),
        };
        serde_json::from_str(text).unwrap_or_else(bare)
    }
    pub(super) fn fault(&self) -> Fault {
        Fault::read(&self.words)
    }
}

type Slot = (Option<Result<Json, String>>, Option<Waker>);
/// Performs an effect when its turn is over.
pub(super) type Act = Rc<dyn Fn(Effect)>;

pub(super) struct Thread {
    pub(super) host: Rc<Host>,
    interpreter: Interpreter,
    inbox: RefCell<VecDeque<(Time, Job)>>,
    /// The timers, sorted by due time and then by the order in which they were set.
    timers: RefCell<BTreeMap<(Time, u64), u32>>,
    /// The position of each timer in `timers`.
    armed: RefCell<BTreeMap<u32, (Time, u64)>>,
    timers_set: Cell<u64>,
    sleep: RefCell<Option<(Time, LocalBoxFuture<'static, ()>)>>,
    waker: Cell<Option<Waker>>,
    slots: RefCell<BTreeMap<u32, Slot>>,
    ids: Cell<u32>,
    act: RefCell<Option<Act>>,
    /// Called after each turn, when its time is over.
    after: RefCell<Option<Rc<dyn Fn()>>>,
}

impl Thread {
    pub(super) fn new(host: Rc<Host>, interpreter: Interpreter) -> Thread {
        Thread {
            host,
            interpreter,
            inbox: RefCell::default(),
            timers: RefCell::default(),
            armed: RefCell::default(),
            timers_set: Cell::default(),
            sleep: RefCell::default(),
            waker: Cell::default(),
            slots: RefCell::default(),
            ids: Cell::default(),
            act: RefCell::default(),
            after: RefCell::default(),
        }
    }
    pub(super) fn acts(&self, act: Act, after: Rc<dyn Fn()>) {
        self.act.replace(Some(act));
        self.after.replace(Some(after));
    }
    fn id(&self) -> u32 {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }

    pub(super) fn post(&self, job: Job) {
        self.inbox.borrow_mut().push_back((self.host.now(), job));
        self.waker.take().into_iter().for_each(Waker::wake);
    }
    /// Starts to open the adapter, within this turn. Returns the number by which the caller awaits
    /// the end.
    pub(super) fn open(&self, bench: &str) -> Result<u32, Fault> {
        let id = self.id();
        self.slots.borrow_mut().insert(id, (None, None));
        self.interpreter.turn(|ctx| entry(ctx, "open")?.call::<_, ()>((id, bench)))?;
        // The bench's next writes are not part of this turn.
        self.host.disk.end_turn().map_err(|error| Fault::new(error.to_string()))?;
        Ok(id)
    }
    /// Calls a function of the adapter, and waits for its result.
    pub(super) async fn call(&self, name: &'static str, args: &Json) -> Result<Json, Failure> {
        let id = self.id();
        self.slots.borrow_mut().insert(id, (None, None));
        self.post(Job::Call { id, name, args: args.to_string() });
        self.settled(id).await
    }
    pub(super) async fn settled(&self, id: u32) -> Result<Json, Failure> {
        let settled = poll_fn(|context| {
            let mut slots = self.slots.borrow_mut();
            let slot = slots.get_mut(&id).expect("it was put there");
            if let Some(result) = slot.0.take() {
                slots.remove(&id);
                return Poll::Ready(result);
            }
            slot.1 = Some(context.waker().clone());
            Poll::Pending
        });
        settled.await.map_err(|text| Failure::read(&text))
    }

    /// Calls a function of the adapter within this turn. The phone is not charged for it.
    ///
    /// # Errors
    /// The exception, or a text that says that the adapter would have to wait.
    pub(super) fn look(&self, name: &str, args: &Json) -> Result<Json, String> {
        let (before, id) = (self.host.take_effects(), self.id());
        let words = |fault: Fault| fault.to_string();
        let mut asked = self
            .interpreter
            .look(|ctx| entry(ctx, "look")?.call::<_, ()>((id, name, args.to_string())))
            .map_err(words);
        let mut found = None;
        while asked.is_ok() {
            let is_it = |effect: &Effect| matches!(effect, Effect::Settled { id: of, .. } if *of == id);
            found = self.host.take_effects_if(is_it).pop();
            let now = self.host.now();
            let is_due = |effect: &Effect| matches!(effect, Effect::Timer { at, .. } if *at <= now);
            let due = if found.is_none() { self.host.take_effects_if(is_due) } else { Vec::new() };
            if due.is_empty() {
                break;
            }
            for effect in due {
                let Effect::Timer { id, .. } = effect else { continue };
                asked = self.interpreter.look(|ctx| entry(ctx, "fire")?.call::<_, ()>((id,))).map_err(words);
            }
        }
        let after = self.host.take_effects();
        before.into_iter().chain(after).for_each(|effect| self.host.push(effect));
        asked?;
        match found {
            Some(Effect::Settled { result, .. }) => result.map_err(|text| Failure::read(&text).words),
            _ => Err(format!("`{name}` waits for a promise: it must return without waiting")),
        }
    }

    /// Runs the thread. The first step ends the turn that opened the adapter.
    pub(super) async fn live(self: Rc<Self>, ports: Ports) {
        self.host.begin();
        loop {
            self.end_turn(&ports).await;
            let (job, timer) = self.next(&ports).await;
            match job {
                Some(job) => self.enter(job),
                None => self.turn(|ctx| entry(ctx, "fire")?.call::<_, ()>((timer,))),
            }
        }
    }

    async fn next(&self, ports: &Ports) -> (Option<Job>, u32) {
        poll_fn(|context| {
            loop {
                let now = ports.clock.now();
                let timer = self.timers.borrow().first_key_value().map(|(at, id)| (*at, *id));
                let came = self.inbox.borrow().front().map(|(came, _)| *came);
                match (came, timer) {
                    (Some(came), timer) if timer.is_none_or(|((at, _), _)| at > came) => {
                        return Poll::Ready((self.inbox.borrow_mut().pop_front().map(|(_, job)| job), 0));
                    }
                    (_, Some((at, id))) if at.0 <= now => {
                        self.timers.borrow_mut().remove(&at);
                        self.armed.borrow_mut().remove(&id);
                        return Poll::Ready((None, id));
                    }
                    (_, timer) => {
                        self.waker.set(Some(context.waker().clone()));
                        let Some(((at, _), _)) = timer else { return Poll::Pending };
                        let mut sleep = self.sleep.borrow_mut();
                        if sleep.as_ref().is_none_or(|(until, _)| *until != at) {
                            *sleep = Some((at, ports.clock.sleep_until(at)));
                        }
                        let (_, sleeping) = sleep.as_mut().expect("it was put there");
                        if sleeping.as_mut().poll(context).is_pending() {
                            return Poll::Pending;
                        }
                        *sleep = None;
                    }
                }
            }
        })
        .await
    }

    fn enter(&self, job: Job) {
        match job {
            Job::Call { id, name, args } => {
                self.turn(|ctx| entry(ctx, "call")?.call::<_, ()>((id, name, args)));
            }
            Job::Happened(what) => self.turn(|ctx| entry(ctx, "happened")?.call::<_, ()>((what,))),
            Job::Answer { id, head, body, note } => self.with_note(note, |ctx| {
                let body = rquickjs::TypedArray::<u8>::new(ctx.clone(), body)?;
                entry(ctx, "answered")?.call::<_, ()>((id, head, body))
            }),
            Job::Heard { id, what, text, body, note } => self.with_note(note, |ctx| {
                let body = body.map(|body| rquickjs::TypedArray::<u8>::new(ctx.clone(), body)).transpose()?;
                entry(ctx, "heard")?.call::<_, ()>((id, what, text, body))
            }),
        }
    }
    /// Runs a turn. The turn's first transaction also writes the bench's note.
    fn with_note(
        &self,
        note: Option<String>,
        f: impl for<'js> FnOnce(&rquickjs::Ctx<'js>) -> rquickjs::Result<()>,
    ) {
        let disk = &self.host.disk;
        note.into_iter().for_each(|text| disk.note(crate::host::Note { key: None, text }));
        self.turn(f);
        if !self.host.dies() {
            // The turn wrote nothing, so the note is written alone.
            _ = disk.write_left(None);
        }
    }

    fn turn(&self, f: impl for<'js> FnOnce(&rquickjs::Ctx<'js>) -> rquickjs::Result<()>) {
        let done = self.interpreter.turn(f);
        if self.host.dies() {
            return;
        }
        let threw = self.host.threw.take().map(|words| self.interpreter.explained(Fault::read(&words)));
        if let Some(fault) = Fault::either(done.err(), threw) {
            self.end_cell(&fault);
        }
        match self.host.disk.end_turn() {
            Ok(true) => self.host.commit(),
            Ok(false) => {}
            Err(error) => {
                self.end_cell(&Fault::new(format!("what was stored in a turn cannot be written: {error}")))
            }
        }
    }
    pub(super) fn end_cell(&self, fault: &Fault) -> ! {
        // Console lines of this turn are still reported.
        let written = self.host.take_effects_if(|effect| matches!(effect, Effect::Line { .. }));
        let act = self.act.borrow().clone();
        if let Some(act) = act {
            written.into_iter().for_each(|line| act(line));
        }
        end_cell(format!("uncaught in JavaScript: {fault}{}", self.host.console()))
    }

    /// Waits for the turn's duration; then its effects happen.
    async fn end_turn(&self, ports: &Ports) {
        if self.host.dies() {
            std::future::pending::<()>().await;
        }
        let until = ports.machine.take_on(work(self.interpreter.take_spent()));
        if until > ports.clock.now() {
            ports.clock.sleep_until(until).await;
        }
        for effect in self.host.take_effects() {
            match effect {
                Effect::Timer { id, at } => {
                    self.timers_set.set(self.timers_set.get() + 1);
                    let place = (at, self.timers_set.get());
                    self.timers.borrow_mut().insert(place, id);
                    self.armed.borrow_mut().insert(id, place);
                }
                Effect::Untimer { id } => {
                    let place = self.armed.borrow_mut().remove(&id);
                    place.into_iter().for_each(|place| _ = self.timers.borrow_mut().remove(&place));
                }
                Effect::Settled { id, result } => {
                    let mut slots = self.slots.borrow_mut();
                    let Some(slot) = slots.get_mut(&id) else { continue };
                    slot.0 = Some(result);
                    slot.1.take().into_iter().for_each(Waker::wake);
                }
                other => {
                    let act = self.act.borrow().clone();
                    if let Some(act) = act {
                        act(other);
                    }
                }
            }
        }
        let after = self.after.borrow().clone();
        after.into_iter().for_each(|after| after());
    }
}
