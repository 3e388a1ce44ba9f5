//! Listens for the server's announcements of changes until the process ends.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use super::options::{Channel, LiveOptions, LiveSends, Medium};
use super::sent_rows::Taker;
use super::waiting::{Held, Next, either, next_message, timer};
use crate::base::{Span, Time, UnitId};
use crate::contract::{EngineEvent, ListenEvent, NetworkKind, ServerError, TransportError};
use crate::engine::process::Process;
use crate::engine::tasks::Signal;
use crate::engine::unit::scheduler::Scheduler;
use crate::engine::unit::session::Session;
use crate::protocol::{Change, Listen, PING, RowsWanted, Said, SentRows, Topic};

pub(crate) struct Listener {
    ears: Vec<Rc<Ear>>,
    /// Whether a person has logged in or opened the app since the process began.
    has_begun: Cell<bool>,
    scheduler: Rc<Scheduler>,
    process: Rc<Process>,
}

/// One held request or connection on which the phone listens. It is opened again each time it ends.
struct Ear {
    process: Rc<Process>,
    scheduler: Rc<Scheduler>,
    /// The positions of the channels in the options.
    channels: Vec<usize>,
    /// Per channel: the number of the latest change that the process knows.
    seen: Rc<RefCell<Vec<u64>>>,
    /// Raised when a network becomes available or a person opens the app.
    hurry: Signal,
    /// The time since which the phone has listened without a break; `None` while it does not
    /// listen.
    begun: Cell<Option<Time>>,
    /// Whether the last attempt ended without an announcement.
    returns: Cell<bool>,
    heard_at: Cell<Time>,
    taker: Rc<Taker>,
    /// Sent rows that wait to be applied, in order.
    came: RefCell<VecDeque<SentRows>>,
    is_taking: Cell<bool>,
    /// Raised when all sent rows are applied.
    taken: Signal,
    /// Units after whose runs the server is told the phone's new cursors.
    renewing: RefCell<BTreeSet<UnitId>>,
    /// Raised when the server must be told the phone's new cursors.
    cursors_moved: Signal,
    /// Whether the next question follows a pull while the phone listens, so that it names what the
    /// phone knows.
    is_renewal: Cell<bool>,
}

/// How an attempt to listen ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The server responded with an announcement, or the phone has other cursors to tell.
    Answered,
    /// There is no network.
    Offline,
    /// The server refused, perhaps because of the token.
    Refused,
    /// The attempt ended for another reason.
    Broken,
}

/// The longest time without any message from the server; `None`: no limit.
fn silence(beat: Span, patience: Span) -> Option<Span> {
    (beat > Span::ZERO).then(|| beat + patience)
}

impl Listener {
    pub(crate) fn new(process: Rc<Process>, scheduler: Rc<Scheduler>, session: Rc<Session>) -> Listener {
        let live = &process.options.pull.live;
        let all: Vec<usize> = (0..live.channels.len()).collect();
        let groups: Vec<Vec<usize>> = match live.medium {
            Medium::LongPoll | Medium::ServerSentEvents => all.iter().map(|one| vec![*one]).collect(),
            Medium::WebSocket => vec![all.clone()],
            Medium::None | Medium::PushMessage => Vec::new(),
        };
        let seen = Rc::new(RefCell::new(vec![0; all.len()]));
        let taker = Rc::new(Taker::new(process.clone(), session));
        let ear = |channels: Vec<usize>| {
            Rc::new(Ear {
                process: process.clone(),
                scheduler: scheduler.clone(),
                channels,
                seen: seen.clone(),
                hurry: Signal::default(),
                begun: Cell::default(),
                returns: Cell::default(),
                heard_at: Cell::default(),
                taker: taker.clone(),
                came: RefCell::default(),
                is_taking: Cell::default(),
                taken: Signal::default(),
                renewing: RefCell::default(),
                cursors_moved: Signal::default(),
                is_renewal: Cell::default(),
            })
        };
        let ears = groups.into_iter().map(ear).collect();
        Listener { ears, has_begun: Cell::default(), scheduler: scheduler.clone(), process }
    }

