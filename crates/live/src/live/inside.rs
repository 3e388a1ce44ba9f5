//! State that connections share, and how they read and write bodies.

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

/// At most this many messages of the user's own server are kept for requests under way.
const KEPT: usize = 4_096;

/// A response of the user's own server, with the rest of it if it comes in pieces.
pub(super) type Answered = (Answer, Option<Stream>);

/// State that all connections share.
pub(super) struct Inside {
    pub(super) gate: Gate,
    pub(super) roster: Mutex<Roster>,
    pub(super) arrivals: Sender<Arrival>,
    pub(super) is_upstream: bool,
    /// The origin of the user's own server.
    pub(super) origin: String,
    /// The server behind the devices' ports, if they carry raw bytes.
    pub(super) tunnel: Option<Upstream>,
    pub(super) bodies: bool,
    pub(super) body_max: usize,
    pub(super) patience: Duration,
    /// Limit on bytes of bodies that are held at once.
    pub(super) held: Arc<Semaphore>,
    pub(super) pace: Pace,
    pub(super) late: Mutex<Lateness>,
    pub(super) numbers: AtomicU64,
    /// Requests to the user's own server that were probably meant for us.
    pub(super) strays: AtomicU64,
    /// Limit on requests that wait in the world at once.
    pub(super) room: Semaphore,
    pub(super) real: Mutex<BTreeMap<u64, Real>>,
    pub(super) answers: Mutex<BTreeMap<u64, Answered>>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked left no partial changes behind these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn keep<T>(all: &Mutex<BTreeMap<u64, T>>, n: u64, what: T) {
    let mut all = lock(all);
    all.insert(n, what);
    while all.len() > KEPT {
        all.pop_first();
    }
}

/// The body of a response.
pub(super) enum Out {
    Whole(Option<Bytes>),
    Pieces(mpsc::UnboundedReceiver<(Time, Came)>, Given),
    /// The same for the user's own server, whose bytes are not in the world.
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
/// No response: the connection is closed.
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

/// A parsed address: our prefix, and the app's path and query.
pub(super) struct Addressed {
    /// Our prefix as sent, such as `/d/anna`.
    pub(super) prefix: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) device: Option<String>,
    pub(super) token: Option<String>,
}

/// The segment after `prefix` (`/t/` or `/d/`), and the rest of the path.
fn behind<'p>(path: &'p str, prefix: &str) -> Option<(&'p str, &'p str)> {
    let after = path.strip_prefix(prefix)?;
    Some(after.split_at(after.find('/').unwrap_or(after.len())))
}

impl Addressed {
    /// Removes `/t/TOKEN`, if it is our token, and `/d/NAME`. At a device's own port the path
    /// belongs to the app, except for the token of a closed gate.
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
    /// Path and query without our token.
    pub(super) fn target(&self, gate: &Gate) -> String {
        let query = gate.without_token(&self.query);
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

/// A request that has passed the gate.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) addressed: Addressed,
    /// The device whose port it came to.
    pub(super) device: Option<DeviceId>,
    pub(super) is_known: bool,
}

impl Asked {
    /// The base URL that the app uses, without the app's part of the path.
    pub(super) fn base(&self) -> String {
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        // A reverse proxy of the user may speak TLS.
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

/// Why a body was not read.
enum Unread {
    TooLong,
    Full,
    Broken(hyper::Error),
}

/// Takes memory permits as pieces arrive: a body that is only announced takes none.
async fn collected(mut body: Incoming, most: usize, room: &Arc<Semaphore>) -> Result<Held, Unread> {
    let (mut bytes, mut place) = (Vec::new(), None::<OwnedSemaphorePermit>);
    while let Some(frame) = body.frame().await {
        // Trailers are ignored.
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
            // Grow by a quarter, not by half, so that the memory used stays close to the permits.
            bytes.reserve_exact(piece.len().max(bytes.len() / 4));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Held { bytes: Bytes::from(bytes), place })
}

/// Reads a body within its limits of size and time; `or` says what else the client can do.
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

/// Cancels a request when its client goes away.
pub(super) struct Given {
    pub(super) n: u64,
    pub(super) inside: Option<Arc<Inside>>,
}

impl Given {
    /// The response has ended, so nothing is cancelled. A body that breaks off is an error.
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
