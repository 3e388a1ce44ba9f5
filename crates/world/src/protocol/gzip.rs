//! Gzip: deflate data between a header and a trailer.

use std::cell::RefCell;

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

use super::damaged::Damaged;
use super::room::{Packer, other_size, unpacked};

/// The first bytes of a compressed message: gzip with method deflate.
const MAGIC: &[u8] = b"\x1f\x8b\x08";
/// The gzip header, without file name and time, for an unknown operating system.
const HEAD: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff";
/// The bytes of the trailer: checksum and size.
const TAIL: usize = 8;
/// Messages are within 3 % of the size that zlib's level 6 gives, which servers use. On rows, this
/// library's level 6 gives a size that is 1/6 larger.
const LEVEL: u32 = 7;

pub(super) const GZIP: Packer = Packer { magic: MAGIC, pack, said_size, unpack };

thread_local! {
    static PACKER: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(LEVEL), false));
    static UNPACKER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

fn pack(plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(plain.len() / 3 + 64);
    out.extend_from_slice(HEAD);
    PACKER.with_borrow_mut(|packer| {
        packer.reset();
        loop {
            let taken = packer.total_in() as usize;
            let status = packer.compress_vec(&plain[taken..], &mut out, FlushCompress::Finish);
            if status.expect("what is packed is not damaged") == Status::StreamEnd {
                break;
            }
            out.reserve(out.len());
        }
    });
    out.extend_from_slice(&sum(plain).to_le_bytes());
    out.extend_from_slice(&(plain.len() as u32).to_le_bytes());
    out
}

fn said_size(message: &[u8]) -> Result<u64, Damaged> {
    match message.last_chunk::<4>() {
        Some(size) if message.len() >= HEAD.len() + TAIL => Ok(u64::from(u32::from_le_bytes(*size))),
        _ => Err(Damaged("gzip without its end".to_owned())),
    }
}

fn unpack(message: &[u8], size: u64) -> Result<Vec<u8>, Damaged> {
    // This simulator never writes a header with a name or a comment.
    if message[3] != 0 {
        return Err(Damaged("gzip with more in its head than there is use for".to_owned()));
    }
    let (body, tail) = message[HEAD.len()..].split_at(message.len() - HEAD.len() - TAIL);
    let (out, taken) = UNPACKER.with_borrow_mut(|unpacker| {
        unpacker.reset(false);
        unpacked("gzip", size, |out| {
            let rest = &body[unpacker.total_in() as usize..];
            let status = unpacker.decompress_vec(rest, out, FlushDecompress::None);
            let status = status.map_err(|error| Damaged(format!("gzip: {error}")))?;
            Ok((status == Status::StreamEnd, unpacker.total_in() as usize))
        })
    })?;
    if taken != body.len() {
        return Err(other_size());
    }
    if tail[..4] != sum(&out).to_le_bytes() {
        return Err(Damaged("gzip whose sum is another".to_owned()));
    }
    Ok(out)
}

fn sum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
