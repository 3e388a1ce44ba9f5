//! The rows per second of the store, compared with a hand-written loop. Both use the same tables,
//! rows, transactions and disks.
//!
//! `cargo bench --bench store` prints the ratios after criterion's figures. The two take turns in
//! each round, so the ratios are valid on any machine.

#![expect(clippy::disallowed_types, reason = "a bench measures host time")]
#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rusqlite::{Connection, Statement};
use syncdyno::base::Cell;
use syncdyno::base::{DeviceId, EditId, EntityId, Key, Seed, Stamp, Value};
use syncdyno::contract::{Column, ColumnKind, Database, EditKind, Entity, LocalEdit, Schema};
use syncdyno::disk::{self, Disk};
use syncdyno::store::{Journal, Store, StoreOptions, Synchronous};

const DEVICES: usize = 200;
const ROWS: usize = 500;
/// Rows per transaction.
const CHUNK: usize = 100;
const ROUNDS: usize = 10;
const TASK: EntityId = EntityId(0);

/// The store's tables and its upsert, written by hand. All tables are needed, because a larger
/// schema costs more.
const TABLES: &str = "\
CREATE TABLE outbox(seq INTEGER PRIMARY KEY,id TEXT NOT NULL UNIQUE,device,number,entity,key TEXT,kind,\"values\",base,\
made_at,attempts,last_error,parked);\
CREATE INDEX outbox_row ON outbox(entity,key);\
CREATE TABLE progress(unit,entity,cursor,generation,loading,PRIMARY KEY(unit,entity))WITHOUT ROWID;\
CREATE TABLE unit(unit INTEGER PRIMARY KEY,last_sync_on,run,running);\
CREATE TABLE log(seq INTEGER PRIMARY KEY,device,number,entity,key,kind,met);\
CREATE TABLE task(key TEXT PRIMARY KEY,stamp,generation,title,state,at,due,done,note)WITHOUT ROWID;";
const UPSERT: &str = "INSERT INTO task VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)ON CONFLICT(key)DO UPDATE SET \
                      stamp=excluded.stamp,generation=excluded.generation,title=excluded.title,state=excluded.state,\
                      at=excluded.at,due=excluded.due,done=excluded.done,note=excluded.note";

/// A row in the form in which it is received.
struct WireRow {
    key: String,
    stamp: Stamp,
    cells: Vec<Cell<'static>>,
}

/// The place of the databases.
#[derive(Clone, Copy, Debug)]
enum Medium {
    Memory,
    Disk(Journal),
}

const MEDIA: [(&str, Medium); 3] = [
    ("memory", Medium::Memory),
    ("disk, rollback journal", Medium::Disk(Journal::Persist)),
    ("disk, write-ahead log", Medium::Disk(Journal::Wal)),
];

impl Medium {
    fn options(self) -> StoreOptions {
        match self {
            Medium::Memory => StoreOptions { journal: Journal::Memory, ..StoreOptions::default() },
            Medium::Disk(journal) => {
                let synchronous =
                    if journal == Journal::Persist { Synchronous::Full } else { Synchronous::Normal };
                StoreOptions { journal, synchronous, ..StoreOptions::default() }
            }
        }
    }

    fn disks(self) -> Vec<Option<Disk>> {
        let disk = || matches!(self, Medium::Disk(_)).then(|| Disk::new(disk::DiskOptions::default()));
        (0..DEVICES).map(|_| disk()).collect()
    }
}

fn database(disk: Option<&Disk>) -> Database {
    disk.map_or_else(Database::memory, |disk| disk.location("app.db"))
}

fn schema() -> Arc<Schema> {
    let column = |name: &str| Column::new(name, ColumnKind::Text);
    Arc::new(Schema {
        entities: vec![Entity {
            projection: (0..6).collect(),
            ..Entity::new("task", ["title", "state", "at", "due", "done", "note"].map(column).to_vec())
        }],
        ..Schema::default()
    })
}

