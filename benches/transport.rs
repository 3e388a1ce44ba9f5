//! The time that a message takes on this machine: over simulated connections, compared with a plain
//! link of latency and rate.
//!
//! Both run in the same executor with the same server. The goal is a ratio of at most 5, from 1 kB
//! to 10 MB without losses. The last table shows the number of steps: one per doubling of the size,
//! and one per loss.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use syncdyno::base::{BitRate, Seed, Span, Time};
use syncdyno::contract::{
    Event, LocalBoxFuture, NetworkKind, Observer, PendingResponse, Transport, TransportError,
};
use syncdyno::net::tcp::{Congestion, Load, Sender, Steady, Transfer};
use syncdyno::net::{Conditions, Direction, Link, LinkSchedule, Profile, Server, TransportOptions, Way};
use syncdyno::sim::{Handle, NodeId, Sim};

const RTT: Span = Span::millis(60);
const RATE: BitRate = BitRate(20_000_000);
const SIZES: [u64; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const REQUESTS: u64 = 2_000;
const ROUNDS: u32 = 50;

/// A link with only latency and rate. A message waits for the previous one.
struct Plain {
    handle: Handle,
    gateway: NodeId,
    busy_until: [Cell<Time>; 2],
    server: Rc<dyn Server>,
}

impl Plain {
    fn arrives(&self, way: usize, bytes: u64) -> Time {
        let start = self.handle.now().max(self.busy_until[way].get());
        let sent = start + RATE.time_for(bytes);
        self.busy_until[way].set(sent);
        sent + Span(RTT.0 / 2)
    }
}

struct PlainPort(Rc<Plain>);

impl Transport for PlainPort {
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse {
        let plain = self.0.clone();
        Box::pin(async move {
            let (sender, receiver) = plain.handle.oneshot();
            let carrier = plain.clone();
            // Like in the real transport, a sent request continues even if its sender stops.
            plain.handle.spawn(plain.gateway, "request", async move {
                carrier.handle.sleep_until(carrier.arrives(0, request.len() as u64)).await;
                let bytes = carrier.server.serve(request).await.expect("it does not die");
                carrier.handle.sleep_until(carrier.arrives(1, bytes.len() as u64)).await;
                let _ = sender.send(bytes);
            });
            match plain.handle.timeout(deadline, receiver).await {
                Ok(Some(bytes)) => Ok(bytes),
                _ => Err(TransportError::Timeout),
            }
        })
    }
    fn network(&self) -> NetworkKind {
        NetworkKind::Other
    }
}

struct OverTcp(Rc<Way>);

impl Transport for OverTcp {
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse {
        self.0.request(request, deadline)
    }
    fn network(&self) -> NetworkKind {
        self.0.network()
    }
}

/// A server that responds at once. The device returns the body for the next response, so a body
/// costs nothing to make.
struct Books(Rc<Cell<Vec<u8>>>);

impl Server for Books {
    fn serve(&self, _: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let body = self.0.take();
        Box::pin(async move { Some(body) })
    }
}

struct Deaf;

impl Observer for Deaf {
    fn observe(&self, event: Event<'_>) {
        black_box(event);
    }
}

fn port(handle: &Handle, over_tcp: bool, body: Rc<Cell<Vec<u8>>>) -> Rc<dyn Transport> {
    let (gateway, server) = (handle.node("gateway"), Rc::new(Books(body)));
    if !over_tcp {
        let busy_until = Default::default();
        let plain = Plain { handle: handle.clone(), gateway, busy_until, server };
        return Rc::new(PlainPort(Rc::new(plain)));
    }
    let profile = Arc::new(Profile::steady("steady", RTT, RATE, RATE));
    let link = Link::new(&LinkSchedule::settled(profile), Seed(1), Time::FAR);
    let link = Rc::new(RefCell::new(link));
    let options = TransportOptions::default();
    Rc::new(OverTcp(Way::new(handle.clone(), gateway, link, server, Rc::new(Deaf), options)))
}

/// The seconds on this machine per request.
fn seconds(over_tcp: bool, bytes: u64) -> f64 {
    let mut sim = Sim::default();
    let handle = sim.handle().clone();
    let device = handle.node("device");
    let body = Rc::new(Cell::new(vec![0; bytes as usize]));
    let port = port(&handle, over_tcp, body.clone());
    handle.clone().spawn(device, "app", async move {
        for _ in 0..REQUESTS {
            let answer = port.request(vec![0; 300], Time::FAR).await;
            let answer = answer.expect("nothing breaks");
            assert_eq!(answer.len() as u64, bytes);
            body.set(answer);
        }
        handle.halt();
    });
    let begun = Instant::now();
    sim.run_until(Time::FAR);
    begun.elapsed().as_secs_f64() / REQUESTS as f64
}

/// Prints the fastest of many rounds. Both sides take turns, because the speed of the machine
/// varies from second to second.
fn requests(_: &mut Criterion) {
    println!("one request and its answer, host time");
    println!("{:>12} {:>12} {:>12} {:>8}", "answer", "plain", "over TCP", "ratio");
    for bytes in SIZES {
        let (mut plain, mut tcp) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..ROUNDS {
            plain = plain.min(seconds(false, bytes));
            tcp = tcp.min(seconds(true, bytes));
        }
        println!("{bytes:>12} {:>10.2}us {:>10.2}us {:>8.2}", plain * 1e6, tcp * 1e6, tcp / plain);
    }
}

fn cold(link: &Steady, bytes: u64) -> Time {
    let mut sender = Sender::new(Congestion::Cubic, link.rtt(Time::ZERO), Time::ZERO, true);
    let mut transfer = Transfer::new(Direction::Down, Time::ZERO, Load::of(bytes), link.mtu(), false);
    let ended = transfer.run(&mut sender, link, Time::FAR);
    ended.expect("it ends").expect("nothing breaks")
}

fn transfers(c: &mut Criterion) {
    let mut group = c.benchmark_group("a cold transfer");
    for bytes in SIZES {
        for loss in [0.0, 0.001, 0.01] {
            let link = Steady::new(RTT, RATE, RATE).with_losses(loss, Seed(1));
            group.bench_function(format!("{bytes} bytes, loss {loss}"), |b| {
                b.iter(|| cold(&link, black_box(bytes)))
            });
        }
    }
    group.finish();
}

criterion_group!(benches, requests, transfers);
criterion_main!(benches);
