//! The executor (`sim`) compared with tokio's current-thread runtime with a paused clock, in the
//! same small world.
//!
//! A device waits for 1 to 9.6 s and sends a request to one backend, which responds at once. Each
//! message travels for 20 to 89 ms. A request costs 3 timers, 1 message, 1 response and about 5
//! polls. In the second world, each request also has a timeout of 30 s. It never fires, so it is a
//! fourth timer that is always cancelled. There is no store and no codec. Both sides draw the same
//! random numbers, and each is written in the style of its executor.
//!
//! The result is the number of responses per second of processor time, so other load on the machine
//! does not count. If the system does not report processor time, wall time is used. The time runs
//! from the first poll to the end of a fixed length of virtual time. Both sides take turns, and the
//! median of the ratios is printed. The last lines compare the time with that of a fleet of ten
//! times the size. They also measure a walk over as many bytes per device, which is the cost of
//! memory alone.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

#[path = "support/stopwatch.rs"]
mod stopwatch;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use syncdyno::base::{Seed, Span, Stream, Time};
use syncdyno::sim::{self, Handle, Notify, Sim};
use tokio::sync::{mpsc, oneshot};

use stopwatch::Stopwatch;

#[derive(Clone, Copy)]
struct World {
    devices: u32,
    /// The length of the run, in virtual time.
    stretch: Span,
    timeout: bool,
}

/// The result of one run.
struct Run {
    requests: u64,
    took: Duration,
}

/// Fleet sizes, each with its length in virtual seconds and its goal: a multiple of tokio's rate.
const FLEETS: [(u32, u64, f64); 3] = [(100, 20_000, 9.0), (10_000, 240, 2.5), (100_000, 20, 1.5)];
const PAIRS: usize = 7;
const TIMEOUT: Span = Span::secs(30);

/// The random numbers of a device.
struct Dice(Stream);

impl Dice {
    fn new(device: u32) -> Dice {
        Dice(Seed(1).stream("bench.device", u64::from(device), 0))
    }
    /// A wait of 1 to 9.6 s. Drawing is as cheap as possible, because it must not affect the
    /// result.
    fn thinking(&mut self) -> Span {
        Span::secs(1) + Span(self.0.next_u64() >> 31)
    }
    /// A latency of 20 to 89 ms.
    fn latency(&mut self) -> Span {
        Span::millis(20) + Span(self.0.next_u64() >> 38)
    }
}

mod on_sim {
    use super::{
        Cell, Dice, Handle, Notify, Rc, RefCell, Run, Sim, Stopwatch, TIMEOUT, Time, VecDeque, World, pin,
        sim,
    };

    struct Request {
        body: u64,
        reply: sim::oneshot::Sender<u64>,
    }

    /// The queue of the backend, and a signal that it has a request.
    struct Inbox {
        requests: RefCell<VecDeque<Request>>,
        filled: Notify,
    }

    async fn backend(inbox: Rc<Inbox>) {
        loop {
            let next = inbox.requests.borrow_mut().pop_front();
            match next {
                // The device may have cancelled its request.
                Some(Request { body, reply }) => _ = reply.send(body + 1),
                None => inbox.filled.notified().await,
            }
        }
    }

    async fn request(handle: &Handle, dice: &mut Dice, backend: &Inbox) -> Option<u64> {
        handle.sleep(dice.latency()).await;
        let (reply, answer) = handle.oneshot();
        backend.requests.borrow_mut().push_back(Request { body: 41, reply });
        backend.filled.notify_all();
        let answer = answer.await?;
        handle.sleep(dice.latency()).await;
        Some(answer)
    }

    async fn device(handle: Handle, mut dice: Dice, timeout: bool, backend: Rc<Inbox>, done: Rc<Cell<u64>>) {
        loop {
            handle.sleep(dice.thinking()).await;
            let answer = if timeout {
                let request = pin!(request(&handle, &mut dice, &backend));
                handle.timeout(handle.now() + TIMEOUT, request).await.ok().flatten()
            } else {
                request(&handle, &mut dice, &backend).await
            };
            assert_eq!(answer, Some(42));
            done.set(done.get() + 1);
        }
    }

    pub(crate) fn run(world: World) -> Run {
        let mut sim = Sim::default();
        let handle = sim.handle().clone();
        let done = Rc::new(Cell::new(0));
        let inbox = Rc::new(Inbox { requests: RefCell::default(), filled: handle.notify() });
        handle.spawn(handle.node("backend"), "backend", backend(inbox.clone()));
        for n in 0..world.devices {
            let life = device(handle.clone(), Dice::new(n), world.timeout, inbox.clone(), Rc::clone(&done));
            handle.spawn(handle.node(&format!("d{n}")), "device", life);
        }
        let watch = Stopwatch::start();
        sim.run_until(Time::ZERO + world.stretch);
        Run { requests: done.get(), took: watch.read() }
    }
}

mod on_tokio {
    use super::{
        Arc, AtomicU64, Dice, Duration, Ordering, Run, Span, Stopwatch, TIMEOUT, World, mpsc, oneshot,
    };
    use tokio::time;

    struct Request {
        body: u64,
        reply: oneshot::Sender<u64>,
    }

    fn std(span: Span) -> Duration {
        Duration::from_nanos(span.0)
    }

