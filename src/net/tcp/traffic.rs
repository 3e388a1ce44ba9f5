//! What went over the wire, and why no more did.

use crate::base::Time;

/// What went over the wire for a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets sent.
    pub packets: u64,
    /// Those of them that were sent again.
    pub retransmitted: u64,
    /// Bytes with headers, those sent again included.
    pub bytes: u64,
}

/// Why a transfer did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// When the connection is gone.
    pub at: Time,
    /// An outage cut it; otherwise TCP gave up.
    pub cut: bool,
}

impl Traffic {
    /// Both together.
    pub fn plus(self, other: Traffic) -> Traffic {
        Traffic {
            packets: self.packets + other.packets,
            retransmitted: self.retransmitted + other.retransmitted,
            bytes: self.bytes + other.bytes,
        }
    }
}
