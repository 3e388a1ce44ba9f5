//! Sockets: accepts connections, reads requests, writes responses.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::arrival::{Arrival, Came, Pace, Trouble};
use super::desk;
use super::gate::Gate;
use super::inside::{Addressed, Asked, Given, Inside, Out, Response, Silence, keep, lock, read, shut, text};
use super::late::Lateness;
use super::lines::Held;
use super::outside;
use super::patient::{Patient, UnderWay};
use super::pipe;
use super::roster::Roster;
use super::stage::Step;
use super::stream::Stream;
use super::upstream::{Answer, Real, Upstream};
use super::wire::{Asking, DEVICE, RecordingPolicy};
use crate::base::DeviceId;
use crate::contract::http::{HeaderMap, HeaderValue, Method, StatusCode, header, read_response};

/// The addresses, limits and access rules of a session's sockets.
pub struct Opening {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The first port of the devices, if each device gets its own port.
    pub ports_from: Option<u16>,
    /// The rules of access.
    pub gate: Gate,
    /// The names of the devices.
    pub roster: Roster,
    /// The user's own server, which answers the requests. `None` if the scenario's backend answers.
    pub upstream: Option<Upstream>,
    /// The server to which the devices' ports carry raw bytes.
    pub tunnel: Option<Upstream>,
    /// True if the log contains message bodies of the user's own server.
    pub bodies: bool,
    /// The maximum size of a body, in bytes.
    pub body_max: usize,
    /// The maximum size of all request bodies in memory, in bytes.
    pub held_max: usize,
    /// The maximum number of open connections.
    pub connections_max: usize,
    /// The time limit for the head of a request. A body can take 4 times as long. A client that
    /// reads no bytes is disconnected after twice this time.
    pub patience: Duration,
}

/// The addresses on which a session listens.
#[derive(Clone, Debug)]
pub struct Doors {
    /// The address that all devices can use.
    pub all: SocketAddr,
    /// One address per device, if devices have their own ports.
    pub devices: Vec<SocketAddr>,
}

