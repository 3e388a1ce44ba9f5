//! One request and its response, with retries.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;

use super::bisection::Bisection;
use super::control::{Fate, Observed, Size, Steering, Trouble};
use super::flaws::Flaw;
use super::options::{OnFailed, OnTooLarge, Requests};
use super::process::{Held, Process};
use super::too_large::Caps;
use crate::base::{EntityId, Span, Time, UnitId};
use crate::contract::{
    Cacheable, Call, EngineEvent, HookError, NetworkKind, RequestKind, Response, ServerError, SyncError,
    TOO_LARGE_PAGE, TransportError, Work,
};
use crate::engine::unit::token::Token;
use crate::protocol::{Answer, Asked, Effort, PullRequest, Request, SyncRequest, Way};
use crate::store::StoreError;

#[derive(Debug)]
pub(super) enum Failure {
    /// No response came, for this reason.
    Silence(TransportError),
    /// The server refused the request.
    Refused(ServerError),
    /// A proxy on the path refused the request as too large, with its own page (status 413).
    Stopped,
    Damaged(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TooLarge {
    Request,
    Answer,
}

impl Failure {
    pub(super) fn told(self) -> SyncError {
        match self {
            Failure::Silence(TransportError::Cancelled) => SyncError::Cancelled,
            Failure::Silence(error @ TransportError::LoginEnded) => SyncError::Rejected(error.to_string()),
            Failure::Silence(error) => SyncError::Offline(error.to_string()),
            Failure::Refused(error @ ServerError::Throttled(_)) => SyncError::Throttled(error.to_string()),
            Failure::Refused(ServerError::BadRequest(text)) => SyncError::Rejected(text),
            Failure::Refused(
                error @ (ServerError::RequestTooLarge(_)
                | ServerError::AnswerTooLarge(_)
                | ServerError::AlreadyThere
                | ServerError::ClockOff(_)
                | ServerError::MustReset),
            ) => SyncError::Rejected(error.to_string()),
            Failure::Refused(error) => SyncError::Offline(error.to_string()),
            Failure::Stopped => SyncError::Rejected("a proxy takes no request of this size".to_owned()),
            Failure::Damaged(text) => SyncError::Corrupt(text),
        }
    }

    fn too_large(&self) -> Option<TooLarge> {
        match self {
            Failure::Refused(ServerError::RequestTooLarge(_)) | Failure::Stopped => Some(TooLarge::Request),
            Failure::Refused(ServerError::AnswerTooLarge(_)) => Some(TooLarge::Answer),
            _ => None,
        }
    }

    pub(super) fn is_of_a_size(&self) -> bool {
        self.too_large() == Some(TooLarge::Request)
    }

    fn trouble(&self) -> Trouble {
        match self {
            Failure::Silence(TransportError::Reset) => Trouble::Cut,
            Failure::Silence(TransportError::Timeout) | Failure::Refused(ServerError::GatewayTimeout) => {
                Trouble::TooSlow
            }
            _ => Trouble::Other,
        }
    }
}

#[derive(Debug)]
pub(super) struct GivenUp {
    pub(super) failure: Failure,
    /// Number of tries.
    pub(super) tries: u32,
    /// Whether the server refused one of the tries.
    pub(super) refused: bool,
}

impl GivenUp {
    pub(super) fn ends_run(self) -> RunError {
        RunError { error: self.failure.told(), tries: self.tries, refused: self.refused }
    }
}

#[derive(Debug)]
pub(super) struct RunError {
    pub(super) error: SyncError,
    /// Tries of the request that ended the run; 1 if something else ended the run.
    pub(super) tries: u32,
    /// Whether the server refused the request. If so, another network does not help.
    pub(super) refused: bool,
}

impl From<HookError> for RunError {
    fn from(failed: HookError) -> RunError {
        // `refused` is true because another network does not mend the app's hook.
        RunError { error: SyncError::Aborted(failed.to_string()), tries: 1, refused: true }
    }
}

impl From<SyncError> for RunError {
    fn from(error: SyncError) -> RunError {
        RunError { error, tries: 1, refused: false }
    }
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> RunError {
        SyncError::from(error).into()
    }
}

impl Received {
    pub(super) fn chunk(&self, now: Time, rows: usize, full: bool) -> Observed {
        let (asked, wire, whole) = (self.asked, self.wire, now - self.sent_at);
        Observed { asked, rows: rows as u32, full, wire, whole, fate: Fate::Done }
    }
}

/// A received and unpacked response, before decoding.
#[derive(Debug)]
pub(super) struct Received {
    opened: Vec<u8>,
    bytes: u64,
    effort: Effort,
    pub(super) request: u64,
    kind: RequestKind,
    unit: Option<UnitId>,
    of: Asked,
    /// The entities of the request's edits, in the order of the verdicts in the response.
    pushed: Vec<EntityId>,
    sent_at: Time,
    sent: u64,
    /// The requested size of a pull, or the sent size of a push.
    asked: Size,
    failures: u32,
    wire: Span,
    /// The memory reserved for the response; `None` before the reservation.
    held: Option<Held>,
}

/// Sends requests to the server. It numbers requests, sets their chunk sizes, and waits if the
/// server responds with "try again later".
pub(super) struct Caller {
    process: Rc<Process>,
    pulls: RefCell<Steering>,
    pushes: RefCell<Steering>,
    requests: Cell<u64>,
    /// The server accepts no requests before this time.
    quiet_until: Cell<Time>,
    pub(super) token: Token,
    /// The limits of pushes and of pulls, set after a message was too large.
    caps: [Caps; 2],
    /// The limit of pushes, set after the server rejected a whole push.
    bisection: Bisection,
    /// Whether the server has demanded that the device discard its database.
    must_reset: Cell<bool>,
    /// Whether pull and push use separate requests, because one request with both was too large.
    apart: Cell<bool>,
}

impl Caller {
    pub(super) fn new(process: Rc<Process>) -> Caller {
        let (pull, push) = (&process.options.pull, &process.options.push);
        let pulls = Steering::new(&pull.steering, Size { rows: pull.chunk_rows, bytes: pull.chunk_bytes.0 });
        let pushes = Steering::new(&push.steering, Size { rows: push.chunk_rows, bytes: push.chunk_bytes.0 });
        Caller {
            pulls: RefCell::new(pulls),
            pushes: RefCell::new(pushes),
            requests: Cell::new(0),
            quiet_until: Cell::new(Time::ZERO),
            token: Token::default(),
            caps: Default::default(),
            bisection: Bisection::default(),
            must_reset: Cell::new(false),
            apart: Cell::new(false),
            process,
        }
    }

    /// The size limits of the next chunk of this kind. The chunk begins with rows of entity
    /// `first`.
    pub(super) fn chunk(&self, kind: RequestKind, first: EntityId) -> Size {
        let steering = self.steering(kind);
        let size = steering.borrow().size(first);
        let size = self.caps(kind).hold(size);
        let size = if kind == RequestKind::Push { self.bisection.hold(size) } else { size };
        if let Some(rows) = steering.borrow_mut().news(size) {
            self.process.emit(EngineEvent::ChunkSized { kind, rows });
        }
        size
    }

    pub(super) fn chunk_ended(&self, kind: RequestKind, seen: &Observed) {
        self.steering(kind).borrow_mut().observe(seen);
    }

    fn steering(&self, kind: RequestKind) -> &RefCell<Steering> {
        if kind == RequestKind::Push { &self.pushes } else { &self.pulls }
    }

    fn caps(&self, kind: RequestKind) -> &Caps {
        &self.caps[usize::from(kind != RequestKind::Push)]
    }

    pub(super) fn goes_apart(&self) -> bool {
        self.apart.get()
    }

    pub(super) fn pushed(&self, edits: usize) {
        self.apart.set(false);
        self.caps(RequestKind::Push).gone(edits as u32);
        self.bisection.served(edits as u32);
    }

    /// Whether the server has demanded a reset since the last call.
    pub(super) fn takes_demand(&self) -> bool {
        self.must_reset.take()
    }

    /// Halves the push limit after the server rejected a whole push. Returns true if a smaller push
    /// follows.
    fn bisects(&self, request: &Request, failure: &Failure) -> bool {
        let looks = self.process.options.push.on_failed == OnFailed::Bisect;
        let fails = matches!(failure, Failure::Refused(ServerError::Failed));
        looks && fails && self.bisection.halve(request.mutations().len() as u32)
    }

    /// Lowers the limits after a message was too large. Returns true if a smaller request follows
    /// at once.
    fn shrinks(&self, request: &Request, failure: &Failure) -> bool {
        let Some(which) = failure.too_large() else { return false };
        let options = &self.process.options;
        let push = || {
            let bytes = options.codec.encode_request(request).len() as u64;
            let sent = Size { rows: request.mutations().len() as u32, bytes };
            self.caps(RequestKind::Push).shrink(options.push.on_too_large, sent)
        };
        let pull = |of: &PullRequest| {
            let asked = Size { rows: of.rows, bytes: of.bytes };
            self.caps(RequestKind::Pull).shrink(options.pull.on_too_large, asked)
        };
        match (request, which) {
            (Request::Push(_), _) => push(),
            (Request::Pull(of), TooLarge::Answer) => pull(of),
            (Request::Sync(_), TooLarge::Request) => push() || self.set_apart(),
            (Request::Sync(of), TooLarge::Answer) => pull(&of.pull) || self.set_apart(),
            _ => false,
        }
    }

    fn set_apart(&self) -> bool {
        self.process.options.push.on_too_large != OnTooLarge::GiveUp && !self.apart.replace(true)
    }

    /// Sends the request that `make` builds for a request number, with retries. Fails after the
    /// last try, or if a retry is pointless.
    pub(super) async fn exchange(
        &self,
        unit: Option<UnitId>,
        make: impl Fn(u64) -> Request,
    ) -> Result<Received, GivenUp> {
        let (mut failures, mut refused, mut renewed) = (0, false, false);
        let mut took_clock = false;
        let mut previous = None;
        let left = self.after_left();
        if left > Span::ZERO {
            let drawn = self.process.backoff(1, None);
            self.wait_and_retry(unit.is_some(), 0, left + drawn).await;
        }
        if let Err(error) = self.token.renew_if_due(&self.process, unit.is_some()).await {
            return Err(GivenUp { failure: Failure::Silence(error), tries: 1, refused });
        }
        loop {
            if unit.is_some() && self.process.stop.is_asked() {
                let failure = Failure::Silence(TransportError::Cancelled);
                return Err(GivenUp { failure, tries: failures, refused });
            }
            let (number, sent_at) = (self.requests.get(), self.process.ports.clock.now());
            self.requests.set(number + 1);
            let request = make(number);
            let failure = match self.attempt(unit, &request, number, failures).await {
                Ok(mut received) => {
                    received.failures = failures;
                    received.held = Some(self.process.hold(received.opened.len() as u64).await);
                    return Ok(received);
                }
                Err(failure) if self.shrinks(&request, &failure) => continue,
                Err(Failure::Refused(ServerError::Accepted(wait))) => {
                    self.wait_for_job(unit.is_some(), failures, wait).await;
                    continue;
                }
                Err(Failure::Refused(ServerError::ClockOff(server)))
                    if !took_clock && self.process.takes_server_clock(server) =>
                {
                    took_clock = true;
                    continue;
                }
                Err(failure) => failure,
            };
            failures += 1;
            let Some(failure) = self.renewed(failure, sent_at, unit.is_some(), &mut renewed).await else {
                continue;
            };
            refused |= matches!(failure, Failure::Refused(_));
            let pauses = !self.process.rules.has(Flaw::TriesWithoutAPause);
            let goes_on = self.bisects(&request, &failure);
            let tried_enough = pauses && !goes_on && failures >= self.process.options.retry.attempts;
            if tried_enough || self.is_retry_pointless(&failure) {
                return Err(GivenUp { failure, tries: failures, refused });
            }
            if !pauses {
                continue;
            }
            let drawn = self.process.backoff(failures, previous);
            previous = Some(drawn);
            self.wait_and_retry(unit.is_some(), failures, self.after_left() + drawn).await;
        }
    }

    /// Returns the failure of a try. Returns `None` if the server refused the token and the device
    /// has a new token now.
    pub(super) async fn renewed(
        &self,
        failure: Failure,
        sent_at: Time,
        in_run: bool,
        renewed: &mut bool,
    ) -> Option<Failure> {
        if *renewed || !matches!(failure, Failure::Refused(ServerError::Unauthorized)) {
            return Some(failure);
        }
        match self.token.refused(&self.process, sent_at, in_run).await {
            Some(Ok(())) => {
                *renewed = true;
                None
            }
            Some(Err(error)) => Some(Failure::Silence(error)),
            None => Some(failure),
        }
    }

    /// Whether another try would fail in the same way.
    pub(super) fn is_retry_pointless(&self, failure: &Failure) -> bool {
        matches!(failure, Failure::Silence(TransportError::Offline))
            || self.process.ports.transport.network() == NetworkKind::None
            || !retryable(failure)
    }

    pub(super) async fn wait_and_retry(&self, in_run: bool, failures: u32, wait: Span) {
        self.process.emit(EngineEvent::RetryScheduled { attempt: failures, wait, in_run });
        self.process.unless_stopped(in_run, self.process.ports.sleep(wait)).await;
    }

    /// Waits before the next request about a background job on the server. This wait is not a
    /// failure.
    async fn wait_for_job(&self, in_run: bool, failures: u32, wait: Span) {
        let heeds = self.process.options.retry.heeds_after;
        let wait = if heeds { wait } else { self.process.backoff(1, None) };
        self.wait_and_retry(in_run, failures, wait).await;
    }

    /// The remaining time in which the server accepts no requests. Callers add a random wait.
    /// Otherwise all devices with the same end time would send at that time.
    fn after_left(&self) -> Span {
        self.quiet_until.get().since(self.process.ports.clock.now())
    }

    async fn attempt(
        &self,
        unit: Option<UnitId>,
        request: &Request,
        number: u64,
        failures: u32,
    ) -> Result<Received, Failure> {
        let kind = request.kind();
        let sent = self.process.options.paths.up(request, self.process.zone());
        let body = self.process.options.codec.encode_request(&sent);
        let sent = body.len() as u64;
        let _held = self.process.hold_request(sent).await;
        let edits = request.mutations();
        let asked = observed_size(request, sent);
        let own = self.process.own_work(edits.len());
        let effort = self.process.options.codec.effort(&body, Way::Written);
        self.process.ports.work(Work { own, ..coding(effort) }).await;
        let sent_at = self.process.ports.clock.now();
        let deadline = sent_at + self.process.options.request_timeout;
        let call = Call { number, kind, unit, edits, attempt: failures };
        let cacheable = self.cacheable(request);
        let answer = self.call(call, body, cacheable, deadline).await;
        let took = self.process.ports.clock.now() - sent_at;
        let is_late = took > self.process.options.request_timeout;
        if is_late && self.process.rules.has(Flaw::WaitsForWhatIsGone) {
            pending::<()>().await;
        }
        let attempt = match answer {
            Err(error) => Err(Failure::Silence(error)),
            Ok(message) => {
                let bytes = message.len() as u64;
                let effort = self.process.options.codec.effort(&message, Way::Read);
                let is_stopped = message == TOO_LARGE_PAGE;
                let opened = self.process.options.codec.open(message);
                let came = Received {
                    opened: Vec::new(),
                    bytes,
                    effort,
                    request: number,
                    kind,
                    unit,
                    of: request.asked(),
                    pushed: edits.iter().map(|edit| edit.entity).collect(),
                    sent_at,
                    sent,
                    asked,
                    failures,
                    wire: took,
                    held: None,
                };
                match opened {
                    _ if is_stopped => {
                        self.foreign(&came, String::new());
                        Err(Failure::Stopped)
                    }
                    Ok(opened) => self.judge(Received { opened, ..came }),
                    Err(damaged) => Err(self.foreign(&came, damaged.to_string())),
                }
            }
        };
        if let Err(failure) = &attempt
            && kind != RequestKind::Fetch
            && !matches!(failure, Failure::Silence(TransportError::Cancelled))
        {
            let fate = Fate::Failed(failure.trouble());
            let seen = Observed { asked, rows: 0, full: false, wire: took, whole: took, fate };
            self.chunk_ended(kind, &seen);
        }
        attempt
    }

    pub(super) fn pulled(&self) -> Requests {
        let asks_caches = self.process.rules.has(Flaw::AsksCaches);
        if asks_caches { Requests::Plain } else { self.process.options.pull.requests }
    }

    /// The cache address of a pull; `None` if HTTP caches must not respond to the request.
    fn cacheable(&self, request: &Request) -> Option<Cacheable> {
        let Request::Pull(pull) = request else { return None };
        let validated = self.pulled() == Requests::Validated;
        pull.by_address.then(|| Cacheable { address: pull.address(), validated })
    }

    /// Sends a request. If its run is cancelled, closes the connection and stops waiting.
    async fn call(
        &self,
        call: Call<'_>,
        body: Vec<u8>,
        cacheable: Option<Cacheable>,
        deadline: Time,
    ) -> Response {
        let Call { number: request, kind, unit, .. } = call;
        let (sent_at, wasted) = (self.process.ports.clock.now(), body.len() as u64);
        let called = self.process.ports.call_by(call, body, cacheable, deadline);
        self.process.unless_stopped(unit.is_some(), called).await.unwrap_or_else(|| {
            let (error, took) = (TransportError::Cancelled, self.process.ports.clock.now() - sent_at);
            self.process.emit(EngineEvent::RequestFailed { request, kind, error, took, wasted });
            Err(error)
        })
    }

    /// Converts a response that is a refusal into a failure.
    fn judge(&self, received: Received) -> Result<Received, Failure> {
        if !self.process.options.codec.is_refusal(&received.opened) {
            return Ok(received);
        }
        let failure = match self.process.options.codec.decode_answer(&received.opened) {
            Ok(Err(error)) => {
                let Received { request, kind, wire: took, .. } = received;
                self.process.emit(EngineEvent::RequestRefused { request, kind, error: &error, took });
                Failure::Refused(error)
            }
            Ok(Ok(_)) => self.foreign(&received, "an error without its kind".to_owned()),
            Err(damaged) => self.foreign(&received, damaged.to_string()),
        };
        if matches!(failure, Failure::Refused(ServerError::MustReset)) {
            self.must_reset.set(true);
        }
        if let Failure::Refused(ServerError::Throttled(after)) = &failure
            && self.process.options.retry.heeds_after
        {
            self.quiet_until.set(self.process.ports.clock.now() + *after);
        }
        Err(failure)
    }

    /// Decodes a response. The request fails if the bytes are not a response, such as the page of a
    /// captive portal.
    pub(super) fn read<'r>(&self, received: &'r Received) -> Result<Answer<'r>, RunError> {
        let text = match self.process.options.codec.decode_answer(&received.opened) {
            Ok(Ok(mut answer)) if self.is_of(&answer, received) => {
                self.process.options.paths.down(&mut answer, &received.pushed, self.process.zone());
                return Ok(answer);
            }
            Ok(Ok(_)) => "it is the response to another request".to_owned(),
            Ok(Err(error)) => format!("an error where a response was expected: {error}"),
            Err(damaged) => damaged.to_string(),
        };
        Err(self.not_its_own(received, text))
    }

