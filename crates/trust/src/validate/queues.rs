//! The backend's workers and quota, compared with queueing theory. A backend profile, compared with
//! the measurement from which it was made.

use std::sync::Arc;

use syncdyno_contract::base::{DeviceId, Ppm, Seed, Span, Stamp, Stream, Time};
use syncdyno_contract::contract::{RequestKind, Schema, ServerError};
use syncdyno_world::backend::{Backend, BackendOptions, Bucket, Load, Quota, QuotaBy};

use super::figures::Figure;
use super::rig::plan;

const DEVICE: DeviceId = DeviceId(0);
/// The mean service time, in rows of 1 µs.
const MEAN: f64 = 100_000.0;

/// A backend whose only cost is 1 µs per row. It tests the pool of workers.
struct Pool(Backend);

impl Pool {
    fn of(workers: u32) -> Pool {
        Pool(backend(BackendOptions {
            workers,
            fixed_cost: Span::ZERO,
            scan_cost: Span::ZERO,
            row_cost: Span::micros(1),
            service_cv_milli: 0,
            errors: Ppm(0),
            ..BackendOptions::default()
        }))
    }

    fn queued(&mut self, now: Time, rows: u64) -> Span {
        let admitted = self.0.service.admit(now, DEVICE).expect("there is room for all");
        let load = Load { scanned: rows, rows, ..Load::default() };
        self.0.service.serve(admitted, RequestKind::Pull, load).queued
    }
}

fn backend(options: BackendOptions) -> Backend {
    Backend::new(Arc::new(Schema::default()), options, Stamp(0), Seed(1))
}

/// The mean time in the queue divided by the mean service time. Arrivals are Poisson and load each
/// worker by 0.8. `service` draws a service time with mean 1.
fn waiting(workers: u32, requests: u32, mut service: impl FnMut(&mut Stream) -> f64) -> f64 {
    let mut pool = Pool::of(workers);
    let mut arrivals = Seed(7).stream("arrivals", u64::from(workers), 0);
    let mut work = Seed(7).stream("work", u64::from(workers), 0);
    let between = Span::from_secs_f64(MEAN / 1e6 / (0.8 * f64::from(workers)));
    let (mut now, mut queued) = (Time::ZERO, 0.0);
    for _ in 0..requests {
        now += arrivals.exponential(between);
        queued += pool.queued(now, (service(&mut work) * MEAN) as u64).as_secs_f64();
    }
    queued / f64::from(requests) / (MEAN / 1e6)
}

fn exponential(stream: &mut Stream) -> f64 {
    stream.exponential(Span::secs(1)).as_secs_f64()
}

/// Draws from a hyperexponential distribution with balanced means and a squared coefficient of
/// variation of 4.
fn hyperexponential(stream: &mut Stream) -> f64 {
    let often = 0.5 * (1.0 + (3.0_f64 / 5.0).sqrt());
    let part = if stream.chance(often) { often } else { 1.0 - often };
    exponential(stream) / (2.0 * part)
}

pub(super) fn figures() -> Vec<Figure> {
    let known = |name, reference, measured| Figure::new(name, reference, measured, 0.02);
    let figures = [
        known("M/M/1 Wq/S", 4.0, waiting(1, 2_000_000, exponential)),
        known("M/M/4 Wq/S", 0.7455, waiting(4, 2_500_000, exponential)),
        known("M/M/8 Wq/S", 0.2860, waiting(8, 2_000_000, exponential)),
        known("M/M/16 Wq/S", 0.0953, waiting(16, 2_000_000, exponential)),
        known("M/D/1 Wq/S", 2.0, waiting(1, 600_000, |_| 1.0)),
        known("M/G/1 cv²=4 Wq/S", 10.0, waiting(1, 4_000_000, hyperexponential)),
        herd(),
        bucket(),
    ];
    figures.into_iter().chain(gateway()).collect()
}

/// A queue after an outage empties at the rate of the spare capacity. 8 workers take 100 ms per
/// request, and 40 requests per second arrive. The queue starts with 500 requests, plus the
/// 1 200 requests of 30 s.
fn herd() -> Figure {
    const RUNS: u64 = 40;
    const RATE: f64 = 40.0;
    let herd = 500 + 1_200;
    let drained = |run| {
        let mut pool = Pool::of(8);
        let mut ask = |now| pool.queued(now, Span::millis(100).as_micros());
        (0..herd).for_each(|_| _ = ask(Time::ZERO));
        let mut arrivals = Seed(run).stream("arrivals", 0, 0);
        let mut now = Time::ZERO;
        loop {
            now += arrivals.exponential(Span::from_secs_f64(1.0 / RATE));
            if ask(now) == Span::ZERO {
                return now.since(Time::ZERO).as_secs_f64();
            }
        }
    };
    let mean = (0..RUNS).map(drained).sum::<f64>() / RUNS as f64;
    Figure::new("herd: seconds to drain", f64::from(herd) / (8.0 / 0.1 - RATE), mean, 0.03)
}

fn bucket() -> Figure {
    let (burst, rate, wanted) = (50_u32, 20_u32, 500_u32);
    let bucket = Some(Bucket { burst, rate_milli: rate * 1_000 });
    let quota = Some(Quota { by: QuotaBy::Device, window: None, concurrent: None, bucket });
    let mut backend = backend(BackendOptions { quota, ..BackendOptions::default() });
    let mut now = Time::ZERO;
    for _ in 0..wanted {
        let admitted = loop {
            match backend.service.admit(now, DEVICE) {
                Ok(admitted) => break admitted,
                Err(ServerError::Throttled(after)) => now += after,
                Err(other) => panic!("{other}"),
            }
        };
        backend.service.serve(admitted, RequestKind::Pull, Load::default());
    }
    let known = f64::from(wanted - burst) / f64::from(rate);
    Figure::new("token bucket: seconds to 500 requests", known, now.0 as f64 / 1e9, 0.001)
}

const SAP: &str = r#"name = "sap"
[backend]
profile = "sap-odata"
service_cv = 0
[entity.row]
schema = { id = "uuid key", text = "text 10" }
rows = 1
[fleet.phones]
devices = 1
"#;

/// 10 000 entities of an SAP Gateway take as long as measured (SAP community, 2015).
fn gateway() -> [Figure; 2] {
    let mut backend = backend(plan(SAP).backend.clone());
    assert!(backend.page_cap() >= 10_000, "one answer held them all");
    let admitted = backend.service.admit(Time::ZERO, DEVICE).expect("it is up");
    let load = Load { scanned: 10_000, rows: 10_000, ..Load::default() };
    let service = backend.service.serve(admitted, RequestKind::Pull, load).service;
    assert!(service < backend.gateway_timeout());
    [
        Figure::new("SAP Gateway: seconds for 10 000 entities", 18.2, service.as_secs_f64(), 0.01),
        Figure::new("SAP Gateway: ms per row in all", 1.8, service.as_secs_f64() / 10.0, 0.02),
    ]
}
