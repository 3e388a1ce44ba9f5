//! Packet-delivery traces in mahimahi's format (Netravali et al., USENIX ATC 2015). Each line
//! stands for a packet of 1 504 bytes. Its number is the millisecond in which the packet may leave.
//! At its end, the trace repeats. Packets of the same millisecond share it evenly, so each
//! millisecond has one rate.

use std::io::{BufRead, Read as _};

use crate::base::{BitRate, Digest, Span, Time};

const PACKET: u128 = 1_504;
const MS: u64 = 1_000_000;
/// Behind a slower link, a trace is repeated for at least the time of this many packets. Then its
/// end cuts at most one packet of this many.
const CUT_OF: u128 = 100;
/// The queue's state after a cycle counts as settled after this many repetitions.
const ROUNDS_MAX: u32 = 10;
/// A longer line cannot be a number.
const LINE_MAX: u64 = 40;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A packet-delivery trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The millisecond in which each packet leaves, counted from 0; ascending.
    packets: Vec<u32>,
    /// Length in milliseconds.
    period: u32,
}

/// An error in a trace.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct TraceError {
    /// Number of the faulty line, from 1; `None` if the fault is not in one line.
    pub line: Option<u64>,
    why: String,
}

impl TraceError {
    fn new(line: impl Into<Option<u64>>, why: impl Into<String>) -> TraceError {
        TraceError { line: line.into(), why: why.into() }
    }
    fn too_late(line: u64, ms: u64) -> TraceError {
        TraceError::new(line, format!("{ms} ms is too late: a trace lasts at most {} ms", u32::MAX))
    }
}

impl Trace {
    /// Maximum number of packets in a trace: 80 MB of memory.
    pub const PACKETS_MAX: usize = 20_000_000;

    /// Reads a trace; it takes four bytes of memory per packet.
    pub fn read(source: impl BufRead) -> Result<Trace, TraceError> {
        Trace::read_at_most(Trace::PACKETS_MAX, source)
    }

    fn read_at_most(most: usize, mut source: impl BufRead) -> Result<Trace, TraceError> {
        let mut packets: Vec<u32> = Vec::new();
        let (mut last, mut blank) = (0, None);
        let mut text = Vec::new();
        for line in 1.. {
            text.clear();
            let read = (&mut source).take(LINE_MAX).read_until(b'\n', &mut text);
            if read.map_err(|error| TraceError::new(None, format!("it cannot be read: {error}")))? == 0 {
                break;
            }
            if line == 1 && text.starts_with(BOM) {
                text.drain(..BOM.len());
            }
            // Blank lines are allowed only at the end.
            if text.iter().all(u8::is_ascii_whitespace) {
                blank = blank.or(Some(line));
                continue;
            }
            let number = if blank.is_some() { None } else { number(&text) };
            let Some(ms) = number else {
                let text = if blank.is_some() { "".into() } else { String::from_utf8_lossy(&text) };
                let why = format!("`{}` is not a whole number of milliseconds", text.trim());
                return Err(TraceError::new(blank.unwrap_or(line), why));
            };
            if ms < last {
                let why = format!("the trace goes backwards, from {last} ms to {ms} ms");
                return Err(TraceError::new(line, why));
            }
            last = ms;
            // A packet with number n has left by n ms: it uses the millisecond that ends at n.
            let slot = u32::try_from(ms.saturating_sub(1)).map_err(|_| TraceError::too_late(line, ms))?;
            if packets.len() == most {
                let why = format!("the trace has more than {most} packets, the most that are read");
                return Err(TraceError::new(None, why));
            }
            packets.push(slot);
        }
        let period = u32::try_from(last).map_err(|_| TraceError::too_late(0, last))?;
        let why = match (packets.is_empty(), period) {
            (true, _) => "the trace is empty: it needs a line for each packet",
            (false, 0) => "the trace ends at 0 ms, so that there is no time to repeat",
            (false, _) => return Ok(Trace { packets, period }),
        };
        Err(TraceError::new(None, why))
    }

    /// Adds the trace to a digest.
    pub fn digest(&self, digest: &mut Digest) {
        digest.number(u64::from(self.period));
        self.packets.iter().for_each(|slot| digest.number(u64::from(*slot)));
    }

    /// Mean rate over one period.
    pub fn mean(&self) -> BitRate {
        let bits = self.packets.len() as u128 * PACKET * 8;
        BitRate(((bits * 1_000 / u128::from(self.period)) as u64).max(1))
    }