/// Rows of about 120 bytes for one device. The keys are in random order.
fn rows() -> Vec<WireRow> {
    (0..ROWS as u64)
        .map(|row| {
            let mut stream = Seed(7).stream("row", row, 0);
            let bits = u128::from(stream.next_u64()) << 64 | u128::from(stream.next_u64());
            let cells = vec![
                Cell::Text("call the ward about bed 14".into()),
                Cell::Text("open".into()),
                Cell::Int(1_700_000_000_000_000 + row as i64),
                Cell::Int(1_700_000_000_000_000),
                Cell::Int(1),
                Cell::Text("no answer before noon".into()),
            ];
            WireRow { key: Key::uuid(bits).as_str().to_owned(), stamp: Stamp(1_700_000_000_000_000), cells }
        })
        .collect()
}

fn open_stores(disks: &[Option<Disk>], schema: &Arc<Schema>, options: &StoreOptions) -> Vec<Store> {
    disks
        .iter()
        .map(|disk| Store::open(&database(disk.as_ref()), Arc::clone(schema), options).unwrap())
        .collect()
}

/// Opens connections with the settings and tables of the store.
fn open_bare(disks: &[Option<Disk>], options: &StoreOptions) -> Vec<Connection> {
    let journal = match options.journal {
        Journal::Persist => "PERSIST",
        Journal::Truncate => "TRUNCATE",
        Journal::Wal => "WAL;PRAGMA wal_autocheckpoint=100",
        Journal::Memory => "MEMORY",
    };
    let pragmas = format!(
        "PRAGMA page_size={};PRAGMA journal_mode={journal};PRAGMA synchronous={};PRAGMA cache_size={};{TABLES}",
        options.page_size,
        if options.synchronous == Synchronous::Full { "FULL" } else { "NORMAL" },
        options.cache_pages
    );
    disks
        .iter()
        .map(|disk| {
            let connection = disk::open(&database(disk.as_ref())).unwrap();
            connection.execute_batch(&pragmas).unwrap();
            connection
        })
        .collect()
}

fn fill_stores(stores: &[Store], rows: &[WireRow]) {
    for chunk in rows.chunks(CHUNK) {
        for store in stores {
            store
                .transaction(|tx| {
                    chunk.iter().try_for_each(|row| {
                        tx.put(TASK, &row.key, row.stamp, 0, row.stamp, &row.cells).map(drop)
                    })
                })
                .unwrap();
        }
    }
}

fn fill_bare(connections: &[Connection], rows: &[WireRow]) {
    let prepare = |sql| connections.iter().map(|c| c.prepare(sql).unwrap()).collect::<Vec<_>>();
    let mut begins = prepare("BEGIN IMMEDIATE");
    let mut upserts = prepare(UPSERT);
    let mut commits = prepare("COMMIT");
    for chunk in rows.chunks(CHUNK) {
        for device in 0..connections.len() {
            begins[device].raw_execute().unwrap();
            let upsert = &mut upserts[device];
            chunk.iter().try_for_each(|row| put_bare(upsert, row)).unwrap();
            commits[device].raw_execute().unwrap();
        }
    }
}

fn put_bare(statement: &mut Statement<'_>, row: &WireRow) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(1, row.key.as_str())?;
    statement.raw_bind_parameter(2, row.stamp.0)?;
    statement.raw_bind_parameter(3, 0)?;
    for (place, cell) in row.cells.iter().enumerate() {
        match cell {
            Cell::Null => statement.raw_bind_parameter(place + 4, rusqlite::types::Null)?,
            Cell::Int(n) => statement.raw_bind_parameter(place + 4, n)?,
            Cell::Real(x) => statement.raw_bind_parameter(place + 4, x)?,
            Cell::Text(t) => statement.raw_bind_parameter(place + 4, &**t)?,
        }
    }
    statement.raw_execute()?;
    Ok(())
}

