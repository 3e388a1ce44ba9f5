//! What packs messages, whatever their format: gzip and zstd, really packed and unpacked.
//!
//! A message is packed where that makes it smaller, as HTTP's `Content-Encoding` says of each; here
//! its first bytes say it. What is unpacked is bounded by what the message says it is and by
//! [`LIMIT`]: a bomb is an error of its message. State of packers is kept by thread and reset
//! before each message, so that no message depends on another.

use std::cell::Cell;

use super::coding::Packing;
use super::damaged::Damaged;
use super::{gzip, zst};

/// No message unpacks to more than this, bytes.
pub const LIMIT: u64 = 256 << 20;
/// Below this, bytes, nothing is packed to see what it comes to.
const SENT_FROM: u64 = 4_096;

impl Packing {
    pub(super) fn packed(self, plain: Vec<u8>) -> Vec<u8> {
        self.pack(&plain).unwrap_or(plain)
    }
    fn pack(self, plain: &[u8]) -> Option<Vec<u8>> {
        let packed = match self {
            Packing::None => return None,
            Packing::Gzip => gzip::pack(plain),
            Packing::Zstd => zst::pack(plain),
        };
        (packed.len() < plain.len()).then_some(packed)
    }
    fn has_packed(self, message: &[u8]) -> bool {
        match self {
            Packing::None => false,
            Packing::Gzip => message.starts_with(gzip::MAGIC),
            Packing::Zstd => message.starts_with(zst::MAGIC),
        }
    }
    pub(super) fn unpack(self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        if !self.has_packed(&message) {
            return Ok(message);
        }
        let size = self.unpacked_size(&message)?;
        match self {
            Packing::None => Ok(message),
            Packing::Gzip => gzip::unpack(&message, size),
            Packing::Zstd => zst::unpack(&message, size),
        }
    }

    /// What a packed message says that it unpacks to, bytes; `None` of one that is not packed.
    pub(super) fn said_size(self, message: &[u8]) -> Option<u64> {
        if self.has_packed(message) { self.unpacked_size(message).ok() } else { None }
    }
    fn unpacked_size(self, message: &[u8]) -> Result<u64, Damaged> {
        let size = match self {
            Packing::None => message.len() as u64,
            Packing::Gzip => gzip::said_size(message)?,
            Packing::Zstd => zst::said_size(message)?,
        };
        if size > LIMIT {
            return Err(Damaged(format!("it says that it unpacks to {size} bytes, more than {LIMIT}")));
        }
        Ok(size)
    }
}

/// How long a page will be once it is packed.
pub(super) struct Sent {
    packing: Packing,
    /// What was last packed to see what it comes to: before and after.
    seen: Cell<(u64, u64)>,
}

impl Sent {
    pub(super) fn new(packing: Packing) -> Sent {
        Sent { packing, seen: Cell::new((SENT_FROM, SENT_FROM)) }
    }
    /// About what will be sent: what is there is packed each time that it has grown by half, and in
    /// between the rest is taken to pack as well as that.
    pub(super) fn of(&self, written: &[u8]) -> u64 {
        let plain = written.len() as u64;
        let (mut before, mut after) = self.seen.get();
        if plain < SENT_FROM {
            return plain;
        }
        if plain >= before + before / 2 {
            after = self.packing.pack(written).map_or(plain, |packed| packed.len() as u64);
            before = plain;
            self.seen.set((before, after));
        }
        (u128::from(plain) * u128::from(after) / u128::from(before)) as u64
    }
}
