//! A phone that listens for announcements, and the rows that it gets with them.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{DeviceId, EntityId};
use crate::contract::{ConnectionId, LocalBoxFuture};
use crate::protocol::{Change, Position, PullRequest, Said, SentRows, Topic, Want};
use crate::world::server::announced_pieces::Pieces;

/// Reads rows for phones that want them with announcements.
pub(crate) trait RowSource {
    /// The cursor of a device that has all rows committed so far.
    fn now(&self, entity: EntityId) -> String;
    /// Serves a pull for its device. `None` if it is refused, or if there are more rows than a
    /// page.
    fn page(&self, pull: PullRequest) -> LocalBoxFuture<'static, Option<ServedPage>>;
    /// Runs a task of the server's process.
    fn spawn(&self, task: LocalBoxFuture<'static, ()>);
}

/// The response to a pull, with the cursor at the end of each wanted entity, in order.
pub(crate) struct ServedPage {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Vec<String>,
}

/// A held request or connection of a phone that listens.
pub(crate) struct Ear {
    pub(crate) device: DeviceId,
    pub(crate) topics: Vec<Topic>,
    pub(crate) over: Over,
    /// The latest change of each channel whose rows are to be sent.
    pub(crate) due: BTreeMap<u32, u64>,
    /// Whether a task sends the rows that are due.
    pub(crate) is_sending: bool,
}

#[derive(Clone)]
pub(crate) enum Over {
    Connection(ConnectionId),
    Response(Rc<Pieces>),
}

/// The next rows to send to a listening phone.
pub(crate) struct Due {
    change: Change,
    after: Vec<Position>,
    /// `None`: the phone does not want the rows any more.
    pub(crate) pull: Option<PullRequest>,
}

impl Ear {
    pub(crate) fn new(device: DeviceId, topics: Vec<Topic>, over: Over) -> Ear {
        Ear { device, topics, over, due: BTreeMap::new(), is_sending: false }
    }

    fn topic(&mut self, channel: u32) -> Option<&mut Topic> {
        self.topics.iter_mut().find(|topic| topic.channel == channel)
    }

    /// Takes the rows that the phone wants out of these changes. Returns the other changes.
    pub(crate) fn puts_off(&mut self, changes: Vec<Change>) -> Vec<Change> {
        let wants = |change: &Change| {
            self.topics.iter().any(|topic| topic.channel == change.channel && topic.rows.is_some())
        };
        let (due, rest) = changes.into_iter().partition::<Vec<Change>, _>(wants);
        self.due.extend(due.into_iter().map(|change| (change.channel, change.number)));
        rest
    }

    /// The next rows to send; `None` if none are due.
    pub(crate) fn next_due(&mut self) -> Option<Due> {
        let (channel, number) = self.due.pop_first()?;
        let change = Change { channel, number };
        let device = self.device;
        let topic = self.topic(channel)?;
        let Some((rows, after)) = topic.rows.as_ref().zip(topic.positions()) else {
            return Some(Due { change, after: Vec::new(), pull: None });
        };
        let want = |of: &Position| Want { entity: of.entity, cursor: Some(of.cursor.clone()), ids: 0 };
        // The gateway sets the clock. No run of a unit has the number 0.
        let pull = PullRequest {
            unit: rows.unit,
            rows: rows.rows,
            bytes: rows.bytes,
            zone: rows.zone,
            run: 0,
            ..PullRequest::new(device, after.iter().map(want).collect())
        };
        Some(Due { change, after, pull: Some(pull) })
    }

    /// The message for rows that were due, after which the next rows begin at their end. Without
    /// the rows, or if the phone has named other cursors meanwhile, it announces the change alone.
    pub(crate) fn message(&mut self, due: Due, served: Option<ServedPage>) -> Said {
        let Due { change, after, .. } = due;
        let topic = self.topic(change.channel).filter(|topic| topic.positions().as_ref() == Some(&after));
        let rows = topic.and_then(|topic| topic.rows.as_mut());
        match (rows, served) {
            (Some(rows), Some(ServedPage { bytes, ends })) => {
                rows.cursors = Some(ends);
                Said::Rows(SentRows { change, after, page: bytes })
            }
            _ => Said::Changes(vec![change]),
        }
    }
}

impl Over {
    /// Whether nothing more can be sent.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Over::Response(pieces) if pieces.is_over())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnitId;
    use crate::protocol::RowsWanted;

