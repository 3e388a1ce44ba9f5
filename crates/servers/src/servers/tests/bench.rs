//! A small world for tests: a backend, and a server half with its disk.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde_json::{Value as Json, json};
use syncdyno_world::backend::{Backend, BackendOptions};
use syncdyno_world::disk::{Disk, DiskOptions};

use super::super::find;
use crate::contract::http::{Request, Response, read_response, write_request};
use crate::contract::{
    BackendCall, Choice, Chosen, Clock, Column, ColumnKind, ConnectionId, CrashPoints, DeviceId, EditId,
    Entity, EntityId, Key, LocalBoxFuture, Phones, RecordLink, Reply, RowEdits, Schema, Seed, ServerError,
    ServerPorts, ServerSetup, Slip, Span, Spawn, Stamp, SyncServer, Ticket, Time, Value,
};

pub(super) const NOTE: EntityId = EntityId(0);
const START: Stamp = Stamp(1_700_000_000_000_000);

/// The ports of the half's process. They record its calls.
#[derive(Default)]
struct Outside {
    now: Cell<Time>,
    commits: Cell<u64>,
    tasks: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
    sent: RefCell<Vec<(ConnectionId, Vec<u8>, Slip)>>,
    closed: RefCell<Vec<ConnectionId>>,
    tickets: Cell<u64>,
    answers: RefCell<BTreeMap<Ticket, Vec<u8>>>,
}

struct Port {
    outside: Rc<Outside>,
    backend: Rc<RefCell<Backend>>,
}

pub(super) struct World {
    outside: Rc<Outside>,
    pub(super) backend: Rc<RefCell<Backend>>,
    disk: Disk,
    half: Option<Box<dyn SyncServer>>,
    name: &'static str,
    chosen: Chosen,
    edits: u32,
}

/// A response with its slip.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Json,
    pub(super) raw: Response,
    pub(super) slip: Slip,
}

pub(super) fn schema() -> Arc<Schema> {
    let columns = || {
        vec![
            Column::new("text", ColumnKind::Text),
            Column::new("count", ColumnKind::Int),
            Column::new("done", ColumnKind::Bool),
        ]
    };
    let entities = vec![Entity::new("note", columns()), Entity::new("task", columns())];
    Arc::new(Schema { entities, ..Schema::default() })
}

pub(super) fn values(text: &str) -> Vec<Value> {
    vec![Value::text(text), Value::Int(1), Value::Int(0)]
}

