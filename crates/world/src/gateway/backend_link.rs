//! The link between gateway and backend: latency, rate, and the link's own outages. Both ends are
//! servers with persistent connections, so there is no set-up and no slow start.

use crate::backend::Availability;
use crate::base::{BitRate, Span, Time, in_words};

/// A backend link's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendLinkOptions {
    /// Round-trip time without load.
    pub rtt: Span,
    /// Rate towards the backend; `None`: no limit.
    pub up: Option<BitRate>,
    /// Rate towards the gateway; `None`: no limit.
    pub down: Option<BitRate>,
    /// Random outages of the backend link.
    pub availability: Option<Availability>,
}

/// The direction of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    /// To the backend.
    Up,
    /// To the gateway.
    Down,
}

/// The effect of an outage on a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutageMode {
    /// The message is lost without an error: the gateway waits until its timeout.
    Drop,
    /// The message waits until the outage ends.
    Hold,
    /// The connection is reset: the gateway knows at once.
    #[default]
    Reset,
}
in_words!(OutageMode { Drop: "drop", Hold: "hold", Reset: "reset" });

/// An interval in which the backend link transmits nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Start.
    pub from: Time,
    /// End.
    pub until: Time,
    /// The effect on messages.
    pub mode: OutageMode,
}

/// The outcome of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// The last byte of the message arrives at this time.
    Arrives(Time),
    /// The message's connection is reset at this time.
    Breaks(Time),
    /// The message is lost.
    Lost,
}

#[derive(Clone, Debug)]
pub(crate) struct BackendLink {
    options: BackendLinkOptions,
    outages: Vec<Outage>,
    /// Per direction, the time when the last message has left the sender.
    busy_until: [Time; 2],
}

impl BackendLink {
    pub(crate) fn new(options: BackendLinkOptions, mut outages: Vec<Outage>) -> BackendLink {
        outages.sort_by_key(|outage| (outage.from, outage.until));
        BackendLink { options, outages, busy_until: [Time::ZERO; 2] }
    }

    /// Sends `bytes` at `now`: wait for the bottleneck + bytes ÷ rate + half a round trip.
    pub(crate) fn send(&mut self, now: Time, direction: Direction, bytes: u64) -> Passage {
        let rate = [self.options.up, self.options.down][direction as usize];
        let busy_until = &mut self.busy_until[direction as usize];
        let sent = now.max(*busy_until) + rate.map_or(Span::ZERO, |rate| rate.time_for(bytes));
        let mut arrives = sent + Span(self.options.rtt.0 / 2);
        *busy_until = sent;
        for outage in self.outages.iter().filter(|outage| outage.until > now) {
            if outage.from >= arrives {
                break;
            }
            let struck = outage.from.max(now);
            match outage.mode {
                OutageMode::Drop => return Passage::Lost,
                OutageMode::Hold => arrives += outage.until.since(struck),
                OutageMode::Reset => return Passage::Breaks(struck),
            }
        }
        Passage::Arrives(arrives)
    }

    /// The next time, from `now` on, when connections are reset; `None`: never.
    pub(crate) fn next_break(&self, now: Time) -> Option<Time> {
        let breaks = |o: &&Outage| o.mode == OutageMode::Reset && o.until > now;
        self.outages.iter().filter(breaks).map(|outage| outage.from.max(now)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_ms as at;

    fn backend_link(outages: &[(u64, u64, OutageMode)]) -> BackendLink {
        let (rtt, up) = (Span::millis(20), Some(BitRate(8_000_000)));
        let options = BackendLinkOptions { rtt, up, down: None, availability: None };
        let outage = |&(from, until, mode)| Outage { from: at(from), until: at(until), mode };
        BackendLink::new(options, outages.iter().map(outage).collect())
    }

    #[test]
    fn a_message_takes_its_bytes_and_half_a_round_trip_and_waits_for_those_before() {
        let mut backend_link = backend_link(&[]);
        assert_eq!(backend_link.send(at(0), Direction::Up, 5_000), Passage::Arrives(at(15)));
        assert_eq!(backend_link.send(at(1), Direction::Up, 1_000), Passage::Arrives(at(16)));
        assert_eq!(
            backend_link.send(at(1), Direction::Down, 1 << 30),
            Passage::Arrives(at(11)),
            "no rate, no wait"
        );
    }

    #[test]
    fn an_outage_does_what_its_mode_says_to_what_is_under_way_and_to_what_is_sent() {
        use OutageMode::{Drop, Hold, Reset};
        for (mode, under_way, sent) in [
            (Drop, Passage::Lost, Passage::Lost),
            (Hold, Passage::Arrives(at(110)), Passage::Arrives(at(115))),
            (Reset, Passage::Breaks(at(5)), Passage::Breaks(at(50))),
        ] {
            let send = |ms| backend_link(&[(5, 105, mode)]).send(at(ms), Direction::Down, 10);
            assert_eq!([send(0), send(50)], [under_way, sent], "{mode:?}");
            assert_eq!(send(105), Passage::Arrives(at(115)), "{mode:?} is over");
        }
    }
}
