//! The thread that owns the world (the whole simulation) and the clock.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value as Json};
use tokio::sync::{mpsc, oneshot};

use super::arrival::{Arrival, Came, Judged, Pace, State, Trouble};
use super::door::{Door, Doors, Opening};
use super::late::Lateness;
use super::lines::Lines;
use super::log::{Head, Mode, Writer};
use super::stage::{Done, Hears, Piece, Seen, Stage, Step};
use super::telling::tolerance;
use super::theirs::{ServerReportCounts, is_of_server};
use super::tunnel::Carried;
use super::wire::hash;
use crate::base::{DeviceId, Time};
use crate::contract::{Span, TransportError};
use crate::setup::Setup;
use crate::world::{LoggedRequest, Stacks};

/// The inputs of a session.
pub struct Session<'s> {
    /// The scenario of the session.
    pub plan: &'s Setup,
    /// The known stacks.
    pub stacks: &'s Stacks,
    /// The first line of the log.
    pub head: Head,
    /// The addresses, limits and access rules of the sockets.
    pub opening: Opening,
    /// Opens the log when the session can begin.
    pub log: Option<Begins<'s>>,
    /// The conditions under which the session ends by itself.
    pub limits: Limits,
    /// Checks a history that has one line.
    pub check: Check<'s>,
}

/// Opens the file of the log.
pub type Begins<'s> = Box<dyn FnOnce() -> Result<Box<dyn Write>, Trouble> + 's>;

/// Checks the lines of a history. An error says what is wrong.
pub type Check<'s> = &'s dyn Fn(&str) -> Result<(), String>;

/// Reports to the caller during a session.
#[derive(Debug)]
pub enum News<'n> {
    /// The session listens on these addresses.
    Opened(&'n Doors),
    /// The log cannot be written any more.
    LogEnds(&'n io::Error),
}

/// The function that receives the reports.
pub type NewsCallback<'n> = &'n mut dyn FnMut(News<'_>);

/// The conditions under which a session ends by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// The session ends after this much virtual time.
    pub length: Option<Span>,
}

/// The result of a session.
pub struct Ended {
    /// The recorded history of the session.
    pub history: String,
    /// The requests, in the order in which they ended.
    pub requests: Vec<LoggedRequest>,
    /// The lateness of responses.
    pub lateness: Lateness,
    /// The number of lines that the user's own server reported. `None` if the scenario's backend
    /// answers.
    pub server: Option<ServerReportCounts>,
    /// The number of requests to the user's own server that were probably meant for
    /// `/_syncdyno/observe`.
    pub strays: u64,
    /// Devices whose apps never reported the rows that they show.
    pub silent: Vec<String>,
    /// The virtual time of the session.
    pub length: Span,
    /// True if no work was left at the end.
    pub settled: bool,
    /// The write error that ended the log early, if any.
    pub log_failed: Option<io::Error>,
    asked: Option<oneshot::Sender<Judged>>,
    door: Door,
}

impl Ended {
    /// Sends the verdict to the client that asked for it, or the reason why there is none. Closes
    /// the sockets.
    pub fn tell(mut self, verdict: Result<String, String>) {
        if let Some(asked) = self.asked.take() {
            // The client may have disconnected.
            _ = asked.send(verdict);
        }
        self.door.close();
    }
}

/// The maximum time between two flushes of the log. A flush also reports a write error.
const FLUSHED: Duration = Duration::from_millis(250);
/// The maximum time between two checks for the end of the session.
const LOOK: Duration = Duration::from_millis(50);

impl Session<'_> {
    /// Opens the sockets and runs the world at the pace of the clock. It runs until `stops` returns
    /// true, a client asks for the verdict, or the length is over.
    ///
    /// # Errors
    /// The world cannot be built, or the program cannot listen on an address.
    pub fn run(self, stops: &dyn Fn() -> bool, news: NewsCallback<'_>) -> Result<Ended, Trouble> {
        let Session { plan, stacks, mut head, opening, log, limits, check } = self;
        let tolerance = tolerance(head.speed);
        let (arrivals, incoming) = std::sync::mpsc::channel();
        let forwards = opening.upstream.is_some();
        let (forward, forwarded) = mpsc::unbounded_channel();
        let sends: super::outside::Forward = Box::new(move |n| _ = forward.send(n));
        let names = head.devices.clone();
        let server = (head.mode != Mode::Scenario, forwards.then_some(sends));
        let stage = Stage::build(plan, stacks, (names, tolerance), server)?;
        let speed = head.speed;
        let pace = Pace::begin(speed);
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        head.began_ms = Some(wall);
        stage.starts_at(wall, speed);
        let mut door = Door::open(opening, (arrivals, forwarded), pace)?;
        let mut writer = Writer::new(log.map(|begins| begins()).transpose()?);
        news(News::Opened(door.doors()));
        writer.head(&head);
        let writer = Rc::new(RefCell::new(writer));
        let mut keeper =
            SessionLoop { stage, pace, writer, script: plan.duration, check, sayings: VecDeque::new() };
        match keeper.keep(&incoming, (stops, news), limits) {
            Ok(asks) => Ok(keeper.end(asks, door)),
            Err(stalled) => {
                door.close();
                Err(Trouble::Stalled(stalled))
            }
        }
    }
}

