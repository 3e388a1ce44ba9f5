//! Device classes against what was measured on devices; `cargo test --test it calibration -- --nocapture` prints the table.
//!
//! One constant is fitted, to the desktop's 150 ms. The other figures of the table are what comes of it: the steps, syncs and
//! bytes are SQLite's own on the simulated disk, and the classes' figures have sources of their own.

#![allow(clippy::print_stdout, reason = "the table is for whoever calibrates")]

use rusqlite::{Connection, StatementStatus};
use syncdyno::base::{Seed, Span, Time};
use syncdyno::disk::{Disk, Flash, Options};
use syncdyno::scenario::{DeviceClass, Document, Names, Request};

/// A class of the library.
fn class(name: &str) -> DeviceClass {
    let text = format!(
        "name = \"x\"\n[entity.a]\nrows = 1\nschema = {{ id = \"uuid key\", a = \"text\" }}\n[fleet.f]\ndevices = 1\nclass = \"{name}\"\n"
    );
    let document = Document::parse("x.toml", &text).expect("it is TOML");
    let names = Names { metrics: &[], checks: &[], engines: &["builtin".to_owned()], crash_points: &[] };
    let mut plans =
        document.plans(&Request::default(), &names).unwrap_or_else(|e| panic!("{}", e.render(false)));
    plans.remove(0).fleets.remove(0).classes.remove(0).0
}

/// A table with a unique and a composite index, as in the measurement.
fn open(disk: &Disk, pragmas: &str) -> Connection {
    let connection = disk.open("app.db").expect("the disk has power");
    connection.execute_batch(pragmas).expect("SQLite knows these");
    connection
        .execute_batch(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT, name TEXT, town TEXT, amount REAL);\
             CREATE UNIQUE INDEX u ON t(code);CREATE INDEX c ON t(town,name);",
        )
        .expect("the tables are new");
    connection
}

/// Inserts rows in one transaction; gives the steps of SQLite's machine.
fn insert(connection: &Connection, ids: std::ops::Range<u64>) -> u64 {
    connection.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    let mut steps = 0;
    let mut statement =
        connection.prepare("INSERT INTO t VALUES(?1,?2,?3,?4,?5)").expect("the table is there");
    for id in ids {
        // Keys in no order, as codes and names are.
        let mixed = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (code, name) = (format!("{mixed:016x}"), format!("name {:x}", mixed >> 40));
        statement
            .execute((id as i64, code, name, format!("town {}", mixed % 97), 0.5))
            .expect("there is room");
    }
    steps += statement.reset_status(StatementStatus::VmStep) as u64;
    drop(statement);
    connection.execute_batch("COMMIT").expect("there is room");
    steps
}

fn took(disk: &Disk, class: &DeviceClass, steps: u64, seed: u64) -> Span {
    let cpu = Span::nanos(steps * class.step_picos / 1_000);
    let charged = disk.charge(Time::ZERO, cpu, &Flash { seed: Seed(seed), ..class.flash });
    charged.until - charged.from
}

/// Ten thousand rows in one transaction, on average over the noise of the syncs.
fn bulk(name: &str) -> Span {
    let class = class(name);
    let once = |seed| {
        let disk = Disk::new(Options::default());
        let connection = open(&disk, "PRAGMA journal_mode=TRUNCATE;PRAGMA synchronous=FULL");
        disk.forgive();
        let steps = insert(&connection, 0..10_000);
        took(&disk, &class, steps, seed)
    };
    Span((0..5).map(|seed| once(seed).0).sum::<u64>() / 5)
}

/// A transaction of one row, on average.
fn single(name: &str, pragmas: &str) -> Span {
    const ROWS: u64 = 400;
    let class = class(name);
    let disk = Disk::new(Options::default());
    let connection = open(&disk, pragmas);
    disk.forgive();
    let total: u64 = (0..ROWS).map(|id| took(&disk, &class, insert(&connection, id..id + 1), 3).0).sum();
    Span(total / ROWS)
}

fn line(what: &str, found: Span, measured: f64, tolerance: f64) {
    let ms = found.as_secs_f64() * 1e3;
    println!("{what}: {ms:.1} ms, measured {measured} ms ({:+.1} %)", (ms / measured - 1.0) * 100.0);
    assert!((ms / measured - 1.0).abs() <= tolerance, "{what}: {ms} ms is not {measured} ms");
}

#[test]
fn calibration_ten_thousand_rows_with_two_indices_take_as_long_as_measured() {
    line("Samsung A42 (mid), 10 000 rows in one transaction", bulk("mid"), 1_000.0, 0.05);
    line("desktop i3 (laptop), 10 000 rows in one transaction", bulk("laptop"), 150.0, 0.05);
}

#[test]
fn calibration_a_transaction_of_one_row_takes_as_long_as_measured() {
    let rollback = single("low", "PRAGMA journal_mode=TRUNCATE;PRAGMA synchronous=FULL");
    let log = single("low", "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL");
    line("eMMC (low), an insert with a rollback journal", rollback, 25.6, 0.15);
    line("eMMC (low), an insert with a write-ahead log", log, 6.4, 0.3);
    // A phone of 2010 is no class of the library; it must be slower than the slowest of them, by no more than its age.
    let galaxy = 80.0 / (rollback.as_secs_f64() * 1e3);
    println!("Galaxy S of 2010: 80 ms a commit, {galaxy:.1} times class low");
    assert!((2.0..4.0).contains(&galaxy));
}
