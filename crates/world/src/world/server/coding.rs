//! The CPU time that the gateway needs to encode and decode messages.

use std::cell::Cell;

use crate::base::{Bytes, Span};
use crate::protocol::{Codec, Way};

/// JSON bytes that a server core codes per second; a laptop is equally fast. Source: estimate.
const RATE: Bytes = Bytes(400_000_000);
/// The power of a busy core in milliwatts. A big core of a phone draws about 1 W. Source: estimate.
const CORE: u64 = 1_000;

/// The gateway's coding work. Each request has a core of its own.
pub(crate) struct GatewayCoding {
    pub(crate) rate: Option<Bytes>,
    pub(crate) spent: Cell<Span>,
}

impl GatewayCoding {
    pub(crate) fn take_on(&self, codec: Codec, message: &[u8], way: Way) -> Span {
        let effort = codec.effort(message, way);
        let format = if self.rate.is_some() { effort.format } else { 0 };
        let takes = Span::secs(1).scaled(format + effort.packer, self.rate.unwrap_or(RATE).0.max(1));
        self.spent.set(self.spent.get() + takes);
        takes
    }
}

pub(crate) fn energy(busy: u64) -> u64 {
    (u128::from(busy) * u128::from(CORE) / 1_000_000) as u64
}
