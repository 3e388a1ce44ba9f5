//! The common part of all compressors: decompression with a limited size.

use super::damaged::Damaged;

/// A compression format: the first bytes of its messages, and its functions.
pub(super) struct Packer {
    pub(super) magic: &'static [u8],
    pub(super) pack: fn(&[u8]) -> Vec<u8>,
    pub(super) said_size: fn(&[u8]) -> Result<u64, Damaged>,
    pub(super) unpack: fn(&[u8], u64) -> Result<Vec<u8>, Damaged>,
}

/// Decompresses in steps to exactly `size` bytes. Each step returns whether it was the last, and
/// the input bytes consumed so far. Returns the output and the input bytes consumed. The output
/// buffer doubles per step, up to `size`.
pub(super) fn unpacked(
    format: &str,
    size: u64,
    mut step: impl FnMut(&mut Vec<u8>) -> Result<(bool, usize), Damaged>,
) -> Result<(Vec<u8>, usize), Damaged> {
    const FIRST: u64 = 1 << 16;
    let (mut out, mut taken) = (Vec::new(), 0);
    loop {
        let before = out.len();
        // With one extra byte, an output that is larger than stated is detected.
        let left = size.saturating_sub(before as u64) + 1;
        out.reserve((before as u64).max(FIRST).min(left) as usize);
        let (is_last, now) = step(&mut out)?;
        if out.len() as u64 > size {
            return Err(other_size());
        }
        if is_last {
            return if out.len() as u64 == size { Ok((out, now)) } else { Err(other_size()) };
        }
        if out.len() == before && now == taken {
            return Err(Damaged(format!("{format} that ends early")));
        }
        taken = now;
    }
}

pub(super) fn other_size() -> Damaged {
    Damaged("it unpacks to another size than it says".to_owned())
}
