//! Messages that share a line, and messages that share a connection on it.

use proptest::prelude::*;

use super::super::tcp::{Congestion, Steady, Traffic, segments, wire};
use super::*;
use crate::base::at_ms as at;
use crate::base::{BitRate, Seed, Span};
use crate::net::Direction;

fn link() -> Steady {
    Steady::new(Span::millis(20), BitRate(8_000_000), BitRate(8_000_000))
}

/// A link with the same rate in both directions.
fn even(kbits: u64, rtt: u64) -> (Steady, BitRate) {
    let rate = BitRate(kbits * 1_000);
    (Steady::new(Span::millis(rtt), rate, rate), rate)
}

fn congestion() -> impl Strategy<Value = Congestion> {
    prop_oneof![Just(Congestion::Cubic), Just(Congestion::Bbr)]
}

fn flow(now: Time, bytes: u64) -> Box<Flow> {
    flow_of(&link(), Congestion::Cubic, now, bytes)
}

fn flow_of(link: &dyn Conditions, congestion: Congestion, now: Time, bytes: u64) -> Box<Flow> {
    let sender = Sender::new(congestion, link.rtt(now), now, true);
    let transfer = Transfer::new(Direction::Down, now, Load::of(bytes), 1_500, false);
    Flow::new(transfer, sender)
}

/// Abandons a message at `at` that is alone on a line. Returns when it has left, and its traffic.
fn given_up(link: &Steady, congestion: Congestion, bytes: u64, from: Time, at: Time) -> (Time, Traffic) {
    let mut line = Line::default();
    let sender = Sender::new(congestion, Span::millis(20), from, true);
    let transfer = Transfer::new(Direction::Down, from, Load::of(bytes), 1_500, false);
    let dead = line.join(Flow::new(transfer, sender), from, link);
    line.abandon(dead, at, link);
    let free = line.ends(dead).expect("nothing breaks");
    let left = line.leave(dead, free, link).last_of.expect("it was alone");
    (free, left.ended.transfer.traffic)
}

/// Time for the bytes of a message that is alone on the link, without stalls.
fn bare(bytes: u64) -> Span {
    link().rate[1].time_for(wire(bytes, 1_500))
}

#[test]
fn a_paced_flow_that_is_abandoned_sends_no_more_than_what_it_has_in_flight() {
    let (free, traffic) = given_up(&link(), Congestion::Bbr, 10_000_000, at(0), at(1_000));
    assert!(free <= at(1_100), "a window at most: {free}");
    assert!((900_000..1_200_000).contains(&traffic.bytes), "{traffic:?}");
    // On a slow link BBR is still in its start-up.
    let slow = Steady::new(Span::millis(150), BitRate(100_000), BitRate(100_000));
    let (_, traffic) = given_up(&slow, Congestion::Bbr, 1_000_000, at(9_000), at(10_000));
    // Four pairs of packets have left. Three pairs are acknowledged, so the window is 16. It grows
    // until the sender learns that the message is abandoned.
    assert!((20 * 1_500..=24 * 1_500).contains(&traffic.bytes), "{traffic:?}");
}

/// The time when all `joins` (messages, each with its start) have left a line. Their connections
/// have sent `opened` bytes before, so their windows are open.
fn all_gone(link: &Steady, congestion: Congestion, opened: u64, joins: &[(u64, u64)]) -> Time {
    let kept = |now: Time, bytes: u64| {
        let sender = Sender::new(congestion, link.rtt, at(0), false);
        let transfer = Transfer::new(Direction::Down, at(0), Load::of(opened), 1_500, true);
        let mut before = Stage { transfer, sender };
        before.run(link, Time::FAR).expect("it ends").expect("nothing breaks");
        let transfer = Transfer::new(Direction::Down, now, Load::of(bytes), 1_500, true);
        Flow::new(transfer, before.sender)
    };
    let (mut line, mut ids, mut end) = (Line::default(), Vec::new(), at(0));
    let mut joins = joins.iter().map(|(ms, bytes)| (at(*ms), *bytes)).peekable();
    loop {
        let ended = |id: &MessageId| line.ends(*id).expect("nothing breaks");
        let first = ids.iter().copied().min_by_key(ended);
        match (first.map(|id| (ended(&id), id)), joins.peek().copied()) {
            (Some((ends, id)), next) if next.is_none_or(|(joins, _)| ends <= joins) => {
                line.leave(id, ends, link);
                ids.retain(|other| *other != id);
                end = ends;
            }
            (_, Some((now, bytes))) => {
                ids.push(line.join(kept(now, bytes), now, link));
                joins.next();
            }
            (_, None) => return end,
        }
    }
}

