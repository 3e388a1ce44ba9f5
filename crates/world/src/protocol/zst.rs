//! Zstandard: one frame that states its size and ends with a checksum.

use std::cell::RefCell;

use zstd::bulk::Compressor;
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::{CParameter, get_frame_content_size};

use super::damaged::Damaged;
use super::room::{Packer, other_size, unpacked};

const MAGIC: &[u8] = b"\x28\xb5\x2f\xfd";
/// The fastest standard level; negative levels are faster but compress less.
const LEVEL: i32 = 1;

pub(super) const ZSTD: Packer = Packer { magic: MAGIC, pack, said_size, unpack };

thread_local! {
    static PACKER: RefCell<Compressor<'static>> = RefCell::new(packer());
    static UNPACKER: RefCell<Decoder<'static>> =
        RefCell::new(Decoder::new().expect("there is memory for a decoder"));
}

fn packer() -> Compressor<'static> {
    let mut packer = Compressor::new(LEVEL).expect("the level exists");
    packer.set_parameter(CParameter::ChecksumFlag(true)).expect("the parameter exists");
    packer
}

fn pack(plain: &[u8]) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| packer.compress(plain).expect("there is room for what is packed"))
}

fn said_size(message: &[u8]) -> Result<u64, Damaged> {
    match get_frame_content_size(message) {
        Ok(Some(size)) => Ok(size),
        _ => Err(Damaged("zstd without its size".to_owned())),
    }
}

fn unpack(message: &[u8], size: u64) -> Result<Vec<u8>, Damaged> {
    let (out, taken) = UNPACKER.with_borrow_mut(|unpacker| {
        let said = |error| Damaged(format!("zstd: {error}"));
        unpacker.reinit().map_err(said)?;
        let mut input = InBuffer::around(message);
        unpacked("zstd", size, |out| {
            let before = out.len();
            let left = unpacker.run(&mut input, &mut OutBuffer::around_pos(out, before)).map_err(said)?;
            Ok((left == 0, input.pos()))
        })
    })?;
    if taken == message.len() { Ok(out) } else { Err(other_size()) }
}
