//! Room for what is unpacked.

use super::super::damaged::Damaged;

/// Room for more of what is unpacked: twice as much each time, and never more than is left of what
/// a message said.
pub(super) fn grow(out: &mut Vec<u8>, size: u64) {
    const FIRST: u64 = 1 << 16;
    let left = size.saturating_sub(out.len() as u64);
    // One byte beyond shows that there is more than was said.
    out.reserve((out.len() as u64).max(FIRST).min(left + 1) as usize);
}

pub(super) fn other_size() -> Damaged {
    Damaged("it unpacks to another size than it says".to_owned())
}
