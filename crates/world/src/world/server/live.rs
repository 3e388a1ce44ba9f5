//! The announcements of the built-in stack's server: they tell listening phones that data has
//! changed.
//!
//! The server announces a change as soon as a pull can read it. Changes of one instant make one
//! announcement. The server keeps no announcements for phones that do not listen. A phone that
//! listens again can send the number of the last change that it knows. Then it gets newer changes
//! at once.
//!
//! A phone may want the rows with the announcements. Then the server remembers the cursor at the
//! end of the rows that it last sent, and sends the page after it, read as for a pull. If there are
//! more rows than a page has, or if the pull is refused, it announces the change alone.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::rc::Rc;

use crate::base::{DeviceId, EntityId, Span, Time};
use crate::contract::{AnnouncementEvent, ConnectionId, Event, Node, ServerError, Slip};
use crate::engine::Channel;
use crate::protocol::{Change, Listen, Said, Topic};
use crate::sim::{Handle, Notify};
use crate::world::hub::Hub;
use crate::world::server::announced_pieces::{Answering, Pieces};
use crate::world::server::ear::{Due, Ear, Over, RowSource};
use crate::world::server::push_messages::{Outbox, Saying};
use crate::world::server::push_service::PushService;

pub(crate) struct Live {
    handle: Handle,
    hub: Rc<Hub>,
    phones: Rc<Outbox>,
    /// The channels (parts of the data) for which phones can listen.
    channels: Vec<Channel>,
    devices: u32,
    /// True if pulls read from a replica. The replica has a change only after a refresh.
    by_replica: bool,
    /// How far behind the backend's clock pulls read; `None` if they do not stay behind.
    pub(crate) reads_behind: Option<Span>,
    state: RefCell<State>,
    came: Notify,
    pub(crate) push: Option<PushService>,
    /// Reads the rows that are sent with announcements; `None` before the first process.
    source: RefCell<Option<Rc<dyn RowSource>>>,
}

/// The number of changes, and the phones that listen.
#[derive(Default)]
struct State {
    book: Book,
    last: u64,
    ears: BTreeMap<u64, Ear>,
    /// Held requests whose response has not begun yet.
    asking: BTreeMap<u64, Ear>,
}

/// The changes that pulls can read, by entity.
#[derive(Debug, Default)]
struct Book {
    numbers: BTreeMap<EntityId, u64>,
    /// Changes that pulls cannot read yet, each with the time from which they can read it.
    later: BinaryHeap<Reverse<(Time, EntityId)>>,
    /// Changes that a replica does not have yet, each with its commit time.
    behind: Vec<(Time, EntityId)>,
    /// Entities whose changes are not announced yet.
    fresh: BTreeSet<EntityId>,
}

impl Book {
    fn add(&mut self, entity: EntityId) {
        *self.numbers.entry(entity).or_default() += 1;
        self.fresh.insert(entity);
    }

    /// Counts the changes that pulls can read at `now`. Returns the time when they can read the
    /// next one.
    fn advance(&mut self, now: Time) -> Time {
        while let Some(Reverse((at, entity))) = self.later.peek().copied() {
            if at > now {
                return at;
            }
            self.later.pop();
            self.add(entity);
        }
        Time::FAR
    }

    /// Counts the changes committed before `began`, because a refresh that began then has them.
    fn refreshed(&mut self, began: Time) {
        let (there, behind) = std::mem::take(&mut self.behind).into_iter().partition(|(at, _)| *at < began);
        self.behind = behind;
        let there: Vec<(Time, EntityId)> = there;
        there.into_iter().for_each(|(_, entity)| self.add(entity));
    }

    /// The number of the latest change of these entities.
    fn number(&self, entities: &[EntityId]) -> u64 {
        entities.iter().filter_map(|entity| self.numbers.get(entity)).sum()
    }

    /// The changes that a phone has missed since the numbers that it sent.
    fn missed(&self, topics: &[Topic]) -> Vec<Change> {
        let change = |topic: &Topic| {
            let number = self.number(&topic.entities);
            (topic.since? < number).then_some(Change { channel: topic.channel, number })
        };
        topics.iter().filter_map(change).collect()
    }

    /// Of the changes in `fresh`, those for which a phone listens.
    fn told(&self, topics: &[Topic], fresh: &BTreeSet<EntityId>) -> Vec<Change> {
        let touched = topics.iter().filter(|topic| topic.entities.iter().any(|of| fresh.contains(of)));
        let change = |topic: &Topic| Change { channel: topic.channel, number: self.number(&topic.entities) };
        touched.map(change).collect()
    }
}

