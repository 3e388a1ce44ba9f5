//! A world (a whole simulation) with input from outside. A session and a replay apply the same
//! steps.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::outside::{Forward, UpstreamServer};
use super::people::People;
use super::telling::{self, Telling};
use super::theirs::ServerReportCounts;
use super::tunnel::{Carried, Tell, Tunnel};
use super::wire::{Asking, hash};
use crate::base::{DeviceId, Time};
use crate::contract::http::read_response;
use crate::contract::{RequestKind, Span, TransportError};
use crate::setup::Setup;
use crate::world::{Asked, Came, Ended, GiveUp, Held, LinkNow, LoggedRequest, Paced, Stacks, Unrunnable};

/// An input from outside, or the record of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Step {
    /// A request of a device.
    Ask {
        /// The number of the request.
        n: u64,
        /// The device that sends the request.
        device: u32,
        /// The request.
        #[serde(flatten)]
        asking: Asking,
    },
    /// A request whose response is a stream.
    Hold {
        /// The number of the request.
        n: u64,
        /// The device that sends the request.
        device: u32,
        /// The request.
        #[serde(flatten)]
        asking: Asking,
    },
    /// An app has opened a tunnel (a connection that is carried as raw bytes).
    Open {
        /// The number of the tunnel.
        n: u64,
        /// The device.
        device: u32,
    },
    /// A peer has sent bytes into a tunnel: the app (`up`), or the far end.
    Sent {
        /// The number of the tunnel.
        n: u64,
        /// True for the app's end.
        up: bool,
        /// The number of bytes.
        bytes: u64,
    },
    /// A peer has no more bytes to send.
    Shut {
        /// The number of the tunnel.
        n: u64,
        /// True for the app's end.
        up: bool,
    },
    /// The far end has broken off, or cannot be reached.
    Broke {
        /// The number of the tunnel.
        n: u64,
    },
    /// The app has cancelled a request or a tunnel.
    GiveUp {
        /// The number of the request or tunnel.
        n: u64,
    },
    /// The user's own server has answered with a status and a number of bytes, or not at all. With
    /// `more`, a stream follows.
    Upstream {
        /// The number of the request.
        n: u64,
        /// The HTTP status of the response.
        status: u16,
        /// The length of the body in bytes; `None` if no response came.
        bytes: Option<u64>,
        /// True if a stream follows.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// A piece of that stream has come.
    Piece {
        /// The number of the request.
        n: u64,
        /// The number of bytes; 0 is the end.
        bytes: u64,
    },
    /// An app reports an event.
    Observe {
        /// The device.
        device: u32,
        /// The line of the history, without device and time.
        line: Map<String, Json>,
    },
    /// The user's own server reports a line.
    Server {
        /// The device that caused a reported commit, if the server said it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<u32>,
        /// The line of the history.
        line: Map<String, Json>,
    },
    /// An app uses a device under this name.
    Named {
        /// The device.
        device: u32,
        /// The app's name for the device.
        name: String,
    },
    /// A person cuts a device's network.
    Cut {
        /// The device.
        device: u32,
        /// The duration of the cut, in virtual milliseconds.
        ms: u64,
    },
    /// The session ends.
    Stop {
        /// True if no work was left.
        settled: bool,
    },
    /// A request has ended.
    Done(Done),
    /// The verdict was given. The hash and the number of lines identify the judged history.
    Verdict {
        /// The hash of the history.
        hash: u64,
        /// The number of its lines.
        lines: u64,
    },
}

/// The end of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The number of the request.
    pub n: u64,
    /// `answered`, or the reason why there is no response.
    pub how: String,
    /// The length of the response in bytes.
    pub bytes: u64,
    /// The hash of the response.
    pub hash: u64,
}

type OnEnd = Box<dyn Fn(Time, &Done)>;
type OnDone = Box<dyn FnOnce(Time, Done, Result<Vec<u8>, TransportError>)>;

/// The receivers of a request's events.
pub(super) enum Hears {
    Nobody,
    Once(OnDone),
    Pieces(Box<dyn FnMut(Time, Piece)>),
    Tunnel(Tell),
}

pub(super) enum Piece {
    Bytes(Vec<u8>),
    End(Done),
}

