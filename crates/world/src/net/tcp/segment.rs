//! Segments, wire bytes, and traffic counts.

use crate::base::Time;

/// Bytes of the IP and TCP headers: 20 + 20 + 12 for timestamps.
pub(in crate::net) const HEADERS: u64 = 52;
/// Bytes of a SYN or SYN-ACK on the wire.
pub(super) const SYN: u64 = 60;

/// Number of segments for `bytes` with IP packets of at most `mtu` bytes; at least one.
pub fn segments(bytes: u64, mtu: u32) -> u64 {
    bytes.div_ceil(payload(mtu)).max(1)
}

/// Bytes on the wire of a message of `bytes`, with the headers of each segment.
pub fn wire(bytes: u64, mtu: u32) -> u64 {
    bytes + HEADERS * segments(bytes, mtu)
}

fn payload(mtu: u32) -> u64 {
    u64::from(mtu).checked_sub(HEADERS).filter(|left| *left > 0).expect("a packet has room for a payload")
}

/// Small segments before a message: TLS Finished or session tickets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// Number of segments.
    pub segments: u64,
    /// Their total bytes on the wire.
    pub wire: u64,
}

/// A message, and the segments that leave before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Bytes of the message.
    pub bytes: u64,
    /// Segments that leave before it.
    pub lead: Lead,
}

impl Load {
    /// A message without a lead.
    pub fn of(bytes: u64) -> Load {
        Load { bytes, lead: Lead::default() }
    }

    #[inline]
    pub(super) fn cut(self, mtu: u32) -> Cut {
        let Load { bytes, lead } = self;
        let segments = segments(bytes, mtu) + lead.segments;
        Cut { mtu: u64::from(mtu), segments, wire: wire(bytes, mtu) + lead.wire, lead }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) mtu: u64,
    pub(super) segments: u64,
    wire: u64,
    lead: Lead,
}

impl Cut {
    pub(super) fn first(&self, n: u64) -> u64 {
        if n >= self.segments {
            return self.wire;
        }
        match n.checked_sub(self.lead.segments) {
            Some(full) => self.lead.wire + full * self.mtu,
            None => self.lead.wire * n / self.lead.segments,
        }
    }

    pub(super) fn payload(&self, n: u64) -> u64 {
        let n = n.min(self.segments);
        match n.checked_sub(self.lead.segments) {
            Some(full) => self.first(n) - self.lead.wire - full * HEADERS,
            None => 0,
        }
    }

    /// The load after its first `n` packets, if `bytes` of messages follow.
    pub(super) fn rest(&self, n: u64, bytes: u64) -> Cut {
        let lead = match self.lead.segments.checked_sub(n) {
            Some(segments) => Lead { segments, wire: self.lead.wire - self.first(n) },
            None => Lead::default(),
        };
        let full = bytes.div_ceil(self.mtu - HEADERS);
        Cut { mtu: self.mtu, segments: full + lead.segments, wire: bytes + full * HEADERS + lead.wire, lead }
    }

    pub(super) fn packet(&self, bytes: u64) -> u64 {
        self.lead.segments + bytes.div_ceil(self.mtu - HEADERS)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owed {
    pub(super) packets: u64,
    wire: u64,
}

impl Owed {
    pub(super) fn of(sizes: &[u64]) -> Owed {
        Owed { packets: sizes.len() as u64, wire: sizes.iter().sum() }
    }

    /// Wire bytes of the first `n` packets, on average: the sizes of single packets are not stored.
    pub(super) fn first(&self, n: u64) -> u64 {
        match n < self.packets {
            true => (u128::from(self.wire) * u128::from(n) / u128::from(self.packets)) as u64,
            false => self.wire,
        }
    }

    pub(super) fn plus(self, other: Owed) -> Owed {
        Owed { packets: self.packets + other.packets, wire: self.wire + other.wire }
    }
    pub(super) fn less(self, n: u64) -> Owed {
        Owed { packets: self.packets - n, wire: self.wire - self.first(n) }
    }
}

/// Traffic on the wire for a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets sent.
    pub packets: u64,
    /// Packets among them that were retransmitted.
    pub retransmitted: u64,
    /// Bytes with headers, including retransmissions.
    pub bytes: u64,
}

/// The reason why a transfer did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The time from which the connection is gone.
    pub at: Time,
    /// True if an outage cut it; false if TCP gave up.
    pub cut: bool,
}

impl Traffic {
    /// The sum of both.
    pub fn plus(self, other: Traffic) -> Traffic {
        Traffic {
            packets: self.packets + other.packets,
            retransmitted: self.retransmitted + other.retransmitted,
            bytes: self.bytes + other.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(bytes in 1_u64..50_000, segments in 0_u64..4, n in 0_u64..9, more in 0_u64..9_000) {
            let lead = Lead { segments, wire: 300 * segments };
            let cut = Load { bytes, lead }.cut(1_500);
            let all = cut.segments;
            prop_assert_eq!((cut.first(all), cut.payload(all)), (wire(bytes, 1_500) + lead.wire, bytes));
            let sent = n.min(all);
            // A message that joins fills the last packet of the rest.
            let rest = cut.rest(sent, bytes - cut.payload(sent) + more);
            let (small, left) = (segments.saturating_sub(sent), bytes - cut.payload(sent) + more);
            prop_assert_eq!(rest.segments, small + left.div_ceil(1_448));
            prop_assert_eq!(rest.payload(rest.segments), left);
            prop_assert_eq!(rest.first(small), 300 * small);
            prop_assert_eq!(rest.packet(left), rest.segments);
            let owed = Owed::of(&[1_500, 640]).plus(Owed::of(&[1_500; 2]));
            let n = n.min(4);
            let rest = owed.less(n);
            prop_assert_eq!((rest.packets, rest.first(9) + owed.first(n)), (4 - n, 5_140));
        }
    }
}
