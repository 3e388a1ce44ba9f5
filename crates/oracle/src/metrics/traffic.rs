//! Collects figures of requests and responses, of links, and of the backend.

use std::collections::BTreeMap;

use super::{Board, Id, Part, Spent, Waste};
use crate::base::{DeviceId, Span, Time};
use crate::contract::{
    Author, BlobEvent, DropReason, EditKind, EngineEvent, Event, HeldEvent, HookEnd, JobEvent, KillReason,
    PhoneEvent, RequestKind, ServerError, TransportError, UnitEvent,
};

#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    is_push: bool,
    bytes: u64,
    rows: u64,
    /// The bytes on the link for this request, in both directions.
    on_link: u64,
}

/// The request number that stands for all requests of attachments.
const BLOB: u64 = u64::MAX;

/// The chunk sizes (rows per request) that an adaptive controller has chosen so far. `been` has 1
/// bit per power of two.
#[derive(Clone, Copy, Debug)]
struct Course {
    since: Time,
    rows: u32,
    been: u32,
}

impl Sent {
    fn of_push(self) -> u64 {
        if self.is_push { self.bytes } else { 0 }
    }
}

#[derive(Debug, Default)]
pub(super) struct Traffic {
    link_down: Vec<Option<Time>>,
    backend_down: Option<Time>,
    under_way: BTreeMap<(DeviceId, u64), Sent>,
    sizes: BTreeMap<(DeviceId, RequestKind), Course>,
    waste: Waste,
    /// By device, true if its last request got no successful response.
    failed_last: Vec<bool>,
    /// How many connections devices keep open.
    held: u64,
}

impl Traffic {
    pub(super) fn new(devices: usize) -> Traffic {
        let (link_down, failed_last) = (vec![None; devices], vec![false; devices]);
        Traffic { link_down, failed_last, waste: Waste::new(devices), ..Traffic::default() }
    }

    pub(super) fn on_engine(&mut self, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let sent = self.on_request(device, event, board);
        self.waste.on(device, event, Spent { bytes: sent.bytes, on_link: sent.on_link }, board);
        match event {
            Event::Engine(EngineEvent::RequestSent { bytes, rows, .. }) => {
                board.count(Id::Requests);
                board.add(Id::UpBytes, *bytes);
                board.add(Id::PushRows, *rows);
            }
            Event::Engine(EngineEvent::ResponseReceived { kind, bytes, rows, took, .. }) => {
                board.observe(Id::RequestDuration, took.0);
                board.observe(Id::ResponseBytes, *bytes);
                board.add(Id::DownBytes, *bytes);
                if !kind.pushes() && *rows == 0 {
                    board.count(Id::RequestsEmpty);
                }
                if kind.pulls() {
                    board.add(Id::PullRows, *rows);
                    board.observe(Id::PullResponseRows, u64::from(*rows));
                    board.observe(Id::PullResponseBytes, *bytes);
                }
            }
            Event::Engine(EngineEvent::RequestFailed { error, took, wasted, .. }) => {
                let cut = *error == TransportError::Reset && *took > Span::ZERO;
                board.count(Id::RequestsFailed);
                board.add(Id::RequestsCut, cut);
                board.add(Id::RequestsTimedOut, *error == TransportError::Timeout);
                if *error == TransportError::Offline {
                    board.take_back(Id::Requests, 1);
                    board.take_back(Id::UpBytes, *wasted);
                } else {
                    board.add(Id::WastedBytes, *wasted);
                }
            }
            Event::Engine(EngineEvent::RequestRefused { error, .. }) => {
                // `Accepted` is not a refusal: the server has taken the request.
                board.add(Id::RequestsRefused, !matches!(error, ServerError::Accepted(_)));
                let why = match error {
                    ServerError::Throttled(_) => Id::RequestsThrottled,
                    ServerError::Unavailable => Id::RequestsUnavailable,
                    ServerError::Failed => Id::RequestsServerFailed,
                    ServerError::Unauthorized => Id::RequestsUnauthorized,
                    ServerError::GatewayTimeout => Id::RequestsGatewayTimeout,
                    ServerError::RequestTooLarge(_) | ServerError::AnswerTooLarge(_) => Id::RequestsTooLarge,
                    ServerError::MustReset => Id::RequestsMustReset,
                    ServerError::Accepted(_) => Id::RequestsAccepted,
                    ServerError::ClockOff(_) => Id::RequestsClockOff,
                    ServerError::CursorExpired(_)
                    | ServerError::AlreadyThere
                    | ServerError::BadRequest(_) => return,
                };
                board.count(why);
            }
            event => apart_from_requests(event, board),
        }
    }

