//! The scoreboard: a sender's outstanding packets and their known states (SACK, RFC 6675; RACK, RFC
//! 8985; delivery rates, `net/ipv4/tcp_rate.c`).

use std::collections::VecDeque;

use super::receiver::Block;
use crate::base::{Span, Time};

#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    pub(super) size: u64,
    pub(super) sent: Time,
    pub(super) sacked: bool,
    pub(super) lost: bool,
    /// True if retransmitted, with an outcome that is not known yet.
    pub(super) again: bool,
    pub(super) repeated: bool,
    /// True if at least one of its transmissions arrives.
    pub(super) passes: bool,
    since: Option<Since>,
}

#[derive(Clone, Copy, Debug)]
struct Since {
    delivered: u64,
    at: Time,
    first: Time,
    starved: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    /// (delivered count when the packet was sent, time of that count); `None`: no sample.
    pub(super) before: Option<(u64, Time)>,
    pub(super) starved: bool,
    end: u64,
    /// The time that it took to send the sample's packets.
    pub(super) sending: Span,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct News {
    pub(super) rate: Rate,
    /// Newly acknowledged packets sent once: send times of the first and the last.
    pub(super) acked: Option<(Time, Time)>,
    /// The same for newly SACKed (selectively acknowledged) packets.
    pub(super) sacked: Option<(Time, Time)>,
    pub(super) repeated: bool,
    /// True if packets were newly SACKed.
    pub(super) beyond: bool,
    pub(super) original: bool,
    top: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    sent: Time,
    end: u64,
    rtt: Span,
    news: bool,
}

/// The packets by number, in the order of their first transmission.
#[derive(Clone, Debug, Default)]
pub(super) struct Board {
    pub(super) una: u64,
    pub(super) next: u64,
    packets: VecDeque<Packet>,
    pub(super) sacked: u64,
    pub(super) lost: u64,
    pub(super) again: u64,
    /// All packets before this one arrive.
    pub(super) through: u64,
    /// Blocks of the last acknowledgement, and the end of the highest block.
    told: Vec<Block>,
    highest: u64,
    /// Packets by time of last transmission. Entries of packets retransmitted later are stale.
    order: VecDeque<(Time, u64)>,
    /// No packet before this one is lost and waits for retransmission.
    hint: u64,
    latest: Latest,
    /// True if this path reorders packets.
    pub(super) reorders: bool,
    pub(super) delivered: u64,
    pub(super) delivered_at: Time,
    first: Time,
    /// The sender is application-limited until `delivered` passes this; zero: it is not.
    pub(super) starved: u64,
    pub(super) losses: u64,
}

impl Board {
    /// A scoreboard with nothing outstanding at `now`, after `delivered` packets.
    pub(super) fn new(now: Time, delivered: u64) -> Board {
        let starved = delivered.max(1);
        Board { delivered, delivered_at: now, first: now, starved, ..Board::default() }
    }

    pub(super) fn out(&self) -> u64 {
        self.next - self.una
    }
    /// Outstanding packets that are in the network.
    pub(super) fn in_flight(&self) -> u64 {
        self.out() - (self.sacked + self.lost) + self.again
    }
    pub(super) fn packet(&mut self, k: u64) -> &mut Packet {
        &mut self.packets[(k - self.una) as usize]
    }
    pub(super) fn head(&self) -> Option<&Packet> {
        self.packets.front()
    }

    fn since(&self) -> Option<Since> {
        let starved = self.starved > 0;
        Some(Since { delivered: self.delivered, at: self.delivered_at, first: self.first, starved })
    }

    pub(super) fn send(&mut self, now: Time, size: u64, passes: bool) {
        if self.out() == 0 {
            (self.first, self.delivered_at) = (now, now);
        }
        let since = self.since();
        let packet = Packet {
            size,
            sent: now,
            sacked: false,
            lost: false,
            again: false,
            repeated: false,
            passes,
            since,
        };
        self.packets.push_back(packet);
        self.order.push_back((now, self.next));
        self.next += 1;
        self.pass();
    }