proptest! {
    /// The limit holds even if others join or leave at any time of a round.
    #[test]
    fn connections_together_pass_no_more_than_the_link(
        kbits in 50_u64..20_000, rtt in 10_u64..700, opened in 1_u64..500_000, congestion in congestion(),
        gaps in proptest::collection::vec((0.0..1.0_f64, 1_u64..200_000), 1..6),
    ) {
        let (link, rate) = even(kbits, rtt);
        let mut now = 0;
        let joins: Vec<(u64, u64)> = gaps.iter().map(|(gap, bytes)| {
            let joins = (now, *bytes);
            // The next message comes while this one would still be in transit.
            now += ((rtt + rate.time_for(*bytes).0 / 1_000_000) as f64 * gap) as u64;
            joins
        }).collect();
        let all = rate.time_for(joins.iter().map(|(_, bytes)| wire(*bytes, 1_500)).sum());
        let end = all_gone(&link, congestion, opened, &joins);
        // At each change of the shares, the model starts the current packet of a paced flow again.
        // For other flows, allow a nanosecond of rounding per change.
        let packets = if congestion == Congestion::Bbr { rate.time_for(1_500 * 2 * gaps.len() as u64) } else { Span::ZERO };
        prop_assert!(end + packets + Span::nanos(100) >= at(0) + all, "{} for {}", end.since(at(0)), all);
    }
}

#[test]
fn who_joins_and_leaves_keeps_the_line_busy() {
    use Congestion::{Bbr, Cubic};
    for (rtt, congestion, opened, joins, slack) in [
        // Two windows leave at once, and the second message starts 10 ms after the first.
        (400, Cubic, 200_000, [(0, 50_000), (10, 50_000)], 2),
        (20, Cubic, 1, [(0, 1_000_000), (0, 1_000_000)], 40),
        (20, Cubic, 1, [(0, 1_000_000), (500, 100_000)], 40),
        (20, Bbr, 1, [(0, 4_000_000), (1_000, 500_000)], 150),
    ] {
        let link = Steady::new(Span::millis(rtt), BitRate(8_000_000), BitRate(8_000_000));
        let end = all_gone(&link, congestion, opened, &joins);
        let both = at(0) + joins.iter().map(|(_, bytes)| bare(*bytes)).sum::<Span>();
        assert!(end >= both && end < both + Span::millis(slack), "{end} for {both}, {congestion:?}");
    }
}

