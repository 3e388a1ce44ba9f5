//! The state that all connections share, and functions that read and write bodies.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::arrival::{Arrival, Came, Pace};
use super::gate::{Gate, Shut};
use super::late::Lateness;
use super::lines::Held;
use super::roster::Roster;
use super::stage::Step;
use super::stream::Stream;
use super::upstream::{Answer, Real, Upstream};
use super::wire::{DEVICE, decoded};
use crate::base::{DeviceId, Time};
use crate::contract::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

/// The maximum number of open requests whose messages are kept for the user's own server.
const KEPT: usize = 4_096;

/// A response of the user's own server, and the rest of its body if it comes in pieces.
pub(super) type Answered = (Answer, Option<Stream>);

/// The state that all connections share.
pub(super) struct Inside {
    pub(super) gate: Gate,
    pub(super) roster: Mutex<Roster>,
    pub(super) arrivals: Sender<Arrival>,
    pub(super) is_upstream: bool,
    pub(super) origin: String,
    /// The server to which devices' ports carry raw bytes, if there is one.
    pub(super) tunnel: Option<Upstream>,
    pub(super) bodies: bool,
    pub(super) body_max: usize,
    pub(super) patience: Duration,
    /// The limit on bytes of bodies in memory.
    pub(super) held: Arc<Semaphore>,
    pub(super) pace: Pace,
    pub(super) late: Mutex<Lateness>,
    pub(super) numbers: AtomicU64,
    /// The number of requests to the user's own server that were probably meant for the bench's
    /// endpoints.
    pub(super) strays: AtomicU64,
    /// The limit on requests that wait in the simulation.
    pub(super) room: Semaphore,
    pub(super) real: Mutex<BTreeMap<u64, Real>>,
    pub(super) answers: Mutex<BTreeMap<u64, Answered>>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while the lock was held left no partial changes.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn keep<T>(all: &Mutex<BTreeMap<u64, T>>, n: u64, what: T) {
    let mut all = lock(all);
    all.insert(n, what);
    while all.len() > KEPT {
        all.pop_first();
    }
}

pub(super) enum Out {
    Whole(Option<Bytes>),
    Pieces(mpsc::UnboundedReceiver<(Time, Came)>, Given),
    /// Pieces of the user's own server. The world only has their lengths; the bytes are in the
    /// stream.
    Stream(mpsc::UnboundedReceiver<(Time, Came)>, Given, Stream),
}

impl Body for Out {
    type Data = Bytes;
    type Error = Silence;
    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Silence>>> {
        match self.get_mut() {
            Out::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Out::Pieces(pieces, given) => pieces.poll_recv(context).map(|piece| match piece {
                Some((_, Came::Piece(bytes))) => Some(Ok(Frame::data(Bytes::from(bytes)))),
                other => given.ends(other),
            }),
            Out::Stream(pieces, given, stream) => pieces.poll_recv(context).map(|piece| match piece {
                Some((_, Came::Piece(_))) => Some(Ok(Frame::data(stream.next()))),
                other => given.ends(other),
            }),
        }
    }
    fn size_hint(&self) -> SizeHint {
        match self {
            Out::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Out::Pieces(..) | Out::Stream(..) => SizeHint::default(),
        }
    }
}

pub(super) type Response = hyper::Response<Out>;
/// No response came. The connection is closed.
#[derive(Debug, thiserror::Error)]
#[error("the simulated link delivered no response, or only a part of it")]
pub(super) struct Silence;

pub(super) fn text(status: u16, text: impl Into<String>) -> Response {
    whole(status, "text/plain; charset=utf-8", text.into().into_bytes())
}
pub(super) fn whole(status: u16, of: &'static str, body: Vec<u8>) -> Response {
    let mut response = hyper::Response::new(Out::Whole(Some(Bytes::from(body))));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(of));
    response
}
pub(super) fn shut(Shut(status, why): Shut) -> Response {
    text(status, why + "\n")
}

/// A parsed address: the bench's prefix, the app's path and the query.
pub(super) struct Addressed {
    /// The prefix as the app sent it, such as `/d/anna`.
    pub(super) prefix: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) device: Option<String>,
    pub(super) token: Option<String>,
}

/// Splits a path after `prefix` (`/t/` or `/d/`) into the next segment and the rest.
fn behind<'p>(path: &'p str, prefix: &str) -> Option<(&'p str, &'p str)> {
    let after = path.strip_prefix(prefix)?;
    Some(after.split_at(after.find('/').unwrap_or(after.len())))
}