    pub(super) fn send_again(&mut self, now: Time, k: u64, passes: bool) {
        let since = self.since();
        let packet = self.packet(k);
        (packet.repeated, packet.sent, packet.since) = (true, now, since);
        packet.passes |= passes;
        self.order.push_back((now, k));
        self.pass();
    }

    /// Marks packet `k` as retransmitted, with unknown outcome.
    pub(super) fn repairs(&mut self, k: u64) {
        let packet = self.packet(k);
        let before = std::mem::replace(&mut packet.again, true);
        self.again += u64::from(!before);
    }

    fn pass(&mut self) {
        while self.through < self.next && self.packet(self.through).passes {
            self.through += 1;
        }
    }

    pub(super) fn has_repeated(&self) -> bool {
        self.again > 0 || self.head().is_some_and(|packet| packet.repeated)
    }

    pub(super) fn mark_lost(&mut self, k: u64) {
        let packet = self.packet(k);
        if packet.sacked || packet.lost && !packet.again {
            return;
        }
        if packet.lost {
            packet.again = false;
            self.again -= 1;
        } else {
            packet.lost = true;
            self.lost += 1;
        }
        self.losses += 1;
        self.hint = self.hint.min(k);
    }

    /// Handles a timeout. The oldest packet, and all packets sent longer than a round trip ago,
    /// count as lost.
    pub(super) fn time_out(&mut self, now: Time) {
        // If the receiver has dropped SACKed data (reneging), all of that data counts as dropped.
        let reneged = self.head().is_some_and(|packet| packet.sacked);
        if reneged {
            self.told.clear();
        }
        let (una, latest) = (self.una, self.latest.rtt);
        for k in una..self.next {
            let packet = self.packet(k);
            if reneged && std::mem::take(&mut packet.sacked) {
                self.sacked -= 1;
            } else if !reneged && k > una && packet.sent + latest > now {
                continue;
            }
            self.mark_lost(k);
        }
    }

    /// Handles a duplicate report of packet `k`; true if it had been retransmitted.
    pub(super) fn came_twice(&mut self, k: u64) -> bool {
        if k < self.una || k >= self.next {
            return k < self.una;
        }
        let packet = self.packet(k);
        let repeated = packet.repeated;
        if packet.again && !packet.lost {
            packet.again = false;
            self.again -= 1;
        }
        repeated
    }

    pub(super) fn unmark(&mut self) {
        for packet in &mut self.packets {
            packet.lost = false;
        }
        self.lost = 0;
        self.latest.news = true;
    }

    /// Makes the next search for losses run even if nothing new was acknowledged.
    pub(super) fn look_again(&mut self) {
        self.latest.news = true;
    }

    pub(super) fn next_repair(&mut self) -> Option<u64> {
        self.hint = self.hint.max(self.una);
        while self.again < self.lost && self.hint < self.next {
            let hint = self.hint;
            let packet = self.packet(hint);
            if packet.lost && !packet.sacked && !packet.again {
                return Some(hint);
            }
            self.hint += 1;
        }
        None
    }

    fn delivers(&mut self, now: Time, k: u64, least: Span, news: &mut News) {
        let Packet { sent, repeated, since, .. } = *self.packet(k);
        let rtt = now.since(sent);
        if rtt >= least || !repeated {
            self.latest.rtt = rtt;
            self.latest.news = true;
            if (sent, k + 1) > (self.latest.sent, self.latest.end) {
                (self.latest.sent, self.latest.end) = (sent, k + 1);
            }
        }
        self.rates(k, sent, since, news);
    }

    fn rates(&mut self, k: u64, sent: Time, since: Option<Since>, news: &mut News) {
        let Some(since) = since else { return };
        let rate = &mut news.rate;
        if rate.before.is_none() || (sent, k + 1) > (self.first, rate.end) {
            rate.before = Some((since.delivered, since.at));
            (rate.starved, rate.end) = (since.starved, k + 1);
            rate.sending = sent.since(since.first);
            self.first = sent;
        }
    }

    fn top(&self) -> u64 {
        if self.sacked == 0 { self.una } else { self.highest.saturating_sub(1).max(self.una) }
    }