/// The longest time that an app waits. TCP gives up within this time.
const PATIENCE: Span = Span::secs(900);

/// The state of a device for the page.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) link: LinkNow,
    pub(super) under_way: u64,
    pub(super) requests: u64,
    /// The number of edits made, and the number of edits that still wait, if known.
    pub(super) edits: (u64, Option<u64>),
    pub(super) last: String,
    pub(super) spoke: bool,
    pub(super) showed: bool,
}

#[derive(Clone, Default)]
struct Counts {
    under_way: u64,
    requests: u64,
    last: String,
}

type Shared<T> = Rc<RefCell<T>>;

/// A world with input from outside.
pub(super) struct Stage {
    pub(super) paced: Paced,
    people: Vec<Shared<People>>,
    counts: Vec<Shared<Counts>>,
    open: Shared<BTreeMap<u64, GiveUp>>,
    pub(super) telling: Shared<Telling>,
    /// The requests that have ended.
    pub(super) requests: Shared<Vec<LoggedRequest>>,
    upstream: Option<Rc<UpstreamServer>>,
    tunnels: BTreeMap<u64, Tunnel>,
    pub(super) backend_is_up: Rc<Cell<bool>>,
    pub(super) names: Vec<String>,
}

/// The maximum number of recorded requests. Nobody reads more.
const REQUESTS_MAX: usize = 1_000_000;

fn how(error: TransportError) -> &'static str {
    match error {
        TransportError::Offline => "offline",
        TransportError::Timeout => "timed-out",
        TransportError::Reset => "reset",
        TransportError::Cancelled => "given-up",
        TransportError::Refused => "refused",
        TransportError::Foreign => "foreign",
        TransportError::LoginEnded => "login-ended",
    }
}

/// The kind of end, from its word in the log.
fn ended_by(how: &str) -> Ended {
    match how {
        "offline" => Ended::NotSent,
        "timed-out" => Ended::TimedOut,
        "reset" | "given-up" => Ended::Cut,
        _ => Ended::Refused,
    }
}

/// The log's word for the end of a tunnel at the app.
fn how_it_ended(how_it: Result<(), TransportError>) -> &'static str {
    how_it.map_or_else(how, |()| "closed")
}

impl Done {
    /// The log entry of a tunnel that has ended; `None` while the tunnel is open.
    pub(super) fn of_tunnel(n: u64, carried: &Carried) -> Option<Done> {
        let Carried::End { how, bytes, hash } = carried else { return None };
        Some(Done { n, how: how_it_ended(*how).to_owned(), bytes: *bytes, hash: *hash })
    }
}

fn ended(came: &Result<Vec<u8>, TransportError>) -> Ended {
    match came {
        Ok(bytes) => match read_response(bytes) {
            Ok(response) if response.status().is_success() => Ended::Answered,
            // The bytes are the page of a captive portal, which is not HTTP.
            Err(_) => Ended::Answered,
            Ok(_) => Ended::Refused,
        },
        Err(error) => ended_by(how(*error)),
    }
}

/// The method of a request and the first 80 characters of its path.
fn first_line(asking: &Asking) -> String {
    format!("{} {}", asking.method, asking.path.chars().take(80).collect::<String>())
}

impl Stage {
    /// Builds the world of a plan. If the user's own server answers (`is_theirs`), commits of the
    /// world's backend are ignored. With `forward`, requests go to that server.
    ///
    /// # Errors
    /// The errors of [`Paced::build`].
    pub(super) fn build(
        plan: &Setup,
        stacks: &Stacks,
        (names, tolerance): (Vec<String>, Span),
        (is_theirs, forward): (bool, Option<Forward>),
    ) -> Result<Stage, Unrunnable> {
        let columns: Vec<String> = plan.attributes.iter().map(|attribute| attribute.name.clone()).collect();
        let devices = plan.devices();
        let attributes = devices.iter().map(|device| (columns.clone(), device.attributes.clone()));
        let telling =
            Telling::new(plan.schema.clone(), (plan.start, tolerance), attributes.collect(), is_theirs);
        let telling = Rc::new(RefCell::new(telling));
        let backend_is_up = Rc::new(Cell::new(true));
        let ear = telling::Listens { telling: telling.clone(), backend_is_up: backend_is_up.clone() };
        let paced = Paced::build(plan, stacks, Rc::new(RefCell::new(ear)))?;
        paced.rows(&mut |entity, key, values| telling.borrow_mut().row(entity, key, values));
        let upstream = forward.map(|forward| Rc::new(UpstreamServer::new(paced.handle(), forward)));
        Ok(Stage {
            people: devices.iter().map(|_| Shared::default()).collect(),
            counts: devices.iter().map(|_| Shared::default()).collect(),
            open: Shared::default(),
            telling,
            requests: Shared::default(),
            upstream,
            tunnels: BTreeMap::new(),
            backend_is_up,
            names,
            paced,
        })
    }

