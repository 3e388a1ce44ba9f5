//! The server's database. It has the document's parts, the known versions of rows, and the state of
//! each phone.

use syncdyno::contract::{Database, DeviceId, EditId, EntityId, Key, RowVersion, Stamp};
use syncdyno::rusqlite::{Connection, OptionalExtension, Params, Result, Row};

use super::frame::Verdict;

const LAYOUT: &str = "PRAGMA journal_mode=TRUNCATE;
    CREATE TABLE IF NOT EXISTS part(id INTEGER PRIMARY KEY, bytes BLOB);
    CREATE TABLE IF NOT EXISTS known(entity INTEGER, key TEXT, stamp INTEGER, gone INTEGER, number INTEGER,
        PRIMARY KEY(entity, key)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_number ON known(number);
    CREATE TABLE IF NOT EXISTS verdict(device INTEGER, edit INTEGER, verdict BLOB, asker INTEGER,
        PRIMARY KEY(device, edit)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS peer(device INTEGER PRIMARY KEY, kept BLOB);
    CREATE TABLE IF NOT EXISTS position(entity INTEGER PRIMARY KEY, read INTEGER);
    CREATE TABLE IF NOT EXISTS life(id INTEGER PRIMARY KEY);";

/// The number of parts at which they are joined into one.
const COMPACT_AT: u32 = 500;

/// A database error panics, because the bench (the simulator) does not break the server's disk.
pub(crate) struct Notes(pub(crate) Connection);

impl Notes {
    pub(crate) fn open(at: &Database) -> Notes {
        let database = syncdyno::open_database(at).and_then(|database| {
            database.execute_batch(LAYOUT)?;
            Ok(database)
        });
        Notes(database.expect(SOUND))
    }
    fn write(&self, sql: &str, of: impl Params) -> usize {
        self.0.prepare_cached(sql).and_then(|mut asked| asked.execute(of)).expect(SOUND)
    }
    fn one<T>(&self, sql: &str, of: impl Params, read: impl FnOnce(&Row<'_>) -> Result<T>) -> Option<T> {
        let asked = self.0.prepare_cached(sql);
        asked.and_then(|mut asked| asked.query_row(of, read).optional()).expect(SOUND)
    }
    fn all<T>(&self, sql: &str, of: impl Params, read: impl Fn(&Row<'_>) -> Result<T>) -> Vec<T> {
        let asked = self.0.prepare_cached(sql);
        asked.and_then(|mut asked| asked.query_map(of, read)?.collect()).expect(SOUND)
    }
    pub(crate) fn begin(&self) {
        self.0.execute_batch("BEGIN").expect(SOUND);
    }
    pub(crate) fn commit(&self) {
        self.0.execute_batch("COMMIT").expect(SOUND);
    }

    /// A number that no other incarnation of the server has.
    pub(super) fn next_life(&self) -> u32 {
        self.write("INSERT INTO life DEFAULT VALUES", []);
        u32::try_from(self.0.last_insert_rowid()).expect("nobody kills it so often")
    }
    pub(super) fn parts(&self) -> Vec<Vec<u8>> {
        self.all("SELECT bytes FROM part ORDER BY id", [], |row| row.get(0))
    }
    /// Adds a part. If there are too many parts, `whole` replaces them all.
    pub(super) fn put_part(&self, part: Vec<u8>, whole: impl FnOnce() -> Vec<u8>) {
        if part.is_empty() {
            return;
        }
        let put = "INSERT INTO part(bytes) VALUES(?1)";
        let count = self.one("SELECT count(*) FROM part", [], |row| row.get(0));
        if count.is_none_or(|count: u32| count < COMPACT_AT) {
            self.write(put, [part]);
            return;
        }
        self.write("DELETE FROM part", []);
        self.write(put, [whole()]);
    }

    /// The stamp of the row version that the document has.
    pub(crate) fn known(&self, (entity, key): (EntityId, &Key)) -> Option<Stamp> {
        let asked = "SELECT stamp FROM known WHERE entity = ?1 AND key = ?2";
        self.one(asked, (entity.0, key.as_str()), |row| row.get(0).map(Stamp))
    }
    pub(crate) fn note_known(&self, (entity, key): (EntityId, &Key), stamp: Stamp, gone: bool) {
        let number = self.last_known() + 1;
        let put = "REPLACE INTO known VALUES(?1, ?2, ?3, ?4, ?5)";
        self.write(put, (entity.0, key.as_str(), stamp.0, gone, number as i64));
    }
    /// The number of the version that was stored last.
    pub(crate) fn last_known(&self) -> u64 {
        let asked = "SELECT number FROM known ORDER BY number DESC LIMIT 1";
        self.one(asked, [], |row| row.get::<_, i64>(0)).unwrap_or_default() as u64
    }
    /// The versions that were stored after this number.
    pub(crate) fn known_since(&self, number: u64) -> Vec<RowVersion> {
        let asked = "SELECT entity, key, stamp, gone FROM known WHERE number > ?1 ORDER BY number";
        self.all(asked, [number as i64], |row| {
            let key: String = row.get(1)?;
            let (entity, stamp, removed) = (EntityId(row.get(0)?), Stamp(row.get(2)?), row.get(3)?);
            Ok(RowVersion { entity, key: Key::new(&key), stamp, removed })
        })
    }
    pub(crate) fn known_rows(&self, entity: EntityId) -> Vec<Key> {
        let asked = "SELECT key FROM known WHERE entity = ?1 AND NOT gone ORDER BY key";
        self.all(asked, [entity.0], |row| row.get::<_, String>(0).map(|key| Key::new(&key)))
    }

    /// The stamp up to which this entity's changes in the record (the backend) were read.
    pub(crate) fn position(&self, entity: EntityId) -> Option<Stamp> {
        let asked = "SELECT read FROM position WHERE entity = ?1";
        self.one(asked, [entity.0], |row| row.get(0).map(Stamp))
    }
    pub(crate) fn note_position(&self, entity: EntityId, read: Stamp) {
        self.write("REPLACE INTO position VALUES(?1, ?2)", (entity.0, read.0));
    }

    pub(crate) fn verdict(&self, edit: EditId) -> Option<Verdict> {
        let asked = "SELECT verdict FROM verdict WHERE device = ?1 AND edit = ?2";
        let bytes = self.one(asked, (edit.device.0, edit.number), |row| row.get::<_, Vec<u8>>(0))?;
        Some(Verdict::read(&bytes).expect("it was written here"))
    }
    pub(crate) fn note_verdict(&self, asker: DeviceId, edit: EditId, verdict: &Verdict) {
        let put = "REPLACE INTO verdict VALUES(?1, ?2, ?3, ?4)";
        self.write(put, (edit.device.0, edit.number, verdict.bytes(), asker.0));
    }
    /// The verdicts on the edits that wait on a phone. Deletes all other verdicts of the phone.
    pub(crate) fn verdicts(&self, asker: DeviceId, waiting: &[(EditId, Vec<u8>)]) -> Vec<(EditId, Verdict)> {
        let asked = "SELECT device, edit FROM verdict WHERE asker = ?1";
        let read = |row: &Row<'_>| Ok(EditId { device: DeviceId(row.get(0)?), number: row.get(1)? });
        let mut done = self.all(asked, [asker.0], read);
        done.retain(|edit| waiting.iter().all(|(waits, _)| waits != edit));
        for edit in done {
            let delete = "DELETE FROM verdict WHERE device = ?1 AND edit = ?2";
            self.write(delete, (edit.device.0, edit.number));
        }
        waiting.iter().filter_map(|(edit, _)| Some((*edit, self.verdict(*edit)?))).collect()
    }

    pub(super) fn peer(&self, device: DeviceId) -> Vec<u8> {
        let kept = self.one("SELECT kept FROM peer WHERE device = ?1", [device.0], |row| row.get(0));
        kept.unwrap_or_default()
    }
    pub(super) fn note_peer(&self, device: DeviceId, kept: &[u8]) {
        self.write("REPLACE INTO peer VALUES(?1, ?2)", (device.0, kept));
    }
}

const SOUND: &str = "the server's disk is sound";
