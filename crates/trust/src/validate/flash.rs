//! SQLite on the simulated disk of the device classes, compared with measurements on devices.
//!
//! Only one constant is fitted, to the 150 ms of the desktop. The numbers of steps, syncs and bytes
//! come from SQLite itself.

use rusqlite::{Connection, StatementStatus};

use super::figures::Figure;
use super::rig::class;
use syncdyno_contract::base::{Seed, Span, Time};
use syncdyno_world::disk::{Disk, DiskOptions, Flash};
use syncdyno_world::setup::DeviceClass;

const ROLLBACK: &str = "PRAGMA journal_mode=TRUNCATE;PRAGMA synchronous=FULL";
const LOG: &str = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL";

/// The milliseconds of a transaction with many rows, and of one with a single row (sqlite.work;
/// Jeong, USENIX ATC 2013).
pub(super) fn figures() -> Vec<Figure> {
    let ms = |span: Span| span.as_secs_f64() * 1e3;
    let many = "10 000 rows, two indices, one transaction: ms";
    vec![
        Figure::new(format!("Samsung A42 (mid), {many}"), 1_000.0, ms(bulk("mid")), 0.05),
        Figure::new(format!("desktop i3 (laptop), {many}"), 150.0, ms(bulk("laptop")), 0.05),
        Figure::new("eMMC (low), an insert, rollback journal: ms", 25.6, ms(single("low", ROLLBACK)), 0.15),
        Figure::new("eMMC (low), an insert, write-ahead log: ms", 6.4, ms(single("low", LOG)), 0.3),
    ]
}

fn open(disk: &Disk, pragmas: &str) -> Connection {
    let connection = disk.open("app.db").expect("the disk has power");
    connection.execute_batch(pragmas).expect("SQLite knows these");
    let tables = "CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT, name TEXT, town TEXT, amount REAL);\
                  CREATE UNIQUE INDEX u ON t(code);CREATE INDEX c ON t(town,name);";
    connection.execute_batch(tables).expect("the tables are new");
    disk.forgive();
    connection
}

/// Inserts rows in one transaction. Returns the number of steps of SQLite's virtual machine.
fn insert(connection: &Connection, ids: std::ops::Range<u64>) -> u64 {
    connection.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    let mut statement =
        connection.prepare("INSERT INTO t VALUES(?1,?2,?3,?4,?5)").expect("the table is there");
    for id in ids {
        // The keys are in random order. Codes and names of real apps are too.
        let mixed = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (code, name) = (format!("{mixed:016x}"), format!("name {:x}", mixed >> 40));
        let row = (id as i64, code, name, format!("town {}", mixed % 97), 0.5);
        statement.execute(row).expect("there is room");
    }
    let steps = statement.reset_status(StatementStatus::VmStep) as u64;
    drop(statement);
    connection.execute_batch("COMMIT").expect("there is room");
    steps
}

fn took(disk: &Disk, class: &DeviceClass, steps: u64, seed: u64) -> Span {
    let cpu = Span::nanos(steps * class.step_picos / 1_000);
    let charged = disk.charge(Time::ZERO, cpu, &Flash { seed: Seed(seed), ..class.flash });
    charged.until - charged.from
}

/// The time of 10 000 rows in one transaction, averaged over the random duration of syncs.
fn bulk(name: &str) -> Span {
    let class = class(name);
    let once = |seed| {
        let disk = Disk::new(DiskOptions::default());
        let connection = open(&disk, ROLLBACK);
        let steps = insert(&connection, 0..10_000);
        took(&disk, &class, steps, seed)
    };
    Span((0..5).map(|seed| once(seed).0).sum::<u64>() / 5)
}

fn single(name: &str, pragmas: &str) -> Span {
    const ROWS: u64 = 400;
    let class = class(name);
    let disk = Disk::new(DiskOptions::default());
    let connection = open(&disk, pragmas);
    let total: u64 = (0..ROWS).map(|id| took(&disk, &class, insert(&connection, id..id + 1), 3).0).sum();
    Span(total / ROWS)
}