    /// Processes SACK blocks. `high`: the next packet at the last change of state. `least`: the
    /// smallest RTT.
    pub(super) fn sack(&mut self, now: Time, blocks: &[Block], high: u64, least: Span) -> News {
        let mut news = News { top: self.top(), ..News::default() };
        for (from, to) in blocks.iter().copied() {
            let (mut k, to) = (from.max(self.una), to.min(self.next));
            self.highest = self.highest.max(to);
            while k < to {
                // Skip packets that the last acknowledgement already reported.
                let known = self.told.iter().find(|block| block.0 <= k && k < block.1);
                match known.map(|block| block.1) {
                    Some(end) => k = end,
                    None => {
                        self.sack_one(now, k, high, least, &mut news);
                        k += 1;
                    }
                }
            }
        }
        self.told.clear();
        self.told.extend_from_slice(blocks);
        news
    }

    fn sack_one(&mut self, now: Time, k: u64, high: u64, least: Span, news: &mut News) {
        let before = *self.packet(k);
        if before.sacked {
            return;
        }
        self.delivers(now, k, least, news);
        if !before.repeated {
            news.original |= k < high;
            self.reorders |= k < news.top;
            let first = news.sacked.map_or(before.sent, |(first, _)| first);
            news.sacked = Some((first, before.sent));
        }
        // A retransmission of a packet not marked lost is still in the network.
        if before.lost {
            self.lost -= 1;
            self.again -= u64::from(before.again);
        }
        let packet = self.packet(k);
        packet.again &= !before.lost;
        (packet.sacked, packet.lost, packet.since) = (true, false, None);
        news.beyond = true;
        self.sacked += 1;
        self.delivered += 1;
    }

    /// Cumulative acknowledgement of all packets before `to`; `echo` is the echoed send time.
    pub(super) fn acknowledge(
        &mut self,
        now: Time,
        (to, echo): (u64, Time),
        high: u64,
        least: Span,
        news: &mut News,
    ) {
        while self.una < to {
            let (k, before) = (self.una, *self.packet(self.una));
            if before.repeated {
                news.repeated = true;
                self.again -= u64::from(before.again);
            } else if !before.sacked {
                let first = news.acked.map_or(before.sent, |(first, _)| first);
                news.acked = Some((first, before.sent));
                self.reorders |= k < news.top;
                news.original |= k < high;
            }
            if before.sacked {
                self.sacked -= 1;
                self.rates(k, before.sent, before.since, news);
            } else {
                self.delivered += 1;
                // The echo shows if the original or the retransmission arrived.
                if before.repeated && earlier(echo, before.sent) {
                    self.rates(k, before.sent, before.since, news);
                } else {
                    self.delivers(now, k, least, news);
                }
            }
            self.lost -= u64::from(before.lost);
            self.packets.pop_front();
            self.una += 1;
        }
        while self.order.front().is_some_and(|(_, k)| *k < self.una) {
            self.order.pop_front();
        }
    }

    /// RACK: marks packets as lost that were sent well before a packet that arrived. Returns the
    /// wait until the next check.
    pub(super) fn find_lost(&mut self, now: Time, patience: Span) -> Option<Span> {
        if !std::mem::take(&mut self.latest.news) {
            return None;
        }
        let Latest { sent: latest, end, rtt, .. } = self.latest;
        while let Some((sent, k)) = self.order.front().copied() {
            let gone = k < self.una || {
                let packet = self.packet(k);
                packet.sent != sent || packet.sacked || packet.lost && !packet.again
            };
            if !gone {
                if (sent, k + 1) >= (latest, end) {
                    return None;
                }
                if sent + rtt + patience > now {
                    return Some((latest + rtt + patience).since(now));
                }
                self.mark_lost(k);
            }
            self.order.pop_front();
        }
        None
    }
}

/// True if `echo` is earlier. Both are compared as TCP timestamps in milliseconds.
pub(super) fn earlier(echo: Time, sent: Time) -> bool {
    echo.0 / 1_000_000 < sent.0 / 1_000_000
}
