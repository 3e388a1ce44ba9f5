//! A third-party server half: its processes, and the ports (interfaces) that each process gets.

use std::rc::{Rc, Weak};

use crate::backend::Backend;
use crate::base::{DeviceId, EntityId, Seed, Stamp, Time};
use crate::contract::{
    BackendCall, CarriedRows, Clock, ConnectionId, CrashPoints, EachServed, LocalBoxFuture, RecordLink,
    Reply, ServerError, ServerPorts, Slip, Spawn, SyncServer,
};
use crate::disk::{Disk, DiskOptions};
use crate::gateway::ServerHalf;
use crate::sim::{Handle, NodeId};
use crate::world::server::commits::Commits;
use crate::world::server::half::{Done, Servers};
use crate::world::server::push_messages::Outbox;

const DATABASE: &str = "server.db";
/// Bytes of a call to the backend, and of its result.
const CALL_BYTES: u64 = 200;

/// Creates the server of one process.
pub(crate) type Open = Box<dyn Fn(ServerPorts) -> Box<dyn SyncServer>>;

/// The present server process, and the function that starts the next one.
pub(crate) struct Brought {
    open: Open,
    ports: Rc<OfServer>,
    disk: Disk,
    seed: Seed,
    running: Option<Box<dyn SyncServer>>,
    processes: u64,
}

impl Brought {
    pub(crate) fn new(open: Open, ports: OfServer, seed: Seed) -> Brought {
        let (ports, disk) = (Rc::new(ports), Disk::new(DiskOptions::default()));
        let mut brought = Brought { open, ports, disk, seed, running: None, processes: 0 };
        brought.begin();
        brought
    }

    fn begin(&mut self) {
        let ports = ServerPorts {
            clock: self.ports.clone(),
            spawn: self.ports.clone(),
            crash: self.ports.clone(),
            record: self.ports.clone(),
            phones: self.ports.phones.clone(),
            database: self.disk.location(DATABASE),
            seed: self.seed.derive("process", self.processes),
        };
        self.processes += 1;
        self.running = Some((self.open)(ports));
    }

    fn process(&self) -> &dyn SyncServer {
        self.running.as_deref().expect("nobody asks a process that has ended")
    }
    fn process_mut(&mut self) -> &mut dyn SyncServer {
        self.running.as_deref_mut().expect("nobody asks a process that has ended")
    }
}

#[deny(clippy::missing_trait_methods, reason = "what is not forwarded would never be asked")]
impl ServerHalf for Brought {
    fn serve(&mut self, from: DeviceId, request: &[u8], backend: &mut Backend) -> Result<Reply, ServerError> {
        self.serve_with(from, request, &mut Slip::default(), backend)
    }
    fn serve_with(
        &mut self,
        from: DeviceId,
        request: &[u8],
        slip: &mut Slip,
        backend: &mut Backend,
    ) -> Result<Reply, ServerError> {
        backend.admit(from)?;
        // The process that sent a request may have ended before the request reached the backend.
        let process = self.running.as_mut().ok_or(ServerError::Failed)?;
        process.serve_with(from, request, slip, backend)
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        self.running.as_ref().map_or_else(Vec::new, |process| process.refuse(error))
    }
    fn is_refusal(&self, answer: &[u8]) -> bool {
        self.running.as_ref().is_some_and(|process| process.is_refusal(answer))
    }
    fn answer(&mut self, _: Time, _: DeviceId, _: &[u8]) -> Option<crate::gateway::Answered> {
        None
    }
    fn ended(&mut self, _: &mut Backend, _: bool) {}
    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {
        if let Some(process) = &self.running {
            process.rows_in(answer, f);
        }
    }
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        self.process().cursor_at(entity, stamp)
    }
    fn begin_with(&mut self, device: DeviceId, stamp: Stamp, rows: &mut CarriedRows<'_>) {
        self.process_mut().begin_with(device, stamp, rows);
    }
    fn on_connect(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        hello: &[u8],
    ) -> Result<(), ServerError> {
        self.process_mut().on_connect(from, connection, hello)
    }
    fn on_word(&mut self, from: DeviceId, connection: ConnectionId, message: &[u8]) -> bool {
        self.process_mut().on_word(from, connection, message)
    }
    fn on_message(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        message: (&[u8], &Slip),
        backend: &mut Backend,
    ) -> Result<(), ServerError> {
        backend.admit(from)?;
        let process = self.running.as_mut().ok_or(ServerError::Failed)?;
        process.on_message_with(from, connection, message, backend)
    }
    fn refuse_message(&self, message: &[u8], error: &ServerError) -> Option<Vec<u8>> {
        self.running.as_ref().and_then(|process| process.refuse_message(message, error))
    }
    fn on_close(&mut self, from: DeviceId, connection: ConnectionId) {
        if let Some(process) = &mut self.running {
            process.on_close(from, connection);
        }
    }
    fn died(&mut self) {
        self.disk.kill();
        self.running = None;
    }
    fn restarted(&mut self) {
        self.begin();
    }
}

/// The ports of a server process.
pub(crate) struct OfServer {
    pub(crate) servers: Weak<Servers>,
    pub(crate) handle: Handle,
    pub(crate) node: NodeId,
    pub(crate) phones: Rc<Outbox>,
    pub(crate) commits: Rc<Commits>,
    /// The server's own identity at the backend; it differs from all device numbers.
    pub(crate) itself: DeviceId,
    /// The date and time at the start of the world.
    pub(crate) start: Stamp,
}

impl OfServer {
    fn servers(&self) -> Rc<Servers> {
        self.servers.upgrade().expect("a world has servers while anything runs in it")
    }
}

impl Clock for OfServer {
    fn now(&self) -> Time {
        self.handle.now()
    }
    fn wall(&self) -> Stamp {
        self.start.plus(self.handle.now() - Time::ZERO)
    }
    fn sleep_until(&self, time: Time) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.handle.sleep_until(time))
    }
}

impl Spawn for OfServer {
    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        self.handle.spawn(self.node, "server", task);
    }
}

impl CrashPoints for OfServer {
    fn reached(&self, point: &str) -> bool {
        let servers = self.servers();
        let Some(wait) = servers.process.crash.pass(point, self.handle.now()) else { return false };
        if servers.server.try_borrow_mut().is_ok() {
            return servers.kill_gateway(wait);
        }
        // The process may be serving a request. The kill then comes after that request.
        self.handle.spawn(servers.process.world, "crash point", async move {
            servers.kill_gateway(wait);
        });
        false
    }
}

impl RecordLink for OfServer {
    fn send(&self, call: BackendCall) -> LocalBoxFuture<'static, Result<(), ServerError>> {
        let (servers, itself) = (self.servers(), self.itself);
        Box::pin(async move {
            let at_backend = move |servers: &Servers, deadline: Time| {
                let mut backend = servers.backend.borrow_mut();
                backend.begin_call(servers.handle.now(), deadline);
                let done = backend.admit(itself).map(|()| call(&mut *backend));
                let called = backend.end_call(done);
                drop(backend);
                servers.tell_call(&called, false);
                Done { value: called.answer, bytes: CALL_BYTES, at: called.done_at }
            };
            servers.over(CALL_BYTES, at_backend).await?
        })
    }
    fn committed(&self, mut seen: u64) -> LocalBoxFuture<'static, u64> {
        let (commits, servers) = (self.commits.clone(), self.servers.clone());
        Box::pin(async move {
            loop {
                seen = commits.more_than(seen).await;
                let servers = servers.upgrade().expect("a world has servers while anything runs in it");
                if servers.came_back(CALL_BYTES).await {
                    return seen;
                }
            }
        })
    }
}
