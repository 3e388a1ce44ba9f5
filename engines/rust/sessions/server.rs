//! The server half. It has a replica of the rows, and the log of the replica's changes.

use syncdyno::contract::{
    DeviceId, EditId, EditKind, EntityId, Key, Mutation, Outcome, Reply, Row, ServerError, ServerPorts,
    ServerSetup, Stamp, SyncServer, SystemOfRecord, Value, image,
};
use syncdyno::rusqlite::{self, Connection};

use super::Policy;
use super::frame::{Answer, Ask};
use super::raw::{self, Met};
use super::tables::{Tables, Version};
use crate::document::{Notes, RecordChanges, Verdict, read_changes, reads_the_same, refusal};

const LAYOUT: &str = "CREATE TABLE IF NOT EXISTS log(number INTEGER PRIMARY KEY, changes BLOB);";

/// The message of a panic for a disk error. The bench causes no faults of the server's disk.
const SOUND: &str = "the server's disk is sound";

pub(super) struct Server {
    policy: Policy,
    setup: ServerSetup,
    ports: ServerPorts,
    notes: Notes,
    tables: Tables,
}

/// An edit of a phone that has no verdict yet.
struct Edit<'a> {
    of: DeviceId,
    edit: EditId,
    changes: &'a [u8],
    row: (EntityId, Key),
}

/// The result of an edit: it stays, is rolled back, or is deferred.
enum End {
    Kept(Verdict),
    Refused,
    Later,
}

impl Server {
    pub(super) fn open(policy: Policy, setup: ServerSetup, ports: ServerPorts) -> Server {
        let (notes, tables) = (Notes::open(&ports.database), Tables::new(&setup.schema));
        for layout in [LAYOUT, &tables.layout()] {
            notes.0.execute_batch(layout).expect(SOUND);
        }
        Server { policy, setup, ports, notes, tables }
    }
    fn database(&self) -> &Connection {
        &self.notes.0
    }

    /// Runs `work` on the replica. Its changes go into the log under the number of the last version
    /// that it stored.
    fn logged<T>(&self, work: impl FnOnce() -> rusqlite::Result<T>) -> T {
        let (given, changes) = raw::record(self.database(), self.tables.names(), work).expect(SOUND);
        if !changes.is_empty() {
            let put = "REPLACE INTO log VALUES(?1, ?2)";
            let mut put = self.database().prepare_cached(put).expect(SOUND);
            put.execute((self.notes.last_known() as i64, changes)).expect(SOUND);
        }
        given
    }
    /// The log after a position, as one changeset.
    fn log_since(&self, cursor: u64) -> rusqlite::Result<Vec<u8>> {
        let asked = "SELECT changes FROM log WHERE number > ?1 ORDER BY number";
        let mut asked = self.database().prepare_cached(asked)?;
        let all = asked.query_map([cursor as i64], |row| row.get(0))?;
        raw::join(all.collect::<rusqlite::Result<Vec<_>>>()?.into_iter())
    }