    /// Records that virtual time begins now. `wall` is the machine's clock in milliseconds since
    /// 1970.
    pub(super) fn starts_at(&self, wall: u64, speed: f64) {
        self.telling.borrow_mut().begins(wall, speed);
    }
    /// Runs the world up to `at`.
    ///
    /// # Errors
    /// The errors of [`Paced::run_to`].
    pub(super) fn run_to(&mut self, at: Time) -> Result<(), String> {
        self.paced.run_to(at)
    }
    pub(super) fn now(&self) -> Time {
        self.paced.now()
    }

    /// Checks a step of an app before it is applied.
    ///
    /// # Errors
    /// A text for the app that says what is wrong.
    pub(super) fn check(&self, step: &Step) -> Result<(), String> {
        match step {
            Step::Ask { asking, .. } | Step::Hold { asking, .. } => {
                asking.length().map(drop).map_err(|wrong| format!("{wrong} cannot be read"))
            }
            Step::Observe { device, line } => {
                let at = (DeviceId(*device), self.now());
                self.telling.borrow().check(at, line).map(drop)
            }
            Step::Server { line, .. } => self.telling.borrow().check_server(line),
            _ => Ok(()),
        }
    }

    /// A history that has only this report of an app or a server.
    pub(super) fn alone(&self, step: &Step) -> Option<String> {
        let (device, line) = match step {
            Step::Observe { device, line } => (*device, line),
            Step::Server { device, line } => (device.unwrap_or(0), line),
            _ => return None,
        };
        Some(self.telling.borrow().alone(DeviceId(device), line))
    }
    /// Converts a report of the user's own server to a step. Looks up the author of a commit by
    /// name.
    ///
    /// # Errors
    /// No app uses this name.
    pub(super) fn of_server(&self, line: Map<String, Json>) -> Result<Step, String> {
        let Some(name) = line.get("by").and_then(|by| by.get("device")).and_then(Json::as_str) else {
            return Ok(Step::Server { device: None, line });
        };
        let Some(device) = self.names.iter().position(|of| of == name) else {
            let all = self.names.join(", ");
            return Err(format!("no app has connected as `{name}`; the devices are {all}"));
        };
        Ok(Step::Server { device: Some(device as u32), line })
    }

    /// Applies a step at the current virtual time.
    pub(super) fn apply(&mut self, step: &Step, hears: Hears) {
        let now = self.now();
        match step {
            Step::Ask { n, device, asking } => self.ask((*n, DeviceId(*device)), asking, hears),
            Step::Hold { n, device, asking } => self.hold((*n, DeviceId(*device)), asking, hears),
            Step::Open { n, device } => self.open((*n, DeviceId(*device)), hears),
            Step::Sent { n, up, bytes } => self.hands_over(*n, *up, *bytes),
            Step::Shut { n, up } => self.hands_over(*n, *up, 0),
            Step::Broke { n } => {
                self.tunnels.get(n).iter().for_each(|tunnel| tunnel.reset_far_end());
                self.upstream.iter().for_each(|upstream| upstream.goes_on(*n, None));
            }
            Step::GiveUp { n } => {
                self.upstream.iter().for_each(|upstream| upstream.goes_on(*n, None));
                let given = self.open.borrow_mut().remove(n);
                given.into_iter().for_each(|give_up| give_up.now());
            }
            Step::Upstream { n, status, bytes, more } => {
                let answer = (*status, *bytes);
                self.upstream.iter().for_each(|upstream| upstream.answers(*n, answer, *more));
            }
            Step::Piece { n, bytes } => {
                self.upstream.iter().for_each(|upstream| upstream.goes_on(*n, Some(*bytes)));
            }
            Step::Observe { device, line } => {
                let device = DeviceId(*device);
                let edit = self.telling.borrow().check((device, now), line).ok().flatten();
                if let Some((entity, key)) = edit {
                    self.people[device.0 as usize].borrow_mut().makes(device, entity, &key);
                }
                self.telling.borrow_mut().observe(device, now, line.clone());
            }
            Step::Server { device, line } => {
                self.telling.borrow_mut().observe_server(device.map(DeviceId), now, line.clone());
            }
            Step::Named { device, name } => self.names[*device as usize].clone_from(name),
            Step::Cut { device, ms } => self.paced.cut(DeviceId(*device), Span::millis(*ms)),
            Step::Stop { .. } | Step::Done(_) | Step::Verdict { .. } => {}
        }
    }

