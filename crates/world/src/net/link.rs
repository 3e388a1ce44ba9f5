//! One device's link, and how bare messages (without connections) delay each other.

use super::conditions::{Conditions, Direction};
use super::energy::{RadioCost, Radios};
use super::link_state::{LinkConditions, LinkSchedule};
use super::options::{During, OutageMode, Radio};
use super::server::{Foreign, Mixed, ResponseMixer};
use super::tcp::{search, staircase};
use crate::base::{Ppm, Seed, Span, Time};
use crate::contract::{DropReason, TOO_LARGE_PAGE};

/// Faults of a network that are not part of its link conditions.
#[derive(Clone, Debug, Default)]
pub struct NetworkFaults {
    /// This share of the responses is lost.
    pub lossy: Vec<During<Ppm>>,
    /// Every request gets a login page as response.
    pub portals: Vec<During<()>>,
    /// This share of the responses is replaced with a wrong one.
    pub foreign: Vec<During<(Ppm, Foreign)>>,
    /// A proxy caches responses for this long.
    pub caches: Vec<During<Span>>,
    /// A proxy repeats this share of the requests, after this time.
    pub copies: Vec<During<(Ppm, Span)>>,
}

/// A response from the network that replaces the gateway's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SubstituteResponse {
    pub(super) page: &'static [u8],
    pub(super) why: DropReason,
}

fn too_large(most: Option<u64>, bytes: u64, page: &'static [u8]) -> Option<SubstituteResponse> {
    most.filter(|most| bytes > *most).map(|_| SubstituteResponse { page, why: DropReason::TooLarge })
}

/// A device's link: its conditions, its faults and the use of its radios.
#[derive(Debug)]
pub struct Link {
    conditions: LinkConditions,
    seed: Seed,
    /// The faults of the network.
    pub troubles: NetworkFaults,
    radios: Radios,
    busy_until: [Time; 2],
    last_arrival: [Time; 2],
}

impl Link {
    /// A link that follows `schedule`. Gaps start only before `end`. `seed` is the device's seed.
    pub fn new(schedule: &LinkSchedule, seed: Seed, end: Time) -> Link {
        Link {
            conditions: LinkConditions::new(schedule, seed, end),
            seed,
            troubles: NetworkFaults::default(),
            radios: Radios::default(),
            busy_until: [Time::ZERO; 2],
            last_arrival: [Time::ZERO; 2],
        }
    }

    /// The link's conditions.
    pub fn conditions(&self) -> &LinkConditions {
        &self.conditions
    }
    /// The link's conditions. Change them only before the simulation starts.
    pub fn conditions_mut(&mut self) -> &mut LinkConditions {
        &mut self.conditions
    }

    /// How long a cache on the path keeps responses; `None`: no cache.
    pub fn cached_for(&self, now: Time) -> Option<Span> {
        During::at(&self.troubles.caches, now).max()
    }

    pub(super) fn mixes(&self, mixer: &ResponseMixer, now: Time) -> (Option<Mixed>, bool) {
        (mixer.next(&self.troubles.foreign, self.seed, now), !self.troubles.foreign.is_empty())
    }

    /// How long after the original a proxy delivers request number `request` again; `None`: never.
    pub(super) fn copied_after(&self, now: Time, request: u64) -> Option<Span> {
        let due = |share: Ppm| self.seed.hash("net.copy", request, 0) % 1_000_000 < u64::from(share.0);
        During::at(&self.troubles.copies, now).find(|(share, _)| due(*share)).map(|(_, after)| after)
    }

    /// True if a captive portal blocks everything.
    pub(super) fn is_shut(&self, now: Time) -> bool {
        During::at(&self.troubles.portals, now).next().is_some()
    }

    /// The network's own response to a request of `bytes`; `None`: the request passes.
    pub(super) fn in_place(&self, now: Time, bytes: u64) -> Option<SubstituteResponse> {
        let is_shut = self.is_shut(now);
        let login = SubstituteResponse { page: LOGIN_PAGE, why: DropReason::CaptivePortal };
        let most = self.conditions.profile(now).limits.request;
        is_shut.then_some(login).or_else(|| too_large(most, bytes, TOO_LARGE_PAGE))
    }

    /// The error page that replaces a response of `bytes` bytes if that response is too large.
    pub(super) fn in_place_of_answer(&self, now: Time, bytes: u64) -> Option<SubstituteResponse> {
        too_large(self.conditions.profile(now).limits.answer, bytes, BAD_GATEWAY)
    }

    /// Records for the battery that `bytes` bytes pass the radio during `times`. Times of later
    /// calls must not begin before this call's `now`.
    pub fn note_transfer(&mut self, now: Time, way: Direction, bytes: u64, times: (Time, Time)) {
        let radio = self.conditions.profile(now).radio;
        self.radios.pass(now, radio, way, bytes, times);
    }

    /// Cost of each radio that the device used, up to `end`.
    pub fn radio_costs(&self, end: Time) -> impl Iterator<Item = (Radio, RadioCost)> {
        self.radios.costs(end)
    }