    /// Called when a person logs in or opens the app, or when the operating system starts
    /// background work.
    pub(crate) fn opened(&self) {
        if !self.has_begun.replace(true) {
            self.ears.iter().for_each(|ear| self.process.spawn(ear.clone().listen()));
        }
        self.hurry();
    }

    /// Called when a network becomes available. Listens again at once.
    pub(crate) fn hurry(&self) {
        self.ears.iter().for_each(|ear| ear.hurry.raise());
        let LiveOptions { medium, check, channels, .. } = &self.process.options.pull.live;
        // The push service may have dropped messages meanwhile, so queue the units.
        if *medium == Medium::PushMessage && *check && self.has_begun.get() {
            channels.iter().for_each(|channel| self.scheduler.catch_up(channel.unit));
        }
    }

    /// Handles a message of the platform's push service.
    pub(crate) fn push_message(&self, message: &[u8]) {
        if let Ok(Said::Changes(changes)) = Said::decode(message)
            && self.has_begun.get()
        {
            changes.iter().for_each(|change| _ = hear(&self.process, &self.scheduler, *change));
        }
    }
}

/// Reports an announcement and queues the unit of its channel. Returns the unit.
fn hear(process: &Process, scheduler: &Scheduler, change: Change) -> Option<UnitId> {
    let unit = report(process, change)?;
    scheduler.announced(unit);
    Some(unit)
}

/// Reports an announcement. Returns the unit of its channel.
fn report(process: &Process, Change { channel, number }: Change) -> Option<UnitId> {
    let of = process.options.pull.live.channels.get(channel as usize)?;
    process.emit(EngineEvent::Listening(ListenEvent::Heard { channel, number }));
    Some(of.unit)
}

impl Ear {
    fn live(&self) -> &LiveOptions {
        &self.process.options.pull.live
    }

    fn now(&self) -> Time {
        self.process.ports.clock.now()
    }

    fn tell(&self, event: ListenEvent) {
        self.process.emit(EngineEvent::Listening(event));
    }

    async fn listen(self: Rc<Self>) {
        let mut failures = 0;
        let mut previous = None;
        let mut has_renewed = false;
        let has_network = || self.process.ports.transport.network() != NetworkKind::None;
        loop {
            self.hurry.lower();
            if !has_network() {
                self.hurry.wait().await;
                continue;
            }
            while self.is_taking.get() {
                self.taken.wait().await;
            }
            let is_connection = self.live().medium == Medium::WebSocket;
            // A phone that wants rows names the cursors that it has after its pulls.
            if !is_connection || self.live().sends == LiveSends::Rows {
                self.settles().await;
            }
            let ended = if is_connection { self.on_connection().await } else { self.on_request().await };
            let had_begun = self.stops(ended);
            if ended == Ended::Answered {
                failures = 0;
                previous = None;
                continue;
            }
            if had_begun {
                failures = 0;
                previous = None;
                has_renewed = false;
            }
            if ended == Ended::Offline && !has_network() {
                continue;
            }
            if ended == Ended::Refused && !std::mem::replace(&mut has_renewed, true) && self.renews().await {
                continue;
            }
            failures += 1;
            let wait = self.process.backoff(failures, previous);
            previous = Some(wait);
            self.hurry.lower();
            either(&self.hurry, timer(&self.process.ports.clock, self.now() + wait)).await;
        }
    }

    /// Reports that the phone no longer listens here. Returns true if it had listened before.
    fn stops(&self, ended: Ended) -> bool {
        self.returns.set(ended != Ended::Answered);
        let Some(since) = self.begun.take() else {
            self.tell(ListenEvent::Failed);
            return false;
        };
        let lost = ended != Ended::Answered;
        self.tell(ListenEvent::Ended { after: self.now().since(since), lost });
        true
    }

    /// Gets a new token after the server refused the old one. Returns true if there is a new token.
    async fn renews(&self) -> bool {
        let deadline = self.now() + self.process.options.request_timeout;
        let asked = self.now();
        // If tokens do not expire, a renewal lasts 0 s and gives no new token.
        self.process.ports.transport.renew_token(deadline).await.is_ok() && self.now() > asked
    }

    /// Waits until the units of the channels have run. A client with one loop also pulls before it
    /// listens again.
    async fn settles(&self) {
        for channel in &self.channels {
            self.scheduler.settles(self.live().channels[*channel].unit).await;
        }
    }

