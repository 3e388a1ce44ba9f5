//! The half on a phone: a run of a unit is one request.

use std::cell::{Cell as StdCell, RefCell};
use std::rc::Rc;

use syncdyno::contract::{
    AppEvent, AppliedChange, Call, Database, DeviceSetup, DeviceView, EngineError, EngineEvent,
    EngineFactory, EntityId, Incarnation, LocalBoxFuture, LocalEdit, Mutation, Opened, PendingEdit, Ports,
    Provision, Queue, RequestKind, Saving, Span, Stamp, SyncEngine, SyncError, Time, Trigger, UnitId,
    ValueRef, Work,
};

use super::Policy;
use super::frame::{Answer, Ask};
use super::kept::{self, Came, Edited, Kept};
use super::tables::Tables;
use crate::document::{Saves, TRIED_AGAIN_AFTER, failed, tell_verdict};

pub(super) struct Factory {
    pub(super) policy: Policy,
    pub(super) timeout: Span,
}

impl EngineFactory for Factory {
    fn open(&self, setup: Rc<DeviceSetup>, _: Incarnation, at: Database, ports: Ports) -> Opened {
        let kept = RefCell::new(Kept::open(&at, &setup)?);
        let (policy, timeout) = (self.policy, self.timeout);
        let (saves, queue, requests) = (Saves::default(), Queue::default(), StdCell::new(0));
        Ok(Rc::new(Phone { setup, ports, kept, saves, policy, timeout, queue, requests }))
    }
    /// Only what is empty: where in the log a phone is the server says.
    fn provision(
        &self,
        setup: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        if state.is_some() {
            return Err(EngineError("phones begin empty".to_owned()));
        }
        kept::connect(&at, &Tables::new(&setup.schema)).map(|_| ()).map_err(EngineError::of)
    }
    fn view_of(&self, setup: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        kept::view(setup, &copy)
    }
}

struct Phone {
    setup: Rc<DeviceSetup>,
    ports: Ports,
    kept: RefCell<Kept>,
    saves: Saves,
    policy: Policy,
    timeout: Span,
    queue: Queue,
    requests: StdCell<u64>,
}

impl Phone {
    fn enqueue(&self, unit: UnitId) {
        self.queue.add(unit, false, self.ports.clock.now());
    }
    fn fire(&self, trigger: Trigger) {
        self.setup.units_on(trigger).for_each(|unit| self.enqueue(unit));
    }

    async fn live(self: Rc<Self>) {
        let (runs, open) = {
            let kept = self.kept.borrow();
            (kept.meta.runs, kept.meta.open)
        };
        if let Some(unit) = open {
            self.end(runs, unit, Err(SyncError::Interrupted)).await;
        }
        for (unit, period) in self.setup.periods() {
            let phone = self.clone();
            self.ports.every(period, move || phone.enqueue(unit));
        }
        self.fire(Trigger::Start);
        loop {
            let (unit, since) = self.queue.next(false).await;
            if !self.run_of(unit, since).await {
                let phone = self.clone();
                self.ports.spawn.spawn(Box::pin(async move {
                    phone.ports.sleep(TRIED_AGAIN_AFTER).await;
                    phone.enqueue(unit);
                }));
            }
        }
    }

    /// A run of a unit; false if it is to be tried again.
    async fn run_of(&self, unit: UnitId, since: Time) -> bool {
        // A disk that is full ends the run with its answer.
        _ = self.kept.borrow_mut().note(|meta| (meta.open, meta.runs) = (Some(unit), meta.runs + 1));
        let run = self.kept.borrow().meta.runs;
        self.ports.work(Work::default()).await;
        let started = self.ports.clock.now();
        self.ports.emit(EngineEvent::SyncStart { unit, run, waited: started - since });
        self.ports.crash_point("sessions.started").await;
        self.saves.done(&self.ports).await;
        let sent: Vec<Mutation> = self.kept.borrow().waiting.iter().map(|it| it.edit.clone()).collect();
        let result = self.exchange(unit, &sent).await;
        let is_sent = |edit: &Mutation| sent.iter().any(|sent| sent.edit == edit.edit);
        let left = self.kept.borrow().waiting.iter().any(|it| is_sent(&it.edit));
        let went_well = result.is_ok() && !left;
        self.end(run, unit, result.map(|()| self.ports.clock.now() - started)).await;
        went_well
    }
    async fn end(&self, run: u64, unit: UnitId, result: Result<Span, SyncError>) {
        _ = self.kept.borrow_mut().note(|meta| meta.open = None);
        self.ports.work(Work::default()).await;
        self.ports.emit(match &result {
            Ok(took) => EngineEvent::SyncComplete { unit, run, took: *took, blocking: false },
            Err(error) => EngineEvent::SyncError { unit, run, error },
        });
    }