    fn is_of(&self, answer: &Answer<'_>, received: &Received) -> bool {
        let rules = &self.process.rules;
        let unchecked = match received.kind {
            RequestKind::Push | RequestKind::Sync => rules.has(Flaw::VerdictsByPlace),
            RequestKind::Pull => rules.has(Flaw::TakesAnothersPage),
            RequestKind::Fetch => false,
        };
        unchecked || received.of == answer.asked
    }

    /// The error of a run that got a response to another request.
    pub(super) fn not_its_own(&self, received: &Received, text: String) -> RunError {
        let failure = self.foreign(received, text);
        GivenUp { failure, tries: received.failures + 1, refused: false }.ends_run()
    }

    /// Reports an unreadable response as a failure of its request.
    fn foreign(&self, received: &Received, text: String) -> Failure {
        let Received { request, kind, wire: took, sent: wasted, .. } = *received;
        let error = TransportError::Foreign;
        self.process.emit(EngineEvent::RequestFailed { request, kind, error, took, wasted });
        Failure::Damaged(text)
    }

    pub(super) async fn report_response(&self, received: &Received, rows: usize) {
        let Received { request, kind, unit, bytes, sent_at, effort, .. } = *received;
        let (rows, took) = (rows as u32, self.process.ports.clock.now() - sent_at);
        self.process.emit(EngineEvent::ResponseReceived { request, kind, unit, bytes, rows, took });
        self.process.ports.work(coding(effort)).await;
    }
}

/// The size of a request, for the controller of chunk sizes. `sent` is the bytes of the request.
fn observed_size(request: &Request, sent: u64) -> Size {
    match request {
        Request::Pull(pull) | Request::Sync(SyncRequest { pull, .. }) => {
            Size { rows: pull.rows, bytes: pull.bytes }
        }
        Request::Push(push) => Size { rows: push.mutations.len() as u32, bytes: sent },
        Request::Fetch(fetch) => Size { rows: fetch.rows, bytes: 0 },
    }
}

/// The work of the device to encode or decode a message.
pub(super) fn coding(effort: Effort) -> Work {
    Work { coded_bytes: effort.format, native_bytes: effort.packer, ..Work::default() }
}

fn retryable(failure: &Failure) -> bool {
    match failure {
        Failure::Silence(error) => !matches!(error, TransportError::Cancelled | TransportError::LoginEnded),
        Failure::Refused(ServerError::Unavailable | ServerError::Throttled(_)) => true,
        Failure::Refused(ServerError::GatewayTimeout | ServerError::Failed) => true,
        Failure::Refused(_) | Failure::Stopped | Failure::Damaged(_) => false,
    }
}