    fn question(&self, once: bool) -> Vec<u8> {
        self.cursors_moved.lower();
        let names = self.is_renewal.take() || self.live().check;
        let topic = |&channel: &usize| {
            let of = &self.live().channels[channel];
            Topic {
                channel: channel as u32,
                since: names.then(|| self.seen.borrow()[channel]),
                entities: of.entities.clone(),
                rows: self.wanted(of, names),
            }
        };
        let topics = self.channels.iter().map(topic).collect();
        Listen { once, beat: self.live().beat, topics }.encode()
    }

    /// How the phone wants the rows of a channel, with its cursors if it `names` them. `None` if it
    /// must load them first, or if their unit must not run on this network.
    fn wanted(&self, of: &Channel, names: bool) -> Option<RowsWanted> {
        if self.live().sends != LiveSends::Rows || !self.scheduler.is_allowed(of.unit) {
            return None;
        }
        let cursors = self.taker.cursors(of)?;
        let size = self.taker.size(of);
        let zone = self.process.zone();
        let cursors = names.then_some(cursors);
        Some(RowsWanted { unit: of.unit, rows: size.rows, bytes: size.bytes, zone, cursors })
    }

    /// The time at which the attempt ends if no message arrives.
    fn gives_up_at(&self) -> Time {
        let silence = silence(self.live().beat, self.process.options.request_timeout);
        silence.map_or(Time::FAR, |silence| self.heard_at.get() + silence)
    }

    fn begins(&self, asked: Time) {
        self.begun.set(Some(self.now()));
        self.tell(ListenEvent::Begun { took: self.now().since(asked) });
    }

    /// Listens with one request.
    async fn on_request(self: &Rc<Self>) -> Ended {
        let ports = &self.process.ports;
        let asked = self.now();
        let once = self.live().medium == Medium::LongPoll;
        self.tell(ListenEvent::Asked { again: self.returns.get() });
        let came: Rc<RefCell<VecDeque<Vec<u8>>>> = Rc::default();
        let pieces = came.clone();
        let heard = Box::new(move |piece: Vec<u8>| {
            if !piece.is_empty() {
                pieces.borrow_mut().push_back(piece);
            }
        });
        let deadline = asked + self.process.options.request_timeout;
        let mut held = Held::new(came, ports.transport.request_pieces(self.question(once), deadline, heard));
        let mut was_answered = false;
        loop {
            let until = if self.begun.get().is_some() { self.gives_up_at() } else { Time::FAR };
            let piece = match held.next(&ports.clock, until, &self.cursors_moved).await {
                Next::Message(piece) => piece,
                Next::End(Ok(())) if was_answered => return Ended::Answered,
                Next::End(end) => return ended(end),
                // A request cannot be changed, so the phone asks again.
                Next::Renewal => {
                    self.is_renewal.set(true);
                    return Ended::Answered;
                }
                Next::Timer => return Ended::Broken,
            };
            self.heard_at.set(self.now());
            match Said::decode(&piece) {
                Ok(Said::Listening(_)) => self.begins(asked),
                Ok(said) => was_answered |= self.hears(said) && once,
                Err(_) => return self.misread(piece),
            }
        }
    }

    /// Listens with one connection.
    async fn on_connection(self: &Rc<Self>) -> Ended {
        let ports = &self.process.ports;
        let asked = self.now();
        let patience = self.process.options.request_timeout;
        self.tell(ListenEvent::Asked { again: self.returns.get() });
        let line = match ports.transport.connect(self.question(false), asked + patience).await {
            Ok(line) => line,
            Err(error) => return ended(Err(error)),
        };
        self.begins(asked);
        self.heard_at.set(self.now());
        let mut pings = self.next_ping();
        loop {
            let until = pings.min(self.gives_up_at());
            let message = match next_message(&*line, &ports.clock, until, &self.cursors_moved).await {
                Next::Message(message) => message,
                Next::End(end) => return ended(end),
                Next::Renewal => {
                    self.is_renewal.set(true);
                    if let Err(error) = line.send(self.question(false)) {
                        return ended(Err(error));
                    }
                    continue;
                }
                Next::Timer if self.now() >= self.gives_up_at() => {
                    line.close();
                    return Ended::Broken;
                }
                Next::Timer => {
                    pings = self.next_ping();
                    if let Err(error) = line.send(PING.to_vec()) {
                        return ended(Err(error));
                    }
                    continue;
                }
            };
            self.heard_at.set(self.now());
            if let Ok(said) = Said::decode(&message) {
                self.hears(said);
            }
        }
    }

