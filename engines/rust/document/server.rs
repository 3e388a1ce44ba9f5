//! The half that answers: the document beside the system of record.

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
    /// The conversations under way; they end with the process, and their phones begin others.
    talks: BTreeMap<DeviceId, Talk<D>>,
}

struct Talk<D: Document> {
    number: u64,
    step: u64,
    peer: D::Peer,
}

impl<D: Document> Server<D> {
    pub(super) fn open(setup: ServerSetup, ports: ServerPorts) -> Server<D> {
        let notes = Notes::open(&ports.database);
        let mut document = D::new(Actor::server(notes.next_life()), &setup.schema);
        document.load(&notes.parts()).expect("it was packed here");
        Server { setup, ports, notes, document, talks: BTreeMap::new() }
    }

    /// What the office and others wrote goes into the document.
    fn ingest(&mut self, record: &mut dyn SystemOfRecord) -> Result<(), ServerError> {
        let schema = self.setup.schema.clone();
        for entity in schema.ids().filter(|entity| schema.entity(*entity).delivery.comes_down()) {
            let News { versions, read } = news(&self.setup, &self.notes, entity, record)?;
            for (key, stamp, values) in &versions {
                self.mirror((entity, key), *stamp, values.as_deref());
            }
            read.into_iter().for_each(|read| self.notes.note_position(entity, read));
        }
        Ok(())
    }
    /// Has the document say of a row what the record says, which is this version.
    pub(super) fn mirror(&mut self, row: At<'_>, stamp: Stamp, values: Option<&[Value]>) {
        let says = self.document.row(row);
        let mut is_news = self.notes.known(row) != Some(stamp);
        match values {
            None if says.is_some() => {
                self.document.remove(row);
                is_news = true;
            }
            None => {}
            Some(values) => {
                let projection = &self.setup.schema.entity(row.0).projection;
                let differs = |place: usize, column: usize| {
                    says.as_ref().is_none_or(|says| !reads_the_same(&says[place], &values[column]))
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
        let mut talk = self.talk_of(of, ask)?;
        let touched = match &ask.message {
            None => Touched::new(),
            Some(message) => {
                let touched = self.document.receive(&mut talk.peer, message);
                touched.map_err(ServerError::BadRequest)?
            }
        };
        self.settle(of, ask, (slip, touched), record);
        let message = self.document.generate(&mut talk.peer, ask.message.is_some());
        self.notes.note_peer(of, &D::kept(&talk.peer));
        talk.step += 1;
        self.talks.insert(of, talk);
        let verdicts = self.notes.verdicts(of, &ask.edits);
        Ok(Answer { verdicts, read: self.notes.last_known(), message })
    }
    /// The conversation of which a request is the next step.
    fn talk_of(&mut self, of: DeviceId, ask: &Ask) -> Result<Talk<D>, ServerError> {
        if ask.step == 0 {
            let peer = self.document.peer(&self.notes.peer(of));
            return Ok(Talk { number: ask.talk, step: 0, peer });
        }
        let talk = self.talks.remove(&of).filter(|talk| (talk.number, talk.step) == (ask.talk, ask.step));
        talk.ok_or_else(|| ServerError::BadRequest("nobody knows of this conversation".to_owned()))
    }
}

/// What changed on the record.
#[derive(Default)]
pub(crate) struct News {
    /// Versions of rows; without values of those that are gone.
    pub(crate) versions: Vec<(Key, Stamp, Option<Vec<Value>>)>,
    /// Up to where that reads the record.
    pub(crate) read: Option<Stamp>,
}

/// What changed of an entity since it was last read and is not known yet. If the record does not know
/// any more what changed, that is all that is there, and all that is gone.
///
/// # Errors
/// As for [`SystemOfRecord::changes`].
pub(crate) fn news(
    setup: &ServerSetup,
    notes: &Notes,
    entity: EntityId,
    record: &mut dyn SystemOfRecord,
) -> Result<News, ServerError> {
    // All phones have one state, and see all rows.
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
        Err(ServerError::BadRequest(_)) => return Ok(News::default()),
        found => (found?, false),
    };
    let read = found.iter().map(|(_, stamp, _)| *stamp).max();
    let mut versions = Vec::new();
    // Of what was deleted meanwhile nothing is said. A row that is committed and that readers cannot
    // see yet is in none of all that is there, either, and is there.
    let known = if all { notes.known_rows(entity) } else { Vec::new() };
    for key in known.into_iter().filter(|key| found.iter().all(|(there, ..)| there != key)) {
        let now = record.get(entity, &key);
        if now.as_ref().is_none_or(|now| now.values.is_none()) {
            versions.push((key, now.map_or_else(|| record.clock(), |now| now.stamp), None));
        }
    }
    let is_news = |key: &Key, stamp| notes.known((entity, key)).is_none_or(|known| stamp >= known);
    versions.extend(found.into_iter().filter(|(key, stamp, _)| is_news(key, *stamp)));
    Ok(News { versions, read })
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
        // What is in the document stays there, whatever is said of it.
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