    /// Counts the start of a request or tunnel. The returned function counts its end, with the
    /// result.
    fn begins(&self, n: u64, device: DeviceId) -> impl Fn(String) + use<> {
        let (counts, open) = (self.counts[device.0 as usize].clone(), self.open.clone());
        counts.borrow_mut().requests += 1;
        counts.borrow_mut().under_way += 1;
        move |last| {
            open.borrow_mut().remove(&n);
            let mut counts = counts.borrow_mut();
            counts.under_way -= 1;
            counts.last = last;
        }
    }

    fn ask(&mut self, (n, device): (u64, DeviceId), asking: &Asking, hears: Hears) {
        let (begun, people) = (self.now(), self.people[device.0 as usize].clone());
        let Ok(request) = asking.request() else { return };
        let slip = people.borrow_mut().slip(device, asking);
        let deadline = begun + PATIENCE;
        let ends = self.ends((n, device), asking);
        if let Some(upstream) = self.upstream.clone() {
            let message = UpstreamServer::request(n, asking.length().unwrap_or_default());
            let ends = move |at: Time, done: &Done| {
                let how = if done.how == "answered" { Ended::Answered } else { ended_by(&done.how) };
                ends(at, done, (0, how));
            };
            let heard = self.pieces(n, hears, Box::new(ends));
            let give_up = self.paced.ask_pieces((device, upstream), message, deadline, heard);
            self.open.borrow_mut().insert(n, give_up);
            return;
        }
        let request = crate::contract::http::write_request(&request);
        let asked = Asked { device, request, slip, server: None, cacheable: asking.cacheable(), deadline };
        let done = move |at: Time, came: Came| {
            let (rows, came) = match came {
                Ok((bytes, slip)) => {
                    people.borrow_mut().hears(&slip);
                    (slip.rows.len() as u32, Ok(bytes))
                }
                Err(error) => (0, Err(error)),
            };
            let bytes = came.as_deref().unwrap_or_default();
            let how = came.as_ref().map_or_else(|error| how(*error), |_| "answered");
            let done = Done { n, how: how.to_owned(), bytes: bytes.len() as u64, hash: hash(bytes) };
            ends(at, &done, (rows, ended(&came)));
            if let Hears::Once(hears) = hears {
                hears(at, done, came);
            }
        };
        let give_up = self.paced.ask(asked, done);
        self.open.borrow_mut().insert(n, give_up);
    }

    /// Records the start of a request. The returned function records its end and its rows.
    fn ends(
        &mut self,
        (n, device): (u64, DeviceId),
        asking: &Asking,
    ) -> impl Fn(Time, &Done, (u32, Ended)) + use<> {
        let begun = self.now();
        let kind = if asking.method == "GET" { RequestKind::Pull } else { RequestKind::Push };
        let (line, requests) = (first_line(asking), self.requests.clone());
        let ends = self.begins(n, device);
        move |at, done, (rows, ended)| {
            let (took, bytes) = (at.since(begun), done.bytes);
            ends(format!("{line}: {} after {took}", done.how));
            let mut requests = requests.borrow_mut();
            if requests.len() < REQUESTS_MAX {
                requests.push(LoggedRequest { at: begun, device, kind, rows, bytes, took, ended });
            }
        }
    }