/// The parts of the plan that announcements depend on.
pub(crate) struct Announced {
    pub(crate) channels: Vec<Channel>,
    pub(crate) devices: u32,
    pub(crate) by_replica: bool,
    pub(crate) reads_behind: Option<Span>,
    pub(crate) push: Option<PushService>,
}

impl Live {
    pub(crate) fn new(hub: &Rc<Hub>, phones: Rc<Outbox>, of: Announced) -> Rc<Live> {
        let Announced { channels, devices, by_replica, reads_behind, push } = of;
        let hub = hub.clone();
        let handle = hub.handle.clone();
        let state = RefCell::default();
        let came = handle.notify();
        let source = RefCell::default();
        Rc::new(Live {
            handle,
            hub,
            phones,
            channels,
            devices,
            by_replica,
            reads_behind,
            state,
            came,
            push,
            source,
        })
    }

    /// Sets where the rows come from that are sent with announcements.
    pub(crate) fn reads_from(&self, source: Rc<dyn RowSource>) {
        self.source.replace(Some(source));
    }

    /// Notes a commit. Pulls can read it from `at` on.
    pub(crate) fn committed(&self, entity: EntityId, at: Time) {
        let now = self.handle.now();
        let mut state = self.state.borrow_mut();
        if self.by_replica {
            state.book.behind.push((now, entity));
        } else {
            state.book.later.push(Reverse((at.max(now), entity)));
            self.came.notify_all();
        }
    }

    /// Notes that the replica has every change that was committed before `began`.
    pub(crate) fn refreshed(&self, began: Time) {
        self.state.borrow_mut().book.refreshed(began);
        self.came.notify_all();
    }

    /// The task of a server process that announces changes when pulls can read them.
    pub(crate) async fn announce(self: Rc<Self>) {
        // A new process does not announce changes from before its start.
        self.state.borrow_mut().book.advance(self.handle.now());
        let before = std::mem::take(&mut self.state.borrow_mut().book.fresh);
        self.tell_missed(&before, &BTreeSet::new());
        loop {
            let more = self.state.borrow_mut().book.advance(self.handle.now());
            let fresh = std::mem::take(&mut self.state.borrow_mut().book.fresh);
            if fresh.is_empty() {
                let _ = self.handle.timeout(more, self.came.notified()).await;
            } else {
                self.tell(&fresh);
            }
        }
    }

    fn tell(self: &Rc<Self>, fresh: &BTreeSet<EntityId>) {
        if let Some(push) = &self.push {
            let changes = self.state.borrow().book.told(&self.topics(), fresh);
            for device in (0..self.devices).map(DeviceId) {
                for change in &changes {
                    self.tell_made(device, *change);
                    push.send(device, *change);
                }
            }
            return;
        }
        let told: Vec<(u64, Vec<Change>)> = {
            let state = self.state.borrow();
            let ears = state.ears.iter();
            let told = ears.map(|(name, ear)| (*name, state.book.told(&ear.topics, fresh)));
            told.filter(|(_, changes)| !changes.is_empty()).collect()
        };
        let mut reached: BTreeSet<(DeviceId, u32)> = BTreeSet::new();
        for (name, changes) in told {
            let Some(device) = self.say(name, changes.clone()) else { continue };
            reached.extend(changes.iter().map(|change| (device, change.channel)));
        }
        self.tell_missed(fresh, &reached);
    }

    /// Reports the changes as missed for each phone that did not get the announcement.
    fn tell_missed(&self, fresh: &BTreeSet<EntityId>, reached: &BTreeSet<(DeviceId, u32)>) {
        let all = self.state.borrow().book.told(&self.topics(), fresh);
        for device in (0..self.devices).map(DeviceId) {
            for &Change { channel, number } in &all {
                if !reached.contains(&(device, channel)) {
                    self.emit(AnnouncementEvent::Missed { device, channel, number });
                }
            }
        }
    }

    /// The topics of a phone that listens for all channels.
    fn topics(&self) -> Vec<Topic> {
        let all = (0..).zip(&self.channels);
        let topic = |channel, of: &Channel| {
            let entities = of.entities.clone();
            Topic { channel, since: None, entities, rows: None }
        };
        all.map(|(channel, of)| topic(channel, of)).collect()
    }