/// The thread that owns the sockets.
pub struct Door {
    doors: Doors,
    shared: Arc<Inside>,
    closes: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The maximum size of a request's head, in bytes.
const HEAD_MAX: usize = 64 << 10;
const WAITING_MAX: usize = 8_192;
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 21\r\nconnection: close\r\n\r\ntoo many connections\n";

type Forwarded = mpsc::UnboundedReceiver<u64>;

impl Door {
    pub(super) fn open(
        opening: Opening,
        (arrivals, forwarded): (Sender<Arrival>, Forwarded),
        pace: Pace,
    ) -> Result<Door, Trouble> {
        let bind = |address: SocketAddr| {
            let listener = TcpListener::bind(address).and_then(|listener| {
                listener.set_nonblocking(true)?;
                Ok((listener.local_addr()?, listener))
            });
            listener.map_err(|error| Trouble::Listen(address, error))
        };
        let devices = opening.roster.len() as u32;
        if opening.ports_from.is_some_and(|from| u32::from(from) + devices > 65_536) {
            return Err(Trouble::Ports { devices });
        }
        let (all, main) = bind(opening.listen)?;
        let (mut listeners, mut devices) = (vec![(main, None)], Vec::new());
        for at in 0..opening.roster.len() as u32 {
            let Some(from) = opening.ports_from else { break };
            let (address, listener) = bind(SocketAddr::new(opening.listen.ip(), from + at as u16))?;
            devices.push(address);
            listeners.push((listener, Some(DeviceId(at))));
        }
        let Opening { gate, roster, upstream, tunnel, bodies, .. } = opening;
        let Opening { body_max, held_max, connections_max, patience, .. } = opening;
        let shared = Arc::new(Inside {
            gate,
            roster: Mutex::new(roster),
            arrivals,
            is_upstream: upstream.is_some(),
            origin: upstream.as_ref().map(Upstream::origin).unwrap_or_default(),
            tunnel,
            bodies,
            body_max,
            patience,
            held: Arc::new(Semaphore::new(held_max.min(Semaphore::MAX_PERMITS))),
            pace,
            late: Mutex::new(Lateness::new(pace.speed)),
            numbers: AtomicU64::new(0),
            strays: AtomicU64::new(0),
            room: Semaphore::new(WAITING_MAX),
            real: Mutex::default(),
            answers: Mutex::default(),
        });
        let (closes, closed) = oneshot::channel();
        let inside = shared.clone();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Trouble::Thread)?;
        let live = async move {
            let places = Places::of(connections_max);
            for (listener, device) in listeners {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    tokio::spawn(accept(listener, device, inside.clone(), places.clone()));
                }
            }
            if let Some(upstream) = upstream {
                tokio::spawn(forward(upstream, forwarded, inside));
            }
            // The door was closed, or the session is gone.
            _ = closed.await;
            // This leaves time to write the last responses.
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let thread = std::thread::Builder::new().name("sockets".to_owned());
        let thread = thread.spawn(move || runtime.block_on(live)).map_err(Trouble::Thread)?;
        Ok(Door { doors: Doors { all, devices }, shared, closes: Some(closes), thread: Some(thread) })
    }
    pub(super) fn doors(&self) -> &Doors {
        &self.doors
    }
    pub(super) fn lateness(&self) -> Lateness {
        lock(&self.shared.late).clone()
    }
    pub(super) fn strays(&self) -> u64 {
        self.shared.strays.load(Ordering::Relaxed)
    }
    /// Ends the thread after the last responses are written.
    pub(super) fn close(&mut self) {
        drop(self.closes.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has ended too.
            _ = thread.join();
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.close();
    }
}

/// Limits on connections.
#[derive(Clone)]
struct Places {
    all: Arc<Semaphore>,
    /// Extra places for clients on this machine that know the token. They are used when all others
    /// are taken.
    aside: Arc<Semaphore>,
}

/// The number of extra places. A client there must send its head within `RESERVED_HEAD_TIMEOUT`.
const RESERVED_PLACES: usize = 4;
const RESERVED_HEAD_TIMEOUT: Duration = Duration::from_secs(2);

/// The port through which a connection came.
#[derive(Clone, Copy)]
struct ConnectionOrigin {
    /// The device that has this port; `None` for the common port.
    device: Option<DeviceId>,
    is_aside: bool,
}

impl Places {
    fn of(connections: usize) -> Places {
        let all = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
        Places { all, aside: Arc::new(Semaphore::new(RESERVED_PLACES)) }
    }
    fn take(&self, from: SocketAddr) -> Option<(OwnedSemaphorePermit, bool)> {
        if let Ok(place) = self.all.clone().try_acquire_owned() {
            return Some((place, false));
        }
        let aside = from.ip().is_loopback().then(|| self.aside.clone().try_acquire_owned().ok());
        aside.flatten().map(|place| (place, true))
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    device: Option<DeviceId>,
    inside: Arc<Inside>,
    places: Places,
) {
    loop {
        let Ok((mut stream, from)) = listener.accept().await else {
            // Too many files are open. The loop waits until some are closed.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        _ = stream.set_nodelay(true);
        let is_carried = device.is_some() && inside.tunnel.is_some();
        let Some((place, is_aside)) = places.take(from).filter(|(_, aside)| !(*aside && is_carried)) else {
            tokio::spawn(async move {
                _ = timeout(Duration::from_secs(1), stream.write_all(FULL)).await;
            });
            continue;
        };
        let inside = inside.clone();
        tokio::spawn(async move {
            match (device, &inside.tunnel) {
                (Some(device), Some(server)) => pipe::carry(stream, device, server.clone(), &inside).await,
                _ => serve(stream, ConnectionOrigin { device, is_aside }, inside).await,
            }
            drop(place);
        });
    }
}

async fn serve(stream: TcpStream, entrance: ConnectionOrigin, inside: Arc<Inside>) {
    let patience = inside.patience;
    let head = if entrance.is_aside { patience.min(RESERVED_HEAD_TIMEOUT) } else { patience };
    let under_way = UnderWay::default();
    let begins = under_way.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let begun = begins.begins(request.version());
        let answered = answer(request, entrance, inside.clone());
        async move {
            let answered = answered.await;
            drop(begun);
            answered
        }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(HEAD_MAX);
    builder.keep_alive(!entrance.is_aside);
    // An error of a connection only affects its client.
    _ = builder.serve_connection(TokioIo::new(Patient::new(stream, patience * 2, under_way)), service).await;
}

/// Forwards requests that have crossed the simulated link to the user's own server, and takes its
/// responses back.
async fn forward(upstream: Upstream, mut forwarded: Forwarded, inside: Arc<Inside>) {
    while let Some(n) = forwarded.recv().await {
        let (upstream, inside) = (upstream.clone(), inside.clone());
        tokio::spawn(async move {
            let real = lock(&inside.real).remove(&n);
            let Some(real) = real else {
                let gone = Step::Upstream { n, status: 0, bytes: None, more: false };
                _ = inside.arrivals.send(Arrival::Step(gone));
                return;
            };
            let answer = upstream.ask(real, inside.body_max).await;
            let mut answer = answer.unwrap_or_else(|why| Answer::bad_gateway(&why));
            let (status, bytes) = (answer.status, Some(answer.length()));
            let rest = answer.rest.take();
            let more = rest.is_some();
            // The stream is read only after its head was received.
            let stream = rest.map(|rest| Stream::of(rest, n, inside.arrivals.clone()));
            keep(&inside.answers, n, (answer, stream));
            _ = inside.arrivals.send(Arrival::Step(Step::Upstream { n, status, bytes, more }));
        });
    }
}

fn preflight(headers: &HeaderMap) -> Response {
    let mut response = text(204, "");
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let own = response.headers_mut();
    let methods = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
    own.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    own.extend(asked.map(|asked| (header::ACCESS_CONTROL_ALLOW_HEADERS, asked)));
    own.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

fn open_to(response: &mut Response, origin: &str) {
    let headers = response.headers_mut();
    let Ok(origin) = HeaderValue::from_str(origin) else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let exposed = HeaderValue::from_static("ETag, Retry-After, Location");
    headers.entry(header::ACCESS_CONTROL_EXPOSE_HEADERS).or_insert(exposed);
}

async fn answer(
    request: hyper::Request<Incoming>,
    ConnectionOrigin { device, is_aside }: ConnectionOrigin,
    inside: Arc<Inside>,
) -> Result<Response, Silence> {
    let (head, body) = request.into_parts();
    let origin = match inside.gate.lets_in(&head.uri, &head.headers) {
        Ok(origin) => origin,
        Err(why) => return Ok(shut(why)),
    };
    let addressed = Addressed::of(&head.uri, &inside.gate, device.is_some());
    let is_known = inside.gate.is_known(&head.headers, &addressed.query, addressed.token.as_deref());
    let is_preflight =
        head.method == Method::OPTIONS && head.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight && origin.is_some() {
        preflight(&head.headers)
    } else if inside.gate.is_closed && !is_known {
        text(401, "other machines can reach this server: it needs the token that it printed at its start\n")
    } else {
        let asked = Asked { method: head.method, headers: head.headers, addressed, device, is_known };
        match desk::of(&asked, &inside) {
            place if is_aside && (!is_known || place.is_none()) => text(503, "too many connections\n"),
            Some(place) => desk::answer(place, asked, body, &inside).await,
            None => ask(asked, body, &inside).await?,
        }
    };
    if let Some(origin) = origin {
        open_to(&mut response, &origin);
    }
    Ok(response)
}

async fn ask(asked: Asked, body: Incoming, inside: &Arc<Inside>) -> Result<Response, Silence> {
    let upgrade = asked.headers.get(header::UPGRADE);
    if upgrade.is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return Ok(text(501, "this port does not forward WebSockets: use --tunnel HOST:PORT with --ports\n"));
    }
    if inside.tunnel.is_some() {
        let why = "apps must connect to the ports of their devices; this port serves only /_syncdyno/observe and the page\n";
        return Ok(text(404, why));
    }
    let (device, name) = match asked.whose(inside) {
        Ok(whose) => whose,
        Err(response) => return Ok(*response),
    };
    let Ok(_room) = inside.room.try_acquire() else {
        return Ok(text(503, "too many requests wait\n"));
    };
    let limit = (inside.body_max, "--body-max sets the limit");
    let Held { bytes: body, place: _held } = match read(body, limit, inside).await {
        Ok(body) => body,
        Err(response) => return Ok(*response),
    };
    let n = inside.numbers.fetch_add(1, Ordering::Relaxed);
    let target = asked.addressed.target(&inside.gate);
    // The scenario's backend needs the body in the step. The user's own server gets it from `real`.
    let is_upstream = inside.is_upstream;
    let how = RecordingPolicy { is_upstream, bodies: inside.bodies || !is_upstream };
    let asking = Asking::of(&asked.method, &target, &asked.headers, &body, how);
    if !inside.is_upstream && asking.is_held() {
        return hold((n, device, name), asking, inside).await;
    }
    if inside.is_upstream {
        let base = asked.base();
        let mut headers = asked.headers;
        [DEVICE, super::wire::TOKEN].iter().for_each(|own| _ = headers.remove(*own));
        let is_astray = asked.method == Method::POST && asked.addressed.path == "/observe";
        keep(&inside.real, n, Real { method: asked.method, path: target, headers, body });
        let response = ask_upstream((n, device, name), asking, &base, inside).await;
        return response.map(|response| if is_astray { strayed(response, inside) } else { response });
    }
    let (reply, came) = oneshot::channel();
    let step = Step::Ask { n, device: device.0, asking };
    if inside.arrivals.send(Arrival::Ask { step, name, reply }).is_err() {
        return Ok(text(503, "the session is over\n"));
    }
    let mut given = Given { n, inside: Some(inside.clone()) };
    let came = came.await;
    given.inside = None;
    match came {
        Ok(Came::Answered { at, took, bytes }) => {
            let response = written(&bytes);
            lock(&inside.late).add(inside.pace.late(at), took);
            response
        }
        Ok(Came::Malformed(why)) => Ok(text(400, why + "\n")),
        Ok(_) | Err(_) => Err(Silence),
    }
}

/// Handles a path that looks like one of the bench's endpoints without its base path. If the user's
/// own server does not know it, the response gets a hint.
fn strayed(mut response: Response, inside: &Inside) -> Response {
    if matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
        inside.strays.fetch_add(1, Ordering::Relaxed);
        let hint = HeaderValue::from_static("test hooks must report to /_syncdyno/observe");
        response.headers_mut().insert("syncdyno-hint", hint);
    }
    response
}

/// Parses the bytes of a response.
fn written(bytes: &[u8]) -> Result<Response, Silence> {
    let (mut head, body) = read_response(bytes).map_err(|_| Silence)?.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    Ok(hyper::Response::from_parts(head, Out::Whole(Some(Bytes::from(body)))))
}

/// Sends a request to the user's own server. The response can come in pieces.
async fn ask_upstream(
    (n, device, name): (u64, DeviceId, String),
    asking: Asking,
    base: &str,
    inside: &Arc<Inside>,
) -> Result<Response, Silence> {
    let (reply, mut pieces) = mpsc::unbounded_channel();
    let step = Step::Ask { n, device: device.0, asking };
    if inside.arrivals.send(Arrival::Hold { step, name, reply }).is_err() {
        return Ok(text(503, "the session is over\n"));
    }
    let mut given = Given { n, inside: Some(inside.clone()) };
    let (at, took, bytes) = match pieces.recv().await {
        Some((_, Came::Answered { at, took, bytes })) => (at, took, bytes),
        Some((_, Came::Malformed(why))) => {
            given.inside = None;
            return Ok(text(400, why + "\n"));
        }
        _ => {
            given.inside = None;
            return Err(Silence);
        }
    };
    lock(&inside.late).add(inside.pace.late(at), took);
    if outside::number(&bytes) != Some(n) {
        // This is the page of a captive portal, or the response to another request.
        given.inside = None;
        return match outside::number(&bytes) {
            None => written(&bytes),
            Some(_) => Err(Silence),
        };
    }
    let (mut answer, stream) = lock(&inside.answers).remove(&n).ok_or(Silence)?;
    answer.leads_to(base, &inside.origin);
    let body = match stream {
        Some(stream) => Out::Stream(pieces, given, stream),
        None => {
            given.inside = None;
            Out::Whole(Some(answer.body))
        }
    };
    let mut response = hyper::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|_| Silence)?;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// Sends a request whose response is a stream. The stream's head comes first.
async fn hold(
    (n, device, name): (u64, DeviceId, String),
    asking: Asking,
    inside: &Arc<Inside>,
) -> Result<Response, Silence> {
    let (reply, mut pieces) = mpsc::unbounded_channel();
    let step = Step::Hold { n, device: device.0, asking };
    if inside.arrivals.send(Arrival::Hold { step, name, reply }).is_err() {
        return Ok(text(503, "the session is over\n"));
    }
    let given = Given { n, inside: Some(inside.clone()) };
    match pieces.recv().await {
        Some((_, Came::Piece(bytes))) => {
            let (mut head, _) = read_response(&bytes).map_err(|_| Silence)?.into_parts();
            head.headers.remove(header::CONTENT_LENGTH);
            Ok(hyper::Response::from_parts(head, Out::Pieces(pieces, given)))
        }
        Some((_, Came::Malformed(why))) => Ok(text(400, why + "\n")),
        _ => Err(Silence),
    }
}
