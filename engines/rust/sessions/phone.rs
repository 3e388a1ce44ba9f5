//! The phone half. A run of a sync unit is one request.

use std::rc::Rc;

use syncdyno::contract::{
    AppliedChange, Call, Database, DeviceSetup, DeviceView, EditError, EditId, EngineError, EngineEvent,
    EngineFactory, Incarnation, LocalEdit, Mutation, Opened, Ports, Provision, RequestKind, Span, Stamp,
    SyncError, UnitId, Work,
};
use syncdyno::rusqlite::{self, Connection};

use super::Policy;
use super::frame::{Answer, Ask};
use super::kept::{self, Came, Kept};
use super::tables::Tables;
use crate::document::{not_answered, tell_verdict};
use crate::phone::{Edited, Keeps, Meta, Phone, Waiting, begins_empty, failed};

pub(super) struct Factory {
    pub(super) policy: Policy,
    pub(super) timeout: Span,
}

impl EngineFactory for Factory {
    fn open(&self, setup: Rc<DeviceSetup>, life: Incarnation, at: Database, ports: Ports) -> Opened {
        let kept = Kept::open(&at, &setup, self.policy)?;
        Ok(Rc::new(Phone::new((setup, life), ports, kept, self.timeout)))
    }
    /// Accepts only an empty state, because the server knows each phone's position in the log.
    fn provision(
        &self,
        setup: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        begins_empty(state)?;
        kept::connect(&at, &Tables::new(&setup.schema)).map(|_| ()).map_err(EngineError::of)
    }
    fn view_of(&self, setup: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        Some(Box::new(Kept::open(&copy, setup, self.policy).ok()?))
    }
}

impl Keeps for Kept {
    fn database(&self) -> &Connection {
        &self.database
    }
    fn meta(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn put_meta(&self) -> rusqlite::Result<()> {
        let Meta { runs, open, read } = self.meta;
        let mut put = self.database.prepare_cached("REPLACE INTO meta VALUES(1, ?1, ?2, ?3)")?;
        put.execute((runs as i64, open.map(|unit| unit.0), read as i64)).map(|_| ())
    }
    fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }
    fn read_again(&mut self) {
        _ = self.load();
    }
    fn save(&mut self, edit: &LocalEdit, made_at: Stamp) -> Result<Edited, EditError> {
        self.edit(edit, made_at)
    }
    async fn sync(phone: &Phone<Kept>, unit: UnitId) -> (Vec<EditId>, Result<(), SyncError>) {
        phone.ports.crash_point("sessions.started").await;
        phone.saves.done(&phone.ports).await;
        let sent: Vec<Mutation> = phone.kept.borrow().waiting.iter().map(|it| it.edit.clone()).collect();
        let result = phone.exchange(unit, &sent).await;
        (sent.into_iter().map(|edit| edit.edit).collect(), result)
    }
}

impl Phone<Kept> {
    /// Sends the waiting edits, and takes the changes of the log.
    async fn exchange(&self, unit: UnitId, sent: &[Mutation]) -> Result<(), SyncError> {
        let ask = {
            let kept = self.kept.borrow();
            let edits = kept.waiting.iter().map(|it| (it.edit.edit, it.bytes.clone())).collect();
            Ask { cursor: kept.meta.read, edits }
        };
        let (number, kind) = (self.next_request(), RequestKind::Sync);
        let sent_at = self.ports.clock.now();
        let call = Call { number, kind, unit: Some(unit), edits: sent, attempt: 0 };
        let answered = self.ports.call(call, ask.bytes(), sent_at + self.timeout).await;
        let bytes = answered.map_err(|error| SyncError::Offline(error.to_string()))?;
        let (len, took) = (bytes.len() as u64, self.ports.clock.now() - sent_at);
        let answer = Answer::read(&bytes).map_err(not_answered)?;
        self.ports.crash_point("sessions.answered").await;
        // Storing a response undoes and applies the saved edits again. An edit that is still being
        // saved is not reported yet, so this waits for it.
        self.saves.done(&self.ports).await;
        let stored = self.kept.borrow_mut().take(&answer).map_err(failed)?;
        self.tell_response(number, unit, (len, stored.rows.len()), took);
        // The verdicts are reported at once. These edits do not wait any more, and their authors
        // must learn the verdicts.
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