    /// Sends changes to a listening phone, or plans to send their rows. Returns the phone's device
    /// number.
    fn say(self: &Rc<Self>, name: u64, changes: Vec<Change>) -> Option<DeviceId> {
        let (device, over, rest, begins) = {
            let mut state = self.state.borrow_mut();
            let ear = state.ears.get_mut(&name).filter(|ear| !ear.over.is_over())?;
            let rest = ear.puts_off(changes.clone());
            let begins = !ear.due.is_empty() && !std::mem::replace(&mut ear.is_sending, true);
            (ear.device, ear.over.clone(), rest, begins)
        };
        changes.iter().for_each(|change| self.tell_made(device, *change));
        if !rest.is_empty() {
            self.send(over, Said::Changes(rest).encode());
        }
        let source = self.source.borrow().clone().filter(|_| begins);
        source.into_iter().for_each(|source| source.spawn(Box::pin(self.clone().send_due(name))));
        Some(device)
    }

    fn send(&self, over: Over, message: Vec<u8>) {
        match over {
            Over::Connection(id) => self.phones.say(vec![Saying::Message(id, message, Slip::default())]),
            Over::Response(pieces) => pieces.add(message),
        }
    }

    /// Sends the rows that are due to a listening phone, one page after another.
    async fn send_due(self: Rc<Self>, name: u64) {
        while let Some(due) = self.next_due(name) {
            let Some(source) = self.source.borrow().clone() else { return };
            let served = match due.pull.clone() {
                Some(pull) => source.page(pull).await,
                None => None,
            };
            let (over, said) = {
                let mut state = self.state.borrow_mut();
                let Some(ear) = state.ears.get_mut(&name).filter(|ear| !ear.over.is_over()) else { return };
                (ear.over.clone(), ear.message(due, served))
            };
            self.send(over, said.encode());
        }
    }

    fn next_due(&self, name: u64) -> Option<Due> {
        let mut state = self.state.borrow_mut();
        let ear = state.ears.get_mut(&name)?;
        let due = ear.next_due();
        ear.is_sending = due.is_some();
        due
    }

    fn tell_made(&self, device: DeviceId, Change { channel, number }: Change) {
        self.emit(AnnouncementEvent::Made { device, channel, number });
    }

    fn emit(&self, event: AnnouncementEvent) {
        self.hub.emit(Node::Gateway, Event::Announcement(event));
    }

    fn read(&self, request: &[u8]) -> Result<Listen, ServerError> {
        Listen::decode(request).map_err(|damaged| ServerError::BadRequest(damaged.to_string()))
    }

    /// True if the server cannot hold another request or connection.
    pub(crate) fn is_full(&self) -> bool {
        let state = self.state.borrow();
        let by_response = |ear: &&Ear| matches!(ear.over, Over::Response(_));
        let held = state.ears.values().filter(by_response).count() + state.asking.len();
        self.phones.is_full_with(held)
    }

    /// Adds a connection of a device. Its first message names the topics for which the device
    /// listens.
    pub(crate) fn connected(
        self: &Rc<Self>,
        device: DeviceId,
        id: ConnectionId,
        hello: &[u8],
    ) -> Result<(), ServerError> {
        let topics = self.read(hello)?.topics;
        let ear = Ear::new(device, topics, Over::Connection(id));
        let name = self.state.borrow_mut().next();
        self.begin(name, ear);
        Ok(())
    }

    /// Takes another request on a connection: the phone has pulled, and names its new cursors.
    pub(crate) fn asked_again(self: &Rc<Self>, id: ConnectionId, request: &[u8]) {
        let Ok(Listen { topics, .. }) = self.read(request) else { return };
        let is_it = |ear: &Ear| matches!(ear.over, Over::Connection(of) if of == id);
        let topics = self.with_cursors(topics);
        let mut state = self.state.borrow_mut();
        let missed = state.book.missed(&topics);
        let Some((&name, ear)) = state.ears.iter_mut().find(|(_, ear)| is_it(ear)) else { return };
        ear.topics = topics;
        drop(state);
        if !missed.is_empty() {
            self.say(name, missed);
        }
    }

    /// The topics, with the present cursors of those that want rows and name no cursor.
    fn with_cursors(&self, mut topics: Vec<Topic>) -> Vec<Topic> {
        let source = self.source.borrow();
        for Topic { entities, rows, .. } in &mut topics {
            let Some(wanted) = rows.as_mut().filter(|wanted| wanted.cursors.is_none()) else { continue };
            let Some(source) = &*source else { continue };
            wanted.cursors = Some(entities.iter().map(|entity| source.now(*entity)).collect());
        }
        topics
    }

    pub(crate) fn disconnected(&self, id: ConnectionId) {
        let is_it = |ear: &Ear| matches!(ear.over, Over::Connection(of) if of == id);
        self.state.borrow_mut().ears.retain(|_, ear| !is_it(ear));
    }