    /// Follows the requests of a device. Returns the request that this event ends.
    fn on_request(&mut self, device: DeviceId, event: &Event<'_>, board: &mut Board) -> Sent {
        match event {
            Event::Engine(EngineEvent::RequestSent { kind, request, bytes, rows, .. }) => {
                let (is_push, rows) = (kind.pushes(), u64::from(*rows));
                let sent = Sent { is_push, bytes: *bytes, rows, on_link: 0 };
                self.under_way.insert((device, *request), sent);
            }
            Event::Engine(EngineEvent::ResponseReceived { request, rows, kind, .. }) => {
                let sent = self.ended(device, *request, false);
                if sent.is_push {
                    let answered = if kind.pulls() { sent.rows } else { u64::from(*rows) };
                    board.add(Id::PushAnswered, answered);
                    board.observe(Id::PushRequestRows, answered);
                    board.add(Id::PushBytes, sent.bytes);
                    board.observe(Id::PushRequestBytes, sent.bytes);
                }
                return sent;
            }
            Event::Engine(EngineEvent::RequestFailed { request, error, .. }) => {
                let sent = self.ended(device, *request, true);
                board.add(Id::NetWasted, sent.on_link);
                if *error == TransportError::Offline {
                    board.take_back(Id::PushRows, sent.rows);
                } else {
                    board.add(Id::PushWasted, sent.of_push());
                }
            }
            Event::Engine(EngineEvent::RequestRefused { request, .. }) => {
                let sent = self.ended(device, *request, true);
                board.add(Id::PushWasted, sent.of_push());
                return sent;
            }
            Event::ProcessKilled { .. } => {
                self.under_way.retain(|(whose, _), sent| {
                    if *whose == device {
                        board.add(Id::PushWasted, sent.of_push());
                        board.add(Id::WastedBytes, sent.bytes);
                        board.add(Id::NetWasted, sent.on_link);
                        self.failed_last[device.0 as usize] = true;
                    }
                    *whose != device
                });
            }
            Event::Engine(EngineEvent::EditAcknowledged { .. }) => board.count(Id::PushAcknowledged),
            Event::PacketsSent { bytes, held: false, .. } => self.on_link(device, *bytes, board),
            Event::Engine(EngineEvent::Blob(BlobEvent::Sent { .. })) => {
                self.under_way.insert((device, BLOB), Sent::default());
            }
            Event::Engine(EngineEvent::Blob(BlobEvent::Ended { served, .. })) => {
                let sent = self.ended(device, BLOB, !served);
                board.add(Id::NetWasted, if *served { 0 } else { sent.on_link });
            }
            _ => {}
        }
        Sent::default()
    }

    fn ended(&mut self, device: DeviceId, request: u64, failed: bool) -> Sent {
        self.failed_last[device.0 as usize] = failed;
        self.under_way.remove(&(device, request)).unwrap_or_default()
    }

    /// Splits bytes on a link equally among the open requests. Without an open request, the bytes
    /// belong to the last request, and are wasted if it failed.
    fn on_link(&mut self, device: DeviceId, bytes: u64, board: &mut Board) {
        let for_each = || (device, 0)..=(device, BLOB);
        let requests = self.under_way.range(for_each()).count() as u64;
        let Some(part) = bytes.checked_div(requests) else {
            return board.add(Id::NetWasted, if self.failed_last[device.0 as usize] { bytes } else { 0 });
        };
        let mut rest = bytes % requests;
        for (_, sent) in self.under_way.range_mut(for_each()) {
            sent.on_link += part + std::mem::take(&mut rest);
        }
    }

