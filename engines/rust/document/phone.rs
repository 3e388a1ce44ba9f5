//! The phone half. It runs sync units; a run is a session with the server about the document.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::rc::Rc;

use syncdyno::contract::{
    AppliedChange, Call, Cell, ConflictKind, Database, Decision, DeviceSetup, DeviceView, EditError, EditId,
    EditKind, EditSaid, EngineError, EngineEvent, EngineFactory, Incarnation, LocalEdit, Mutation, Opened,
    Ports, Provision, RequestKind, RowEdits, Sides, Slip, Span, Stamp, SyncError, UnitId, ValueRef, Work,
    image,
};
use syncdyno::rusqlite::{self, Connection};

use super::frame::{Answer, Ask, Verdict, not_answered};
use super::kept::{self, Kept, Now};
use super::{Actor, Document};
use crate::phone::{self, Edited, Keeps, Meta, Waiting, begins_empty, failed};

/// The maximum number of requests in a run.
pub(super) const ROUNDS: u32 = 32;

pub(super) struct Factory<D> {
    timeout: Span,
    of: PhantomData<D>,
}

impl<D> Factory<D> {
    pub(super) fn new(timeout: Span) -> Factory<D> {
        Factory { timeout, of: PhantomData }
    }
}

impl<D: Document> EngineFactory for Factory<D> {
    fn open(&self, setup: Rc<DeviceSetup>, life: Incarnation, at: Database, ports: Ports) -> Opened {
        let kept = Kept::<D>::open(&at, Actor::device(setup.device, life), setup.clone())?;
        Ok(Rc::new(Phone::new((setup, life), ports, kept, self.timeout)))
    }
    /// Accepts only an empty state. Synced data has a history, which only the server has.
    fn provision(
        &self,
        _: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        begins_empty(state)?;
        kept::connect(&at).map(|_| ()).map_err(EngineError::of)
    }
    fn view_of(&self, setup: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        // This actor does not write.
        let nobody = Actor::device(setup.device, Incarnation::default());
        Some(Box::new(Kept::<D>::open(&copy, nobody, Rc::new(setup.clone())).ok()?))
    }
}

type Phone<D> = phone::Phone<Kept<D>>;

/// A session, from the phone's side.
struct Session<D: Document> {
    number: u64,
    step: u64,
    peer: D::Peer,
    /// The edits that the session's requests have named.
    named: BTreeSet<EditId>,
}

