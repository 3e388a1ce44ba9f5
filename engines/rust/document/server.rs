//! The server half. It has the document beside the system of record (the backend).

use std::collections::BTreeMap;

use syncdyno::contract::{
    DeviceId, EntityId, Key, Reply, ServerError, ServerPorts, ServerSetup, Slip, Stamp, SyncServer,
    SystemOfRecord, Value,
};

use super::frame::{self, Answer, Ask};
use super::notes::Notes;
use super::{Actor, At, Document, Touched};

pub(super) struct Server<D: Document> {
    pub(super) setup: ServerSetup,
    pub(super) ports: ServerPorts,
    pub(super) notes: Notes,
    pub(super) document: D,
    /// The open sessions. They end with the process; then the phones begin new ones.
    sessions: BTreeMap<DeviceId, Session<D>>,
}

struct Session<D: Document> {
    number: u64,
    step: u64,
    peer: D::Peer,
}

impl<D: Document> Server<D> {
    pub(super) fn open(setup: ServerSetup, ports: ServerPorts) -> Server<D> {
        let notes = Notes::open(&ports.database);
        let mut document = D::new(Actor::server(notes.next_life()), &setup.schema);
        document.load(&notes.parts()).expect("it was packed here");
        Server { setup, ports, notes, document, sessions: BTreeMap::new() }
    }

    /// Copies new changes of the system of record into the document.
    fn ingest(&mut self, record: &mut dyn SystemOfRecord) -> Result<(), ServerError> {
        let schema = self.setup.schema.clone();
        for entity in schema.ids().filter(|entity| schema.entity(*entity).delivery.comes_down()) {
            let RecordChanges { versions, read } = read_changes(&self.setup, &self.notes, entity, record)?;
            for (key, stamp, values) in &versions {
                self.copy_from_record((entity, key), *stamp, values.as_deref());
            }
            read.into_iter().for_each(|read| self.notes.note_position(entity, read));
        }
        Ok(())
    }
    /// Replaces a row in the document by this version of the system of record.
    pub(super) fn copy_from_record(&mut self, row: At<'_>, stamp: Stamp, values: Option<&[Value]>) {
        let current = self.document.row(row);
        let mut is_news = self.notes.known(row) != Some(stamp);
        match values {
            None if current.is_some() => {
                self.document.remove(row);
                is_news = true;
            }
            None => {}
            Some(values) => {
                let projection = &self.setup.schema.entity(row.0).projection;
                let differs = |place: usize, column: usize| {
                    current.as_ref().is_none_or(|current| !reads_the_same(&current[place], &values[column]))
                };
                let columns =
                    projection.iter().enumerate().filter(|(place, column)| differs(*place, **column));
                let put: Vec<_> = columns.map(|(_, column)| (*column, values[*column].clone())).collect();
                if !put.is_empty() {
                    self.document.put(row, &put);
                    is_news = true;
                }
            }
        }
        if is_news {
            self.notes.note_known(row, stamp, values.is_none());
        }
    }

    fn answer(
        &mut self,
        of: DeviceId,
        ask: &Ask,
        slip: &Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        self.ingest(record)?;
        let mut session = self.session_of(of, ask)?;
        let touched = match &ask.message {
            None => Touched::new(),
            Some(message) => {
                let touched = self.document.receive(&mut session.peer, message);
                touched.map_err(ServerError::BadRequest)?
            }
        };
        self.settle(of, ask, (slip, touched), record);
        let message = self.document.generate(&mut session.peer, ask.message.is_some());
        self.notes.note_peer(of, &D::encode_peer(&session.peer));
        session.step += 1;
        self.sessions.insert(of, session);
        let verdicts = self.notes.verdicts(of, &ask.edits);
        Ok(Answer { verdicts, read: self.notes.last_known(), message })
    }
    fn session_of(&mut self, of: DeviceId, ask: &Ask) -> Result<Session<D>, ServerError> {
        if ask.step == 0 {
            let peer = self.document.peer(&self.notes.peer(of));
            return Ok(Session { number: ask.session, step: 0, peer });
        }
        let session = self
            .sessions
            .remove(&of)
            .filter(|session| (session.number, session.step) == (ask.session, ask.step));
        session.ok_or_else(|| ServerError::BadRequest("nobody knows of this conversation".to_owned()))
    }
}

#[derive(Default)]
pub(crate) struct RecordChanges {
    /// Row versions. A deleted row has no values.
    pub(crate) versions: Vec<(Key, Stamp, Option<Vec<Value>>)>,
    /// The stamp up to which the record was read.
    pub(crate) read: Option<Stamp>,
}

/// Reads the changes of an entity that are not known yet. If the record no longer has the change
/// history, reads all rows. Then known rows that no longer exist count as deleted.
///
/// # Errors
/// The errors of [`SystemOfRecord::changes`].
pub(crate) fn read_changes(
    setup: &ServerSetup,
    notes: &Notes,
    entity: EntityId,
    record: &mut dyn SystemOfRecord,
) -> Result<RecordChanges, ServerError> {
    // All phones share one state and see all rows.
    let attributes = setup.attributes.first().map_or(&[][..], Vec::as_slice);
    let mut changed = |since| {
        let mut found = Vec::new();
        record.changes(entity, attributes, since, &mut |key, stamp, values| {
            found.push((Key::new(key), stamp, values.map(<[Value]>::to_vec)));
        })?;
        Ok(found)
    };
    let (found, all) = match changed(notes.position(entity)) {
        Err(ServerError::CursorExpired(_)) => (changed(None)?, true),
        Err(ServerError::BadRequest(_)) => return Ok(RecordChanges::default()),
        found => (found?, false),
    };
    let read = found.iter().map(|(_, stamp, _)| *stamp).max();
    let mut versions = Vec::new();
    // A full read has no deletes, and no committed rows that are not visible yet. So each missing
    // row is read directly.
    let known = if all { notes.known_rows(entity) } else { Vec::new() };
    for key in known.into_iter().filter(|key| found.iter().all(|(there, ..)| there != key)) {
        let now = record.get(entity, &key);
        if now.as_ref().is_none_or(|now| now.values.is_none()) {
            versions.push((key, now.map_or_else(|| record.clock(), |now| now.stamp), None));
        }
    }
    let is_news = |key: &Key, stamp| notes.known((entity, key)).is_none_or(|known| stamp >= known);
    versions.extend(found.into_iter().filter(|(key, stamp, _)| is_news(key, *stamp)));
    Ok(RecordChanges { versions, read })
}

pub(crate) fn reads_the_same(one: &Value, other: &Value) -> bool {
    other.with_ref(|other| one.reads_as(other))
}

impl<D: Document> SyncServer for Server<D> {
    fn serve_with(
        &mut self,
        from: DeviceId,
        request: &[u8],
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        let said = std::mem::take(slip);
        let bad = || ServerError::BadRequest("it is no request of a document".to_owned());
        let ask = Ask::read(request).ok_or_else(bad)?;
        self.notes.begin();
        let answered = self.answer(from, &ask, &said, record);
        // The document's changes are kept even if the request fails.
        let part = self.document.pack();
        self.notes.put_part(part, || self.document.whole());
        self.notes.commit();
        self.ports.crash.reached("document.settled");
        let answer = answered?;
        slip.rows = self.notes.known_since(ask.read);
        Ok(Reply::Now(answer.bytes()))
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        frame::refusal(&error.to_string())
    }
    fn is_refusal(&self, answer: &[u8]) -> bool {
        Answer::read(answer).is_err()
    }
}
