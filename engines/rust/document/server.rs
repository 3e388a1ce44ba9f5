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
            let since = self.notes.position(entity);
            let found = match self.changed(entity, since, record) {
                Err(ServerError::CursorExpired(_)) => {
                    let all = self.changed(entity, None, record)?;
                    // Of what was deleted meanwhile nothing is said.
                    for key in self.notes.known_rows(entity) {
                        if all.iter().all(|(there, ..)| *there != key) {
                            self.mirror((entity, &key), record.clock(), None);
                        }
                    }
                    all
                }
                Err(ServerError::BadRequest(_)) => continue,
                found => found?,
            };
            for (key, stamp, values) in &found {
                if self.notes.known((entity, key)).is_none_or(|known| *stamp >= known) {
                    self.mirror((entity, key), *stamp, values.as_deref());
                }
            }
            let read = found.iter().map(|(_, stamp, _)| *stamp).max();
            read.into_iter().for_each(|read| self.notes.note_position(entity, read));
        }
        Ok(())
    }
    fn changed(
        &self,
        entity: EntityId,
        since: Option<Stamp>,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Vec<Version>, ServerError> {
        // All phones have one document, and see all rows.
        let attributes = self.setup.attributes.first().map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        record.changes(entity, attributes, since, &mut |key, stamp, values| {
            found.push((Key::new(key), stamp, values.map(<[Value]>::to_vec)));
        })?;
        Ok(found)
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
        self.notes.keep_verdicts(of, |edit| ask.edits.iter().any(|(waits, _)| *waits == edit));
        let verdict = |(edit, _): &(_, _)| Some((*edit, self.notes.verdict(*edit)?));
        let verdicts = ask.edits.iter().filter_map(verdict).collect();
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

/// A version of a row; no values if it is gone.
type Version = (Key, Stamp, Option<Vec<Value>>);

pub(super) fn reads_the_same(one: &Value, other: &Value) -> bool {
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