impl Addressed {
    /// Removes `/t/TOKEN`, if the token is right, and `/d/NAME`. At a device's own port, the whole
    /// path belongs to the app. The exception is the token, if all requests need it.
    pub(super) fn of(uri: &Uri, gate: &Gate, is_own_port: bool) -> Addressed {
        let whole = uri.path();
        let (mut rest, mut device, mut token) = (whole, None, None);
        let ours = behind(rest, "/t/").filter(|(text, _)| gate.is_token(text));
        if let Some((text, path)) = ours.filter(|_| gate.is_closed || !is_own_port) {
            (rest, token) = (path, Some(text.to_owned()));
        }
        if let Some((name, path)) = behind(rest, "/d/").filter(|_| !is_own_port) {
            (rest, device) = (path, Some(decoded(name)));
        }
        let prefix = whole[..whole.len() - rest.len()].to_owned();
        let path = if rest.is_empty() { "/" } else { rest }.to_owned();
        Addressed { prefix, path, query: uri.query().unwrap_or_default().to_owned(), device, token }
    }
    /// The path and the query, without the token.
    pub(super) fn target(&self, gate: &Gate) -> String {
        let query = gate.without_token(&self.query);
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

/// A request that passed the access control.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) addressed: Addressed,
    /// The device whose port the request used.
    pub(super) device: Option<DeviceId>,
    pub(super) is_known: bool,
}

impl Asked {
    /// The base URL that the app uses, without the app's own path.
    pub(super) fn base(&self) -> String {
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        // The user may have a reverse proxy that uses TLS.
        let scheme = text("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
        format!("{scheme}://{}{}", text("host").unwrap_or_default(), self.addressed.prefix)
    }
    /// The device that sent the request, and its app's name for it.
    pub(super) fn whose(&self, inside: &Inside) -> Result<(DeviceId, String), Box<Response>> {
        let mut roster = lock(&inside.roster);
        if let Some(device) = self.device {
            return Ok((device, roster.take(device)));
        }
        let said = self.headers.get(DEVICE).map(|name| name.to_str().unwrap_or("/").to_owned());
        let found = roster.find(self.addressed.device.as_deref().or(said.as_deref()));
        let device = found.map_err(|why| Box::new(text(400, why + "\n")))?;
        Ok((device, roster.name(device).to_owned()))
    }
}

/// The reason why a body was not read.
enum Unread {
    TooLong,
    Full,
    Broken(hyper::Error),
}

/// Reads a body. Takes memory permits only for pieces that arrive, so an announced length takes
/// none.
async fn collected(mut body: Incoming, most: usize, room: &Arc<Semaphore>) -> Result<Held, Unread> {
    let (mut bytes, mut place) = (Vec::new(), None::<OwnedSemaphorePermit>);
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(Unread::Broken)?.into_data() else { continue };
        if piece.len() > most - bytes.len() {
            return Err(Unread::TooLong);
        }
        let length = u32::try_from(piece.len()).map_err(|_| Unread::TooLong)?;
        let more = room.clone().try_acquire_many_owned(length).map_err(|_| Unread::Full)?;
        match &mut place {
            Some(place) => place.merge(more),
            None => place = Some(more),
        }
        if bytes.capacity() - bytes.len() < piece.len() {
            // The buffer grows by a quarter and not by half, so its size stays close to the
            // permits.
            bytes.reserve_exact(piece.len().max(bytes.len() / 4));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Held { bytes: Bytes::from(bytes), place })
}

/// Reads a body within its limits of size and time. For a body that is too long, `or` says what
/// else the client can do.
pub(super) async fn read(
    body: Incoming,
    (most, or): (usize, &str),
    inside: &Inside,
) -> Result<Held, Box<Response>> {
    let large = || Box::new(text(413, format!("this body may have at most {most} bytes; {or}\n")));
    if body.size_hint().lower() > most as u64 {
        return Err(large());
    }
    let read = timeout(inside.patience * 4, collected(body, most, &inside.held)).await;
    match read {
        Err(_) => Err(Box::new(text(408, "the body did not arrive in time\n"))),
        Ok(Ok(body)) => Ok(body),
        Ok(Err(Unread::TooLong)) => Err(large()),
        Ok(Err(Unread::Full)) => {
            Err(Box::new(text(503, "the bodies of other requests fill the available memory\n")))
        }
        Ok(Err(Unread::Broken(error))) => {
            Err(Box::new(text(400, format!("the body cannot be read: {error}\n"))))
        }
    }
}

/// Cancels a request when its client disconnects.
pub(super) struct Given {
    pub(super) n: u64,
    pub(super) inside: Option<Arc<Inside>>,
}

impl Given {
    /// Called at the end of the response, so there is nothing left to cancel. A body that breaks
    /// off is an error.
    fn ends(&mut self, how: Option<(Time, Came)>) -> Option<Result<Frame<Bytes>, Silence>> {
        self.inside = None;
        match how {
            Some((_, Came::End)) => None,
            _ => Some(Err(Silence)),
        }
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        if let Some(inside) = &self.inside {
            lock(&inside.answers).remove(&self.n);
            // The session may be over.
            _ = inside.arrivals.send(Arrival::Step(Step::GiveUp { n: self.n }));
        }
    }
}