    /// Copies new changes of the system of record (the backend) into the replica.
    fn ingest(&self, record: &mut dyn SystemOfRecord) -> Result<(), ServerError> {
        let schema = &self.setup.schema;
        for entity in schema.ids().filter(|entity| schema.entity(*entity).delivery.comes_down()) {
            let RecordChanges { versions, read } = read_changes(&self.setup, &self.notes, entity, record)?;
            self.logged(|| {
                let mut all = versions.iter();
                all.try_for_each(|(key, stamp, values)| {
                    self.copy_from_record((entity, key), *stamp, values.as_deref())
                })
            });
            read.into_iter().for_each(|read| self.notes.note_position(entity, read));
        }
        Ok(())
    }
    /// Replaces a row in the replica by this version of the system of record.
    fn copy_from_record(
        &self,
        row: (EntityId, &Key),
        stamp: Stamp,
        values: Option<&[Value]>,
    ) -> rusqlite::Result<()> {
        let at = self.database();
        let says = self.tables.get(at, row.0, row.1)?;
        let mut is_news = self.notes.known(row) != Some(stamp);
        match (says, values) {
            (None, None) => {}
            (Some(_), None) => {
                self.tables.delete(at, row.0, row.1)?;
                is_news = true;
            }
            (None, Some(values)) => {
                let values = self.setup.schema.entity(row.0).project(values);
                self.tables.insert(at, row, stamp, &values)?;
                is_news = true;
            }
            (Some((held, says)), Some(values)) => {
                let values = self.setup.schema.entity(row.0).project(values);
                let differs = |(place, value): &(usize, &Value)| !reads_the_same(&says[*place], value);
                self.tables.update(at, row, values.iter().enumerate().filter(differs))?;
                self.tables.stamp(at, row, stamp)?;
                is_news |= held != stamp;
            }
        }
        if is_news {
            self.notes.note_known(row, stamp, values.is_none());
        }
        Ok(())
    }
    /// Replaces a row in the replica by the record's current version.
    fn catch_up(&self, row: (EntityId, &Key), now: Option<&Row>, clock: Stamp) {
        let stamp = now.map_or(clock, |now| now.stamp);
        self.logged(|| self.copy_from_record(row, stamp, now.and_then(|now| now.values.as_deref())));
    }

    /// Applies the changeset of an edit, and writes the result to the record; `None` if the record
    /// defers it.
    fn settle(&self, edit: &Edit<'_>, record: &mut dyn SystemOfRecord) -> Option<Verdict> {
        let row = (edit.row.0, &edit.row.1);
        let now = record.get(row.0, row.1);
        // The record can have a version that its list of changes does not show yet.
        if now.as_ref().is_some_and(|now| Some(now.stamp) > self.notes.known(row)) {
            self.catch_up(row, now.as_ref(), record.clock());
        }
        self.database().execute_batch("SAVEPOINT edit").expect(SOUND);
        let end = self.logged(|| self.apply(edit, now.as_ref(), record));
        let (undo, verdict) = match end {
            End::Kept(verdict) => ("RELEASE edit", Some(verdict)),
            End::Later => ("ROLLBACK TO edit; RELEASE edit", None),
            End::Refused => {
                let met = now.as_ref().map_or_else(|| record.clock(), |now| now.stamp);
                ("ROLLBACK TO edit; RELEASE edit", Some(Verdict::GaveWay(met)))
            }
        };
        self.database().execute_batch(undo).expect(SOUND);
        if let Some(Verdict::GaveWay(_)) = verdict {
            self.catch_up(row, record.get(row.0, row.1).as_ref(), record.clock());
        }
        verdict
    }
    fn apply(
        &self,
        edit: &Edit<'_>,
        now: Option<&Row>,
        record: &mut dyn SystemOfRecord,
    ) -> rusqlite::Result<End> {
        let (at, (entity, key)) = (self.database(), &edit.row);
        let before = self.tables.get(at, *entity, key)?;
        let mut met = None;
        raw::apply(at, edit.changes, |what| {
            met = Some(what);
            self.policy.choice()
        })?;
        let after = self.tables.get(at, *entity, key)?;
        let version = now.map_or_else(|| record.clock(), |now| now.stamp);
        let Some(mutation) = self.mutation(edit, (before.as_ref(), after.as_ref()), now) else {
            return Ok(End::Kept(match (met, before, self.policy) {
                // Both sides deleted the row, or both have the same values.
                (Some(Met::Nothing), ..) if deletes(edit.changes)? => Verdict::Done(version),
                (Some(Met::Other), Some(_), Policy::Replace) | (None, ..) => Verdict::Same(version),
                _ => Verdict::GaveWay(version),
            }));
        };
        let gone = mutation.kind == EditKind::Delete;
        match record.write(&self.setup.attributes[edit.of.0 as usize], &[mutation]).remove(0) {
            Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => {
                self.tables.stamp(at, (*entity, key), stamp)?;
                self.notes.note_known((*entity, key), stamp, gone);
                Ok(End::Kept(Verdict::Done(stamp)))
            }
            Outcome::Later | Outcome::Queued => Ok(End::Later),
            Outcome::Conflict { .. } | Outcome::Rejected { .. } => Ok(End::Refused),
        }
    }
    /// The mutation from the version before an edit to the version after it; `None` if they are
    /// equal.
    fn mutation(
        &self,
        edit: &Edit<'_>,
        (before, after): (Option<&Version>, Option<&Version>),
        now: Option<&Row>,
    ) -> Option<Mutation> {
        let (entity, key) = &edit.row;
        let projection = &self.setup.schema.entity(*entity).projection;
        let columns = |values: &[Value]| projection.iter().copied().zip(values.to_vec()).collect::<Vec<_>>();
        let (kind, values) = match (before, after) {
            (None, None) => return None,
            (Some(_), None) => (EditKind::Delete, Vec::new()),
            (None, Some((_, after))) => (EditKind::Create, columns(after)),
            (Some((_, before)), Some((_, after))) => {
                let mut differs = columns(after);
                let mut before = before.iter();
                differs.retain(|(_, value)| before.next().is_some_and(|it| !reads_the_same(it, value)));
                (EditKind::Update, differs)
            }
        };
        if kind == EditKind::Update && values.is_empty() {
            return None;
        }
        let mut mutation = Mutation::new(edit.edit, *entity, key, kind);
        // The id contains the values, so a refused edit can be decided again with other values.
        mutation.id = format!("{}/{:x}", edit.edit, image(values.iter().map(|(_, value)| value)));
        mutation.values = values;
        mutation.base = now.filter(|_| kind != EditKind::Create).map(|now| now.stamp);
        Some(mutation)
    }

