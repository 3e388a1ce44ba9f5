//! What packs messages, whatever their format: gzip and zstd, really packed and unpacked.
//!
//! A message is packed where that makes it smaller, as HTTP's `Content-Encoding` says of each; here
//! its first bytes say it. What is unpacked is bounded by what the message says it is and by
//! [`LIMIT`]: a bomb is an error of its message. State of packers is kept by thread and reset
//! before each message, so that no message depends on another.

use std::cell::Cell;

use super::coding::Packing;
use super::damaged::Damaged;
use super::room::Packer;
use super::{gzip, zst};

/// No message unpacks to more than this, bytes.
pub const LIMIT: u64 = 256 << 20;
/// Below this, bytes, nothing is packed to see what it comes to.
const SENT_FROM: u64 = 4_096;

impl Packer {
    fn size(&self, message: &[u8]) -> Result<u64, Damaged> {
        match (self.said_size)(message)? {
            size if size > LIMIT => {
                Err(Damaged(format!("it says that it unpacks to {size} bytes, more than {LIMIT}")))
            }
            size => Ok(size),
        }
    }
}

impl Packing {
    fn packer(self) -> Option<Packer> {
        match self {
            Packing::None => None,
            Packing::Gzip => Some(gzip::GZIP),
            Packing::Zstd => Some(zst::ZSTD),
        }
    }
    /// What has packed this message, if it is packed.
    fn of(self, message: &[u8]) -> Option<Packer> {
        self.packer().filter(|packer| message.starts_with(packer.magic))
    }
    pub(super) fn packed(self, plain: Vec<u8>) -> Vec<u8> {
        self.pack(&plain).unwrap_or(plain)
    }
    fn pack(self, plain: &[u8]) -> Option<Vec<u8>> {
        let packed = (self.packer()?.pack)(plain);
        (packed.len() < plain.len()).then_some(packed)
    }
    pub(super) fn unpack(self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        match self.of(&message) {
            Some(packer) => (packer.unpack)(&message, packer.size(&message)?),
            None => Ok(message),
        }
    }
    /// What a packed message says that it unpacks to, bytes; `None` of one that is not packed.
    pub(super) fn said_size(self, message: &[u8]) -> Option<u64> {
        self.of(message)?.size(message).ok()
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
