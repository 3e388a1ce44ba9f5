//! The sockets of a tunnel (a connection carried as raw bytes). Bytes wait here until their lengths
//! have crossed the simulated link.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::arrival::Arrival;
use super::inside::{Inside, lock};
use super::stage::Step;
use super::tunnel::{Carried, PIECE};
use super::upstream::Upstream;
use crate::base::DeviceId;

/// The maximum number of bytes in transit per direction: enough for a fast link with a long round
/// trip.
const WINDOW: usize = 1 << 20;
/// After the app is gone, the far end is reset if it gets nothing for this many times the time
/// limit for a head.
const ORPHANED: u32 = 4;
/// The events of pieces that have crossed the link and are not written yet.
type Written = mpsc::UnboundedReceiver<Carried>;

/// One direction of a tunnel.
struct Pipe {
    n: u64,
    up: bool,
    waiting: Mutex<VecDeque<Bytes>>,
    room: Semaphore,
    arrivals: Sender<Arrival>,
    /// True if the pipe ends with a failure.
    is_broken: AtomicBool,
}

/// The write side of a socket. If the pipe failed, the peer gets a reset.
struct Outlet {
    to: Option<OwnedWriteHalf>,
    pipe: Arc<Pipe>,
}

impl Drop for Outlet {
    fn drop(&mut self) {
        if let Some(to) = self.to.take_if(|_| self.pipe.is_broken.load(Ordering::Relaxed)) {
            // If the socket refuses this option, it is closed normally.
            _ = to.as_ref().set_zero_linger();
            // A normal drop would first send a clean end.
            to.forget();
        }
    }
}

impl Pipe {
    fn new(n: u64, up: bool, inside: &Inside) -> Arc<Pipe> {
        let room = Semaphore::new(WINDOW);
        let arrivals = inside.arrivals.clone();
        let is_broken = AtomicBool::new(false);
        Arc::new(Pipe { n, up, waiting: Mutex::default(), room, arrivals, is_broken })
    }
    fn step(&self, step: Step) {
        // The session may be over.
        _ = self.arrivals.send(Arrival::Step(step));
    }
    /// One end broke off: the app's end (`up`), or the far end.
    fn breaks(&self, up: bool) {
        self.step(if up { Step::GiveUp { n: self.n } } else { Step::Broke { n: self.n } });
    }

    /// Reads from a socket while there is room for more bytes.
    async fn reads(self: Arc<Pipe>, mut from: OwnedReadHalf) {
        let mut buffer = vec![0; PIECE as usize];
        loop {
            let Ok(room) = self.room.acquire_many(PIECE as u32).await else { return };
            room.forget();
            match from.read(&mut buffer).await {
                Ok(0) => return self.step(Step::Shut { n: self.n, up: self.up }),
                Ok(read) => {
                    self.room.add_permits(PIECE as usize - read);
                    lock(&self.waiting).push_back(Bytes::copy_from_slice(&buffer[..read]));
                    self.step(Step::Sent { n: self.n, up: self.up, bytes: read as u64 });
                }
                Err(_) => return self.breaks(self.up),
            }
        }
    }

    /// Writes the bytes that have crossed the link.
    async fn writes(self: Arc<Pipe>, to: OwnedWriteHalf, mut written: Written) {
        let mut outlet = Outlet { to: Some(to), pipe: self.clone() };
        let Some(to) = &mut outlet.to else { return };
        while let Some(carried) = written.recv().await {
            match carried {
                Carried::Bytes { .. } => {
                    let piece = lock(&self.waiting).pop_front().unwrap_or_default();
                    if to.write_all(&piece).await.is_err() {
                        return self.breaks(!self.up);
                    }
                    self.room.add_permits(piece.len());
                }
                // A closed socket fails here, and needs nothing more.
                Carried::Shut { .. } => _ = to.shutdown().await,
                Carried::Opened | Carried::Gone => {}
                Carried::End { how, .. } => {
                    self.is_broken.fetch_or(how.is_err(), Ordering::Relaxed);
                    return;
                }
            }
        }
    }
}

/// The far end. It connects to the server when the tunnel is open there.
async fn far(server: Upstream, (up, down): (Arc<Pipe>, Arc<Pipe>), mut written: Written, patience: Duration) {
    // The first event is that the tunnel is open.
    if written.recv().await.is_none() {
        return;
    }
    let Ok(Ok(stream)) = timeout(patience, server.connect()).await else { return down.breaks(false) };
    let (read, write) = stream.into_split();
    let mut reader = JoinSet::new();
    reader.spawn(down.reads(read));
    up.writes(write, written).await;
}

/// Carries the bytes of a connection between an app and the server.
pub(super) async fn carry(app: TcpStream, device: DeviceId, server: Upstream, inside: &Inside) {
    let n = inside.numbers.fetch_add(1, Ordering::Relaxed);
    let name = lock(&inside.roster).take(device);
    let (reply, mut carried) = mpsc::unbounded_channel();
    let step = Step::Open { n, device: device.0 };
    if inside.arrivals.send(Arrival::Open { step, name, reply }).is_err() {
        return;
    }
    let (up, down) = (Pipe::new(n, true, inside), Pipe::new(n, false, inside));
    let (to_app, for_app) = mpsc::unbounded_channel();
    let (to_far, for_far) = mpsc::unbounded_channel();
    let (read, write) = app.into_split();
    // Both task sets end when this function ends.
    let (mut own, mut others) = (JoinSet::new(), JoinSet::new());
    let writer = tokio::spawn(down.clone().writes(write, for_app));
    own.spawn(up.clone().reads(read));
    let patience = inside.patience * ORPHANED;
    others.spawn(far(server, (up.clone(), down), for_far, patience));
    let (mut is_over, mut is_gone, mut is_said) = (false, false, false);
    while !(is_over && is_gone) {
        let next = match is_over {
            false => carried.recv().await,
            true => timeout(patience, carried.recv()).await.ok().flatten(),
        };
        let Some((at, carried)) = next else { break };
        if let Carried::Bytes { took, .. } = carried {
            lock(&inside.late).add(inside.pace.late(at), took);
        }
        is_gone |= carried == Carried::Gone;
        is_said |= carried == Carried::Shut { up: true };
        // The server gets a reset if the app broke off, or disappeared without a clean end.
        let is_bad = matches!(carried, Carried::End { how: Err(_), .. }) || is_gone && !is_said;
        up.is_broken.fetch_or(is_bad, Ordering::Relaxed);
        let to = match carried {
            Carried::Opened
            | Carried::Bytes { up: true, .. }
            | Carried::Shut { up: true }
            | Carried::Gone => &to_far,
            _ => &to_app,
        };
        is_over |= matches!(carried, Carried::End { .. });
        // If the receiver has ended, it has already reported its failure.
        _ = to.send(carried);
        if is_over {
            own.abort_all();
        }
    }
    drop((to_app, to_far));
    // This waits until the last bytes are written, if a peer still reads.
    _ = timeout(Duration::from_secs(5), writer).await;
    while timeout(Duration::from_secs(5), others.join_next()).await.is_ok_and(|ended| ended.is_some()) {}
}
