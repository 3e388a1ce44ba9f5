//! Segments and wire bytes.

/// Bytes of IP and TCP before the payload: 20 + 20 + 12 for timestamps.
pub(super) const HEADERS: u64 = 52;
/// Bytes of a SYN or SYN-ACK on the wire.
pub(super) const SYN: u64 = 60;

/// Segments that `bytes` are cut into when an IP packet holds `mtu`; at least one.
pub fn segments(bytes: u64, mtu: u32) -> u64 {
    bytes.div_ceil(payload(mtu)).max(1)
}

/// Bytes on the wire of a message of `bytes`, headers of each segment included.
pub fn wire(bytes: u64, mtu: u32) -> u64 {
    bytes + HEADERS * segments(bytes, mtu)
}

fn payload(mtu: u32) -> u64 {
    u64::from(mtu).checked_sub(HEADERS).filter(|left| *left > 0).expect("a packet has room for a payload")
}

/// Small segments that leave before a message and take places in its first window: what TLS has to
/// say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// How many.
    pub segments: u64,
    /// Their bytes on the wire, all together.
    pub wire: u64,
}

/// A message as the link sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Bytes of the message.
    pub bytes: u64,
    /// What leaves before it.
    pub lead: Lead,
}

impl Load {
    /// A message alone.
    pub fn of(bytes: u64) -> Load {
        Load { bytes, lead: Lead::default() }
    }

    /// Cuts it into packets that hold `mtu` bytes at most.
    #[inline]
    pub(super) fn cut(self, mtu: u32) -> Cut {
        let Load { bytes, lead } = self;
        let segments = segments(bytes, mtu) + lead.segments;
        Cut { mtu: u64::from(mtu), segments, wire: wire(bytes, mtu) + lead.wire, lead }
    }
}

/// A message in packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) mtu: u64,
    /// How many, the lead included.
    pub(super) segments: u64,
    wire: u64,
    lead: Lead,
}

impl Cut {
    /// Bytes on the wire of its first `n` packets.
    pub(super) fn first(&self, n: u64) -> u64 {
        if n >= self.segments {
            return self.wire;
        }
        match n.checked_sub(self.lead.segments) {
            Some(full) => self.lead.wire + full * self.mtu,
            None => self.lead.wire * n / self.lead.segments,
        }
    }

    /// Bytes of messages in its first `n` packets.
    pub(super) fn payload(&self, n: u64) -> u64 {
        let n = n.min(self.segments);
        match n.checked_sub(self.lead.segments) {
            Some(full) => self.first(n) - self.lead.wire - full * HEADERS,
            None => 0,
        }
    }

    /// What is left after its first `n` packets if `bytes` of messages are to follow.
    pub(super) fn rest(&self, n: u64, bytes: u64) -> Cut {
        let lead = match self.lead.segments.checked_sub(n) {
            Some(segments) => Lead { segments, wire: self.lead.wire - self.first(n) },
            None => Lead::default(),
        };
        let full = bytes.div_ceil(self.mtu - HEADERS);
        Cut { mtu: self.mtu, segments: full + lead.segments, wire: bytes + full * HEADERS + lead.wire, lead }
    }

    /// In which packet the last of the first `bytes` of messages is.
    pub(super) fn packet(&self, bytes: u64) -> u64 {
        self.lead.segments + bytes.div_ceil(self.mtu - HEADERS)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owed {
    /// How many.
    pub(super) packets: u64,
    wire: u64,
}

impl Owed {
    /// Packets of these sizes.
    pub(super) fn of(sizes: &[u64]) -> Owed {
        Owed { packets: sizes.len() as u64, wire: sizes.iter().sum() }
    }

    /// Bytes on the wire of its first `n` packets: which of them is the small one is not kept.
    pub(super) fn first(&self, n: u64) -> u64 {
        match n < self.packets {
            true => (u128::from(self.wire) * u128::from(n) / u128::from(self.packets)) as u64,
            false => self.wire,
        }
    }

    pub(super) fn plus(self, other: Owed) -> Owed {
        Owed { packets: self.packets + other.packets, wire: self.wire + other.wire }
    }

    /// What is left after its first `n` packets.
    pub(super) fn less(self, n: u64) -> Owed {
        Owed { packets: self.packets - n, wire: self.wire - self.first(n) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_carries_1448_bytes_of_1500() {
        assert_eq!([0, 1, 1_448, 1_449, 14_480].map(|n| segments(n, 1_500)), [1, 1, 1, 2, 10]);
        assert_eq!(wire(1_448, 1_500), 1_500);
        assert_eq!(wire(1_449, 1_500), 1_553);
        assert_eq!(segments(1_329, 1_380), 2, "a tunnel leaves less room");
    }

    #[test]
    fn the_parts_of_a_load_add_up() {
        let load = Load { bytes: 3_000, lead: Lead { segments: 2, wire: 600 } };
        let cut = load.cut(1_500);
        assert_eq!(cut.segments, 5);
        let upto: Vec<u64> = (0..=6).map(|n| cut.first(n)).collect();
        assert_eq!(upto, [0, 300, 600, 2_100, 3_600, 3_756, 3_756]);
        let payload: Vec<u64> = (0..=6).map(|n| cut.payload(n)).collect();
        assert_eq!(payload, [0, 0, 0, 1_448, 2_896, 3_000, 3_000]);
    }

    #[test]
    fn what_is_owed_adds_up_to_what_was_lost() {
        let owed = Owed::of(&[1_500, 640]).plus(Owed::of(&[1_500]));
        assert_eq!([0, 1, 2, 3, 9].map(|n| owed.first(n)), [0, 1_213, 2_426, 3_640, 3_640]);
        let rest = owed.less(1);
        assert_eq!((rest.packets, rest.first(2) + owed.first(1)), (2, 3_640));
        assert_eq!((rest.less(2).packets, rest.less(2).first(1)), (0, 0));
    }

    #[test]
    fn what_joins_a_message_fills_its_last_packet() {
        let cut = Load { bytes: 3_000, lead: Lead { segments: 2, wire: 600 } }.cut(1_500);
        // Three packets are gone, with 1 448 bytes; 1 552 are left, and 900 join them.
        let rest = cut.rest(3, 1_552 + 900);
        assert_eq!((rest.segments, rest.first(2)), (2, 2_452 + 2 * 52));
        assert_eq!([1, 1_448, 1_449].map(|bytes| rest.packet(bytes)), [1, 1, 2]);
        let rest = cut.rest(1, 3_000);
        assert_eq!((rest.segments, rest.first(1), rest.packet(1)), (4, 300, 2), "half of the lead is left");
        let none = cut.rest(5, 0);
        assert_eq!((none.segments, none.first(1)), (0, 0));
    }
}