struct SessionLoop<'s> {
    stage: Stage,
    pace: Pace,
    writer: Rc<RefCell<Writer>>,
    script: Span,
    check: Check<'s>,
    sayings: VecDeque<Saying>,
}

/// Lines of an app that are not taken yet.
struct Saying {
    /// `None` if all lines come from the user's own server.
    device: Option<DeviceId>,
    lines: Lines,
    reply: oneshot::Sender<Result<(), String>>,
}

/// The time for which one app's lines are taken before other inputs follow, on the machine's clock.
const TURN: Duration = Duration::from_millis(2);
/// The maximum number of arrivals between two such turns.
const BETWEEN_TURNS: u32 = 64;

type Asks = (Option<oneshot::Sender<Judged>>, bool);

impl SessionLoop<'_> {
    fn keep(
        &mut self,
        incoming: &Receiver<Arrival>,
        (stops, news): (&dyn Fn() -> bool, NewsCallback<'_>),
        limits: Limits,
    ) -> Result<Asks, String> {
        let end = limits.length.map_or(Time::FAR, |length| Time::ZERO + length);
        let (mut flushed, mut taken) = (Instant::now(), 0);
        loop {
            self.stage.run_to(self.pace.now().min(end))?;
            if stops() || self.stage.now() >= end {
                return Ok((None, self.stage.under_way() == 0));
            }
            if flushed.elapsed() > FLUSHED {
                self.writer.borrow_mut().flush();
                if let Some(error) = self.writer.borrow_mut().fails_now() {
                    news(News::LogEnds(error));
                }
                flushed = Instant::now();
            }
            if taken == BETWEEN_TURNS {
                taken = 0;
                self.hears();
            }
            let arrival = match incoming.try_recv() {
                Ok(arrival) => arrival,
                Err(TryRecvError::Empty) if !self.sayings.is_empty() => {
                    self.hears();
                    continue;
                }
                Err(TryRecvError::Disconnected) => return Ok((None, true)),
                Err(TryRecvError::Empty) => {
                    let next = self.stage.paced.next_timer().map_or(LOOK, |next| self.pace.until(next));
                    match incoming.recv_timeout(next.min(LOOK)) {
                        Ok(arrival) => arrival,
                        Err(RecvTimeoutError::Timeout) => continue,
                        Err(RecvTimeoutError::Disconnected) => return Ok((None, true)),
                    }
                }
            };
            self.stage.run_to(self.pace.now().min(end))?;
            taken += 1;
            if let Some(asks) = self.take(arrival) {
                return Ok(asks);
            }
        }
    }

    fn note(&self, step: Step) {
        self.writer.borrow_mut().step(self.stage.now(), step);
    }
    fn does(&mut self, step: &Step, hears: Hears) {
        self.note(step.clone());
        self.stage.apply(step, hears);
    }
    fn named(&mut self, device: u32, name: String) {
        if self.stage.names[device as usize] != name {
            self.does(&Step::Named { device, name }, Hears::Nobody);
        }
    }

    fn take(&mut self, arrival: Arrival) -> Option<Asks> {
        match arrival {
            Arrival::Ask { step, name, reply } => self.ask(&step, name, reply),
            Arrival::Hold { step, name, reply } => self.hold(&step, name, reply),
            Arrival::Open { step, name, reply } => self.open(&step, name, reply),
            Arrival::Observe { whose, lines, reply } => {
                let device = whose.as_ref().map(|(device, _)| *device);
                whose.into_iter().for_each(|(device, name)| self.named(device.0, name));
                self.sayings.push_back(Saying { device, lines, reply });
            }
            Arrival::Step(step) => self.does(&step, Hears::Nobody),
            Arrival::State(reply) => _ = reply.send(self.state()),
            Arrival::Verdict { settled, reply } => return Some((Some(reply), settled)),
        }
        None
    }

    /// Takes lines of one app or server for a turn. The order matters: a later line can name an
    /// edit of an earlier line. Lines before a wrong line are kept.
    fn hears(&mut self) {
        let Some(mut saying) = self.sayings.pop_front() else { return };
        let begun = Instant::now();
        let heard = loop {
            let Some(line) = saying.lines.next() else { break Ok(()) };
            if let Err(wrong) = line.and_then(|line| self.says(saying.device, line)) {
                let is_one = saying.lines.count == 1;
                break Err(if is_one { wrong } else { format!("line {}: {wrong}", saying.lines.number()) });
            }
            if begun.elapsed() > TURN {
                return self.sayings.push_back(saying);
            }
        };
        // The client may have disconnected.
        _ = saying.reply.send(heard);
    }
    /// Takes one line of an app or of the user's own server. The kind of the line shows its source.
    fn says(&mut self, device: Option<DeviceId>, line: Map<String, Json>) -> Result<(), String> {
        let step = match device {
            _ if is_of_server(&line) => self.stage.of_server(line)?,
            Some(device) => Step::Observe { device: device.0, line },
            None => return Err("which device? begin the path with /d/NAME".to_owned()),
        };
        self.stage.check(&step)?;
        self.stage.alone(&step).map_or(Ok(()), |alone| (self.check)(&alone))?;
        self.does(&step, Hears::Nobody);
        Ok(())
    }

    fn ask(&mut self, step: &Step, name: String, reply: oneshot::Sender<Came>) {
        if let Err(wrong) = self.stage.check(step) {
            _ = reply.send(Came::Malformed(wrong));
            return;
        }
        if let Step::Ask { device, .. } = step {
            self.named(*device, name);
        }
        let (writer, begun) = (self.writer.clone(), self.stage.now());
        let hears = move |at: Time, done: Done, came: Result<Vec<u8>, TransportError>| {
            writer.borrow_mut().step(at, Step::Done(done));
            // The client may have disconnected.
            _ = reply.send(match came {
                Ok(bytes) => Came::Answered { at, took: at.since(begun), bytes },
                Err(_) => Came::Failed,
            });
        };
        self.does(step, Hears::Once(Box::new(hears)));
    }

    fn hold(&mut self, step: &Step, name: String, reply: mpsc::UnboundedSender<(Time, Came)>) {
        if let Err(wrong) = self.stage.check(step) {
            _ = reply.send((self.stage.now(), Came::Malformed(wrong)));
            return;
        }
        if let Step::Hold { device, .. } | Step::Ask { device, .. } = step {
            self.named(*device, name);
        }
        let (writer, begun) = (self.writer.clone(), self.stage.now());
        let mut is_first = matches!(step, Step::Ask { .. });
        let hears = move |at: Time, piece: Piece| {
            let came = match piece {
                Piece::Bytes(bytes) if std::mem::take(&mut is_first) => {
                    Came::Answered { at, took: at.since(begun), bytes }
                }
                Piece::Bytes(bytes) => Came::Piece(bytes),
                Piece::End(done) => {
                    let came = if done.how == "answered" { Came::End } else { Came::Failed };
                    writer.borrow_mut().step(at, Step::Done(done));
                    came
                }
            };
            _ = reply.send((at, came));
        };
        self.does(step, Hears::Pieces(Box::new(hears)));
    }

    fn open(&mut self, step: &Step, name: String, reply: mpsc::UnboundedSender<(Time, Carried)>) {
        let Step::Open { n, device } = *step else { return };
        self.named(device, name);
        let writer = self.writer.clone();
        let hears = move |at: Time, carried: Carried| {
            if let Some(done) = Done::of_tunnel(n, &carried) {
                writer.borrow_mut().step(at, Step::Done(done));
            }
            // The tunnel's sockets may be closed.
            _ = reply.send((at, carried));
        };
        self.does(step, Hears::Tunnel(Box::new(hears)));
    }

    fn state(&self) -> State {
        State {
            now: self.stage.now(),
            script: self.script,
            names: self.stage.names.clone(),
            devices: self.stage.seen(),
            backend_is_up: self.stage.backend_is_up.get(),
            commits: self.stage.telling.borrow().commits,
            server: self.stage.server(),
        }
    }

    fn end(self, (asked, settled): Asks, door: Door) -> Ended {
        self.note(Step::Stop { settled });
        let history = self.stage.history(settled);
        self.note(Step::Verdict { hash: hash(history.as_bytes()), lines: history.lines().count() as u64 });
        let seen = self.stage.seen();
        let is_silent = |seen: &Seen| (seen.requests > 0 || seen.spoke) && !seen.showed;
        let silent = self.stage.names.iter().zip(&seen).filter(|(_, seen)| is_silent(seen));
        let silent = silent.map(|(name, _)| name.clone()).collect();
        let (server, strays) = (self.stage.server(), door.strays());
        let (requests, length) = (self.stage.requests.take(), self.stage.now().since(Time::ZERO));
        // Callbacks of the stage hold the log writer, so the stage is dropped first.
        drop(self.stage);
        self.writer.borrow_mut().flush();
        let log_failed = Rc::try_unwrap(self.writer).ok().and_then(|writer| writer.into_inner().failed());
        let lateness = door.lateness();
        Ended {
            history,
            requests,
            lateness,
            server,
            strays,
            silent,
            length,
            settled,
            log_failed,
            asked,
            door,
        }
    }
}