    fn next_ping(&self) -> Time {
        let beat = self.live().beat;
        if beat == Span::ZERO { Time::FAR } else { self.now() + beat }
    }

    /// Handles a message of the server. Returns true if the message announces changes.
    fn hears(self: &Rc<Self>, said: Said) -> bool {
        match said {
            Said::Changes(changes) => {
                for change in changes {
                    self.knows(change);
                    let unit = hear(&self.process, &self.scheduler, change);
                    unit.into_iter().for_each(|unit| self.tells_cursors_after(unit));
                }
            }
            Said::Rows(sent) => {
                self.knows(sent.change);
                if report(&self.process, sent.change).is_some() {
                    self.came.borrow_mut().push_back(sent);
                    self.takes();
                }
            }
            Said::Listening(_) | Said::Alive => return false,
        }
        true
    }

    fn knows(&self, change: Change) {
        if let Some(seen) = self.seen.borrow_mut().get_mut(change.channel as usize) {
            *seen = change.number.max(*seen);
        }
    }

    /// Applies the sent rows that have come, one page after another.
    fn takes(self: &Rc<Self>) {
        if self.is_taking.replace(true) {
            return;
        }
        let ear = self.clone();
        self.process.spawn(async move {
            while let Some(sent) = ear.next_rows() {
                let unit = ear.live().channels[sent.change.channel as usize].unit;
                if !ear.taker.take(unit, sent).await {
                    ear.scheduler.announced(unit);
                    ear.tells_cursors_after(unit);
                }
            }
            ear.is_taking.set(false);
            ear.taken.raise();
        });
    }

    fn next_rows(&self) -> Option<SentRows> {
        self.came.borrow_mut().pop_front()
    }

    /// Tells the server the phone's new cursors once the unit has run, so that it sends rows from
    /// there on. A long poll is asked again after each announcement anyway.
    fn tells_cursors_after(self: &Rc<Self>, unit: UnitId) {
        let live = self.live();
        if live.sends != LiveSends::Rows || live.medium == Medium::LongPoll {
            return;
        }
        if self.renewing.borrow_mut().insert(unit) {
            let ear = self.clone();
            self.process.spawn(async move {
                ear.scheduler.settles(unit).await;
                ear.renewing.borrow_mut().remove(&unit);
                ear.cursors_moved.raise();
            });
        }
    }

    /// The end of an attempt whose response is a refusal or the page of another server.
    fn misread(&self, piece: Vec<u8>) -> Ended {
        let codec = self.process.options.codec;
        let Ok(opened) = codec.open(piece) else { return Ended::Broken };
        let refused =
            codec.is_refusal(&opened).then(|| codec.decode_answer(&opened).map(|answer| answer.err()));
        match refused {
            Some(Ok(Some(ServerError::Unauthorized))) => Ended::Refused,
            _ => Ended::Broken,
        }
    }
}

fn ended(end: Result<(), TransportError>) -> Ended {
    match end {
        Err(TransportError::Offline) => Ended::Offline,
        Err(TransportError::Refused) => Ended::Refused,
        _ => Ended::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_signs_of_life_silence_means_nothing() {
        assert_eq!(silence(Span::ZERO, Span::secs(30)), None);
        assert_eq!(silence(Span::secs(10), Span::secs(30)), Some(Span::secs(40)));
    }

    #[test]
    fn a_refusal_is_told_apart_from_a_lost_network() {
        assert_eq!(ended(Err(TransportError::Offline)), Ended::Offline);
        assert_eq!(ended(Err(TransportError::Refused)), Ended::Refused);
        assert_eq!(ended(Err(TransportError::Reset)), Ended::Broken);
        assert_eq!(ended(Ok(())), Ended::Broken, "nobody ends it but for an announcement");
    }
}