fn upserts(criterion: &mut Criterion) {
    let (schema, rows) = (schema(), rows());
    let mut group = criterion.benchmark_group("upsert");
    group.throughput(Throughput::Elements((DEVICES * ROWS) as u64)).sample_size(10);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for (name, medium) in MEDIA {
        let options = medium.options();
        group.bench_function(BenchmarkId::new("store", name), |bencher| {
            let setup = || {
                let disks = medium.disks();
                (open_stores(&disks, &schema, &options), disks)
            };
            bencher.iter_batched_ref(
                setup,
                |(stores, _)| fill_stores(stores, &rows),
                BatchSize::PerIteration,
            );
        });
        group.bench_function(BenchmarkId::new("bare", name), |bencher| {
            let setup = || {
                let disks = medium.disks();
                (open_bare(&disks, &options), disks)
            };
            bencher.iter_batched_ref(setup, |(bare, _)| fill_bare(bare, &rows), BatchSize::PerIteration);
        });
    }
}

/// Measures the single operations of a device's user and of its process.
fn single(criterion: &mut Criterion) {
    let schema = schema();
    let mut group = criterion.benchmark_group("single");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for (name, medium) in MEDIA {
        let options = medium.options();
        let disks = medium.disks();
        let disk = disks[0].as_ref();
        group.bench_function(BenchmarkId::new("open", name), |bencher| {
            bencher.iter(|| Store::open(&database(disk), Arc::clone(&schema), &options).unwrap());
        });
        let store = Store::open(&database(disk), Arc::clone(&schema), &options).unwrap();
        fill_stores(std::slice::from_ref(&store), &rows());
        group.bench_function(BenchmarkId::new("read all", name), |bencher| {
            bencher.iter(|| store.rows(TASK, &mut |key, _, _| _ = black_box(key)).unwrap());
        });
        let mut number = 0;
        group.bench_function(BenchmarkId::new("edit", name), |bencher| {
            bencher.iter(|| {
                number += 1;
                let edit = LocalEdit {
                    id: EditId { device: DeviceId(0), number },
                    entity: TASK,
                    key: Key::new(&format!("local row {number}")),
                    kind: EditKind::Create,
                    values: (0..6).map(|column| (column, Value::Int(1))).collect(),
                };
                store.edit(&edit, &format!("d0-{number}"), Stamp(1)).unwrap();
            });
        });
    }
}

/// Prints the rows per second of both, in turn: first into empty tables, then over existing rows.
fn ratios(_: &mut Criterion) {
    let (schema, rows) = (schema(), rows());
    println!("\n{:24} {:>8} {:>12} {:>12} {:>7}", "medium", "", "bare rows/s", "store rows/s", "ratio");
    for (name, medium) in MEDIA {
        let options = medium.options();
        let mut seconds = [const { Vec::new() }; 4];
        for round in 0..ROUNDS {
            // The second one finds a warm cache, so the order alternates.
            for bare in [round % 2 == 0, round % 2 == 1] {
                let disks = medium.disks();
                if bare {
                    let bare = open_bare(&disks, &options);
                    seconds[0].push(time(|| fill_bare(&bare, &rows)));
                    seconds[1].push(time(|| fill_bare(&bare, &rows)));
                } else {
                    let stores = open_stores(&disks, &schema, &options);
                    seconds[2].push(time(|| fill_stores(&stores, &rows)));
                    seconds[3].push(time(|| fill_stores(&stores, &rows)));
                }
            }
        }
        let rate = seconds.map(|s| (DEVICES * ROWS) as f64 / median(s));
        for (pass, what) in ["insert", "update"].iter().enumerate() {
            let (bare, store) = (rate[pass], rate[pass + 2]);
            println!("{name:24} {what:>8} {bare:>12.0} {store:>12.0} {:>7.3}", store / bare);
        }
    }
}

fn time(f: impl FnOnce()) -> f64 {
    let start = Instant::now();
    f();
    start.elapsed().as_secs_f64()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

criterion_group!(benches, upserts, single, ratios);
criterion_main!(benches);
