//! Compression of messages of any format, by gzip or zstd. The simulator really compresses
//! messages.
//!
//! A message is compressed if this makes it smaller. Its first bytes show that it is compressed; in
//! HTTP, `Content-Encoding` shows this. The decompressed size is limited by [`LIMIT`] and by the
//! size stated in the message. So a zip bomb is an error. Each thread has its own compressor, which
//! is reset before each message. So no message depends on another.

use std::cell::Cell;

use super::coding::Packing;
use super::damaged::Damaged;
use super::room::Packer;
use super::{gzip, zst};

/// Maximum decompressed size of a message, in bytes.
pub const LIMIT: u64 = 256 << 20;
/// The compressed size of pages below this number of bytes is not estimated.
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
    /// The compressor that wrote this message; `None` if it is not compressed.
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
    /// The decompressed size in bytes that the message states; `None` if it is not compressed.
    pub(super) fn said_size(self, message: &[u8]) -> Option<u64> {
        self.of(message)?.size(message).ok()
    }
}

/// Estimates the compressed size of a page.
pub(super) struct Sent {
    packing: Packing,
    /// The last trial: the number of bytes before and after compression.
    seen: Cell<(u64, u64)>,
}

impl Sent {
    pub(super) fn new(packing: Packing) -> Sent {
        Sent { packing, seen: Cell::new((SENT_FROM, SENT_FROM)) }
    }
    /// The estimated compressed size in bytes. Compresses the page each time it has grown by half.
    /// In between, the estimate uses the last ratio.
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
