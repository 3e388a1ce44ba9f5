//! What is left of a message, packet by packet.

use super::super::segment::{Cut, Owed};
use super::super::traffic::Traffic;
use crate::base::Time;
use crate::net::Conditions;

/// The link, and the packets that wait for it: those owed from before first, then new ones.
pub(in crate::net::tcp) struct Feed<'f> {
    pub(in crate::net::tcp) conditions: &'f dyn Conditions,
    pub(in crate::net::tcp) load: &'f Cut,
    pub(in crate::net::tcp) sent: &'f mut u64,
    pub(in crate::net::tcp) owed: &'f mut Owed,
    pub(in crate::net::tcp) traffic: &'f mut Traffic,
    pub(in crate::net::tcp) patience: Time,
}

impl Feed<'_> {
    pub(super) fn left(&self) -> u64 {
        self.load.segments - *self.sent + self.owed.packets
    }

    pub(super) fn take(&mut self, now: Time) -> u64 {
        let again = self.owed.packets > 0;
        let size = if again {
            let size = self.owed.first(1);
            *self.owed = self.owed.less(1);
            size
        } else {
            let before = self.load.first(*self.sent);
            *self.sent += 1;
            self.load.first(*self.sent) - before
        };
        self.book(now, size, again);
        size
    }

    /// A packet is sent, or is not because nobody wants it any more.
    pub(super) fn book(&mut self, now: Time, size: u64, again: bool) {
        if now < self.patience {
            self.traffic.packets += 1;
            self.traffic.retransmitted += u64::from(again);
            self.traffic.bytes += size;
        }
    }
}
