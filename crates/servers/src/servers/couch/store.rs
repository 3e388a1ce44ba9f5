//! The server's stored documents.

use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value as Json};

use super::super::kept::failed;
use super::tree::{Rev, Tree};
use crate::contract::{EditId, EntityId, ServerError};

pub(super) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS docs(entity INTEGER, key TEXT, seq INTEGER, stamp INTEGER, tree TEXT,
        PRIMARY KEY(entity, key)) WITHOUT ROWID;
    CREATE UNIQUE INDEX IF NOT EXISTS docs_by_seq ON docs(entity, seq);
    CREATE TABLE IF NOT EXISTS bodies(entity INTEGER, key TEXT, rev TEXT, body TEXT,
        PRIMARY KEY(entity, key, rev)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS blobs(digest TEXT PRIMARY KEY, bytes BLOB);
    CREATE TABLE IF NOT EXISTS carried(edit TEXT PRIMARY KEY, rev TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS locals(entity INTEGER, id TEXT, body TEXT, PRIMARY KEY(entity, id)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS positions(entity INTEGER PRIMARY KEY, read INTEGER);";

/// A document: a row of the record with its revision tree.
#[derive(Clone, Debug)]
pub(super) struct Doc {
    pub(super) key: String,
    /// Sequence number of the last change in this database; 0 if the document does not exist yet.
    pub(super) seq: i64,
    /// The stamp of the record's row that corresponds to the winner.
    pub(super) stamp: i64,
    pub(super) tree: Tree,
}

pub(super) type Body = Map<String, Json>;
type Kept<T> = Result<T, ServerError>;

#[derive(Clone)]
pub(super) struct Store(pub(super) Rc<Connection>);

impl Store {
    pub(super) fn doc(&self, entity: EntityId, key: &str) -> Kept<Doc> {
        let mut asked =
            self.0.prepare_cached("SELECT seq, stamp, tree FROM docs WHERE entity = ?1 AND key = ?2");
        let asked = asked.as_mut().map_err(|_| ServerError::Failed)?;
        let read = |row: &rusqlite::Row<'_>| doc(key.to_owned(), row, 0);
        let found = asked.query_row((entity.0, key), read).optional().map_err(failed)?;
        Ok(found.unwrap_or_else(|| Doc {
            key: key.to_owned(),
            seq: 0,
            stamp: i64::MIN,
            tree: Tree::default(),
        }))
    }
    /// Writes a changed document under the next sequence number; drops bodies of inner revisions.
    pub(super) fn put(&self, entity: EntityId, doc: &mut Doc) -> Kept<()> {
        doc.seq = self.last(entity)? + 1;
        self.keep(entity, doc)?;
        let leaves: Vec<String> = doc.tree.leaves().iter().map(|leaf| leaf.rev.to_string()).collect();
        let leaves = serde_json::to_string(&leaves).map_err(|_| ServerError::Failed)?;
        let forget = "DELETE FROM bodies WHERE entity = ?1 AND key = ?2 AND rev NOT IN (SELECT value FROM json_each(?3))";
        self.0.execute(forget, (entity.0, &doc.key, leaves)).map_err(failed)?;
        Ok(())
    }
    /// Writes a document without announcing a change to readers.
    pub(super) fn keep(&self, entity: EntityId, doc: &Doc) -> Kept<()> {
        let Doc { key, seq, stamp, tree } = doc;
        let text = "REPLACE INTO docs VALUES(?1, ?2, ?3, ?4, ?5)";
        self.0.execute(text, params![entity.0, key, seq, stamp, tree.written()]).map_err(failed)?;
        Ok(())
    }
    /// Documents after a sequence number, in order, until `take` returns false.
    pub(super) fn since(&self, entity: EntityId, seq: i64, mut take: impl FnMut(Doc) -> bool) -> Kept<()> {
        let text = "SELECT key, seq, stamp, tree FROM docs WHERE entity = ?1 AND seq > ?2 ORDER BY seq";
        self.each(text, (entity.0, seq), &mut take)
    }
    /// All documents in the order of keys, until `take` returns false.
    pub(super) fn all(&self, entity: EntityId, mut take: impl FnMut(Doc) -> bool) -> Kept<()> {
        let text = "SELECT key, seq, stamp, tree FROM docs WHERE entity = ?1 ORDER BY key";
        self.each(text, (entity.0,), &mut take)
    }
    fn each(&self, text: &str, of: impl rusqlite::Params, take: &mut dyn FnMut(Doc) -> bool) -> Kept<()> {
        let mut asked = self.0.prepare_cached(text).map_err(failed)?;
        let mut rows = asked.query(of).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let key = row.get(0).map_err(failed)?;
            if !take(doc(key, row, 1).map_err(failed)?) {
                break;
            }
        }
        Ok(())
    }
    /// The last sequence number.
    pub(super) fn last(&self, entity: EntityId) -> Kept<i64> {
        let text = "SELECT coalesce(max(seq), 0) FROM docs WHERE entity = ?1";
        self.0.query_row(text, [entity.0], |row| row.get(0)).map_err(failed)
    }

    pub(super) fn body(&self, entity: EntityId, key: &str, rev: &Rev) -> Kept<Option<Body>> {
        let text = "SELECT body FROM bodies WHERE entity = ?1 AND key = ?2 AND rev = ?3";
        let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let found =
            self.0.query_row(text, (entity.0, key, rev.to_string()), read).optional().map_err(failed)?;
        found.map(|text| serde_json::from_str(&text).map_err(|_| ServerError::Failed)).transpose()
    }
    pub(super) fn put_body(&self, entity: EntityId, key: &str, rev: &Rev, body: &Body) -> Kept<()> {
        let text = serde_json::to_string(body).map_err(|_| ServerError::Failed)?;
        let put = "REPLACE INTO bodies VALUES(?1, ?2, ?3, ?4)";
        self.0.execute(put, (entity.0, key, rev.to_string(), text)).map_err(failed)?;
        Ok(())
    }

    /// Records which revision carried an edit.
    pub(super) fn note_carried(&self, edit: EditId, rev: &Rev) -> Kept<()> {
        let put = "REPLACE INTO carried VALUES(?1, ?2)";
        self.0.execute(put, (edit.to_string(), rev.to_string())).map(drop).map_err(failed)
    }
    pub(super) fn carried(&self, edit: EditId) -> Kept<Option<Rev>> {
        let text = "SELECT rev FROM carried WHERE edit = ?1";
        let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let found = self.0.query_row(text, [edit.to_string()], read).optional().map_err(failed)?;
        found.map(|text| text.parse().map_err(|()| ServerError::Failed)).transpose()
    }

    pub(super) fn blob(&self, digest: &str) -> Kept<Option<Vec<u8>>> {
        let text = "SELECT bytes FROM blobs WHERE digest = ?1";
        self.0.query_row(text, [digest], |row| row.get(0)).optional().map_err(failed)
    }
    pub(super) fn put_blob(&self, digest: &str, bytes: &[u8]) -> Kept<()> {
        self.0.execute("INSERT OR IGNORE INTO blobs VALUES(?1, ?2)", (digest, bytes)).map_err(failed)?;
        Ok(())
    }

    pub(super) fn local(&self, entity: EntityId, id: &str) -> Kept<Option<Body>> {
        let text = "SELECT body FROM locals WHERE entity = ?1 AND id = ?2";
        let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let found = self.0.query_row(text, (entity.0, id), read).optional().map_err(failed)?;
        found.map(|text| serde_json::from_str(&text).map_err(|_| ServerError::Failed)).transpose()
    }
    pub(super) fn put_local(&self, entity: EntityId, id: &str, body: Option<&Body>) -> Kept<()> {
        let text = body.map(serde_json::to_string).transpose().map_err(|_| ServerError::Failed)?;
        let done = match text {
            Some(text) => self.0.execute("REPLACE INTO locals VALUES(?1, ?2, ?3)", (entity.0, id, text)),
            None => self.0.execute("DELETE FROM locals WHERE entity = ?1 AND id = ?2", (entity.0, id)),
        };
        done.map_err(failed)?;
        Ok(())
    }

    /// The stamp up to which the record was read.
    pub(super) fn read_upto(&self, entity: EntityId) -> Kept<Option<i64>> {
        let text = "SELECT read FROM positions WHERE entity = ?1";
        self.0.query_row(text, [entity.0], |row| row.get(0)).optional().map_err(failed)
    }
    pub(super) fn note_read(&self, entity: EntityId, upto: i64) -> Kept<()> {
        self.0.execute("REPLACE INTO positions VALUES(?1, ?2)", (entity.0, upto)).map_err(failed)?;
        Ok(())
    }
}

/// The document of a row whose columns begin at `at`: sequence, stamp, tree.
fn doc(key: String, row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Doc> {
    let text: String = row.get(at + 2)?;
    let tree = Tree::read(&text).ok_or(rusqlite::Error::InvalidQuery)?;
    Ok(Doc { key, seq: row.get(at)?, stamp: row.get(at + 1)?, tree })
}
