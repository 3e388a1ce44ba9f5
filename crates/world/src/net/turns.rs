//! The order in which bytes leave if several messages share a connection.

use std::collections::VecDeque;

/// Payload of an HTTP/2 frame (RFC 9113, SETTINGS_MAX_FRAME_SIZE).
const FRAME: u64 = 16_384;

/// Streams take turns, one frame each, the newest last (RFC 9218: equal urgency, incremental).
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    /// Streams in the order of their turns, as (id, bytes left).
    row: VecDeque<(u64, u64)>,
    /// Bytes of the first stream's current frame that are already sent.
    begun: u64,
}

impl Turns {
    pub(super) fn join(&mut self, stream: u64, bytes: u64) {
        self.row.push_back((stream, bytes));
    }

    /// Removes the bytes of `stream` that have not left after the next `in_flight` bytes of all
    /// streams. Returns their number.
    pub(super) fn remove_stream(&mut self, stream: u64, in_flight: u64) -> u64 {
        let mut later = self.clone();
        later.pass(in_flight);
        let Some((_, never)) = later.row.into_iter().find(|(id, _)| *id == stream) else { return 0 };
        let at = self.row.iter().position(|(id, _)| *id == stream).expect("it was in the row a moment ago");
        self.row[at].1 -= never;
        if self.row[at].1 == 0 {
            self.row.remove(at);
            self.begun = if at == 0 { 0 } else { self.begun };
        }
        never
    }

    pub(super) fn left(&self) -> u64 {
        self.row.iter().map(|(_, left)| left).sum()
    }
    pub(super) fn pass(&mut self, bytes: u64) {
        self.take(bytes, |_, _| ());
    }

    /// For each stream its id, and the bytes of all streams that leave up to its last byte. Sorted
    /// by end.
    pub(super) fn ends(&self) -> Vec<(u64, u64)> {
        let mut ends = Vec::with_capacity(self.row.len());
        self.clone().take(u64::MAX, |stream, at| ends.push((stream, at)));
        ends
    }

    fn take(&mut self, bytes: u64, mut ended: impl FnMut(u64, u64)) {
        let mut gone = 0;
        while let Some((stream, left)) = self.row.front_mut() {
            let n = (FRAME - self.begun).min(*left).min(bytes - gone);
            (*left, self.begun, gone) = (*left - n, self.begun + n, gone + n);
            if *left == 0 {
                ended(*stream, gone);
                self.row.pop_front();
            } else if self.begun == FRAME {
                self.row.rotate_left(1);
            } else {
                return;
            }
            self.begun = 0;
            gone += self.whole_rounds(bytes - gone);
        }
    }

    /// Takes whole rounds (one frame of each stream) at once: as many as fit into `bytes` before a
    /// stream ends.
    fn whole_rounds(&mut self, bytes: u64) -> u64 {
        let least = self.row.iter().map(|(_, left)| left.saturating_sub(1) / FRAME).min().unwrap_or(0);
        let round = FRAME * self.row.len() as u64;
        let rounds = bytes.checked_div(round).map_or(0, |fit| fit.min(least));
        for (_, left) in &mut self.row {
            *left -= rounds * FRAME;
        }
        rounds * round
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(streams: &[u64]) -> Turns {
        let mut turns = Turns::default();
        for (stream, bytes) in streams.iter().enumerate() {
            turns.join(stream as u64, *bytes);
        }
        turns
    }

    #[test]
    fn streams_end_in_the_order_of_their_frames() {
        for (streams, ends) in [
            (&[5_000][..], &[(0, 5_000)][..]),
            (&[100_000, 100_000], &[(0, 6 * FRAME * 2 + 1_696), (1, 200_000)]),
            // A small stream next to a big one waits for one frame.
            (&[1_000_000, 1_000], &[(1, FRAME + 1_000), (0, 1_001_000)]),
            (&[FRAME, FRAME, FRAME], &[(0, FRAME), (1, 2 * FRAME), (2, 3 * FRAME)]),
            (&[40_000, 20_000, 1], &[(2, 2 * FRAME + 1), (1, 3 * FRAME + 20_000 - FRAME + 1), (0, 60_001)]),
        ] {
            assert_eq!(of(streams).ends(), ends, "{streams:?}");
        }
    }

    #[test]
    fn who_is_given_up_leaves_its_turn_to_the_next() {
        let mut turns = of(&[100_000, 50_000]);
        turns.pass(1_000);
        let mut in_flight = turns.clone();
        assert_eq!(turns.remove_stream(0, 0), 99_000);
        assert_eq!(turns.ends(), [(1, 50_000)]);
        assert_eq!(turns.remove_stream(0, 0), 0, "it is gone");
        // The rest of its frame, one frame of the other, and a hundred bytes.
        assert_eq!(in_flight.remove_stream(0, 2 * FRAME - 1_000 + 100), 100_000 - FRAME - 100);
        assert_eq!(in_flight.ends(), [(0, 2 * FRAME - 1_000 + 100), (1, 50_000 + FRAME - 1_000 + 100)]);
    }

    proptest! {
        #[test]
        fn bytes_are_conserved_and_nobody_is_a_frame_ahead(
            streams in proptest::collection::vec(1_u64..300_000, 1..7), steps in proptest::collection::vec(0_u64..70_000, 0..30)
        ) {
            let (whole, mut turns) = (of(&streams), of(&streams));
            let (all, expected) = (streams.iter().sum::<u64>(), whole.ends());
            let mut gone = 0;
            for step in steps {
                turns.pass(step);
                gone = all.min(gone + step);
                prop_assert_eq!(turns.left(), all - gone);
                let later: Vec<(u64, u64)> = turns.ends().iter().map(|(id, at)| (*id, at + gone)).collect();
                prop_assert_eq!(&later[..], &expected[expected.len() - later.len()..], "stopping changes nothing");
                let sent: Vec<u64> =
                    turns.row.iter().map(|(id, left)| streams[*id as usize] - left).collect();
                let ahead = sent.iter().max().unwrap_or(&0) - sent.iter().min().unwrap_or(&0);
                prop_assert!(ahead <= FRAME, "{:?}", sent);
            }
            prop_assert_eq!(expected.last().map(|(_, at)| *at), Some(all));
        }
    }
}
