//! Messages between the sockets' thread and the session's thread.

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::lines::Lines;
use super::stage::{Seen, Step};
use super::theirs::ServerReportCounts;
use super::tunnel::Carried;
use crate::base::{DeviceId, Time};
use crate::contract::Span;
use crate::world::Unrunnable;

/// A message to the session's thread.
pub(super) enum Arrival {
    /// A request. The step (an input of the simulated world) can be refused.
    Ask {
        step: Step,
        name: String,
        reply: oneshot::Sender<Came>,
    },
    /// A request whose response can come in pieces.
    Hold {
        step: Step,
        name: String,
        reply: mpsc::UnboundedSender<(Time, Came)>,
    },
    /// An app has opened a connection that is carried as raw bytes (a tunnel).
    Open {
        step: Step,
        name: String,
        reply: mpsc::UnboundedSender<(Time, Carried)>,
    },
    Observe {
        /// The device, and its app's name for it. `None` if all lines come from the user's own
        /// server.
        whose: Option<(DeviceId, String)>,
        lines: Lines,
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// A step without a reply.
    Step(Step),
    State(oneshot::Sender<State>),
    /// Ends the session and judges it. The reply is the verdict.
    Verdict {
        settled: bool,
        reply: oneshot::Sender<Judged>,
    },
}

/// A verdict as text, or the reason why there is none.
pub(super) type Judged = Result<String, String>;

/// An event of a request. It happens at a virtual time.
#[derive(Debug)]
pub(super) enum Came {
    Answered {
        at: Time,
        took: Span,
        bytes: Vec<u8>,
    },
    Piece(Vec<u8>),
    /// No response came, or it came too late.
    Failed,
    /// The request was malformed and never sent.
    Malformed(String),
    End,
}

/// The state of the session, for its web page.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) now: Time,
    pub(super) script: Span,
    pub(super) names: Vec<String>,
    pub(super) devices: Vec<Seen>,
    pub(super) backend_is_up: bool,
    pub(super) commits: u64,
    /// The number of lines that the user's own server reported. `None` if the scenario's backend
    /// answers.
    pub(super) server: Option<ServerReportCounts>,
}

/// Converts the machine's clock to virtual time.
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
    /// The time until virtual time reaches `time`, on the machine's clock.
    pub(super) fn until(&self, time: Time) -> Duration {
        let ahead = time.0.saturating_sub(self.now().0) as f64 / self.speed;
        Duration::from_nanos(ahead as u64)
    }
    /// The delay of an event that was due at `due`, in nanoseconds of the machine's clock.
    pub(super) fn late(&self, due: Time) -> u64 {
        (self.now().0.saturating_sub(due.0) as f64 / self.speed) as u64
    }
}

/// The reason why a session cannot begin or continue.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The scenario cannot be run.
    #[error("{0}")]
    World(#[from] Unrunnable),
    /// The program cannot listen on this address.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, io::Error),
    /// There are not enough ports for the devices.
    #[error("{devices} devices need one port each, and the last port is 65535: --ports must be at most {}", 65_536 - devices)]
    Ports {
        /// The number of devices. Each device needs a port.
        devices: u32,
    },
    /// The log at this path cannot be written.
    #[error("cannot write {0}: {1}")]
    Log(String, io::Error),
    /// The thread for sockets cannot be started.
    #[error("the thread for sockets cannot be started: {0}")]
    Thread(io::Error),
    /// The simulation does not advance. The text names the task that loops.
    #[error("a task in the world spins without waiting: {0}")]
    Stalled(String),
}