impl World {
    /// Makes a world with this half, and these options instead of its defaults.
    pub(super) fn new(name: &'static str, sets: &[(&str, &str)]) -> World {
        World::with(name, sets, BackendOptions::default())
    }
    pub(super) fn with(name: &'static str, sets: &[(&str, &str)], options: BackendOptions) -> World {
        let half = find(name).expect("there is such a half");
        let mut chosen = Chosen::presets(&half.options);
        for (option, word) in sets {
            let known = half.options.iter().find(|it| it.name == *option).expect("it has such an option");
            chosen.set(
                option,
                match known.preset {
                    Choice::Flag(_) => Choice::Flag(*word == "true"),
                    Choice::Int(_) => Choice::Int(word.parse().expect("it is a number")),
                    _ => Choice::Text((*word).to_owned()),
                },
            );
        }
        let backend = Rc::new(RefCell::new(Backend::new(schema(), options, START, Seed(1))));
        let (outside, disk) = (Rc::new(Outside::default()), Disk::new(DiskOptions::default()));
        let mut world = World { outside, backend, disk, half: None, name, chosen, edits: 0 };
        world.begin();
        world
    }
    fn begin(&mut self) {
        let port = Rc::new(Port { outside: self.outside.clone(), backend: self.backend.clone() });
        let ports = ServerPorts {
            clock: port.clone(),
            spawn: port.clone(),
            crash: port.clone(),
            record: port.clone(),
            phones: port,
            database: self.disk.location("server.db"),
            seed: Seed(1),
        };
        let setup = ServerSetup { schema: schema(), attributes: vec![Vec::new(); 4] };
        let half = find(self.name).expect("there is such a half");
        self.half = Some((half.make)(&self.chosen, setup, ports));
        self.settle();
    }
    /// Kills the process of the half and starts another.
    pub(super) fn kill(&mut self) {
        self.disk.kill();
        self.half = None;
        let Outside { tasks, sent, answers, .. } = &*self.outside;
        drop((tasks.take(), sent.take(), answers.take()));
        self.begin();
    }
    fn half(&mut self) -> &mut dyn SyncServer {
        self.half.as_deref_mut().expect("it lives")
    }
    pub(super) fn pass(&mut self, span: Span) {
        self.outside.now.set(self.now() + span);
        self.settle();
    }
    pub(super) fn now(&self) -> Time {
        self.outside.now.get()
    }
    /// Runs the half's tasks until all of them wait.
    fn settle(&mut self) {
        for _ in 0..20 {
            let tasks = self.outside.tasks.take();
            let mut context = Context::from_waker(Waker::noop());
            let wait = |mut task: LocalBoxFuture<'static, ()>| {
                task.as_mut().poll(&mut context).is_pending().then_some(task)
            };
            let waiting: Vec<_> = tasks.into_iter().filter_map(wait).collect();
            self.outside.tasks.borrow_mut().extend(waiting);
        }
    }

    /// A new edit id for this phone.
    pub(super) fn edit(&mut self, device: u32) -> EditId {
        self.edits += 1;
        EditId { device: DeviceId(device), number: self.edits }
    }
    /// The text and the stamp of a row in the backend.
    pub(super) fn row(&self, key: &str) -> Option<(String, Stamp)> {
        let backend = self.backend.borrow();
        let row = backend.row(NOTE, &Key::new(key)).filter(|row| !row.deleted)?;
        let Value::Text(text) = &row.values[0] else { panic!("the first column is a text") };
        Some((text.to_string(), row.stamp))
    }
    pub(super) fn text(&self, key: &str) -> String {
        self.row(key).map_or_else(|| "-".to_owned(), |(text, _)| text)
    }
    /// Somebody at the office updates or creates a row, 5 ms later.
    pub(super) fn office(&mut self, key: &str, text: &str) {
        self.outside.now.set(self.now() + Span::millis(5));
        let (now, key) = (self.now(), Key::new(key));
        let mut backend = self.backend.borrow_mut();
        let there = backend.row(NOTE, &key).is_some();
        let commits = if there {
            backend.office().write(now, NOTE, &key, &[(0, Value::text(text))])
        } else {
            backend.office().create(now, NOTE, key, values(text))
        };
        commits.expect("the office may");
        drop(backend);
        self.committed();
    }
    pub(super) fn office_deletes(&mut self, key: &str) {
        self.outside.now.set(self.now() + Span::millis(5));
        let now = self.now();
        self.backend.borrow_mut().office().delete(now, NOTE, &Key::new(key)).expect("the office may");
        self.committed();
    }
    pub(super) fn committed(&mut self) {
        self.outside.commits.set(self.outside.commits.get() + 1);
        self.settle();
    }

    fn served(&mut self, device: u32, request: &Request, slip: &mut Slip) -> Result<Reply, ServerError> {
        self.outside.now.set(self.now() + Span::millis(5));
        let (backend, now) = (self.backend.clone(), self.now());
        let mut backend = backend.borrow_mut();
        // Starts a new backend call.
        backend.push(now, &[], &[]);
        let reply = self.half().serve_with(DeviceId(device), &write_request(request), slip, &mut *backend);
        drop(backend);
        self.committed();
        reply
    }
    /// Sends a request. The slip names these edits of rows of `note`.
    pub(super) fn ask(&mut self, device: u32, line: &str, body: Json, edits: &[(&str, EditId)]) -> Answer {
        let mut slip = slip(edits);
        let reply = self.served(device, &request(line, &body), &mut slip);
        let bytes = match reply {
            Ok(reply) => reply.into_bytes(),
            Err(error) => self.half().refuse(&error),
        };
        answer(&bytes, slip)
    }
    /// Sends a request with headers.
    pub(super) fn ask_with(
        &mut self,
        (device, line): (u32, &str),
        headers: &[(&'static str, &str)],
        body: Json,
        edits: &[(&str, EditId)],
    ) -> Answer {
        let (mut slip, mut request) = (slip(edits), request(line, &body));
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("it is a header's value"));
        }
        let reply = self.served(device, &request, &mut slip);
        let bytes = match reply {
            Ok(reply) => reply.into_bytes(),
            Err(error) => self.half().refuse(&error),
        };
        answer(&bytes, slip)
    }
    /// Sends a request of an app that names no edits. The edits of its rows get numbers from `from`
    /// on.
    pub(super) fn ask_numbered(&mut self, line: &str, body: Json, from: EditId) -> Answer {
        let mut slip = Slip { unnamed: Some(from), ..Slip::default() };
        let reply = self.served(from.device.0, &request(line, &body), &mut slip);
        let bytes = match reply {
            Ok(reply) => reply.into_bytes(),
            Err(error) => self.half().refuse(&error),
        };
        answer(&bytes, slip)
    }
    pub(super) fn refused(&self, error: &ServerError) -> Vec<u8> {
        self.half.as_deref().expect("it lives").refuse(error)
    }
    /// Sends a request that the half holds open.
    pub(super) fn wait_for(&mut self, device: u32, line: &str) -> Ticket {
        match self.served(device, &request(line, &Json::Null), &mut Slip::default()) {
            Ok(Reply::Later(ticket)) => ticket,
            other => panic!("it was answered at once: {other:?}"),
        }
    }
    pub(super) fn answered(&self, ticket: Ticket) -> Option<Answer> {
        let bytes = self.outside.answers.borrow().get(&ticket).cloned()?;
        Some(answer(&bytes, Slip::default()))
    }
    pub(super) fn connect(&mut self, device: u32, number: u64, hello: &Request) -> Result<(), ServerError> {
        let bytes = write_request(hello);
        let connected = self.half().on_connect(DeviceId(device), ConnectionId(number), &bytes);
        self.settle();
        connected
    }
    pub(super) fn disconnect(&mut self, device: u32, number: u64) {
        self.half().on_close(DeviceId(device), ConnectionId(number));
    }
    /// The messages sent on a connection since the last call.
    pub(super) fn heard(&mut self, number: u64) -> Vec<String> {
        let heard = self.heard_with(number).into_iter();
        heard.map(|(message, _)| String::from_utf8_lossy(&message).into_owned()).collect()
    }
    /// The messages sent on a connection since the last call, as bytes, with their slips.
    pub(super) fn heard_with(&mut self, number: u64) -> Vec<(Vec<u8>, Slip)> {
        let (own, others) = self.outside.sent.take().into_iter().partition(|(at, ..)| at.0 == number);
        self.outside.sent.replace(others);
        let own: Vec<_> = own;
        own.into_iter().map(|(_, message, slip)| (message, slip)).collect()
    }
    pub(super) fn is_closed(&self, number: u64) -> bool {
        self.outside.closed.borrow().contains(&ConnectionId(number))
    }
    /// Sends a message on a connection. The slip names these edits of rows of `note`.
    pub(super) fn say(
        &mut self,
        device: u32,
        number: u64,
        message: impl AsRef<[u8]>,
        edits: &[(&str, EditId)],
    ) {
        let message = message.as_ref();
        self.outside.now.set(self.now() + Span::millis(5));
        let (backend, now, slip) = (self.backend.clone(), self.now(), slip(edits));
        let mut backend = backend.borrow_mut();
        // Starts a new backend call.
        backend.push(now, &[], &[]);
        let (of, at) = (DeviceId(device), ConnectionId(number));
        let half = self.half();
        if !half.on_word(of, at, message) {
            half.on_message_with(of, at, (message, &slip), &mut *backend).expect("it is taken");
        }
        drop(backend);
        self.committed();
    }
}