    /// Sends the edits that wait, and takes what there is.
    async fn exchange(&self, unit: UnitId, sent: &[Mutation]) -> Result<(), SyncError> {
        let ask = {
            let kept = self.kept.borrow();
            let edits = kept.waiting.iter().map(|it| (it.edit.edit, it.changes.clone())).collect();
            Ask { cursor: kept.meta.cursor, edits }
        };
        let (number, kind, of) = (self.requests.get(), RequestKind::Sync, Some(unit));
        self.requests.set(number + 1);
        let sent_at = self.ports.clock.now();
        let call = Call { number, kind, unit: of, edits: sent, attempt: 0 };
        let answered = self.ports.call(call, ask.bytes(), sent_at + self.timeout).await;
        let bytes = answered.map_err(|error| SyncError::Offline(error.to_string()))?;
        let (len, took) = (bytes.len() as u64, self.ports.clock.now() - sent_at);
        let answer = match Answer::read(&bytes) {
            Ok(answer) => answer,
            Err(Some(words)) => return Err(SyncError::Throttled(words)),
            Err(None) => return Err(SyncError::Corrupt("the answer is somebody else's".to_owned())),
        };
        self.ports.crash_point("sessions.answered").await;
        // What comes is put under edits that are saved: of others nobody has heard yet.
        self.saves.done(&self.ports).await;
        let stored = self.kept.borrow_mut().take(&answer, self.policy).map_err(failed)?;
        let rows = stored.rows.len() as u32;
        self.ports.emit(EngineEvent::ResponseReceived {
            request: number,
            kind,
            unit: of,
            bytes: len,
            rows,
            took,
        });
        // At once: these edits wait no more, and their people have to hear of them.
        for (edit, verdict) in &stored.settled {
            tell_verdict(&self.ports, edit, verdict);
        }
        let took = self.ports.work(Work { coded_bytes: len, ..Work::default() }).await;
        self.tell_rows(unit, &stored.rows, took);
        self.ports.crash_point("sessions.told").await;
        Ok(())
    }
    fn tell_rows(&self, unit: UnitId, rows: &[Came], took: Span) {
        let changes: Vec<_> =
            rows.iter().map(|row| AppliedChange::of(row.entity, &row.key, row.stamp, row.gone)).collect();
        self.ports.emit(EngineEvent::ChunkApplied { unit: Some(unit), changes: &changes, echoed: 0, took });
    }
}

impl SyncEngine for Phone {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }
    fn on(&self, event: AppEvent) {
        event.trigger().into_iter().for_each(|trigger| self.fire(trigger));
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        let edited = self.kept.borrow_mut().edit(edit, self.ports.clock.wall());
        self.saves.take_on(&self.ports);
        if let Ok(Edited::Unchanged) = edited {
            let (edit, entity, key) = (edit.id, edit.entity, &edit.key);
            self.ports.emit(EngineEvent::EditUnchanged { edit, entity, key });
        }
        if let Ok(Edited::Waits) = edited {
            self.fire(Trigger::Save);
        }
        edited.map(|_| ()).into()
    }
    fn trigger(&self, unit: UnitId, _: bool) {
        self.enqueue(unit);
    }
    fn view(&self) -> Option<&dyn DeviceView> {
        Some(self)
    }
}

impl DeviceView for Phone {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        self.kept.borrow().rows(entity, f);
    }
    fn pending(&self) -> Vec<PendingEdit> {
        self.kept.borrow().pending()
    }
}