    /// Makes a function that handles the pieces of a stream and its end.
    fn pieces(&self, n: u64, mut hears: Hears, ends: OnEnd) -> impl FnMut(Time, Held) + use<> {
        let mut done = Done { n, how: String::new(), bytes: 0, hash: 0 };
        let mut tell = move |at: Time, piece: Piece| {
            if let Hears::Pieces(hears) = &mut hears {
                hears(at, piece);
            }
        };
        move |at, held| match held {
            Held::Message(bytes) => {
                // The hash also covers the arrival time of each piece.
                let before = if done.bytes == 0 { 0 } else { done.hash.rotate_left(5) ^ at.0 };
                done.hash = (before ^ hash(&bytes)) >> 4;
                done.bytes += bytes.len() as u64;
                tell(at, Piece::Bytes(bytes));
            }
            Held::Ended(how_it_ended) => {
                how_it_ended.map_or_else(how, |()| "answered").clone_into(&mut done.how);
                ends(at, &done);
                tell(at, Piece::End(done.clone()));
            }
        }
    }

    fn hold(&mut self, (n, device): (u64, DeviceId), asking: &Asking, hears: Hears) {
        let Ok(request) = asking.request() else { return };
        let hello = crate::contract::http::write_request(&request);
        let (line, ends) = (first_line(asking), self.begins(n, device));
        let ends = Box::new(move |_, done: &Done| ends(format!("{line}: {}", done.how)));
        let heard = self.pieces(n, hears, ends);
        let give_up = self.paced.hold((device, hello), self.now() + PATIENCE, heard);
        self.open.borrow_mut().insert(n, give_up);
    }

    fn open(&mut self, (n, device): (u64, DeviceId), mut hears: Hears) {
        let ends = self.begins(n, device);
        let tell = move |at: Time, carried: Carried| {
            if let Carried::End { how, bytes, .. } = &carried {
                ends(format!("tunnel: {} after {bytes} bytes", how_it_ended(*how)));
            }
            if let Hears::Tunnel(hears) = &mut hears {
                hears(at, carried);
            }
        };
        let deadline = self.now() + PATIENCE;
        let of = (&self.paced, self.paced.handle());
        let (tunnel, give_up) = Tunnel::open(of, device, deadline, Box::new(tell));
        self.tunnels.insert(n, tunnel);
        self.open.borrow_mut().insert(n, give_up);
    }
    fn hands_over(&self, n: u64, up: bool, bytes: u64) {
        let now = self.now();
        self.tunnels.get(&n).iter().for_each(|tunnel| tunnel.hands_over(now, up, bytes));
    }

    /// The number of open requests.
    pub(super) fn under_way(&self) -> usize {
        self.open.borrow().len()
    }
    pub(super) fn server(&self) -> Option<ServerReportCounts> {
        self.telling.borrow().server()
    }
    pub(super) fn seen(&self) -> Vec<Seen> {
        let telling = self.telling.borrow();
        let of = |at: usize| {
            let Counts { under_way, requests, last } = self.counts[at].borrow().clone();
            Seen {
                link: self.paced.link(DeviceId(at as u32)),
                under_way,
                requests,
                last,
                edits: match (self.people[at].borrow().counts(), telling.server()) {
                    ((made, waits), None) => (made, Some(waits)),
                    // Only the app knows on which edits the server has decided.
                    ((made, _), Some(_)) => (made, telling.waits[at]),
                },
                spoke: telling.spoke[at],
                showed: telling.showed[at],
            }
        };
        (0..self.names.len()).map(of).collect()
    }
    /// The recorded history of the session so far.
    pub(super) fn history(&self, settled: bool) -> String {
        let seen = self.seen();
        let used: Vec<bool> = seen.iter().map(|seen| seen.requests > 0 || seen.spoke).collect();
        let mut backend = Vec::new();
        self.paced.rows(&mut |entity, key, values| backend.push((entity, key.clone(), values.to_vec())));
        backend.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        self.telling.borrow().history((&self.names, &used), &backend, (self.now(), settled))
    }
}
