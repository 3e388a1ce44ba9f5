//! Collects figures of announcements: messages in which a server tells listening devices that there
//! are changes.

use std::collections::BTreeMap;

use super::{Board, Id};
use crate::base::{DeviceId, Span, Time};
use crate::contract::{AnnouncementEvent, EngineEvent, Event, ListenEvent};

/// Reconnects of listeners within this time belong to one peak.
const AT_ONCE: Span = Span::secs(1);

#[derive(Debug, Default)]
pub(super) struct Listening {
    /// By device and channel, the changes that the device has not heard of yet: number and time of
    /// each.
    unheard: BTreeMap<(DeviceId, u32), BTreeMap<u64, Time>>,
    /// The times of the latest reconnects.
    asked: Vec<Time>,
}

impl Listening {
    pub(super) fn on(&mut self, at: Time, device: Option<DeviceId>, event: &Event<'_>, board: &mut Board) {
        match (device, event) {
            (_, Event::Announcement(announcement)) => self.on_announcement(at, *announcement, board),
            (Some(device), Event::Engine(EngineEvent::Listening(listening))) => {
                self.on_listening(at, device, *listening, board);
            }
            _ => {}
        }
    }

    fn on_announcement(&mut self, at: Time, event: AnnouncementEvent, board: &mut Board) {
        match event {
            AnnouncementEvent::Made { device, channel, number } => {
                board.count(Id::LiveAnnounced);
                self.owes(at, (device, channel), number);
            }
            AnnouncementEvent::Missed { device, channel, number } => {
                board.count(Id::LiveMissed);
                self.owes(at, (device, channel), number);
            }
            AnnouncementEvent::Dropped { .. } => board.count(Id::LiveDropped),
            AnnouncementEvent::Collapsed { .. } => board.count(Id::LiveCollapsed),
        }
    }

    fn owes(&mut self, at: Time, to: (DeviceId, u32), number: u64) {
        self.unheard.entry(to).or_default().entry(number).or_insert(at);
    }

    fn on_listening(&mut self, at: Time, device: DeviceId, event: ListenEvent, board: &mut Board) {
        match event {
            ListenEvent::Asked { again: false } => {}
            ListenEvent::Asked { again: true } => {
                self.asked.retain(|before| at.since(*before) < AT_ONCE);
                self.asked.push(at);
                let peak = board.value(Id::LiveReturnsPeak).max(self.asked.len() as u64);
                board.set(Id::LiveReturnsPeak, peak);
            }
            ListenEvent::Begun { .. } => board.count(Id::LiveBegun),
            ListenEvent::Failed => board.count(Id::LiveFailed),
            ListenEvent::Ended { after, lost } => {
                board.add(Id::LiveBroken, lost);
                board.observe(Id::LiveListened, after.0);
            }
            ListenEvent::Heard { channel, number } => {
                board.count(Id::LiveHeard);
                let Some(made) = self.unheard.get_mut(&(device, channel)) else { return };
                if let Some(made) = made.get(&number) {
                    board.observe(Id::LiveDelay, at.since(*made).0);
                }
                // An announcement also stands for all earlier ones of its channel.
                made.retain(|earlier, _| *earlier > number);
            }
            ListenEvent::Applied { rows, .. } => {
                board.count(Id::LiveApplied);
                board.add(Id::LiveRows, rows);
            }
            ListenEvent::Rejected { .. } => board.count(Id::LiveRejected),
        }
    }

    pub(super) fn finish(&self, board: &mut Board) {
        let unheard: usize = self.unheard.values().map(BTreeMap::len).sum();
        board.set(Id::LiveUnheard, unheard as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::UnitId;

    const PHONE: DeviceId = DeviceId(0);

    fn board() -> Board {
        Board::new(&["fresh".to_owned()], Vec::new(), Arc::default())
    }

    fn heard(number: u64) -> Event<'static> {
        Event::Engine(EngineEvent::Listening(ListenEvent::Heard { channel: 0, number }))
    }

    fn missed(number: u64) -> Event<'static> {
        Event::Announcement(AnnouncementEvent::Missed { device: PHONE, channel: 0, number })
    }

    #[test]
    fn a_later_announcement_tells_what_was_missed() {
        let (mut board, mut listening) = (board(), Listening::default());
        for (at, number) in [(1, 1), (2, 2), (3, 3)] {
            listening.on(Time(at), None, &missed(number), &mut board);
        }
        listening.on(Time(9), Some(PHONE), &heard(2), &mut board);
        listening.finish(&mut board);
        assert_eq!((board.value(Id::LiveMissed), board.value(Id::LiveUnheard)), (3, 1));
    }

    #[test]
    fn rows_count_only_if_their_page_was_applied() {
        let (mut board, mut listening) = (board(), Listening::default());
        for event in [
            ListenEvent::Applied { unit: UnitId(0), rows: 3 },
            ListenEvent::Rejected { channel: 0 },
            ListenEvent::Applied { unit: UnitId(1), rows: 4 },
        ] {
            let event = Event::Engine(EngineEvent::Listening(event));
            listening.on(Time(1), Some(PHONE), &event, &mut board);
        }
        let counted = [Id::LiveApplied, Id::LiveRows, Id::LiveRejected].map(|id| board.value(id));
        assert_eq!(counted, [2, 7, 1]);
    }

    #[test]
    fn attempts_more_than_a_second_apart_are_no_storm() {
        let (mut board, mut listening) = (board(), Listening::default());
        for (at, again) in [(0, true), (0, true), (0, false), (999_999_999, true), (1_500_000_000, true)] {
            let asked = Event::Engine(EngineEvent::Listening(ListenEvent::Asked { again }));
            listening.on(Time(at), Some(PHONE), &asked, &mut board);
        }
        assert_eq!(board.value(Id::LiveReturnsPeak), 3);
    }
}