    /// The trace after it passes a link of at most `rate`. Packets that come faster queue for less
    /// than `wait`. The other packets of a burst are lost. Pauses stay the same.
    pub fn at_most(&self, rate: BitRate, wait: Span) -> Trace {
        let takes = (PACKET * 8_000_000_000).div_ceil(u128::from(rate.0.max(1)));
        let wait = u128::from(wait.0);
        let cycle = u128::from(self.period) * u128::from(MS);
        if self.behind(takes, wait, 1, 0, cycle).0 == self.packets {
            return self.clone();
        }
        // Repeat the trace so often that a packet that is cut at the end is one of many.
        let cycles = u32::try_from((CUT_OF * takes).div_ceil(cycle)).unwrap_or(u32::MAX);
        let period = self.period * cycles.min(u32::MAX / self.period);
        let whole = u128::from(period) * u128::from(MS);
        // The first cycle starts with an empty queue. Repeat until a cycle ends as it began.
        let mut begun = 0;
        for _ in 0..ROUNDS_MAX {
            let (_, free) = self.behind(takes, wait, period / self.period, begun, u128::MAX);
            let left = free.saturating_sub(whole);
            if left <= begun {
                break;
            }
            begun = left;
        }
        let (mut packets, _) = self.behind(takes, wait, period / self.period, begun, begun + whole);
        packets.iter_mut().for_each(|slot| *slot %= period);
        packets.sort_unstable();
        Trace { packets, period }
    }

    /// Sends `cycles` cycles of packets through a link that is free from `free` on. Each packet
    /// takes `takes` and must end by `until`. Returns the milliseconds of the packets that pass,
    /// and the time when the link is free again. Times are in nanoseconds.
    fn behind(&self, takes: u128, wait: u128, cycles: u32, mut free: u128, until: u128) -> (Vec<u32>, u128) {
        let mut passed = Vec::new();
        for begun in (0..cycles).map(|n| n * self.period) {
            let mut n = 0;
            while let Some(slot) = self.packets.get(n) {
                let comes = u128::from(begun + slot) * u128::from(MS);
                let begins = free.max(comes);
                // The result has only milliseconds, so a packet may wait up to 1 ms longer.
                let lost = begins > comes && begins - comes + u128::from(MS) > wait;
                if lost || begins + takes > until {
                    // All packets of the same millisecond are lost too.
                    n = self.before(slot + 1);
                    continue;
                }
                free = begins + takes;
                passed.push(u32::try_from(begins / u128::from(MS)).unwrap_or(u32::MAX));
                n += 1;
            }
        }
        (passed, free)
    }

    /// Rate over the next 100 ms, or over the next ten packets if these take longer.
    pub(super) fn rate(&self, at: Time) -> BitRate {
        let soon = at + Span::millis(100);
        let bytes = self.passed(soon) - self.passed(at);
        let (bytes, until) =
            if bytes >= 10 * PACKET { (bytes, soon) } else { (10 * PACKET, self.leaves(at, 10 * PACKET)) };
        let rate = bytes * 8_000_000_000 / u128::from((until - at).0.max(1));
        BitRate((rate as u64).max(1))
    }

    pub(super) fn leaves(&self, from: Time, bytes: u128) -> Time {
        let goal = self.passed(from) + bytes;
        if bytes == 0 {
            return from;
        }
        let whole = self.packets.len() as u128 * PACKET;
        let (cycle, rest) = ((goal - 1) / whole, (goal - 1) % whole + 1);
        let packet = rest.div_ceil(PACKET) as usize - 1;
        let slot = self.packets[packet];
        let before = self.before(slot);
        let share = (self.before(slot + 1) - before) as u128 * PACKET;
        let within = ((rest - before as u128 * PACKET) * u128::from(MS)).div_ceil(share);
        let ns = (cycle * u128::from(self.period) + u128::from(slot)) * u128::from(MS) + within;
        u64::try_from(ns).map_or(Time::FAR, Time)
    }

    /// Whole bytes that have passed since the start, rounded down. `leaves` rounds its time up, so
    /// at that time its last byte has passed.
    pub(super) fn passed(&self, at: Time) -> u128 {
        let (ms, ns) = (at.0 / MS, at.0 % MS);
        let period = u64::from(self.period);
        let (cycle, slot) = (ms / period, (ms % period) as u32);
        let before = self.before(slot);
        let now = (self.before(slot + 1) - before) as u128;
        (u128::from(cycle) * self.packets.len() as u128 + before as u128) * PACKET
            + now * PACKET * u128::from(ns) / u128::from(MS)
    }

    fn before(&self, slot: u32) -> usize {
        self.packets.partition_point(|p| *p < slot)
    }
}

