//! The server's database of documents.

use std::rc::Rc;
use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value as Json, json};

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

/// A document: a row of the record (the backend), with its revision tree.
#[derive(Clone, Debug)]
pub(super) struct Doc {
    pub(super) key: String,
    /// The sequence number of its last change; 0 if the document does not exist yet.
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
        let text = "SELECT key, seq, stamp, tree FROM docs WHERE entity = ?1 AND key = ?2";
        let mut asked = self.0.prepare_cached(text).map_err(failed)?;
        let found = asked.query_row((entity.0, key), doc).optional().map_err(failed)?;
        let new = || Doc { key: key.to_owned(), seq: 0, stamp: i64::MIN, tree: Tree::default() };
        Ok(found.unwrap_or_else(new))
    }
    /// Stores a changed document with the next sequence number. Drops the bodies of revisions that
    /// are not leaves.
    pub(super) fn put(&self, entity: EntityId, doc: &mut Doc) -> Kept<()> {
        doc.seq = self.last(entity)? + 1;
        let Doc { key, seq, stamp, tree } = &*doc;
        let text = "REPLACE INTO docs VALUES(?1, ?2, ?3, ?4, ?5)";
        self.run(text, params![entity.0, key, seq, stamp, tree.written()])?;
        let leaves: Vec<String> = tree.leaves().iter().map(|leaf| leaf.rev.to_string()).collect();
        let forget = "DELETE FROM bodies WHERE entity = ?1 AND key = ?2 AND rev NOT IN (SELECT value FROM json_each(?3))";
        self.run(forget, (entity.0, key, json!(leaves).to_string()))
    }
    pub(super) fn since(&self, entity: EntityId, seq: i64, take: impl FnMut(Doc)) -> Kept<()> {
        let text = "SELECT key, seq, stamp, tree FROM docs WHERE entity = ?1 AND seq > ?2 ORDER BY seq";
        self.each(text, (entity.0, seq), take)
    }
    /// Passes all documents to `take`, ordered by key.
    pub(super) fn all(&self, entity: EntityId, take: impl FnMut(Doc)) -> Kept<()> {
        let text = "SELECT key, seq, stamp, tree FROM docs WHERE entity = ?1 ORDER BY key";
        self.each(text, (entity.0,), take)
    }
    fn each(&self, text: &str, of: impl rusqlite::Params, mut take: impl FnMut(Doc)) -> Kept<()> {
        let mut asked = self.0.prepare_cached(text).map_err(failed)?;
        let mut rows = asked.query(of).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            take(doc(row).map_err(failed)?);
        }
        Ok(())
    }
    fn run(&self, text: &str, of: impl rusqlite::Params) -> Kept<()> {
        self.0.execute(text, of).map(drop).map_err(failed)
    }
    /// Reads one text with a query and parses it.
    fn read<T: FromStr>(&self, text: &str, of: impl rusqlite::Params) -> Kept<Option<T>> {
        let found = self.0.query_row(text, of, |row| row.get::<_, String>(0)).optional().map_err(failed)?;
        found.map(|text| text.parse().map_err(|_| ServerError::Failed)).transpose()
    }
    pub(super) fn last(&self, entity: EntityId) -> Kept<i64> {
        let text = "SELECT coalesce(max(seq), 0) FROM docs WHERE entity = ?1";
        self.0.query_row(text, [entity.0], |row| row.get(0)).map_err(failed)
    }

    pub(super) fn body(&self, entity: EntityId, key: &str, rev: &Rev) -> Kept<Option<Body>> {
        let text = "SELECT body FROM bodies WHERE entity = ?1 AND key = ?2 AND rev = ?3";
        self.object(text, (entity.0, key, rev.to_string()))
    }
    pub(super) fn put_body(&self, entity: EntityId, key: &str, rev: &Rev, body: &Body) -> Kept<()> {
        let put = "REPLACE INTO bodies VALUES(?1, ?2, ?3, ?4)";
        self.run(put, (entity.0, key, rev.to_string(), json!(body).to_string()))
    }
    /// Reads one JSON object with a query.
    fn object(&self, text: &str, of: impl rusqlite::Params) -> Kept<Option<Body>> {
        let found: Option<Json> = self.read(text, of)?;
        found.map(|found| serde_json::from_value(found).map_err(|_| ServerError::Failed)).transpose()
    }

    /// Stores which revision contained an edit.
    pub(super) fn note_carried(&self, edit: EditId, rev: &Rev) -> Kept<()> {
        self.run("REPLACE INTO carried VALUES(?1, ?2)", (edit.to_string(), rev.to_string()))
    }
    pub(super) fn carried(&self, edit: EditId) -> Kept<Option<Rev>> {
        self.read("SELECT rev FROM carried WHERE edit = ?1", [edit.to_string()])
    }

    pub(super) fn blob(&self, digest: &str) -> Kept<Option<Vec<u8>>> {
        let text = "SELECT bytes FROM blobs WHERE digest = ?1";
        self.0.query_row(text, [digest], |row| row.get(0)).optional().map_err(failed)
    }
    pub(super) fn put_blob(&self, digest: &str, bytes: &[u8]) -> Kept<()> {
        self.run("INSERT OR IGNORE INTO blobs VALUES(?1, ?2)", (digest, bytes))
    }

    pub(super) fn local(&self, entity: EntityId, id: &str) -> Kept<Option<Body>> {
        self.object("SELECT body FROM locals WHERE entity = ?1 AND id = ?2", (entity.0, id))
    }
    pub(super) fn put_local(&self, entity: EntityId, id: &str, body: Option<&Body>) -> Kept<()> {
        match body.map(|body| json!(body).to_string()) {
            Some(text) => self.run("REPLACE INTO locals VALUES(?1, ?2, ?3)", (entity.0, id, text)),
            None => self.run("DELETE FROM locals WHERE entity = ?1 AND id = ?2", (entity.0, id)),
        }
    }
}

/// Reads a document from a row of `docs`: key, sequence, stamp, tree.
fn doc(row: &rusqlite::Row<'_>) -> rusqlite::Result<Doc> {
    let text: String = row.get(3)?;
    let tree = Tree::read(&text).ok_or(rusqlite::Error::InvalidQuery)?;
    Ok(Doc { key: row.get(0)?, seq: row.get(1)?, stamp: row.get(2)?, tree })
}
