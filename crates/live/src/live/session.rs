//! The thread that owns the world, and the clock.

use std::io::{self, Write};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use std::cell::RefCell;

use tokio::sync::{mpsc, oneshot};

use super::door::{Door, Doors, Opening};
use super::late::Lateness;
use super::log::{Head, Line, Writer};
use super::stage::{Done, Hears, Piece, Seen, Stage, Step};
use super::wire::{hash, nanos};
use crate::base::{DeviceId, Time};
use crate::contract::{Span, TransportError};
use crate::setup::Setup;
use crate::world::{LoggedRequest, Stacks, Unrunnable};

/// What comes to the session's thread.
pub(super) enum Arrival {
    /// A request, as a step that the app may be refused.
    Ask {
        step: Step,
        name: String,
        reply: oneshot::Sender<Came>,
    },
    Hold {
        step: Step,
        name: String,
        reply: mpsc::UnboundedSender<(Time, Came)>,
    },
    Observe {
        device: DeviceId,
        lines: Vec<Step>,
        name: String,
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// What nobody waits for.
    Step(Step),
    State(oneshot::Sender<State>),
    /// Judge and end; the answer is what was found.
    Verdict {
        settled: bool,
        reply: oneshot::Sender<String>,
    },
}

/// What comes of a request, at its time.
#[derive(Debug)]
pub(super) enum Came {
    Answered {
        at: Time,
        took: Span,
        bytes: Vec<u8>,
    },
    Piece(Vec<u8>),
    /// Nothing came, or came too late.
    Failed,
    /// It was never sent.
    Malformed(String),
    End,
}

/// What a person sees.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) now: Time,
    pub(super) script: Span,
    pub(super) names: Vec<String>,
    pub(super) devices: Vec<Seen>,
    pub(super) backend_is_up: bool,
    pub(super) commits: u64,
}

/// Virtual time by the machine's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    begun: Instant,
    pub(super) speed: f64,
}

impl Pace {
    pub(super) fn now(&self) -> Time {
        let elapsed = self.begun.elapsed().as_nanos() as f64;
        Time((elapsed * self.speed) as u64)
    }
    /// How long the machine's clock goes until virtual time is so far.
    fn until(&self, time: Time) -> Duration {
        let ahead = time.0.saturating_sub(self.now().0) as f64 / self.speed;
        Duration::from_nanos(ahead as u64)
    }
    /// How late it is for something that was due then, in nanoseconds of the machine's clock.
    pub(super) fn late(&self, due: Time) -> u64 {
        (self.now().0.saturating_sub(due.0) as f64 / self.speed) as u64
    }
}

/// What a session is to be.
pub struct Session<'s> {
    pub plan: &'s Setup,
    pub stacks: &'s Stacks,
    pub head: Head,
    pub opening: Opening,
    /// Where the log goes.
    pub log: Option<Box<dyn Write>>,
    pub limits: Limits,
}

/// When a session ends by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// After so much virtual time.
    pub length: Option<Span>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{0}")]
    World(#[from] Unrunnable),
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, io::Error),
    #[error("the thread for sockets cannot be started: {0}")]
    Thread(io::Error),
    #[error("something in the world spins {0}")]
    Stalled(String),
}

/// What a session came to.
pub struct Ended {
    /// What happened, as a recorded history.
    pub history: String,
    pub requests: Vec<LoggedRequest>,
    pub lateness: Lateness,
    /// Devices that apps came for and of which nobody said what they show.
    pub silent: Vec<String>,
    pub length: Span,
    pub settled: bool,
    /// Why the log ends before the session did, if it does.
    pub log_failed: Option<io::Error>,
    asked: Option<oneshot::Sender<String>>,
    door: Door,
}

impl Ended {
    /// Tells who asked for the verdict, if somebody did, and closes the door.
    pub fn tell(mut self, verdict: &str) {
        if let Some(asked) = self.asked.take() {
            // They may be gone.
            _ = asked.send(verdict.to_owned());
        }
        self.door.close();
    }
}

/// The world is looked after at least so often, to see whether the session is to end.
const LOOK: Duration = Duration::from_millis(50);

impl Session<'_> {
    /// Opens the door and keeps the world at the clock's pace until `stops` says so, somebody asks
    /// for the verdict, or its length is over. `opened` is told where it listens.
    ///
    /// # Errors
    /// The world cannot be built, or nothing can be listened to.
    pub fn run(self, stops: &dyn Fn() -> bool, opened: &mut dyn FnMut(&Doors)) -> Result<Ended, Trouble> {
        let Session { plan, stacks, head, opening, log, limits } = self;
        let tolerance = Span((1e9 * head.speed.max(1.0)) as u64);
        let (arrivals, incoming) = std::sync::mpsc::channel();
        let forwards = opening.upstream.is_some();
        let (forward, forwarded) = mpsc::unbounded_channel();
        let sends: super::outside::Forward = Box::new(move |n| _ = forward.send(n));
        let names = head.devices.clone();
        let stage = Stage::build(plan, stacks, (names, tolerance), forwards.then_some(sends))?;
        let speed = head.speed;
        let pace = Pace { begun: Instant::now(), speed };
        let mut door = Door::open(opening, (arrivals, forwarded), pace)?;
        opened(door.doors());
        let mut writer = Writer::new(log);
        writer.head(&head);
        let mut keeper = Keeper { stage, pace, writer: Rc::new(RefCell::new(writer)), script: plan.duration };
        let ended = keeper.keep(&incoming, stops, limits);
        let (asked, settled) = match ended {
            Ok(ended) => ended,
            Err(stalled) => {
                door.close();
                return Err(Trouble::Stalled(stalled));
            }
        };
        Ok(keeper.end((asked, settled), door))
    }
}

