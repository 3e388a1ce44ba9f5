//! Carries packets between two TUN devices.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use syncdyno_contract::base::Time;
use syncdyno_world::net::{Direction, LinkConditions};

use super::bottleneck::{Bottleneck, Passed};
use crate::live::pace::{Late, Pace, timespec};

/// Largest packet, in bytes.
const PACKET: usize = 65_536;
/// How often at least to check whether the cell is over.
const LOOK: Duration = Duration::from_millis(20);

/// What was carried in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    /// Bytes of the packets that came, including all headers.
    pub(crate) bytes: u64,
    pub(crate) full: u64,
    pub(crate) lost: u64,
    pub(crate) outage: u64,
}

/// The emulator of one cell.
pub(crate) struct Pump<'l> {
    link: &'l LinkConditions,
    pace: Pace,
    up: Way,
    down: Way,
}

struct Way {
    bottleneck: Bottleneck,
    under_way: VecDeque<(Time, Vec<u8>)>,
    carried: Carried,
    late: Late,
}

impl Way {
    fn new(way: Direction) -> Way {
        let (carried, late) = (Carried::default(), Late::default());
        Way { bottleneck: Bottleneck::new(way), under_way: VecDeque::new(), carried, late }
    }
    /// Takes all packets that have come.
    fn take(&mut self, from: &OwnedFd, link: &LinkConditions, pace: Pace, room: &mut [u8]) {
        while let Ok(length) = rustix::io::read(from, &mut *room) {
            if length == 0 {
                return;
            }
            self.carried.bytes += length as u64;
            match self.bottleneck.take(link, pace.now(), length as u64) {
                Passed::Arrives(at) => self.under_way.push_back((at, room[..length].to_vec())),
                Passed::Full => self.carried.full += 1,
                Passed::Lost => self.carried.lost += 1,
                Passed::Outage => self.carried.outage += 1,
            }
        }
    }
    fn due(&self) -> Option<Time> {
        self.under_way.front().map(|(at, _)| *at)
    }
    /// Hands over all packets that have arrived.
    fn give(&mut self, to: &OwnedFd, pace: Pace) {
        while self.due().is_some_and(|at| at <= pace.now()) {
            let Some((at, packet)) = self.under_way.pop_front() else { return };
            // A write fails if the device is gone.
            _ = rustix::io::write(to, &packet);
            self.late.note(at, pace.now());
        }
    }
}

impl Pump<'_> {
    pub(crate) fn new(link: &LinkConditions, pace: Pace) -> Pump<'_> {
        Pump { link, pace, up: Way::new(Direction::Up), down: Way::new(Direction::Down) }
    }

    /// Carries packets between the phone's device and the server's until `over` is set. Returns
    /// what was carried up and down, and how late packets were handed over.
    pub(crate) fn run(
        mut self,
        phone: &OwnedFd,
        server: &OwnedFd,
        over: &AtomicBool,
    ) -> ([Carried; 2], Late) {
        let mut room = vec![0; PACKET];
        while !over.load(Ordering::Relaxed) {
            let next = [self.up.due(), self.down.due()].into_iter().flatten().min();
            let wait = next.map_or(LOOK, |next| self.pace.until(next).min(LOOK));
            let mut watched =
                [phone, server].map(|device| PollFd::from_borrowed_fd(device.as_fd(), PollFlags::IN));
            // If interrupted, the loop polls again.
            _ = poll(&mut watched, Some(&timespec(wait)));
            let [up, down] = watched.map(|watched| watched.revents().contains(PollFlags::IN));
            if up {
                self.up.take(phone, self.link, self.pace, &mut room);
            }
            if down {
                self.down.take(server, self.link, self.pace, &mut room);
            }
            self.up.give(server, self.pace);
            self.down.give(phone, self.pace);
        }
        let mut late = self.up.late;
        late.join(self.down.late);
        ([self.up.carried, self.down.carried], late)
    }
}