pub(super) fn slip(edits: &[(&str, EditId)]) -> Slip {
    let row = |(key, edit): &(&str, EditId)| RowEdits {
        entity: NOTE,
        key: Key::new(key),
        edits: vec![*edit],
        stamp: None,
    };
    Slip { edits: edits.iter().map(row).collect(), ..Slip::default() }
}

pub(super) fn request(line: &str, body: &Json) -> Request {
    let (method, uri) = line.split_once(' ').expect("it is METHOD PATH");
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let mut request = Request::new(bytes);
    *request.method_mut() = method.parse().expect("it is a method");
    *request.uri_mut() = uri.parse().expect("it is a path");
    request
}

fn answer(bytes: &[u8], slip: Slip) -> Answer {
    let raw = read_response(bytes).expect("it is a response");
    let body =
        serde_json::from_slice(raw.body()).unwrap_or_else(|_| json!(String::from_utf8_lossy(raw.body())));
    Answer { status: raw.status().as_u16(), body, raw, slip }
}

impl Clock for Port {
    fn now(&self) -> Time {
        self.outside.now.get()
    }
    fn wall(&self) -> Stamp {
        START.plus(self.outside.now.get() - Time::ZERO)
    }
    fn sleep_until(&self, time: Time) -> LocalBoxFuture<'static, ()> {
        let outside = self.outside.clone();
        let is_over = move || if outside.now.get() >= time { Poll::Ready(()) } else { Poll::Pending };
        Box::pin(poll_fn(move |_| is_over()))
    }
}

