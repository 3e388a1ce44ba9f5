//! What comes from sockets to the thread of the session, and what goes back.

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::lines::Lines;
use super::stage::{Seen, Step};
use super::theirs::ServerSaid;
use super::tunnel::Carried;
use crate::base::{DeviceId, Time};
use crate::contract::Span;
use crate::world::Unrunnable;

/// What comes to the session's thread.
pub(super) enum Arrival {
    /// A request, as a step that the app may be refused.
    Ask {
        step: Step,
        name: String,
        reply: oneshot::Sender<Came>,
    },
    /// One whose response may come in pieces.
    Hold {
        step: Step,
        name: String,
        reply: mpsc::UnboundedSender<(Time, Came)>,
    },
    /// An app has connected to a tunnel.
    Open {
        step: Step,
        name: String,
        reply: mpsc::UnboundedSender<(Time, Carried)>,
    },
    Observe {
        /// The device, and how its app calls it; `None` where a server alone speaks.
        whose: Option<(DeviceId, String)>,
        lines: Lines,
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// What nobody waits for.
    Step(Step),
    State(oneshot::Sender<State>),
    /// Judge and end; the answer is what was found.
    Verdict {
        settled: bool,
        reply: oneshot::Sender<Judged>,
    },
}

/// A verdict in words, or why there is none.
pub(super) type Judged = Result<String, String>;

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
    /// What one's own server said; `None` where the scenario's backend answers.
    pub(super) server: Option<ServerSaid>,
}

/// Virtual time by the machine's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    begun: Instant,
    pub(super) speed: f64,
}

impl Pace {
    pub(super) fn begin(speed: f64) -> Pace {
        Pace { begun: Instant::now(), speed }
    }
    pub(super) fn now(&self) -> Time {
        let elapsed = self.begun.elapsed().as_nanos() as f64;
        Time((elapsed * self.speed) as u64)
    }
    /// How long the machine's clock goes until virtual time is so far.
    pub(super) fn until(&self, time: Time) -> Duration {
        let ahead = time.0.saturating_sub(self.now().0) as f64 / self.speed;
        Duration::from_nanos(ahead as u64)
    }
    /// How late it is for something that was due then, in nanoseconds of the machine's clock.
    pub(super) fn late(&self, due: Time) -> u64 {
        (self.now().0.saturating_sub(due.0) as f64 / self.speed) as u64
    }
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{0}")]
    World(#[from] Unrunnable),
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, io::Error),
    #[error("there are {devices} devices, and no port after 65535: --ports takes {} at most", 65_536 - devices)]
    Ports { devices: u32 },
    #[error("cannot write {0}: {1}")]
    Log(String, io::Error),
    #[error("the thread for sockets cannot be started: {0}")]
    Thread(io::Error),
    #[error("something in the world spins {0}")]
    Stalled(String),
}