    pub(super) fn on_device(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::ProcessStarted { .. } => board.count(Id::DeviceStarts),
            Event::ProcessKilled { reason: KillReason::Killed } => board.count(Id::DeviceKills),
            Event::RowUnreadable { .. } => board.count(Id::DeviceBadRows),
            Event::ProcessKilled { reason: KillReason::PowerLoss } => board.count(Id::DevicePowerLosses),
            Event::ProcessKilled { reason: KillReason::BigRow } => board.count(Id::DeviceBigRows),
            Event::ProcessKilled { reason: KillReason::LowMemory } => board.count(Id::DeviceLowMemory),
            Event::Decoded { peak, tight } => {
                board.observe(Id::DeviceMemoryPeak, *peak);
                board.add(Id::DeviceMemoryTight, *tight);
            }
            Event::AppQueried { took, waited } => {
                board.observe(Id::DeviceQuery, took.0);
                board.add(Id::DeviceUiBlocked, waited.0);
            }
            Event::Listed { rows, steps, pages, took, waited } => {
                board.observe(Id::ListDuration, took.0);
                board.observe(Id::ListSteps, *steps);
                board.add(Id::ListPages, *pages);
                board.add(Id::ListRows, *rows);
                board.add(Id::DeviceUiBlocked, waited.0);
            }
            Event::AppWrote { took, waited } => {
                board.observe(Id::DeviceWrite, took.0);
                board.add(Id::DeviceUiBlocked, waited.0);
            }
            Event::Engine(EngineEvent::StorageFull) => board.count(Id::DeviceStorageFull),
            Event::Engine(EngineEvent::ChunkSized { kind, rows }) => {
                self.sized(at, (device, *kind), *rows, board)
            }
            Event::LinkDown => {
                board.count(Id::NetOutages);
                self.link_down[device.0 as usize].get_or_insert(at);
            }
            Event::LinkUp => board.lasted(Id::NetOutage, self.link_down[device.0 as usize].take(), at),
            _ => {}
        }
    }

    fn sized(&mut self, at: Time, of: (DeviceId, RequestKind), rows: u32, board: &mut Board) {
        let course = self.sizes.entry(of).or_insert(Course { since: at, rows, been: 0 });
        // A new process reports its first size again, even if it is the same.
        board.add(Id::ControlChanges, course.rows != rows);
        course.rows = rows;
        let power = rows.max(1).ilog2();
        if course.been & 1 << power == 0 {
            course.been |= 1 << power;
            let reached = (at - course.since).0;
            board.observe(Id::ControlReached, reached);
            board.observe_part(Id::ControlReached, Part::Size(of.1, power), reached);
        }
    }

    pub(super) fn on_backend(&mut self, at: Time, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::ConnectionOpened { took } => {
                board.count(Id::NetConnections);
                board.observe(Id::NetConnect, took.0);
            }
            Event::PacketsSent { up, packets, retransmitted, bytes, .. } => {
                board.add(if *up { Id::NetUpBytes } else { Id::NetDownBytes }, *bytes);
                board.add(Id::NetPackets, *packets);
                board.add(Id::NetRetransmitted, *retransmitted);
            }
            Event::MessageDropped { reason, bytes } => {
                board.count(Id::NetDropped);
                board.add(Id::NetDroppedBytes, *bytes);
                board.add(Id::NetResponsesLost, *reason == DropReason::ResponseLost);
                board.add(Id::NetCaptive, *reason == DropReason::CaptivePortal);
                board.add(Id::NetForeign, *reason == DropReason::ForeignResponse);
                board.add(Id::NetTooLarge, *reason == DropReason::TooLarge);
            }
            Event::CacheAnswered { bytes, stale, asked } => {
                board.count(if *asked { Id::NetProxyAsked } else { Id::NetProxyHits });
                board.add(Id::NetProxyStale, *stale);
                board.add(Id::NetProxySaved, *bytes);
            }
            Event::Held(held) => self.on_held(*held, board),
            Event::BackendAvailable(true) => board.lasted(Id::BackendOutage, self.backend_down.take(), at),
            Event::BackendAvailable(false) => {
                board.count(Id::BackendOutages);
                self.backend_down.get_or_insert(at);
            }
            Event::Committed { author, .. } => {
                board.count(Id::BackendCommits);
                board.add(Id::BackendFanOut, *author == Author::Derived);
            }
            Event::MutationRefused { conflict: Some(_), .. } => board.count(Id::BackendConflicted),
            Event::MutationRefused { conflict: None, kind, .. } => {
                board.count(Id::BackendRejected);
                board.add(Id::BackendDeletesRefused, *kind == EditKind::Delete);
            }
            Event::MutationIgnored { .. } => board.count(Id::BackendIgnored),
            Event::MutationPutOff { .. } => board.count(Id::BackendPutOff),
            Event::CommitDelayed { .. } => board.count(Id::BackendLate),
            Event::BackendServed { kind, queued, locked, service, scanned, rows, .. } => {
                board.count(Id::BackendRequests);
                if kind.pushes() {
                    board.observe(Id::BackendLocked, locked.0);
                }
                board.observe(Id::BackendQueued, queued.0);
                board.observe(Id::BackendService, service.0);
                board.add(Id::BackendScanned, *scanned);
                board.add(Id::BackendDelivered, *rows);
            }
            Event::Job(JobEvent::Begun { .. }) => board.count(Id::JobsBegun),
            Event::Job(JobEvent::ThrownAway { .. }) => board.count(Id::JobsLost),
            Event::Captured { writes, written, handled, cpu, state, kinds } => {
                let ids = [Id::DeltaCreated, Id::DeltaUpdated, Id::DeltaDeleted];
                ids.into_iter().zip(kinds).for_each(|(id, rows)| board.add(id, *rows));
                board.add(Id::GatewayWrites, *writes);
                board.add(Id::GatewayWritten, *written);
                board.add(Id::GatewayHandled, *handled);
                board.add(Id::GatewayCpu, cpu.0);
                board.set(Id::GatewayState, board.value(Id::GatewayState).max(*state));
            }
            _ => {}
        }
    }

    fn on_held(&mut self, event: HeldEvent, board: &mut Board) {
        match event {
            HeldEvent::Opened { .. } => {
                self.held += 1;
                board.count(Id::NetHeld);
                board.set(Id::NetHeldMost, board.value(Id::NetHeldMost).max(self.held));
            }
            HeldEvent::Refused => board.count(Id::NetHeldRefused),
            HeldEvent::Arrived { up, .. } => {
                board.count(if up { Id::NetMessagesUp } else { Id::NetMessagesDown });
            }
            HeldEvent::Ended { after, lost } => {
                self.held -= 1;
                board.add(Id::NetHeldLost, lost);
                board.observe(Id::NetHeldDuration, after.0);
            }
        }
    }

    /// Computes the scan ratio. An outage of the backend that lasts to the end counts until then.
    pub(super) fn finish(&self, at: Time, board: &mut Board) {
        board.lasted(Id::BackendOutage, self.backend_down, at);
        let (scanned, rows) = (board.value(Id::BackendScanned), board.value(Id::BackendDelivered));
        let ppm = u128::from(scanned) * 1_000_000 / u128::from(rows.max(1));
        board.set(Id::BackendScanRate, u64::try_from(ppm).unwrap_or(u64::MAX));
    }
}