impl Spawn for Port {
    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        self.outside.tasks.borrow_mut().push(task);
    }
}

impl CrashPoints for Port {
    fn reached(&self, _: &str) -> bool {
        false
    }
}

impl RecordLink for Port {
    fn send(&self, call: BackendCall) -> LocalBoxFuture<'static, Result<(), ServerError>> {
        let (backend, outside) = (self.backend.clone(), self.outside.clone());
        Box::pin(async move {
            let mut backend = backend.borrow_mut();
            backend.push(outside.now.get(), &[], &[]);
            call(&mut *backend);
            Ok(())
        })
    }
    fn committed(&self, seen: u64) -> LocalBoxFuture<'static, u64> {
        let outside = self.outside.clone();
        let more = move || {
            let commits = outside.commits.get();
            if commits > seen { Poll::Ready(commits) } else { Poll::Pending }
        };
        Box::pin(async move {
            match poll_fn(|_| more()).await {
                0 => pending().await,
                commits => commits,
            }
        })
    }
}

impl Phones for Port {
    fn send(&self, connection: ConnectionId, message: Vec<u8>) -> bool {
        self.send_with(connection, message, Slip::default())
    }
    fn send_with(&self, connection: ConnectionId, message: Vec<u8>, slip: Slip) -> bool {
        let open = !self.outside.closed.borrow().contains(&connection);
        self.outside.sent.borrow_mut().extend(open.then_some((connection, message, slip)));
        open
    }
    fn close(&self, connection: ConnectionId) {
        self.outside.closed.borrow_mut().push(connection);
    }
    fn ticket(&self) -> Ticket {
        self.outside.tickets.set(self.outside.tickets.get() + 1);
        Ticket(self.outside.tickets.get())
    }
    fn answer(&self, ticket: Ticket, answer: Vec<u8>) {
        self.outside.answers.borrow_mut().entry(ticket).or_insert(answer);
    }
}