    /// Holds a request. Returns the first piece of its response, which identifies the rest.
    pub(crate) fn asked(&self, device: DeviceId, request: &[u8]) -> Result<Vec<u8>, ServerError> {
        let Listen { once, beat, topics } = self.read(request)?;
        if self.is_full() {
            return Err(ServerError::Unavailable);
        }
        let pieces = Pieces::new(&self.handle, once, beat);
        let mut state = self.state.borrow_mut();
        let name = state.next();
        state.asking.insert(name, Ear::new(device, topics, Over::Response(pieces)));
        Ok(Said::Listening(name).encode())
    }

    /// The rest of the response that begins with this first piece.
    pub(crate) fn rest(self: &Rc<Self>, answer: &[u8]) -> Option<Answering> {
        let Ok(Said::Listening(name)) = Said::decode(answer) else { return None };
        let ear = self.state.borrow_mut().asking.remove(&name)?;
        let Over::Response(pieces) = &ear.over else { return None };
        let pieces = pieces.clone();
        self.begin(name, ear);
        let live = Rc::downgrade(self);
        let hangs_up = move || {
            if let Some(live) = live.upgrade() {
                live.state.borrow_mut().ears.remove(&name);
            }
        };
        Some(Answering { pieces, hangs_up: Box::new(hangs_up) })
    }

    fn begin(self: &Rc<Self>, name: u64, mut ear: Ear) {
        ear.topics = self.with_cursors(ear.topics);
        let missed = self.state.borrow().book.missed(&ear.topics);
        self.state.borrow_mut().ears.insert(name, ear);
        if !missed.is_empty() {
            self.say(name, missed);
        }
    }

    /// Ends all held requests and connections, because the server's process has died.
    pub(crate) fn died(&self) {
        let ears = {
            let mut state = self.state.borrow_mut();
            (std::mem::take(&mut state.ears), std::mem::take(&mut state.asking))
        };
        for ear in ears.0.into_values().chain(ears.1.into_values()) {
            if let Over::Response(pieces) = ear.over {
                pieces.break_off();
            }
        }
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(since: Option<u64>, entities: &[u16]) -> Topic {
        let entities = entities.iter().map(|&entity| EntityId(entity)).collect();
        Topic { channel: 3, since, entities, rows: None }
    }

    #[test]
    fn a_change_counts_once_pulls_can_read_it() {
        let mut book = Book::default();
        book.later.push(Reverse((Time(20), EntityId(1))));
        book.later.push(Reverse((Time(10), EntityId(0))));
        assert_eq!((book.advance(Time(9)), book.number(&[EntityId(0), EntityId(1)])), (Time(10), 0));
        assert_eq!((book.advance(Time(10)), book.number(&[EntityId(0), EntityId(1)])), (Time(20), 1));
        assert_eq!((book.advance(Time(30)), book.number(&[EntityId(0), EntityId(1)])), (Time::FAR, 2));
    }

    #[test]
    fn a_replica_lacks_what_was_committed_after_its_refresh_began() {
        let mut book =
            Book { behind: vec![(Time(5), EntityId(0)), (Time(10), EntityId(0))], ..Book::default() };
        book.refreshed(Time(10));
        assert_eq!(book.number(&[EntityId(0)]), 1);
        book.refreshed(Time(11));
        assert_eq!(book.number(&[EntityId(0)]), 2);
    }

    #[test]
    fn only_a_phone_that_says_what_it_knows_is_told_what_it_missed() {
        let mut book = Book::default();
        [0, 1, 1].map(EntityId).into_iter().for_each(|entity| book.add(entity));
        let missed = |since, entities: &[u16]| {
            let missed = book.missed(&[topic(since, entities)]);
            missed.first().map(|change| change.number)
        };
        assert_eq!(missed(None, &[0, 1]), None);
        assert_eq!(missed(Some(2), &[0, 1]), Some(3));
        assert_eq!(missed(Some(3), &[0, 1]), None);
        assert_eq!(missed(Some(0), &[2]), None, "another entity");
    }

    #[test]
    fn a_phone_is_told_of_the_entities_that_it_named_alone() {
        let mut book = Book::default();
        book.add(EntityId(1));
        let fresh = BTreeSet::from([EntityId(1)]);
        let told = |entities: &[u16]| book.told(&[topic(None, entities)], &fresh).len();
        assert_eq!([told(&[0]), told(&[1]), told(&[0, 1])], [0, 1, 1]);
    }
}
