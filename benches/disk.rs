//! The cost of the simulated disk under SQLite, compared with `:memory:`. Upserts rows of 120 bytes
//! in transactions of 100 rows.
//!
//! The stores take turns in each round, so other load on the machine affects all of them. The
//! result is the median of the ratios per round.

#![expect(clippy::disallowed_types, reason = "a bench measures host time")]
#![expect(clippy::print_stdout, reason = "a bench shows its figures")]

use std::time::{Duration, Instant};

use criterion::Criterion;
use rusqlite::Connection;
use syncdyno::base::{Seed, Stream};
use syncdyno::contract::Database;
use syncdyno::disk::{self, Disk, DiskOptions};

const ROUNDS: usize = 15;
const ROWS: usize = 100;

/// A distribution of the same number of rows over devices and transactions.
struct Shape {
    name: &'static str,
    devices: usize,
    transactions: usize,
}

const SHAPES: [Shape; 2] = [
    Shape { name: "60 devices, 10 transactions each", devices: 60, transactions: 10 },
    Shape { name: "1000 devices, a first transaction each", devices: 1_000, transactions: 1 },
];

const SCHEMA: &str = "CREATE TABLE row(
    id TEXT PRIMARY KEY, unit INTEGER, version INTEGER, changed INTEGER, title TEXT, body TEXT) WITHOUT ROWID";
const UPSERT: &str = "INSERT INTO row VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(id) DO UPDATE SET
    unit = excluded.unit, version = excluded.version, changed = excluded.changed,
    title = excluded.title, body = excluded.body";

enum Place {
    Memory,
    /// In memory, with SQLite's defaults: 48 KB of lookaside memory per connection. The other
    /// stores have none.
    Stock,
    Disk,
}

struct Store {
    name: &'static str,
    place: Place,
    pragmas: &'static str,
}

const STORES: [Store; 5] = [
    Store { name: ":memory:", place: Place::Memory, pragmas: "" },
    Store { name: ":memory:, with lookaside", place: Place::Stock, pragmas: "" },
    Store {
        name: "disk, PERSIST, FULL",
        place: Place::Disk,
        pragmas: "PRAGMA journal_mode=PERSIST; PRAGMA synchronous=FULL",
    },
    Store {
        name: "disk, PERSIST, FULL, exclusive",
        place: Place::Disk,
        pragmas: "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=PERSIST; PRAGMA synchronous=FULL",
    },
    Store {
        name: "disk, WAL, NORMAL",
        place: Place::Disk,
        pragmas: "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    },
];

struct Device {
    disk: Option<Disk>,
    connection: Connection,
}

impl Store {
    fn device(&self) -> Device {
        let disk = matches!(self.place, Place::Disk).then(|| Disk::new(DiskOptions::default()));
        let connection = match (&self.place, &disk) {
            (Place::Stock, _) => {
                disk::prepare();
                Connection::open_in_memory()
            }
            (_, None) => disk::open(&Database::memory()),
            (_, Some(disk)) => disk.open("app.db"),
        }
        .expect("a new database opens");
        connection.execute_batch(self.pragmas).expect("SQLite knows its pragmas");
        connection.execute_batch(SCHEMA).expect("the schema is well-formed");
        Device { disk, connection }
    }
}

fn uuid(stream: &mut Stream) -> String {
    let bits = format!("{:032x}", stream.bits128());
    [&bits[..8], &bits[8..12], &bits[12..16], &bits[16..20], &bits[20..]].join("-")
}

/// The keys of each transaction. Every second transaction updates the rows of the previous one.
fn keys(transactions: usize) -> Vec<Vec<String>> {
    let mut stream = Seed(1).stream("bench.disk", 0, 0);
    let mut keys: Vec<Vec<String>> = Vec::new();
    for n in 0..transactions {
        keys.push(match n % 2 {
            0 => (0..ROWS).map(|_| uuid(&mut stream)).collect(),
            _ => keys[n - 1].clone(),
        });
    }
    keys
}

fn upsert(connection: &Connection, keys: &[String], n: i64) {
    let mut statement = connection.prepare_cached(UPSERT).expect("the statement is well-formed");
    connection.execute_batch("BEGIN").expect("no transaction is open");
    for key in keys {
        statement
            .execute((
                key,
                7,
                n,
                1_700_000_000_000_000_i64 + n,
                "Change the dressing",
                "left knee, twice a day, dry",
            ))
            .expect("a row fits");
    }
    connection.execute_batch("COMMIT").expect("nobody else has the database");
}

/// The time of all transactions on all devices, without opening the databases.
fn round(store: &Store, devices: usize, keys: &[Vec<String>]) -> (Duration, Vec<Device>) {
    let devices: Vec<Device> = (0..devices).map(|_| store.device()).collect();
    let start = Instant::now();
    for (n, keys) in keys.iter().enumerate() {
        for device in &devices {
            upsert(&device.connection, keys, n as i64);
        }
    }
    (start.elapsed(), devices)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn compare(shape: &Shape) {
    let keys = keys(shape.transactions);
    let mut ratios = vec![Vec::new(); STORES.len()];
    let mut rates = vec![Vec::new(); STORES.len()];
    let mut last = Vec::new();
    for n in 0..ROUNDS {
        let mut times = [Duration::ZERO; STORES.len()];
        last.clear();
        for turn in 0..STORES.len() {
            let at = (turn + n) % STORES.len();
            let (time, mut devices) = round(&STORES[at], shape.devices, &keys);
            times[at] = time;
            last.push((at, devices.pop().expect("there are devices")));
        }
        for (at, time) in times.iter().enumerate() {
            ratios[at].push(times[0].as_secs_f64() / time.as_secs_f64());
            rates[at].push((shape.devices * shape.transactions * ROWS) as f64 / time.as_secs_f64());
        }
    }
    last.sort_by_key(|(at, _)| *at);
    println!("{:<40} {:>9} {:>12} {:>10}", shape.name, "relative", "rows/s", "disk KB");
    for ((at, device), (ratios, rates)) in last.iter().zip(ratios.into_iter().zip(rates)) {
        let kb = device.disk.as_ref().map_or(0, |disk| disk.owned_bytes() / 1_024);
        println!("{:<40} {:>9.2} {:>12.0} {kb:>10}", STORES[*at].name, median(ratios), median(rates));
    }
}

fn main() {
    SHAPES.iter().for_each(compare);
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let keys = keys(10);
    for store in &STORES {
        let device = store.device();
        let mut n = 0;
        criterion.bench_function(&format!("100 upserts, {}", store.name), |bench| {
            bench.iter(|| {
                n += 1;
                upsert(&device.connection, &keys[n % 10], n as i64);
            });
        });
    }
    criterion.final_summary();
}