    async fn backend(mut requests: mpsc::UnboundedReceiver<Request>) {
        while let Some(Request { body, reply }) = requests.recv().await {
            // The device may have cancelled its request.
            let _ = reply.send(body + 1);
        }
    }

    async fn request(dice: &mut Dice, backend: &mpsc::UnboundedSender<Request>) -> Option<u64> {
        time::sleep(std(dice.latency())).await;
        let (reply, answer) = oneshot::channel();
        backend.send(Request { body: 41, reply }).ok()?;
        let answer = answer.await.ok()?;
        time::sleep(std(dice.latency())).await;
        Some(answer)
    }

    async fn device(
        mut dice: Dice,
        timeout: bool,
        backend: mpsc::UnboundedSender<Request>,
        done: Arc<AtomicU64>,
    ) {
        loop {
            time::sleep(std(dice.thinking())).await;
            let answer = if timeout {
                time::timeout(std(TIMEOUT), request(&mut dice, &backend)).await.ok().flatten()
            } else {
                request(&mut dice, &backend).await
            };
            assert_eq!(answer, Some(42));
            done.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn run(world: World) -> Run {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
        let done = Arc::new(AtomicU64::new(0));
        let took = runtime.block_on(async {
            let (sender, receiver) = mpsc::unbounded_channel();
            tokio::spawn(backend(receiver));
            for n in 0..world.devices {
                tokio::spawn(device(Dice::new(n), world.timeout, sender.clone(), Arc::clone(&done)));
            }
            let watch = Stopwatch::start();
            time::sleep(std(world.stretch)).await;
            watch.read()
        });
        Run { requests: done.load(Ordering::Relaxed), took }
    }
}

fn rate(run: &Run) -> f64 {
    run.requests as f64 / run.took.as_secs_f64()
}

/// Runs pairs. Prints their median ratio, and the rates of that pair.
fn compare(world: World, goal: &str) {
    let mut pairs: Vec<(f64, f64)> = Vec::new();
    for n in 0..PAIRS {
        // The second run finds a warmer machine, so the order alternates.
        pairs.push(if n % 2 == 0 {
            let ours = rate(&on_sim::run(world));
            (ours, rate(&on_tokio::run(world)))
        } else {
            let theirs = rate(&on_tokio::run(world));
            (rate(&on_sim::run(world)), theirs)
        });
    }
    pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (ours, theirs) = pairs[PAIRS / 2];
    println!(
        "executor {} devices{}: {:.1}x tokio ({goal}), {:.2} against {:.2} million requests/s",
        world.devices,
        if world.timeout { " with a timeout" } else { "" },
        ours / theirs,
        ours / 1e6,
        theirs / 1e6,
    );
}

/// Runs our side with a fleet and with a fleet of ten times the size, in turn. Prints the median
/// ratio of their times.
fn grow(devices: u32, stretch: Span) {
    let small = World { devices, stretch, timeout: false };
    let large = World { devices: 10 * devices, ..small };
    let mut ratios: Vec<f64> = (0..PAIRS)
        .map(|_| on_sim::run(large).took.as_secs_f64() / on_sim::run(small).took.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "executor {} devices: {:.1}x the time of {} (goal at most 11x)",
        large.devices,
        ratios[PAIRS / 2],
        small.devices,
    );
}

/// The executor's memory per device: its slot and its future.
type Kept = [u64; 40];

/// The nanoseconds per visit of a random device. A visit writes to each cache line of the device.
fn visit(devices: u32) -> f64 {
    let mut kept: Vec<Kept> = vec![[1; 40]; devices as usize];
    let (mut dice, visits) = (Dice::new(0), 4_000_000_u32);
    let watch = Stopwatch::start();
    for _ in 0..visits {
        let one = &mut kept[dice.0.below(u64::from(devices)) as usize];
        one.iter_mut().step_by(8).for_each(|word| *word += 1);
    }
    let took = watch.read().as_nanos() as f64;
    std::hint::black_box(kept);
    took / f64::from(visits)
}

/// Prints the cost of memory alone, for a fleet and for a fleet of ten times the size.
fn walk(devices: u32) {
    let mut pairs: Vec<(f64, f64)> = (0..PAIRS).map(|_| (visit(devices), visit(10 * devices))).collect();
    pairs.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let (small, large) = pairs[PAIRS / 2];
    println!("memory alone: {small:.0} ns a visit of {devices} devices, {large:.0} ns of {}", 10 * devices);
}

/// Measures our side for criterion. One iteration is the whole length of a world.
fn history(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("executor");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for (devices, secs, _) in FLEETS {
        let world = World { devices, stretch: Span::secs(secs), timeout: false };
        group.throughput(Throughput::Elements(on_sim::run(world).requests));
        group.bench_function(BenchmarkId::new("sim", devices), |bencher| {
            bencher.iter_custom(|count| (0..count).map(|_| on_sim::run(world).took).sum());
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    history(&mut criterion);
    criterion.final_summary();
    // Without `--bench`, the program only tests that it starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for (devices, secs, goal) in FLEETS {
        compare(World { devices, stretch: Span::secs(secs), timeout: false }, &format!("goal {goal}x"));
    }
    for (devices, secs, _) in FLEETS {
        compare(World { devices, stretch: Span::secs(secs), timeout: true }, "no goal");
    }
    grow(10_000, Span::secs(60));
    walk(10_000);
}
