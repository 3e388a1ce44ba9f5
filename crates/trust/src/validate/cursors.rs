//! Counts the rows that each kind of time cursor loses while a device reads, and its requests. If a
//! cursor loses nothing, the figure is the number of received rows. The first figures are exact. In
//! the others, rows change or commit late at random, so these figures can be off by 10 %.

use std::collections::BTreeSet;

use super::figures::Figure;
use super::rig::plan;
use syncdyno_contract::base::{DeviceId, EntityId, Key, Ppm, Seed, Span, Stamp, Stream, Time, UnitId, Value};
use syncdyno_world::backend::{Backend, BackendOptions, CommitDelay, Loaded, Upto};
use syncdyno_world::gateway::{
    Gateway, GatewayOptions, LastModifiedBound as Bound, LastModifiedEnd as End, LastModifiedOptions,
    LastModifiedPaging as Paging, ServerHalf as _, call_by,
};
use syncdyno_world::protocol::{DEFAULT as CODEC, PullRequest, Request, Want};

const METER: EntityId = EntityId(0);
const START: Stamp = Stamp(1_700_000_000_000_000);

const METERS: &str = r#"name = "meters"
[entity.meter]
schema = { id = "uuid key", reading = "int" }
rows = 1
[fleet.phones]
devices = 1
"#;

struct Site {
    backend: Backend,
    gateway: Gateway,
    now: Time,
    cursor: Option<String>,
    run: u64,
    held: BTreeSet<String>,
    requests: u64,
    largest: usize,
}

impl Site {
    /// Makes a backend whose rows share timestamps. `groups` has the number of rows per timestamp.
    fn new(options: LastModifiedOptions, backend: BackendOptions, groups: &[u32]) -> Site {
        let backend = BackendOptions { page_cap: 10_000, service_cv_milli: 0, ..backend };
        let mut backend = Backend::new(plan(METERS).schema.clone(), backend, START, Seed(1));
        let first = START.minus(Span::secs(86_400));
        let rows = groups.iter().enumerate().flat_map(|(group, &rows)| {
            let stamp = first.plus(Span::secs(group as u64));
            (0..rows).map(move |n| Loaded {
                key: Key::new(&format!("g{group:05}r{n:05}")),
                values: vec![Value::Int(0)].into(),
                created: stamp,
                updated: stamp,
                deleted: None,
            })
        });
        backend.load(METER, rows);
        let options = GatewayOptions { serve: options.into(), ..GatewayOptions::default() };
        let gateway = Gateway::new(&options, backend.schema(), vec![Vec::new()], START);
        let (held, cursor) = (BTreeSet::new(), None);
        Site { backend, gateway, now: Time::ZERO, cursor, run: 1, held, requests: 0, largest: 0 }
    }

    fn page(&mut self, rows: u32) -> bool {
        let wants = vec![Want { entity: METER, cursor: self.cursor.clone(), ids: 0 }];
        let request = Request::Pull(PullRequest {
            device: DeviceId(0),
            unit: UnitId(0),
            wants,
            rows,
            bytes: u64::MAX,
            clock: self.backend.clock(self.now),
            zone: 0,
            run: self.run,
            by_address: false,
        });
        let (times, request) = ((self.now, Time::FAR), CODEC.encode_request(&request));
        let called = call_by(&mut self.gateway, &mut self.backend, times, |gateway, backend| {
            gateway.serve(DeviceId(0), &request, backend)
        });
        let answer = called.answer.expect("a pull is answered").into_bytes();
        let answer = CODEC.decode_answer(&answer).ok().and_then(Result::ok).expect("it has pages");
        let page = &answer.pages[0];
        self.cursor = Some(page.cursor.to_string());
        self.held.extend(page.rows.iter().map(|row| row.key.to_owned()));
        self.requests += 1;
        self.largest = self.largest.max(page.rows.len());
        page.more
    }
    fn pull(&mut self, rows: u32, most: u64) {
        let until = self.requests + most;
        while self.requests < until && self.page(rows) {}
    }
    fn lost(&self) -> u64 {
        self.backend.rows(METER).filter(|row| !self.held.contains(row.key.as_str())).count() as u64
    }
    /// Compares the results with known figures. If `requests` is unknown, it is not compared.
    fn told(&self, name: &str, lost: u64, requests: Option<u64>, tolerance: f64) -> Vec<Figure> {
        let figure = |what, known, ours| Figure::new(format!("{name}: {what}"), known, ours, tolerance);
        let rows = match lost {
            0 => figure("rows that came", self.backend.len(METER) as f64, self.held.len() as f64),
            _ => figure("rows lost", lost as f64, self.lost() as f64),
        };
        let requests = requests.map(|known| figure("requests", known as f64, self.requests as f64));
        [rows].into_iter().chain(requests).collect()
    }
}

/// 1 000 rows with different times, then 2 500 rows with one time, then 1 000 with different times.
fn groups() -> Vec<u32> {
    let mut groups = vec![1; 2_001];
    groups[1_000] = 2_500;
    groups
}

