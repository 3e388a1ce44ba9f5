//! A log of requests, with the data that a real app could record.

use std::collections::BTreeMap;

use crate::base::{DeviceId, Span, Time};
use crate::contract::{EngineEvent, Event, Node, Occurrence, RequestKind, TransportError};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The device received a useful response.
    Answered,
    /// The connection was reset, or the sync run was cancelled.
    Cut,
    /// No response arrived in time.
    TimedOut,
    /// The server refused the request, or another server (such as a captive portal) responded.
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
    /// The time when the request left the device.
    pub at: Time,
    /// The device that sent it.
    pub device: DeviceId,
    /// The kind of the request.
    pub kind: RequestKind,
    /// Rows or results in the response; 0 without one.
    pub rows: u32,
    /// Size of the response's body in bytes; 0 without one.
    pub bytes: u64,
    /// Time until the request ended.
    pub took: Span,
    /// How the request ended.
    pub ended: Ended,
}

/// The requests of a run in the order in which they ended, up to a limit.
#[derive(Debug, Default)]
pub struct RequestLog {
    /// The requests, in the order in which they ended.
    pub requests: Vec<LoggedRequest>,
    /// The number of requests that were left out because the log was full.
    pub left_out: u64,
    pub(super) most: usize,
    /// For each request in progress, the time when it left.
    pub(super) sent: BTreeMap<(DeviceId, u64), Time>,
}

impl RequestLog {
    pub(super) fn on(&mut self, occurrence: &Occurrence<'_>) {
        let Node::Device(device) = occurrence.node else { return };
        let (request, kind, rows, bytes, took, ended) = match occurrence.event {
            // Request numbers restart with each process, and requests of a dead process never end.
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