fn number(line: &[u8]) -> Option<u64> {
    std::str::from_utf8(line).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trace(lines: &str) -> Trace {
        Trace::read(lines.as_bytes()).unwrap()
    }

    /// Longest wait in the tunnel's queue.
    const WAIT: Span = Span::millis(40);

    #[test]
    fn behind_a_tunnel_a_pause_stays_a_pause() {
        let bursts: String = (1..=1_000).map(|n| format!("{}\n", 1 + n / 100)).collect();
        let trace = trace(&format!("{bursts}1000\n"));
        let tunnel = trace.at_most(BitRate(20_000_000), WAIT);
        let [before, behind] = [&trace, &tunnel].map(|trace| trace.leaves(ms(100), 1_504));
        assert_eq!((before, behind), (ms(1_000), ms(1_000)));
        // 20 Mbit/s for the burst plus 40 ms.
        let passed = tunnel.passed(ms(999));
        assert!((115_000..=127_500).contains(&passed), "{passed}");
    }

    fn ms(n: u64) -> Time {
        Time(n * MS)
    }

    #[test]
    fn packets_leave_when_their_lines_say() {
        let trace = trace("10\n20\n20\n50\n");
        let left = [1, 2, 3, 4, 5, 9].map(|n: u128| trace.leaves(Time::ZERO, n * 1_504));
        assert_eq!(left, [ms(10), Time(19_500_000), ms(20), ms(50), ms(60), ms(110)]);
        assert_eq!(trace.leaves(ms(20), 1), Time(49 * MS + 665), "it waits for the next packet");
        assert_eq!(trace.mean(), BitRate(4 * 1_504 * 8 * 20));
    }

    #[test]
    fn the_rate_is_that_of_the_packets_to_come() {
        let steady: String = (1..=1_000).map(|n| format!("{n}\n")).collect();
        assert_eq!(trace(&steady).rate(ms(77)), BitRate(12_032_000));
        assert_eq!(trace("1000\n").rate(Time::ZERO), BitRate(12_032), "a packet a second");
    }

    #[test]
    fn what_is_no_trace_is_refused_with_its_line() {
        for (lines, line) in [
            ("", None),
            ("\n\n", None),
            ("0\n0\n", None),
            ("5\n4\n", Some(2)),
            ("5\nsix\n", Some(2)),
            ("5\n\n7\n", Some(2)),
            ("-1\n", Some(1)),
            ("4294967297\n", Some(1)),
            ("\u{feff}six\n", Some(1)),
            ("5\n\u{feff}6\n", Some(2)),
        ] {
            assert_eq!(Trace::read(lines.as_bytes()).unwrap_err().line, line, "{lines:?}");
        }
        assert_eq!(trace("5\n7\n\n \r\n"), trace("5\n7\n"), "behind the last is nothing");
        assert_eq!(trace("\u{feff}10\n20\n"), trace("10\n20\n"), "a byte order mark is no part of it");
        let told = Trace::read(&vec![b'1'; 1_000_000][..]).unwrap_err().to_string();
        assert!(told.len() < 100, "a line without end is told in part: {told}");
        let found = [2, 3].map(|most| Trace::read_at_most(most, &b"7\n7\n7\n"[..]).is_ok());
        assert_eq!(found, [false, true], "no more packets than the limit");
    }

    proptest! {
        #[test]
        fn a_tunnel_passes_packets_of_its_trace_late_by_its_wait_at_most_and_no_more_than_its_rate(
            gaps in proptest::collection::vec((0_u64..9, 0_u64..200), 2..200),
            wait in 1_u64..200,
            kbits in 500_u64..50_000,
        ) {
            let gap = |(rare, gap): &(u64, u64)| if *rare == 0 { *gap } else { 0 };
            let lines: String =
                gaps.iter().scan(1, |at, each| { *at += gap(each); Some(format!("{at}\n")) }).collect();
            let (trace, rate) = (trace(&lines), BitRate(kbits * 1_000));
            let tunnel = trace.at_most(rate, Span::millis(wait));
            prop_assert_eq!(tunnel.period % trace.period, 0);
            // Two periods, because packets of one period may leave in the next.
            let [comes, passes] = [&trace, &tunnel].map(|of| {
                let cycles = u64::from(2 * tunnel.period / of.period);
                let cycle = |n| of.packets.iter().map(move |slot| n * u64::from(of.period) + u64::from(*slot));
                (0..cycles).flat_map(cycle).collect::<Vec<_>>()
            });
            let mut below = comes.iter();
            for packet in passes.iter().filter(|packet| **packet >= u64::from(tunnel.period)) {
                let late = |of: &&u64| **of <= *packet && packet - **of < wait;
                prop_assert!(below.any(|of| late(&of)), "{packet} of {lines}");
            }
            let takes = rate.time_for(1_504).0;
            for (n, first) in passes.iter().enumerate() {
                for (more, last) in passes[n..].iter().enumerate() {
                    // The first may start late in its millisecond, and the last early in its own.
                    prop_assert!((last - first + 1) * MS >= more as u64 * takes, "{first} to {last} of {lines}");
                }
            }
        }

        #[test]
        fn the_time_of_a_volume_is_the_first_at_which_it_has_passed(
            gaps in proptest::collection::vec(0_u64..40, 1..60),
            from in 0_u64..3_000_000_000,
            bytes in 1_u128..400_000,
        ) {
            let lines: String = gaps.iter().scan(1, |at, gap| { *at += gap; Some(format!("{at}\n")) }).collect();
            let trace = trace(&lines);
            let left = trace.leaves(Time(from), bytes);
            let passed = |at: Time| trace.passed(at) - trace.passed(Time(from));
            prop_assert!(passed(left) >= bytes);
            prop_assert!(passed(Time(left.0 - 1)) < bytes);
        }
    }
}
