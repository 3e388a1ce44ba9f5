//! Ways to pack.

use super::super::coding::Packing;
use super::super::damaged::Damaged;
use super::{gzip, zst};

/// No message unpacks to more than this, bytes.
pub const LIMIT: u64 = 256 << 20;

impl Packing {
    /// The bytes packed, where that makes them smaller.
    pub(in super::super) fn packed(self, plain: Vec<u8>) -> Vec<u8> {
        self.pack(&plain).unwrap_or(plain)
    }

    /// The bytes packed; `None` where that makes them no smaller.
    pub(super) fn pack(self, plain: &[u8]) -> Option<Vec<u8>> {
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