    fn answer(
        &self,
        of: DeviceId,
        ask: &Ask,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Answer, ServerError> {
        let bad = || ServerError::BadRequest("it is no changeset of one row".to_owned());
        let mut edits = Vec::new();
        for (edit, changes) in &ask.edits {
            let mut rows = raw::changed(changes).map_err(|_| bad())?.into_iter();
            let (Some(row), None) = (rows.next(), rows.next()) else { return Err(bad()) };
            let entity = self.tables.entity(&row.table).ok_or_else(bad)?;
            edits.push(Edit { of, edit: *edit, changes, row: (entity, row.key) });
        }
        self.ingest(record)?;
        for edit in edits.iter().filter(|edit| self.notes.verdict(edit.edit).is_none()) {
            let Some(verdict) = self.settle(edit, record) else { break };
            self.notes.note_verdict(of, edit.edit, &verdict);
        }
        let verdicts = self.notes.verdicts(of, &ask.edits);
        let gone = self.notes.known_since(ask.cursor).into_iter().filter(|row| row.removed);
        let gone = gone.map(|row| (row.entity, row.key, row.stamp)).collect();
        let changes = self.log_since(ask.cursor).expect(SOUND);
        Ok(Answer { cursor: self.notes.last_known(), verdicts, gone, changes })
    }
}

fn deletes(changes: &[u8]) -> rusqlite::Result<bool> {
    Ok(raw::changed(changes)?.iter().all(|row| row.gone))
}

impl SyncServer for Server {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        let bad = || ServerError::BadRequest("it is no request for changesets".to_owned());
        let ask = Ask::read(request).ok_or_else(bad)?;
        self.notes.begin();
        let answered = self.answer(from, &ask, record);
        // The replica's changes are kept even if the request fails.
        self.notes.commit();
        self.ports.crash.reached("sessions.settled");
        Ok(Reply::Now(answered?.bytes()))
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        refusal(&error.to_string())
    }
    fn is_refusal(&self, answer: &[u8]) -> bool {
        Answer::read(answer).is_err()
    }
}