pub(super) fn still() -> Vec<Figure> {
    let site = |options| Site::new(options, BackendOptions::default(), &groups());
    let mut figures = Vec::new();
    for (name, bound, end, page, lost, requests, largest) in [
        ("ts >, page 100", Bound::Strict, End::Count, 100, 2_400, 22, 100),
        ("ts >, page 500", Bound::Strict, End::Count, 500, 2_000, 6, 500),
        ("ts >, page 1000", Bound::Strict, End::Count, 1_000, 1_500, 4, 1_000),
        ("literal, page 100", Bound::FirstNotReturnedExtended, End::Marker, 100, 19, 20, 2_591),
        ("literal, page 500", Bound::FirstNotReturnedExtended, End::Marker, 500, 3, 4, 2_999),
        ("literal, page 1000", Bound::FirstNotReturnedExtended, End::Marker, 1_000, 2_500, 2, 1_000),
        ("first not returned, page 100", Bound::FirstNotReturned, End::Marker, 100, 2_509, 20, 100),
        ("first not returned, page 500", Bound::FirstNotReturned, End::Marker, 500, 2_501, 4, 500),
        ("extended over ties, page 100", Bound::TieExtended, End::Marker, 100, 0, 21, 2_500),
        ("extended over ties, page 500", Bound::TieExtended, End::Marker, 500, 0, 5, 2_500),
        ("(ts, id), page 100", Bound::Keyset, End::Count, 100, 0, 46, 100),
        ("(ts, id), page 500", Bound::Keyset, End::Count, 500, 0, 10, 500),
    ] {
        let options = LastModifiedOptions { bound, end, ..LastModifiedOptions::default() };
        let mut site = site(options);
        site.pull(page, 1_000);
        figures.extend(site.told(name, lost, Some(requests), 0.0));
        let largest = f64::from(largest);
        figures.push(Figure::new(format!("{name}: largest page"), largest, site.largest as f64, 0.0));
    }
    // With a bound that includes the last time, the cursor requests the same page of equal times
    // for ever.
    let mut endless = site(LastModifiedOptions { bound: Bound::Inclusive, ..LastModifiedOptions::default() });
    endless.pull(100, 1_000);
    let name = "ts >=, page 100: requests of a thousand";
    figures.push(Figure::new(name, 1_000.0, endless.requests as f64, 0.0));
    // The link fails after page 12. The next run starts at the latest saved time.
    let mut dies = site(by_offset());
    dies.pull(100, 12);
    dies.run += 1;
    dies.pull(100, 1_000);
    figures.extend(dies.told("offset, link dies after page 12", 2_300, Some(23), 0.0));
    figures
}

fn by_offset() -> LastModifiedOptions {
    LastModifiedOptions { paging: Paging::Offset, end: End::Count, ..LastModifiedOptions::default() }
}

/// In the first figures, 10 of the delivered rows change after each page. In the others, some
/// transactions commit late.
pub(super) fn moving() -> Vec<Figure> {
    let mut figures = Vec::new();
    for (page, lost, requests) in [(100, 327, 41), (500, 67, 9)] {
        let mut site = Site::new(by_offset(), BackendOptions::default(), &[1; 4_000]);
        let mut draws = Seed(1).stream("touched", u64::from(page), 0);
        while site.page(page) {
            site.now += Span::secs(1);
            touch(&mut site, &mut draws);
        }
        let name = format!("offset, ten rows touched a page of {page}");
        figures.extend(site.told(&name, lost, Some(requests), 0.1));
    }
    for (window, lost, tolerance) in [(0, 387, 0.1), (100, 268, 0.1), (400, 0, 0.0)] {
        let name = format!("2 % commit up to 400 ms late, window {window} ms");
        figures.extend(late(Span::millis(window)).told(&name, lost, None, tolerance));
    }
    figures
}

fn touch(site: &mut Site, draws: &mut Stream) {
    let held: Vec<Key> = site.held.iter().map(|key| Key::new(key)).collect();
    for _ in 0..10 {
        let key = &held[draws.below(held.len() as u64) as usize];
        let written = site.backend.office().write(site.now, METER, key, &[(0, Value::Int(1))]);
        written.expect("a row that was delivered is there");
    }
}

/// 20 000 rows are created, one every 10 ms. The device pulls every 50 ms.
fn late(window: Span) -> Site {
    let (bound, upto) = (Bound::Strict, Upto::Behind(window));
    let options = LastModifiedOptions { bound, upto, ..LastModifiedOptions::default() };
    let backend = BackendOptions {
        commit_delay: Some(CommitDelay { share: Ppm(20_000), upto: Span::millis(400) }),
        stamp_precision: Span::micros(1),
        ..BackendOptions::default()
    };
    let mut site = Site::new(options, backend, &[]);
    for n in 0..20_000_u64 {
        // Rows are created between pulls, and not at the same time as a pull.
        site.now = Time::ZERO + Span::millis(10 * n + 3);
        let key = Key::new(&format!("m{n:05}"));
        let made = site.backend.office().create(site.now, METER, key, vec![Value::Int(0)]);
        made.expect("the key is new");
        if n % 5 == 4 {
            site.now = Time::ZERO + Span::millis(10 * n + 10);
            site.pull(10_000, 10);
        }
    }
    site.now += Span::secs(2);
    site.pull(10_000, 10);
    site
}