impl<D: Document> Keeps for Kept<D> {
    fn database(&self) -> &Connection {
        &self.database
    }
    fn meta(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn put_meta(&self) -> rusqlite::Result<()> {
        let Meta { runs, open, read } = self.meta;
        let mut put = self.database.prepare_cached("REPLACE INTO meta VALUES(1, ?1, ?2, ?3, ?4)")?;
        put.execute((runs as i64, open.map(|unit| unit.0), read as i64, &self.peer)).map(|_| ())
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
    async fn sync(phone: &Phone<D>, unit: UnitId) -> (Vec<EditId>, Result<(), SyncError>) {
        phone.ports.crash_point("document.started").await;
        let known = phone.kept.borrow().waiting.iter().map(|it| it.edit.edit).collect();
        (known, phone.talk(unit).await)
    }
}

impl<D: Document> Phone<D> {
    /// Exchanges messages until neither side has one to send.
    async fn talk(&self, unit: UnitId) -> Result<(), SyncError> {
        let peer = {
            let kept = self.kept.borrow();
            kept.document.peer(&kept.peer)
        };
        let number = u64::from(self.life.0) << 32 | self.requests.get();
        let mut session = Session::<D> { number, step: 0, peer, named: BTreeSet::new() };
        for _ in 0..ROUNDS {
            self.saves.done(&self.ports).await;
            let Some((body, slip)) = self.question(&mut session) else { return Ok(()) };
            let (answer, bytes, slip) = self.send(unit, body, slip).await?;
            self.ports.crash_point("document.answered").await;
            self.saves.done(&self.ports).await;
            self.take(unit, &mut session, answer, (bytes, &slip)).await?;
        }
        Err(SyncError::Rejected(format!("{ROUNDS} requests came to no end")))
    }

    /// The next request, if one is needed.
    fn question(&self, session: &mut Session<D>) -> Option<(Vec<u8>, Slip)> {
        let mut kept = self.kept.borrow_mut();
        let kept = &mut *kept;
        let asks = kept.waiting.iter().any(|it| !session.named.contains(&it.edit.edit));
        let message = Some(kept.document.generate(&mut session.peer, asks)?);
        session.named.extend(kept.waiting.iter().map(|it| it.edit.edit));
        let edits = kept.waiting.iter().map(|it| (it.edit.edit, it.bytes.clone())).collect();
        let ask = Ask { session: session.number, step: session.step, read: kept.meta.read, edits, message };
        session.step += 1;
        Some((ask.bytes(), slip_of(kept.waiting.iter().map(|it| &it.edit))))
    }

    async fn send(&self, unit: UnitId, body: Vec<u8>, slip: Slip) -> Result<(Answer, u64, Slip), SyncError> {
        let (number, kind) = (self.next_request(), RequestKind::Sync);
        let sent_at = self.ports.clock.now();
        let call = Call { number, kind, unit: Some(unit), edits: &[], attempt: 0 };
        let answered = self.ports.call_with(call, body, slip, sent_at + self.timeout).await;
        let (bytes, slip) = answered.map_err(|error| SyncError::Offline(error.to_string()))?;
        let took = self.ports.clock.now() - sent_at;
        let len = bytes.len() as u64;
        self.tell_response(number, unit, (len, slip.rows.len()), took);
        Ok((Answer::read(&bytes).map_err(not_answered)?, len, slip))
    }

    /// Stores a response and reports it.
    async fn take(
        &self,
        unit: UnitId,
        session: &mut Session<D>,
        answer: Answer,
        (bytes, slip): (u64, &Slip),
    ) -> Result<(), SyncError> {
        let (settled, now) = self.store(session, &answer, slip)?;
        // The verdicts are reported at once. If the process died before, their edits would not wait
        // any more, and nobody would report the verdicts.
        let (never, settled): (Vec<_>, Vec<_>) =
            settled.into_iter().partition(|(_, verdict)| *verdict == Verdict::Never);
        for (edit, verdict) in &settled {
            tell_verdict(&self.ports, edit, verdict);
        }
        self.tell_never(never.into_iter().map(|(edit, _)| edit).collect());
        let took = self.ports.work(Work { coded_bytes: bytes, ..Work::default() }).await;
        self.tell_rows(unit, &now, took);
        self.ports.crash_point("document.told").await;
        Ok(())
    }
    fn store(&self, session: &mut Session<D>, answer: &Answer, slip: &Slip) -> Result<Stored, SyncError> {
        let mut kept = self.kept.borrow_mut();
        let message = answer.message.as_deref();
        let touched = match message.map(|message| kept.document.receive(&mut session.peer, message)) {
            None => Ok(Default::default()),
            Some(Err(words)) => {
                // A part of the message was applied, so the document is loaded again.
                kept.load().map_err(|error| SyncError::Corrupt(error.0))?;
                Err(SyncError::Corrupt(words))
            }
            Some(touched) => touched.map_err(SyncError::Corrupt),
        }?;
        let mut settled = Vec::new();
        for (edit, verdict) in &answer.verdicts {
            let waits = kept.waiting.iter().find(|it| it.edit.edit == *edit);
            settled.extend(waits.map(|it| (it.edit.clone(), verdict.clone())));
        }
        kept.take(answer, slip, D::encode_peer(&session.peer)).map_err(failed)?;
        Ok((settled, kept.now(touched, slip)))
    }

    fn tell_rows(&self, unit: UnitId, now: &[Now], took: Span) {
        let values: Vec<Vec<ValueRef<'_>>> =
            now.iter().map(|row| row.values.iter().flatten().map(Cell::as_ref).collect()).collect();
        let changes: Vec<_> = now
            .iter()
            .zip(&values)
            .map(|(row, shows)| match row.values {
                None => AppliedChange::of(row.entity, &row.key, row.stamp, true),
                Some(_) => AppliedChange::of(row.entity, &row.key, row.stamp, false).showing(shows),
            })
            .collect();
        self.ports.emit(EngineEvent::ChunkApplied { unit: Some(unit), changes: &changes, echoed: 0, took });
    }
    /// Reports rows that were created and deleted before the server saw them.
    fn tell_never(&self, edits: Vec<Mutation>) {
        for row in slip_of(edits.iter()).edits {
            let Some((&edit, with)) = row.edits.split_last() else { continue };
            let (entity, key) = (row.entity, &row.key);
            self.ports.emit(EngineEvent::EditsSquashed { edit, entity, key, with, stays: true });
        }
    }
}

/// Edits with their verdicts, and the current rows.
type Stored = (Vec<(Mutation, Verdict)>, Vec<Now>);

pub(crate) fn tell_verdict(ports: &Ports, of: &Mutation, verdict: &Verdict) {
    let Mutation { edit, entity, ref key, made_at: local, .. } = *of;
    let kind = match of.kind {
        EditKind::Create | EditKind::Update => ConflictKind::UpdateUpdate,
        EditKind::Delete => ConflictKind::DeleteUpdate,
    };
    let decide = |kind: ConflictKind, decision: Decision<'_>, remote: Stamp| {
        let sides = Sides { local, remote, edited: None };
        ports.emit(EngineEvent::ConflictDecided { edit, entity, key, kind, decision, sides });
    };
    match verdict {
        Verdict::Done(_) | Verdict::Never => {}
        Verdict::Same(stamp) => decide(ConflictKind::Equal, Decision::Same, *stamp),
        Verdict::Part(stamp, columns) => decide(kind, Decision::Merged { columns }, *stamp),
        Verdict::GaveWay(stamp) => return decide(kind, Decision::Remote, *stamp),
    }
    if let Verdict::Done(stamp) | Verdict::Same(stamp) | Verdict::Part(stamp, _) = *verdict {
        ports.emit(EngineEvent::EditAcknowledged { edit, entity, key, stamp });
    }
}

/// Makes the slip (the bench's hidden note on a message) of a request: the edits of each row, and
/// their values.
fn slip_of<'a>(edits: impl Iterator<Item = &'a Mutation>) -> Slip {
    let mut slip = Slip::default();
    for &Mutation { edit, entity, ref key, kind, ref values, .. } in edits {
        match slip.edits.iter_mut().find(|row| row.entity == entity && row.key == *key) {
            Some(row) => row.edits.push(edit),
            None => {
                let (key, edits) = (key.clone(), vec![edit]);
                slip.edits.push(RowEdits { entity, key, edits, stamp: None });
            }
        }
        let prints = values.iter().map(|(column, value)| (*column, image([value]))).collect();
        let (key, names) = (key.clone(), Vec::new());
        slip.said.push(EditSaid { edit, entity, key, kind, prints, names, is_sent: true, by_column: false });
    }
    slip
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncdyno::contract::{DeviceId, EntityId, Key, Value};

    #[test]
    fn a_slip_names_the_edits_of_a_row_in_their_order() {
        let edit = |number, key: &str| {
            let id = EditId { device: DeviceId(1), number };
            let values = vec![(2, Value::Int(i64::from(number)))];
            Mutation { values, ..Mutation::new(id, EntityId(0), key, EditKind::Update) }
        };
        let edits = [edit(1, "b"), edit(2, "a"), edit(3, "b")];
        let slip = slip_of(edits.iter());
        let numbers = |key: &str| {
            let of = slip.of(EntityId(0), &Key::new(key));
            of.iter().map(|edit| edit.number).collect::<Vec<_>>()
        };
        assert_eq!((numbers("b"), numbers("a")), (vec![1, 3], vec![2]));
        assert_eq!(slip.said.len(), 3);
        assert_eq!(slip.said[0].prints, [(2, image([&Value::Int(1)]))]);
    }
}
