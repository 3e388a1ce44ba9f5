//! Helpers for validation. They make plans from scenarios of a few lines. They also build a device
//! behind a link that fails at random, with a server that works on each request for a given time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use syncdyno_contract::base::{BitRate, Seed, Span, Time};
use syncdyno_contract::contract::{Event, LocalBoxFuture, Observer, StackDescription};
use syncdyno_scenario::scenario::{Document, Plan, Request};
use syncdyno_world::net::{
    GapLengths, Gaps, Link, LinkSchedule, OutageMode, Profile, Server, TransportOptions, Way,
};
use syncdyno_world::setup::DeviceClass;
use syncdyno_world::sim::{Handle, Sim};

pub(super) fn plan(scenario: &str) -> Plan {
    let request = Request { seeds: vec![1], ..Request::default() };
    let document = Document::parse("", scenario);
    let plans =
        document.and_then(|document| document.plans(&request, &[StackDescription::builtin("builtin")]));
    plans.unwrap_or_else(|error| panic!("{error}")).remove(0)
}

pub(super) fn class(name: &str) -> DeviceClass {
    let scenario = format!(
        "name = \"class\"\n[entity.row]\nrows = 1\nschema = {{ id = \"uuid key\", text = \"text\" }}\n\
         [fleet.phones]\ndevices = 1\nclass = \"{name}\"\n"
    );
    plan(&scenario).fleets.remove(0).classes.remove(0).0
}

/// A link that is up and down for random times. The times are exponential, with the means `mtbf`
/// and `mean`.
pub(super) fn failures(mtbf: Span, mean: Span) -> Gaps {
    Gaps { mtbf, mean, mode: OutageMode::Reset, lengths: GapLengths::Exponential }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) work: Span,
    pub(super) bytes: u64,
}

pub(super) struct Client {
    handle: Handle,
    way: Rc<Way>,
    link: Rc<RefCell<Link>>,
}

/// The wait before a retry, if the operating system has not noticed that the link is down.
const TRY_AGAIN: Span = Span::millis(50);

impl Client {
    /// Sends one order. Returns true if the response came before the connection broke.
    pub(super) async fn order(&self, order: Order) -> bool {
        let request = [order.work.0, order.bytes].map(u64::to_le_bytes).concat();
        self.way.request(request, Time::FAR).await.is_ok()
    }
    /// Waits until the device can know that the link is up.
    pub(super) async fn repaired(&self) {
        let now = self.handle.now();
        let up = self.link.borrow().conditions().seems_up_from(now);
        self.handle.sleep_until(if up > now { up } else { now + TRY_AGAIN }).await;
    }

    pub(super) async fn insist(&self, order: Order) {
        while !self.order(order).await {
            self.repaired().await;
        }
    }
}

const JOBS: u32 = 100_000;

/// The mean seconds of a `job` over a link that fails as `gaps` describes. Each device does
/// `jobs_per_device` jobs. A job takes about `expected` seconds.
pub(super) fn mean_time(
    (seed, purpose): (Seed, &'static str),
    path: (Span, BitRate),
    gaps: Gaps,
    (expected, jobs_per_device): (f64, u32),
    job: impl AsyncFn(&Client) + Copy + 'static,
) -> f64 {
    // The failures cover 3 times the expected time.
    let horizon = Span::from_secs_f64(3.0 * expected * f64::from(jobs_per_device));
    let on_device = |device| {
        let link = failing_link(seed.derive(purpose, device), path, gaps, horizon);
        time(link, jobs_per_device, job).0
    };
    let total: u64 = (0..u64::from(JOBS / jobs_per_device)).map(on_device).sum();
    total as f64 / 1e9 / f64::from(JOBS)
}

fn time(link: Link, jobs: u32, job: impl AsyncFn(&Client) + 'static) -> Span {
    let mut sim = Sim::default();
    let handle = sim.handle().clone();
    let (device, server) = (handle.node("device"), handle.node("server"));
    let link = Rc::new(RefCell::new(link));
    let works = Rc::new(Works(handle.clone()));
    // The formulas have neither connections nor headers.
    let bare = TransportOptions::bare();
    let way = Way::new(handle.clone(), server, link.clone(), works, Rc::new(DiscardEvents), bare);
    let client = Client { handle: handle.clone(), way, link };
    let ended = Rc::new(Cell::new(None));
    let (clock, told) = (handle.clone(), ended.clone());
    handle.spawn(device, "job", async move {
        for _ in 0..jobs {
            job(&client).await;
        }
        told.set(Some(clock.now()));
        clock.halt();
    });
    sim.run_until(Time::FAR);
    ended.get().expect("a device sends its requests until each has a response").since(Time::ZERO)
}

fn failing_link(seed: Seed, (rtt, down): (Span, BitRate), gaps: Gaps, horizon: Span) -> Link {
    let steady = Profile::steady("failing", rtt, down, BitRate(1_000_000_000_000));
    let profile = Profile { gaps: Some(gaps), queue: u64::MAX, ..steady };
    Link::new(&LinkSchedule::settled(Arc::new(profile)), seed, Time::ZERO + horizon)
}

struct Works(Handle);

impl Server for Works {
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let handle = self.0.clone();
        Box::pin(async move {
            let (numbers, _) = request.as_chunks().0.as_chunks::<2>();
            let [work, bytes] = numbers[0].map(u64::from_le_bytes);
            handle.sleep(Span(work)).await;
            Some(vec![0; bytes as usize])
        })
    }
}

struct DiscardEvents;

impl Observer for DiscardEvents {
    fn observe(&self, _: Event<'_>) {}
}
