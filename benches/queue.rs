//! The queue of sync units, and the status that an app shows.
//!
//! `cargo bench --bench queue` prints the time to queue and take a unit while 10, 100 and 1 000
//! units wait. The time grows with the logarithm of that number. It also prints the time of a
//! status change.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use syncdyno::base::{Time, UnitId};
use syncdyno::contract::Queue;
use syncdyno::engine::{Facts, Wheel, shown};

fn queue(c: &mut Criterion) {
    let mut group = c.benchmark_group("queue and take a unit");
    for waiting in [10u16, 100, 1_000] {
        let queue = Queue::default();
        (0..waiting).for_each(|unit| _ = queue.add(UnitId(unit), false, Time(0)));
        group.bench_function(BenchmarkId::from_parameter(waiting), |b| {
            b.iter(|| {
                let (unit, since) = queue.take(false).expect("units wait");
                black_box(queue.add(unit, false, since))
            });
        });
    }
    group.finish();
}

fn status(c: &mut Criterion) {
    let calm = Facts { online: true, ..Facts::default() };
    c.bench_function("one change of what is shown", |b| {
        let mut wheel = Wheel { steps: 1_000, ..Wheel::default() };
        b.iter(|| {
            wheel.done = (wheel.done + 1) % 1_000;
            black_box(shown(&Facts { running: Some(wheel.progress()), ..calm }))
        });
    });
}

criterion_group!(benches, queue, status);
criterion_main!(benches);