    /// Sends a message without connection and headers. Returns the time of its arrival. The message
    /// waits for the bottleneck. Then it takes the time of its bytes, half a round trip and jitter.
    /// An outage delays the message or breaks the link. The error is the time of the break.
    pub fn send(&mut self, now: Time, direction: Direction, bytes: u64) -> Result<Time, Time> {
        let way = direction as usize;
        let start = now.max(self.busy_until[way]);
        let conditions = self.conditions.at(now);
        let sent = conditions.leaves_by(direction, start, bytes);
        let rtt = conditions.rtt(now);
        let latency = Span(rtt.0 / 2) + conditions.jitter(direction, now);
        let (mut arrival, mut sent_by) = (sent + latency, sent);
        // Outages before `resumed` have already delayed this message or the message before it.
        let mut resumed = start;
        for outage in conditions.outages(now) {
            if outage.from >= arrival {
                break;
            }
            if outage.mode == OutageMode::Reset {
                return Err(outage.from.max(now));
            }
            if outage.until <= resumed {
                continue;
            }
            let from = outage.from.max(resumed);
            let lasts = outage.until.since(from);
            let extra = staircase(lasts, rtt).over.unwrap_or(lasts);
            resumed = from + extra;
            arrival += extra;
            sent_by += extra;
        }
        arrival = arrival.max(self.last_arrival[way]);
        // The radio works until the last byte has left (up) or arrived (down).
        let until = if direction == Direction::Up { sent_by } else { arrival };
        let takes = sent - start;
        self.note_transfer(now, direction, bytes, (Time(until.0 - takes.0).max(now), until));
        self.busy_until[way] = sent_by;
        self.last_arrival[way] = arrival;
        Ok(arrival)
    }

    /// How many of the message's first `bytes` leave by `until`. Outages are ignored.
    pub fn leaves_within(&self, now: Time, direction: Direction, bytes: u64, until: Time) -> u64 {
        let start = now.max(self.busy_until[direction as usize]);
        let conditions = self.conditions.at(now);
        search(bytes, |n| n == 0 || conditions.leaves_by(direction, start, n) <= until)
    }

    /// The time when the connection next breaks, from `now` on; `None`: never.
    pub fn next_break(&self, now: Time) -> Option<Time> {
        let conditions = self.conditions.at(now);
        let resets = conditions.outages(now).iter().filter(|o| o.mode == OutageMode::Reset);
        resets.map(|o| o.from.max(now)).min()
    }

    /// True if a response sent at `now` is lost. `answer` is the number of the response on this
    /// device.
    pub fn loses_answer(&self, now: Time, answer: u64) -> bool {
        let lossy = During::at(&self.troubles.lossy, now);
        let Ppm(loss) = lossy.fold(self.conditions.profile(now).response_loss, Ppm::max);
        loss > 0 && self.seed.hash("net.answer-loss", answer, 0) % 1_000_000 < u64::from(loss)
    }
}

const LOGIN_PAGE: &[u8] = b"<!DOCTYPE html>\n<html><head><title>Guest Wi-Fi</title></head>\n\
    <body><h1>Welcome</h1><form action=\"/login\" method=\"post\"><label>Room number <input name=\"room\"></label>\
    <button>Go online</button></form></body></html>\n";

const BAD_GATEWAY: &[u8] = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n\
    <body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n\
    <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

#[cfg(test)]
mod tests {
    use super::super::options::{Outage, Profile};
    use super::*;
    use crate::base::BitRate;
    use crate::base::at_ms as at;
    use std::sync::Arc;

    /// A link with outages given as (start ms, end ms, mode).
    fn link(outages: &[(u64, u64, OutageMode)]) -> Link {
        let plain = Profile::steady("plain", Span::millis(100), BitRate(8_000_000), BitRate(800_000));
        let mut link = Link::new(&LinkSchedule::settled(Arc::new(plain)), Seed(1), Time::FAR);
        let outage = |&(from, until, mode)| Outage { from: at(from), until: at(until), mode, noticed: true };
        link.conditions_mut().add_outages(outages.iter().map(outage));
        link
    }

    #[test]
    fn messages_take_their_bytes_and_half_a_round_trip_and_do_not_overtake() {
        use Direction::{Down, Up};
        let mut link = link(&[]);
        for (start, way, bytes, arrives) in [
            (0, Down, 10_000, 60),
            (0, Down, 1_000, 61),
            // The other direction is free.
            (0, Up, 100, 51),
            (1_000, Up, 1_000, 1_060),
        ] {
            assert_eq!(link.send(at(start), way, bytes), Ok(at(arrives)));
        }
    }

    #[test]
    fn an_outage_does_what_its_mode_says_and_nothing_once_it_is_over() {
        for (mode, sent, expected) in [
            (OutageMode::Reset, 0, Err(at(20))),
            // Probe after 200 ms, RTO = 300 ms: retransmissions at 200, 500, 1 100, 2 300 ms.
            (OutageMode::Drop, 0, Ok(at(2_351))),
            (OutageMode::Hold, 20, Ok(at(2_051))),
            (OutageMode::Reset, 2_000, Ok(at(2_051))),
        ] {
            let mut link = link(&[(20, 2_000, mode), (5_000, 6_000, OutageMode::Reset)]);
            assert_eq!(link.send(at(sent), Direction::Down, 1_000), expected, "{mode:?}");
            assert_eq!([2_000, 6_000].map(|now| link.next_break(at(now))), [Some(at(5_000)), None]);
        }
    }

    #[test]
    fn messages_that_queue_during_an_outage_wait_it_out_once() {
        for mode in [OutageMode::Hold, OutageMode::Drop] {
            let mut link = link(&[(20, 2_000, mode), (100, 1_900, mode)]);
            let arrivals = (0..50).map(|n| link.send(at(n * 30), Direction::Down, 1_000));
            let last = arrivals.last().expect("messages were sent").expect("nothing breaks");
            assert!(last < at(2_500), "{mode:?}: the last arrives at {last}");
        }
    }

    #[test]
    fn answers_are_lost_as_often_as_asked_for() {
        let mut link = link(&[]);
        link.troubles.lossy.push(During { from: at(0), until: at(1_000), what: Ppm(250_000) });
        let lost = (0..10_000).filter(|&n| link.loses_answer(at(5), n)).count();
        assert!((2_300..2_700).contains(&lost), "{lost} of 10 000");
        assert!((0..10_000).all(|n| !link.loses_answer(at(1_000), n)));
    }
}