/// Counts events that are not about requests.
fn apart_from_requests(event: &Event<'_>, board: &mut Board) {
    match event {
        Event::Phone(PhoneEvent::LogoutRefused { .. }) => board.count(Id::LogoutsRefused),
        Event::Phone(PhoneEvent::RetryTapped) => board.count(Id::RetriesTapped),
        Event::Phone(PhoneEvent::LoginEnded) => board.count(Id::LoginsEnded),
        Event::Phone(PhoneEvent::LoggedIn { .. }) => board.count(Id::Logins),
        Event::Phone(PhoneEvent::TokenRenewed { .. }) => board.count(Id::TokensRenewed),
        Event::Engine(EngineEvent::RetryScheduled { wait, .. }) => {
            board.count(Id::Retries);
            board.observe(Id::RetryWait, wait.0);
        }
        Event::Engine(EngineEvent::ChunkApplied { changes, echoed, took, .. }) => {
            board.count(Id::ApplyCount);
            board.add(Id::ApplyRows, changes.len() as u64);
            board.add(Id::ApplyRemoved, changes.iter().filter(|c| c.removed).count() as u64);
            board.add(Id::EchoedRows, *echoed);
            board.observe(Id::ApplyDuration, took.0);
        }
        Event::Engine(EngineEvent::Unit(UnitEvent::Excerpt { rows, took, .. })) => {
            board.count(Id::ApplyCount);
            board.add(Id::ExcerptRows, *rows);
            board.observe(Id::ApplyDuration, took.0);
        }
        Event::Engine(EngineEvent::Unit(UnitEvent::SetAside { rows, .. })) => {
            board.add(Id::SetAsideRows, *rows)
        }
        Event::Engine(EngineEvent::Unit(UnitEvent::ThrownAway { rows, .. })) => {
            board.add(Id::ThrownAwayRows, *rows);
        }
        Event::Engine(EngineEvent::Unit(UnitEvent::PagesLeft { ready, .. })) => {
            board.count(Id::PagesLeft);
            board.add(Id::PagesLeftReady, *ready);
        }
        Event::Engine(EngineEvent::HookStarted { .. }) => {
            board.count(Id::HookCount);
            board.count(Id::HookUnended);
        }
        Event::Engine(EngineEvent::HookEnded { ended, took, .. }) => {
            board.take_back(Id::HookUnended, 1);
            board.observe(Id::HookDuration, took.0);
            board.add(Id::HookThrew, *ended == HookEnd::Threw);
            board.add(Id::HookTimedOut, *ended == HookEnd::TimedOut);
        }
        Event::Engine(EngineEvent::HookTriggered { .. }) => board.count(Id::HookTriggers),
        Event::Engine(EngineEvent::OutboxTrimmed { edits, said }) => {
            let dropped = edits.len() as u64;
            board.add(Id::OutboxDropped, dropped);
            board.add(Id::OutboxDroppedUnsaid, if *said { 0 } else { dropped });
        }
        Event::Engine(EngineEvent::CursorSaved { .. }) => board.count(Id::CursorSaved),
        Event::Engine(EngineEvent::CursorReset { .. }) => board.count(Id::CursorReset),
        _ => {}
    }
}