proptest! {
    /// At each time, the longer of two abandoned messages has sent at least as much as the shorter.
    /// What a message has sent never falls. A line never passes more than its capacity.
    #[test]
    fn who_is_given_up_has_sent_the_more_the_longer_it_is_and_the_later_that_comes(
        kbits in 50_u64..20_000,
        rtt in 10_u64..700,
        queue in 20_000_u64..2_000_000,
        congestion in congestion(),
        shares in (0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64),
    ) {
        let (mut link, rate) = even(kbits, rtt);
        // The queue is as long as a round trip: a shorter queue would drop packets, which never
        // leave.
        link.queue = [queue.max(1 + rate.bytes_in(Span::millis(rtt))); 2];
        let whole = 500_000.0 * shares.0;
        let late = at(0) + rate.time_for((whole * shares.1) as u64 + 1);
        let early = Time((late.0 as f64 * shares.2) as u64);
        let mut before = 0;
        for bytes in [whole, 1.02 * whole, 1.5 * whole, 10.0 * whole].map(|bytes| bytes as u64) {
            let [(_, sooner), (free, later)] =
                [early, late].map(|until| given_up(&link, congestion, bytes, at(0), until));
            prop_assert!(later.bytes >= before, "{bytes} bytes: {later:?}, of fewer {before}");
            prop_assert!(free >= at(0) + rate.time_for(later.bytes), "{later:?} have left by {free}");
            prop_assert!(later.bytes >= sooner.bytes && later.bytes <= wire(bytes, 1_500), "{sooner:?} {later:?}");
            before = later.bytes;
        }
    }

    #[test]
    fn whose_session_ends_has_sent_what_who_is_given_up_then_has(
        kbits in 50_u64..20_000, rtt in 10_u64..700, bytes in 1_u64..2_000_000, share in 0.0..1.0_f64
    ) {
        let (link, rate) = even(kbits, rtt);
        let until = at(0) + rate.time_for((bytes as f64 * share) as u64 + 1);
        let (_, stopped) = given_up(&link, Congestion::Cubic, bytes, at(0), until);
        let mut line = Line::default();
        let dead = line.join(flow(at(0), bytes), at(0), &link);
        let cut = line.cut_off(dead, until, &link).last_of.expect("it was alone");
        prop_assert_eq!(cut.stage_at(until).transfer.traffic, stopped);
    }
}

/// Times when a slow start hands packets over: ten at once, then two per acknowledged packet.
fn slow_start(rtt: Span, segment: Span, ack: Span, packets: usize) -> Vec<Time> {
    let (mut handed, mut free) = (vec![at(0); 10], at(0));
    for k in 0..packets {
        free = free.max(handed[k]) + segment;
        handed.extend([free + rtt + ack; 2]);
    }
    handed.truncate(packets);
    handed
}

proptest! {
    /// CUBIC may leave its slow start here: at 86 packets, if acknowledgements come every 2 ms or
    /// more slowly.
    #[test]
    fn who_is_given_up_in_slow_start_has_sent_what_acknowledgements_let_go(
        kbits in 50_u64..5_900, rtt in 10_u64..700, share in 0.0..1.0_f64
    ) {
        let (link, rate) = even(kbits, rtt);
        let handed = slow_start(Span::millis(rtt), rate.time_for(1_500), rate.time_for(52), 84);
        let until = Time((handed[83].0 as f64 * share) as u64 + 1);
        let ideal = handed.iter().filter(|at| **at <= until).count() as u64;
        let (_, Traffic { packets, .. }) = given_up(&link, Congestion::Cubic, 1_000_000, at(0), until);
        prop_assert!(packets.abs_diff(ideal) <= 2, "{packets} packets by {until}, {ideal} in truth");
    }
}

#[test]
fn what_was_all_in_flight_is_not_abandoned() {
    let (link, mut line) = (link(), Line::default());
    let small = line.join(flow(at(0), 5_000), at(0), &link);
    line.abandon(small, at(1), &link);
    let end = line.ends(small).expect("nothing breaks");
    assert_eq!(end, at(0) + bare(5_000));
    assert!(line.leave(small, end, &link).whole);
    line.abandon(small, at(50), &link);
}

#[test]
fn a_flow_that_is_over_takes_nothing_from_who_joins_before_it_is_asked_for() {
    let (link, mut line) = (link(), Line::default());
    let first = line.join(flow(at(0), 5_000), at(0), &link);
    let end = line.ends(first);
    assert!(line.is_alone() && end.expect("nothing breaks") < at(6));
    let second = line.join(flow(at(10), 5_000), at(10), &link);
    let expected = at(10) + bare(5_000);
    assert_eq!(line.ends(second).expect("nothing breaks"), expected);
    assert!(line.leave(first, at(12), &link).whole);
    assert_eq!(line.ends(second).expect("nothing breaks"), expected);
}

