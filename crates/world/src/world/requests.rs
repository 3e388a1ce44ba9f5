//! A log of requests as an app could keep it.

use std::collections::BTreeMap;

use crate::base::{DeviceId, Span, Time};
use crate::contract::{EngineEvent, Event, Node, Occurrence, RequestKind, TransportError};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A useful response came.
    Answered,
    /// The connection was reset, or the run was cancelled.
    Cut,
    /// No response came in time.
    TimedOut,
    /// The server refused it, or the response was not the server's.
    Refused,
    /// The device had no network.
    NotSent,
}

impl Ended {
    fn by(error: TransportError) -> Ended {
        match error {
            TransportError::Timeout => Ended::TimedOut,
            TransportError::Offline => Ended::NotSent,
            TransportError::Reset | TransportError::Cancelled => Ended::Cut,
            TransportError::Foreign | TransportError::LoginEnded | TransportError::Refused => Ended::Refused,
        }
    }
}

/// One request of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// When the request left.
    pub at: Time,
    /// The device that sent it.
    pub device: DeviceId,
    /// What it was for.
    pub kind: RequestKind,
    /// Rows or results in the response; 0 without one.
    pub rows: u32,
    /// Size of the response's body in bytes; 0 without one.
    pub bytes: u64,
    /// Time until it ended.
    pub took: Span,
    /// How it ended.
    pub ended: Ended,
}

/// The requests of a run in the order in which they ended, up to a limit.
#[derive(Debug, Default)]
pub struct RequestLog {
    /// The requests, in the order in which they ended.
    pub requests: Vec<LoggedRequest>,
    /// How many requests were left out, as the log was full.
    pub left_out: u64,
    pub(super) most: usize,
    /// When the requests under way left.
    pub(super) sent: BTreeMap<(DeviceId, u64), Time>,
}

impl RequestLog {
    pub(super) fn on(&mut self, occurrence: &Occurrence<'_>) {
        let Node::Device(device) = occurrence.node else { return };
        let (request, kind, rows, bytes, took, ended) = match occurrence.event {
            // Numbers restart with each process; requests of a dead process never end.
            Event::ProcessKilled { .. } => return self.sent.retain(|(whose, _), _| *whose != device),
            Event::Engine(EngineEvent::RequestSent { request, .. }) => {
                self.sent.insert((device, request), occurrence.at);
                return;
            }
            Event::Engine(EngineEvent::ResponseReceived { request, kind, bytes, rows, took, .. }) => {
                (request, kind, rows, bytes, took, Ended::Answered)
            }
            Event::Engine(EngineEvent::RequestFailed { request, kind, error, took, .. }) => {
                (request, kind, 0, 0, took, Ended::by(error))
            }
            Event::Engine(EngineEvent::RequestRefused { request, kind, took, .. }) => {
                (request, kind, 0, 0, took, Ended::Refused)
            }
            _ => return,
        };
        let Some(at) = self.sent.remove(&(device, request)) else { return };
        if self.requests.len() == self.most {
            self.left_out += 1;
        } else {
            self.requests.push(LoggedRequest { at, device, kind, rows, bytes, took, ended });
        }
    }
}