    const CHANGE: Change = Change { channel: 3, number: 7 };

    fn ear(cursors: &[&str]) -> Ear {
        let cursors = Some(cursors.iter().map(|&cursor| cursor.to_owned()).collect());
        let rows = RowsWanted { unit: UnitId(1), rows: 50, bytes: 1_000, zone: 0, cursors };
        let entities = vec![EntityId(0), EntityId(4)];
        let rowed = Topic { channel: 3, since: None, entities, rows: Some(rows) };
        let plain = Topic { channel: 4, since: None, entities: vec![EntityId(2)], rows: None };
        Ear::new(DeviceId(9), vec![rowed, plain], Over::Connection(ConnectionId(1)))
    }

    fn page(ends: &[&str]) -> Option<ServedPage> {
        let ends = ends.iter().map(|&end| end.to_owned()).collect();
        Some(ServedPage { bytes: b"rows".to_vec(), ends })
    }

    fn cursors(due: &Due) -> Vec<Option<&str>> {
        due.pull.iter().flat_map(|pull| &pull.wants).map(|want| want.cursor.as_deref()).collect()
    }

    #[test]
    fn a_channel_without_wanted_rows_is_announced_at_once() {
        let mut ear = ear(&["a", "b"]);
        let other = Change { channel: 4, number: 1 };
        assert_eq!(ear.puts_off(vec![CHANGE, other]), [other]);
        let due = ear.next_due().unwrap();
        let pull = due.pull.as_ref().unwrap();
        assert_eq!((due.change, pull.device, pull.unit), (CHANGE, DeviceId(9), UnitId(1)));
        assert_eq!(cursors(&due), [Some("a"), Some("b")]);
        assert!(ear.next_due().is_none());
    }

    #[test]
    fn the_next_page_begins_where_the_last_sent_page_ended() {
        let mut ear = ear(&["a", "b"]);
        ear.puts_off(vec![CHANGE]);
        let due = ear.next_due().unwrap();
        let Said::Rows(sent) = ear.message(due, page(&["c", "b"])) else { panic!("there are rows") };
        let begins: Vec<&str> = sent.after.iter().map(|of| &*of.cursor).collect();
        assert_eq!((sent.change, begins), (CHANGE, vec!["a", "b"]));
        ear.puts_off(vec![CHANGE]);
        assert_eq!(cursors(&ear.next_due().unwrap()), [Some("c"), Some("b")]);
    }

    #[test]
    fn without_a_page_the_change_is_announced_and_nothing_moves() {
        let mut ear = ear(&["a", "b"]);
        ear.puts_off(vec![CHANGE]);
        let due = ear.next_due().unwrap();
        assert_eq!(ear.message(due, None), Said::Changes(vec![CHANGE]));
        ear.puts_off(vec![CHANGE]);
        assert_eq!(cursors(&ear.next_due().unwrap()), [Some("a"), Some("b")]);
    }

    #[test]
    fn a_phone_that_wants_no_more_rows_still_hears_of_the_change() {
        let mut ear = ear(&["a", "b"]);
        ear.puts_off(vec![CHANGE]);
        ear.topics[0].rows = None;
        let due = ear.next_due().unwrap();
        assert_eq!(due.pull, None);
        assert_eq!(ear.message(due, None), Said::Changes(vec![CHANGE]));
    }

    #[test]
    fn a_page_from_cursors_that_the_phone_replaced_is_not_sent() {
        let mut ear = ear(&["a", "b"]);
        ear.puts_off(vec![CHANGE]);
        let due = ear.next_due().unwrap();
        ear.topics[0].rows.as_mut().unwrap().cursors = Some(vec!["x".to_owned(), "y".to_owned()]);
        assert_eq!(ear.message(due, page(&["c", "d"])), Said::Changes(vec![CHANGE]));
        ear.puts_off(vec![CHANGE]);
        assert_eq!(cursors(&ear.next_due().unwrap()), [Some("x"), Some("y")]);
    }
}