/// Times when `messages` have left. All are streams of one connection and begin at time 0.
fn streams(link: &dyn Conditions, messages: &[u64]) -> (Vec<Time>, Line) {
    let mut line = Line::default();
    let first = flow_of(link, Congestion::Cubic, at(0), messages[0]);
    let mut ids = vec![line.join(first, at(0), link)];
    let flow = ids[0];
    ids.extend(messages[1..].iter().map(|bytes| line.add(flow, Load::of(*bytes), at(0), link)));
    let ends = ids.iter().map(|id| line.ends(*id).expect("nothing breaks")).collect();
    (ends, line)
}

proptest! {
    #[test]
    fn equal_streams_take_as_long_together_as_one_message_of_their_sum(
        n in 1_u64..8, bytes in 1_u64..400_000, rtt in 2_u64..600, rate in 200_000_u64..50_000_000
    ) {
        let link = Steady::new(Span::millis(rtt), BitRate(rate), BitRate(rate));
        let (ends, mut line) = streams(&link, &vec![bytes; n as usize]);
        let (whole, _) = streams(&link, &[n * bytes]);
        let last = *ends.last().expect("there are some");
        let packet = link.rate[1].time_for(1_500);
        prop_assert!(last.0.abs_diff(whole[0].0) <= (link.rtt + packet).0, "{last} for {}", whole[0]);
        prop_assert!(ends.is_sorted());
        // Nothing is sent twice, and only last packets are not full.
        for id in 2..=n {
            prop_assert!(line.leave(id, last, &link).last_of.is_none());
        }
        let traffic = line.leave(1, last, &link).last_of.expect("the last one").ended.transfer.traffic;
        prop_assert_eq!(traffic.retransmitted, 0);
        let packets = segments(n * bytes, 1_500);
        prop_assert!((packets..=packets + n).contains(&traffic.packets));
        prop_assert_eq!(traffic.bytes, n * bytes + 52 * traffic.packets);
    }

    #[test]
    fn streams_that_join_on_any_link_send_each_packet_and_again_only_what_was_lost(
        link in (0_u64..600, 50_000_u64..30_000_000, 3_000_u64..1_000_000),
        first in 1_u64..300_000,
        later in proptest::collection::vec((0_u64..30_000, 1_u64..100_000), 1..8),
        loss in 0_u64..2,
        bbr in 0_u64..4
    ) {
        let (rtt, rate, queue) = link;
        let mut link = Steady::new(Span::millis(rtt), BitRate(rate), BitRate(rate));
        link.queue = [queue; 2];
        if loss > 0 {
            link = link.with_losses(0.01, Seed(rate));
        }
        let congestion = if bbr == 0 { Congestion::Bbr } else { Congestion::Cubic };
        let mut line = Line::default();
        let flow = line.join(flow_of(&link, congestion, at(0), first), at(0), &link);
        let (mut later, mut ids, mut bytes) = (later, vec![flow], first);
        later.sort_unstable();
        for (ms, more) in later {
            if line.is_under_way(flow, at(ms)) {
                ids.push(line.add(flow, Load::of(more), at(ms), &link));
                bytes += more;
            }
        }
        let mut ends: Vec<(Time, u64)> =
            ids.iter().map(|id| (line.ends(*id).expect("nothing breaks"), *id)).collect();
        ends.sort_unstable();
        let last = ends.last().expect("there are some").0;
        let mut last_of = None;
        for (end, id) in &ends {
            prop_assert!(last_of.is_none());
            prop_assert_eq!(line.ends(*id), Ok(*end), "who leaves changes nothing for the others");
            last_of = line.leave(*id, *end, &link).last_of;
        }
        let traffic = last_of.expect("the last one leaves it").ended.transfer.traffic;
        let fresh = traffic.packets - traffic.retransmitted;
        let packets = segments(bytes, 1_500);
        prop_assert!((packets..=packets + ids.len() as u64).contains(&fresh), "{fresh} for {packets}");
        prop_assert!(last.since(at(0)) >= link.rate[1].time_for(bytes + 52 * packets));
    }
}