struct Keeper {
    stage: Stage,
    pace: Pace,
    writer: Rc<RefCell<Writer>>,
    script: Span,
}

type Asks = (Option<oneshot::Sender<String>>, bool);

impl Keeper {
    fn keep(
        &mut self,
        incoming: &Receiver<Arrival>,
        stops: &dyn Fn() -> bool,
        limits: Limits,
    ) -> Result<Asks, String> {
        let end = limits.length.map_or(Time::FAR, |length| Time::ZERO + length);
        let mut flushed = Instant::now();
        loop {
            self.stage.run_to(self.pace.now().min(end))?;
            if stops() || self.stage.now() >= end {
                return Ok((None, self.stage.under_way() == 0));
            }
            if flushed.elapsed() > Duration::from_secs(1) {
                self.writer.borrow_mut().flush();
                flushed = Instant::now();
            }
            let arrival = match incoming.try_recv() {
                Ok(arrival) => arrival,
                Err(TryRecvError::Disconnected) => return Ok((None, true)),
                Err(TryRecvError::Empty) => {
                    let next = self.stage.next_timer().map_or(LOOK, |next| self.pace.until(next));
                    match incoming.recv_timeout(next.min(LOOK)) {
                        Ok(arrival) => arrival,
                        Err(RecvTimeoutError::Timeout) => continue,
                        Err(RecvTimeoutError::Disconnected) => return Ok((None, true)),
                    }
                }
            };
            self.stage.run_to(self.pace.now().min(end))?;
            if let Some(asks) = self.take(arrival) {
                return Ok(asks);
            }
        }
    }

    fn note(&self, step: &Step) {
        let at = nanos(self.stage.now());
        self.writer.borrow_mut().line(&Line { at, step: step.clone() });
    }
    fn does(&mut self, step: &Step, hears: Hears) {
        self.note(step);
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
            Arrival::Observe { device, lines, name, reply } => {
                let wrong = lines.iter().zip(1..).find_map(|(line, at)| {
                    let wrong = self.stage.check(line).err()?;
                    Some(if lines.len() > 1 { format!("line {at}: {wrong}") } else { wrong })
                });
                if wrong.is_none() {
                    self.named(device.0, name);
                    lines.iter().for_each(|line| self.does(line, Hears::Nobody));
                }
                _ = reply.send(wrong.map_or(Ok(()), Err));
            }
            Arrival::Step(step) => self.does(&step, Hears::Nobody),
            Arrival::State(reply) => _ = reply.send(self.state()),
            Arrival::Verdict { settled, reply } => return Some((Some(reply), settled)),
        }
        None
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
            writer.borrow_mut().line(&Line { at: nanos(at), step: Step::Done(done) });
            // Who asked may be gone.
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
        if let Step::Hold { device, .. } = step {
            self.named(*device, name);
        }
        let writer = self.writer.clone();
        let hears = move |at: Time, piece: Piece| {
            let came = match piece {
                Piece::Bytes(bytes) => Came::Piece(bytes),
                Piece::End(done) => {
                    writer.borrow_mut().line(&Line { at: nanos(at), step: Step::Done(done) });
                    Came::End
                }
            };
            _ = reply.send((at, came));
        };
        self.does(step, Hears::Pieces(Box::new(hears)));
    }

    fn state(&self) -> State {
        State {
            now: self.stage.now(),
            script: self.script,
            names: self.stage.names.clone(),
            devices: self.stage.seen(),
            backend_is_up: self.stage.backend_is_up(),
            commits: self.stage.commits(),
        }
    }

    fn end(self, (asked, settled): Asks, door: Door) -> Ended {
        self.note(&Step::Stop { settled });
        let history = self.stage.history(settled);
        let verdict = Step::Verdict { hash: hash(history.as_bytes()), lines: history.lines().count() as u64 };
        self.note(&verdict);
        let seen = self.stage.seen();
        let is_silent = |seen: &Seen| (seen.requests > 0 || seen.spoke) && !seen.showed;
        let silent = self.stage.names.iter().zip(&seen).filter(|(_, seen)| is_silent(seen));
        let silent = silent.map(|(name, _)| name.clone()).collect();
        let (requests, length) = (self.stage.requests(), self.stage.now().since(Time::ZERO));
        // What it hears holds the log.
        drop(self.stage);
        self.writer.borrow_mut().flush();
        let log_failed = Rc::try_unwrap(self.writer).ok().and_then(|writer| writer.into_inner().failed());
        let lateness = door.lateness();
        Ended { history, requests, lateness, silent, length, settled, log_failed, asked, door }
    }
}
