//! Attachments that wait to be sent. Their bytes are stored in pieces. So a read of some bytes
//! reads only their pieces, and an update of the progress writes no piece.

use super::error::Stored;
use super::session::Tx;
use crate::base::{EntityId, Key};
use crate::contract::{Attachment, Part, blob_hash};

/// An attachment that waits to be sent, with its size in bytes and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WaitingBlob {
    pub seq: i64,
    pub entity: EntityId,
    pub key: Key,
    pub part: Part,
    pub total: u64,
    pub hash: u64,
    /// The number of bytes that the server has, by its last response.
    pub sent: u64,
    /// Whether the device dropped the create of the attachment's row. The server may not have the
    /// row then.
    pub in_doubt: bool,
}

const COLUMNS: &str = "seq,entity,key,part,total,hash,sent";
const PIECE: u64 = 32 * 1024;
/// The most pieces per attachment. A piece's key in the table is its attachment's number times this
/// limit, plus the piece's number.
const PIECES: i64 = 1 << 20;
const IN_DOUBT: i64 = -1;

pub(crate) const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS blob(seq INTEGER PRIMARY KEY,entity,key TEXT,part,total,hash,sent)",
    "CREATE TABLE IF NOT EXISTS piece(place INTEGER PRIMARY KEY,bytes BLOB)",
];

/// Stores the attachments of a new row, to be sent later.
pub(crate) fn put(tx: &Tx<'_>, entity: EntityId, key: &Key, attachment: Attachment) -> Stored<()> {
    for part in attachment.parts() {
        let bytes = attachment.bytes(key, part);
        let (total, hash) = (bytes.len() as i64, blob_hash(&bytes) as i64);
        let sql = "INSERT INTO blob(entity,key,part,total,hash,sent)VALUES(?1,?2,?3,?4,?5,0)RETURNING seq";
        let values = (entity.0, key.as_str(), part as u8, total, hash);
        let first = tx.value::<i64>(sql, values)? * PIECES;
        for (place, piece) in (first..).zip(bytes.chunks(PIECE as usize)) {
            tx.execute("INSERT INTO piece VALUES(?1,?2)", (place, piece))?;
        }
    }
    Ok(())
}

/// Waiting attachments in the order of their creation. With `small_first`, thumbnails come first.
pub(crate) fn waiting(tx: &Tx<'_>, small_first: bool) -> Stored<Vec<WaitingBlob>> {
    in_order(tx, "", small_first)
}

/// Waiting attachments without those of rows whose create still waits. A row that was created
/// during a run is sent before its attachments.
pub(crate) fn behind_their_rows(tx: &Tx<'_>, small_first: bool) -> Stored<Vec<WaitingBlob>> {
    let waits = "WHERE NOT EXISTS(SELECT 1 FROM outbox AS o \
            WHERE o.entity=blob.entity AND o.key=blob.key AND o.kind='create')";
    in_order(tx, waits, small_first)
}

fn in_order(tx: &Tx<'_>, which: &str, small_first: bool) -> Stored<Vec<WaitingBlob>> {
    let order = if small_first { "part,seq" } else { "seq" };
    let sql = format!("SELECT {COLUMNS} FROM blob {which} ORDER BY {order}");
    tx.query(&sql, [], |row| {
        let (key, part): (String, u8) = (row.get(2)?, row.get(3)?);
        let (total, hash, sent): (i64, i64, i64) = (row.get(4)?, row.get(5)?, row.get(6)?);
        let part = if part == 0 { Part::Thumbnail } else { Part::Whole };
        Ok(WaitingBlob {
            seq: row.get(0)?,
            entity: EntityId(row.get(1)?),
            key: Key::new(&key),
            part,
            total: total as u64,
            hash: hash as u64,
            sent: sent.max(0) as u64,
            in_doubt: sent == IN_DOUBT,
        })
    })
}

/// At most `most` bytes of the attachment, from `offset`.
pub(crate) fn bytes(tx: &Tx<'_>, seq: i64, offset: u64, most: u64) -> Stored<Vec<u8>> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let (first, last) = (offset / PIECE, offset.saturating_add(most - 1) / PIECE);
    let place = |piece: u64| seq * PIECES + (piece as i64).min(PIECES - 1);
    let sql = "SELECT bytes FROM piece WHERE place BETWEEN ?1 AND ?2 ORDER BY place";
    let pieces = tx.query(sql, (place(first), place(last)), |row| Ok(row.get::<_, Vec<u8>>(0)?))?;
    let mut bytes = pieces.concat();
    bytes.drain(..bytes.len().min((offset - first * PIECE) as usize));
    bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(bytes)
}

/// Records how many bytes of the attachment the server has.
pub(crate) fn note(tx: &Tx<'_>, seq: i64, sent: u64) -> Stored<()> {
    tx.execute("UPDATE blob SET sent=?2 WHERE seq=?1", (seq, sent as i64))
}

/// Records that the server may not have the row of these attachments.
pub(crate) fn doubt(tx: &Tx<'_>, entity: EntityId, key: &Key) -> Stored<()> {
    let sql = "UPDATE blob SET sent=?3 WHERE entity=?1 AND key=?2";
    tx.execute(sql, (entity.0, key.as_str(), IN_DOUBT))
}

/// Drops an attachment and its bytes.
pub(crate) fn let_go(tx: &Tx<'_>, seq: i64) -> Stored<()> {
    let pieces = (seq * PIECES, (seq + 1) * PIECES);
    tx.execute("DELETE FROM piece WHERE place>=?1 AND place<?2", pieces)?;
    tx.execute("DELETE FROM blob WHERE seq=?1", [seq])
}