#[test]
fn a_small_stream_is_not_stuck_behind_a_big_one() {
    let (link, mut line) = (link(), Line::default());
    let big = line.join(flow(at(0), 5_000_000), at(0), &link);
    let before = line.ends(big).expect("nothing breaks");
    let small = line.add(big, Load::of(2_000), at(1_000), &link);
    let took = line.ends(small).expect("nothing breaks").since(at(1_000));
    // The small message waits for a frame of the big message, for queued bytes, and for its own two
    // packets.
    assert!(took < Span::millis(70), "{took}");
    let late = line.ends(big).expect("nothing breaks").since(before);
    assert!(late < bare(2_000) + Span::millis(2), "the big one is later by as much: {late}");
    assert!(line.leave(small, at(1_100), &link).last_of.is_none());
    assert_eq!(line.ends(big).expect("nothing breaks").since(before), late);
}

#[test]
fn what_fits_into_the_window_goes_out_with_what_was_sent_before() {
    let (link, mut line) = (link(), Line::default());
    let first = line.join(flow(at(0), 3_000), at(0), &link);
    let second = line.add(first, Load::of(3_000), at(1), &link);
    // Three packets each, and a window of 10: no message waits for an acknowledgement.
    assert_eq!(line.ends(first), Ok(at(0) + bare(3_000)));
    assert_eq!(line.ends(second), Ok(at(0) + bare(3_000) * 2));
    let third = line.add(first, Load::of(14_480), at(2), &link);
    let end = line.ends(third).expect("nothing breaks");
    assert!(end > at(20) && end < at(60), "four more fit, six wait: {end}");
}

#[test]
fn one_loss_holds_back_all_streams_of_a_connection_and_of_several_only_its_own() {
    let clean = link();
    // The link loses the packets that leave in its first slot, and no others.
    let lossy = (0..10_000).map(|seed| link().with_losses(0.01, Seed(seed)));
    let lossy = lossy.into_iter().find(|link| {
        let next = |slot| link.next_loss(Direction::Down, slot, 80);
        next(0) == Some(0) && next(1).is_none()
    });
    let lossy = lossy.expect("one of them");
    let messages = [2_000; 4];
    let (before, after) = (streams(&clean, &messages).0, streams(&lossy, &messages).0);
    for (before, after) in before.iter().zip(&after) {
        // The lost packet is sent again a round trip later. Everything else waits for it.
        assert!(after.since(*before) > Span::millis(15), "{before} and {after}");
    }
    let parallel = |link: &Steady| {
        let mut line = Line::default();
        let starts = (0..4).map(|n| at(4 * n));
        let ids: Vec<_> = starts.map(|now| line.join(flow(now, 2_000), now, link)).collect();
        ids.iter().map(|id| line.ends(*id).expect("nothing breaks")).collect::<Vec<Time>>()
    };
    let (before, after) = (parallel(&clean), parallel(&lossy));
    assert!(after[0].since(before[0]) > Span::millis(15), "{before:?} and {after:?}");
    for (before, after) in before.iter().zip(&after).skip(1) {
        assert!(after.since(*before) < Span::millis(8), "{before} and {after}");
    }
}

#[test]
fn a_stream_that_is_given_up_leaves_its_turns_to_the_others() {
    let (link, mut line) = (link(), Line::default());
    let dead = line.join(flow(at(0), 10_000_000), at(0), &link);
    let other = line.add(dead, Load::of(1_000_000), at(0), &link);
    let shared = line.ends(other).expect("nothing breaks");
    line.abandon(dead, at(500), &link);
    let free = line.ends(other).expect("nothing breaks");
    assert!(free.since(at(0)) < shared.since(at(0)).scaled(4, 5), "{free} instead of {shared}");
    let ends = line.ends(dead).expect("nothing breaks");
    assert!(ends <= at(600), "what was in flight: {ends}");
    assert!(!line.leave(dead, ends, &link).whole);
    assert!(line.leave(other, free, &link).whole);
}
