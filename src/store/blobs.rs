//! Attachments that wait to be sent, in a table of their own. It is made with the first engine
//! whose rows can have any.

use super::error::Result;
use super::session::{Store, Tx};
use crate::base::{EntityId, Key, Stamp};
use crate::contract::{Attachment, EditError, LocalEdit, Part, blob_hash};

/// An attachment that waits, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingBlob {
    /// Its place in the queue.
    pub seq: i64,
    /// The entity of its row.
    pub entity: EntityId,
    /// Its row.
    pub key: Key,
    /// Which part.
    pub part: Part,
    /// Its bytes.
    pub total: u64,
    /// Their hash.
    pub hash: u64,
    /// How much of it the server had when it was last heard of.
    pub sent: u64,
}

/// The attachments in a transaction.
#[derive(Clone, Copy)]
pub struct Blobs<'t, 's>(&'t Tx<'s>);

const COLUMNS: &str = "seq,entity,key,part,length(bytes),hash,sent";

impl<'t, 's> Blobs<'t, 's> {
    /// Those of this transaction.
    pub fn of(tx: &'t Tx<'s>) -> Blobs<'t, 's> {
        Blobs(tx)
    }

    /// Makes their table, if the database has none.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn make(self) -> Result<()> {
        let columns = "seq INTEGER PRIMARY KEY,entity,key TEXT,part,hash,sent,bytes BLOB";
        self.0.execute(&format!("CREATE TABLE IF NOT EXISTS blob({columns})"), []).map(drop)
    }

    /// Puts what is attached to a row behind what waits.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn put(self, entity: EntityId, key: &Key, attachment: Attachment) -> Result<()> {
        for part in attachment.parts() {
            let bytes = attachment.bytes(key, part);
            let hash = blob_hash(&bytes) as i64;
            let sql = "INSERT INTO blob(entity,key,part,hash,sent,bytes)VALUES(?1,?2,?3,?4,0,?5)";
            self.0.execute(sql, (entity.0, key.as_str(), part as u8, hash, &bytes[..]))?;
        }
        Ok(())
    }

    /// What waits in the order in which it was made, or small pictures before all others.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn waiting(self, small_first: bool) -> Result<Vec<WaitingBlob>> {
        let order = if small_first { "part,seq" } else { "seq" };
        let sql = format!("SELECT {COLUMNS} FROM blob ORDER BY {order}");
        self.0.query(&sql, [], |row| {
            let (key, part): (String, u8) = (row.get(2)?, row.get(3)?);
            let numbers: [i64; 3] = [row.get(4)?, row.get(5)?, row.get(6)?];
            let [total, hash, sent] = numbers.map(|number| number as u64);
            let part = if part == 0 { Part::Thumbnail } else { Part::Whole };
            Ok(WaitingBlob {
                seq: row.get(0)?,
                entity: EntityId(row.get(1)?),
                key: Key::new(&key),
                part,
                total,
                hash,
                sent,
            })
        })
    }

    /// So many of its bytes, from `offset` on.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn bytes(self, seq: i64, offset: u64, most: u64) -> Result<Vec<u8>> {
        let sql = "SELECT substr(bytes,?2,?3) FROM blob WHERE seq=?1";
        let (from, most) = (offset as i64 + 1, i64::try_from(most).unwrap_or(i64::MAX));
        let found = self.0.query(sql, (seq, from, most), |row| Ok(row.get::<_, Vec<u8>>(0)?))?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// The server has so much of it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn note(self, seq: i64, sent: u64) -> Result<()> {
        self.0.execute("UPDATE blob SET sent=?2 WHERE seq=?1", (seq, sent as i64)).map(drop)
    }

    /// Nothing that is attached to a row is kept any longer.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn let_row_go(self, entity: EntityId, key: &Key) -> Result<()> {
        self.0.execute("DELETE FROM blob WHERE entity=?1 AND key=?2", (entity.0, key.as_str())).map(drop)
    }

    /// It is kept no longer.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn let_go(self, seq: i64) -> Result<()> {
        self.0.execute("DELETE FROM blob WHERE seq=?1", [seq]).map(drop)
    }
}

/// Makes an edit of a row that has something attached to it, both or neither.
///
/// # Errors
/// As those of [`Store::edit`].
pub fn edit_with_blob(
    store: &Store,
    (edit, attachment): (&LocalEdit, Attachment),
    id: &str,
    made_at: Stamp,
) -> std::result::Result<(), EditError> {
    store.transact("BEGIN IMMEDIATE", true, |tx| {
        tx.edit(edit, id, made_at)?;
        Ok(Blobs::of(tx).put(edit.entity, &edit.key, attachment)?)
    })
}
