//! The disk under real SQLite: isolation of two connections, and the state after a kill.

use rusqlite::types::FromSql;
use rusqlite::{Connection, ErrorCode};

use super::*;

pub(super) fn ask<T: FromSql>(connection: &Connection, sql: &str) -> T {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn disk() -> Disk {
    Disk::new(DiskOptions::default())
}

/// A database `app.db` in the given journal mode, with an empty table.
fn database(disk: &Disk, journal: &str) -> Connection {
    let connection = disk.open("app.db").unwrap();
    assert_eq!(ask::<String>(&connection, &format!("PRAGMA journal_mode={journal}")), journal);
    connection
        .execute_batch("PRAGMA synchronous=FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
        .unwrap();
    connection
}

/// Checks the integrity of a database and counts its rows.
fn kept(disk: &Disk) -> i64 {
    let connection = disk.open("app.db").unwrap();
    assert_eq!(ask::<String>(&connection, "PRAGMA integrity_check"), "ok");
    count(&connection)
}

fn insert(connection: &Connection, ids: std::ops::Range<i64>) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN")?;
    for id in ids {
        connection.execute("INSERT INTO t VALUES(?1, ?2)", (id, "x".repeat(300)))?;
    }
    connection.execute_batch("COMMIT")
}

fn count(connection: &Connection) -> i64 {
    ask(connection, "SELECT count(*) FROM t")
}

fn code(result: rusqlite::Result<()>) -> Option<ErrorCode> {
    result.err().and_then(|error| error.sqlite_error_code())
}

#[test]
fn what_was_committed_is_there_for_the_next_connection() {
    for page_size in [512, 1_024, 4_096, 16_384, 65_536] {
        for journal in ["delete", "truncate", "persist", "wal"] {
            let disk = disk();
            disk.open("app.db").unwrap().pragma_update(None, "page_size", page_size).unwrap();
            let first = disk.open("app.db").unwrap();
            first.pragma_update(None, "page_size", page_size).unwrap();
            first.execute_batch("VACUUM").unwrap();
            drop(first);
            let connection = database(&disk, journal);
            insert(&connection, 0..500).unwrap();
            insert(&connection, 500..1_000).unwrap();
            connection.execute("DELETE FROM t WHERE id % 3 = 0", []).unwrap();
            connection.execute_batch("VACUUM").unwrap();
            drop(connection);
            assert_eq!(kept(&disk), 666, "{journal} {page_size}");
            assert_eq!(ask::<i64>(&disk.open("app.db").unwrap(), "PRAGMA page_size"), page_size);
        }
    }
}

#[test]
fn a_sorter_that_spills_finds_a_file_of_its_own() {
    let disk = disk();
    let connection = database(&disk, "persist");
    connection.execute_batch("PRAGMA cache_size=10; PRAGMA temp_store=FILE").unwrap();
    insert(&connection, 0..3_000).unwrap();
    let operations = disk.operations();
    connection.execute_batch("CREATE TEMP TABLE u AS SELECT * FROM t ORDER BY body, id DESC").unwrap();
    assert_eq!(ask::<i64>(&connection, "SELECT id FROM u"), 2_999);
    assert_eq!(disk.operations(), operations, "what is temporary is not on the device's disk");
}

#[test]
fn a_reader_sees_the_old_snapshot_until_the_commit_and_bars_it_until_it_ends() {
    let disk = disk();
    let writer = database(&disk, "persist");
    insert(&writer, 0..10).unwrap();
    let reader = disk.open("app.db").unwrap();
    // With `synchronous=OFF`, the journal looks hot (ready for a rollback) from its first byte on.
    // Only the lock shows that it is not.
    writer.execute_batch("PRAGMA synchronous=OFF; BEGIN IMMEDIATE; DELETE FROM t").unwrap();
    assert_eq!(count(&reader), 10);
    let busy = Some(ErrorCode::DatabaseBusy);
    assert_eq!(code(reader.execute_batch("BEGIN IMMEDIATE")), busy, "one writer at a time");
    reader.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
    assert_eq!(count(&reader), 10);
    assert_eq!(code(writer.execute_batch("COMMIT")), busy, "somebody reads");
    let late = disk.open("app.db").unwrap();
    assert_eq!(code(late.execute_batch("SELECT count(*) FROM t")), busy, "the writer waits for its turn");
    reader.execute_batch("END").unwrap();
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!((count(&reader), count(&late)), (0, 0));
}

#[test]
fn with_a_wal_a_reader_keeps_its_snapshot_beside_the_writer() {
    let disk = disk();
    let writer = database(&disk, "wal");
    insert(&writer, 0..10).unwrap();
    let reader = disk.open("app.db").unwrap();
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader), 10);
    insert(&writer, 10..20).unwrap();
    assert_eq!((count(&reader), count(&writer)), (10, 20));
    assert_eq!(
        code(reader.execute_batch("DELETE FROM t")),
        Some(ErrorCode::DatabaseBusy),
        "its snapshot is old"
    );
    reader.execute_batch("END").unwrap();
    assert_eq!(count(&reader), 20);
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(code(reader.execute_batch("BEGIN IMMEDIATE")), Some(ErrorCode::DatabaseBusy));
}

#[test]
fn a_kill_in_the_middle_of_a_transaction_leaves_the_last_commit() {
    for journal in ["delete", "truncate", "persist", "wal"] {
        for dropped_first in [true, false] {
            let disk = disk();
            let old = database(&disk, journal);
            insert(&old, 0..100).unwrap();
            old.execute_batch("PRAGMA cache_size=5; BEGIN; DELETE FROM t").unwrap();
            for id in 1_000..2_000 {
                old.execute("INSERT INTO t VALUES(?1, ?2)", (id, "y".repeat(300))).unwrap();
            }
            let before = (disk.bytes(), disk.operations());
            disk.kill();
            let mut old = Some(old);
            if dropped_first {
                old = None;
                assert_eq!((disk.bytes(), disk.operations()), before, "{journal}: a dead hand wrote");
            }
            assert_eq!(kept(&disk), 100, "{journal}");
            insert(&disk.open("app.db").unwrap(), 100..110).unwrap();
            if let Some(old) = old {
                assert_eq!(code(old.execute_batch("COMMIT")), Some(ErrorCode::SystemIoFailure));
                let operations = disk.operations();
                drop(old);
                assert_eq!(disk.operations(), operations, "{journal}: a dead hand wrote");
            }
            assert_eq!(kept(&disk), 110);
        }
    }
}

#[test]
fn a_kill_keeps_what_no_sync_made_durable() {
    let disk = disk();
    let connection = database(&disk, "wal");
    connection.execute_batch("PRAGMA synchronous=OFF").unwrap();
    insert(&connection, 0..50).unwrap();
    disk.kill();
    drop(connection);
    assert_eq!(kept(&disk), 50);
}

#[test]
fn locks_of_a_killed_process_are_gone() {
    for journal in ["persist", "wal"] {
        let disk = disk();
        let old = database(&disk, journal);
        old.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let waiting = disk.open("app.db").unwrap();
        assert_eq!(code(waiting.execute_batch("BEGIN IMMEDIATE")), Some(ErrorCode::DatabaseBusy));
        disk.kill();
        let new = disk.open("app.db").unwrap();
        new.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES(1, 'a')").unwrap();
        drop((old, waiting));
        let other = disk.open("app.db").unwrap();
        assert_eq!(code(other.execute_batch("BEGIN IMMEDIATE")), Some(ErrorCode::DatabaseBusy), "{journal}");
        new.execute_batch("COMMIT").unwrap();
    }
}

#[test]
fn nothing_works_between_the_loss_of_power_and_its_return() {
    let disk = disk();
    let connection = database(&disk, "persist");
    disk.fail_power_at(disk.operations() + 3);
    assert_eq!(code(insert(&connection, 0..10)), Some(ErrorCode::SystemIoFailure));
    assert!(disk.power_is_lost());
    let read = connection.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0));
    assert!(read.is_err() && disk.open("app.db").is_err() && disk.open("other.db").is_err());
    disk.power_loss(PowerLoss::LoseAll);
    assert!(!disk.power_is_lost());
    assert_eq!(kept(&disk), 0);
}

#[test]
fn a_thousand_disks_from_a_template_cost_what_they_change() {
    let origin = disk();
    let connection = database(&origin, "persist");
    insert(&connection, 0..20_000).unwrap();
    drop(connection);
    let template = origin.template();
    assert!(origin.bytes() > 6_000_000);
    assert_eq!(origin.owned_bytes(), 0);

    let disks: Vec<Disk> = (0..1_000).map(|_| Disk::from_template(&template)).collect();
    assert!(disks.iter().all(|disk| disk.owned_bytes() == 0 && disk.bytes() == origin.bytes()));
    let changed = disks[7].open("app.db").unwrap();
    changed.execute_batch("PRAGMA synchronous=EXTRA").unwrap();
    changed.execute("UPDATE t SET body = 'changed' WHERE id = 12345", []).unwrap();
    assert!((1..=6).contains(&(disks[7].owned_bytes() / 4_096)), "{} bytes", disks[7].owned_bytes());
    origin.open("app.db").unwrap().execute("DELETE FROM t WHERE id > 10", []).unwrap();
    for disk in [&disks[6], &disks[8], &Disk::from_template(&template)] {
        let connection = disk.open("app.db").unwrap();
        let body: String = ask(&connection, "SELECT body FROM t WHERE id = 12345");
        assert_eq!((count(&connection), body), (20_000, "x".repeat(300)));
        assert_eq!(disk.owned_bytes(), 0, "to read is not to own");
    }
    assert_eq!(count(&changed), 20_000);
    disks[7].power_loss(PowerLoss::LoseAll);
    let found: i64 = ask(&disks[7].open("app.db").unwrap(), "SELECT count(*) FROM t WHERE body = 'changed'");
    assert_eq!(found, 1, "a commit on a shared page is as durable as any");
}

#[test]
#[should_panic(expected = "while no connection is open")]
fn a_template_is_not_taken_under_an_open_connection() {
    let disk = disk();
    let _connection = database(&disk, "persist");
    disk.template();
}

#[test]
fn journals_whose_deletion_is_never_synced_are_not_kept_for_ever() {
    let disk = disk();
    let connection = database(&disk, "delete");
    connection.execute_batch("PRAGMA synchronous=OFF").unwrap();
    for n in 0..200 {
        insert(&connection, n..n + 1).unwrap();
    }
    assert!(disk.owned_bytes() < 100 * 4_096 + 2 * disk.bytes(), "{} bytes", disk.owned_bytes());
}

#[test]
fn worlds_on_several_threads_do_not_meet() {
    let world = |salt: i64| {
        let disks: Vec<Disk> = (0..20).map(|_| Disk::new(DiskOptions::default())).collect();
        let connections: Vec<Connection> = disks.iter().map(|disk| database(disk, "persist")).collect();
        for round in 0..10 {
            for (n, connection) in connections.iter().enumerate() {
                insert(connection, round * 100..round * 100 + salt + n as i64).unwrap();
            }
        }
        let counts: Vec<i64> = connections.iter().map(count).collect();
        (counts, disks.iter().map(Disk::counters).collect::<Vec<_>>())
    };
    let alone = world(3);
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(|| world(3)), scope.spawn(|| world(5)));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(one, alone);
    assert_eq!(other.0, (5..25).map(|n| n * 10).collect::<Vec<i64>>());
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "straying needs a thread that takes what a scoped one could not"
)]
fn a_connection_that_strays_to_another_thread_fails_there_and_changes_nothing() {
    let disk = disk();
    let connection = database(&disk, "persist");
    insert(&connection, 0..5).unwrap();
    let failed = std::thread::spawn(move || {
        // The other thread has its own disks.
        let own = Disk::new(DiskOptions::default());
        drop(database(&own, "persist"));
        code(insert(&connection, 5..10))
    });
    assert_eq!(failed.join().unwrap(), Some(ErrorCode::SystemIoFailure));
    disk.kill();
    assert_eq!(kept(&disk), 5);
}

#[test]
fn sqlite_has_no_clock_here_and_keeps_no_statistics() {
    let connection = disk().open("app.db").unwrap();
    assert_eq!(ask::<String>(&connection, "SELECT datetime('now')"), "2000-01-01 00:00:00");
    assert_eq!(vfs::memory_in_use(), 0, "a connection was opened past disk::open, before it");
}

#[test]
fn a_disk_goes_back_to_a_backup_that_was_made_while_it_was_in_use() {
    for journal in ["delete", "wal"] {
        let disk = disk();
        let connection = database(&disk, journal);
        insert(&connection, 0..50).unwrap();
        let backup = disk.backup();
        insert(&connection, 50..80).unwrap();
        for _ in 0..2 {
            disk.restore(&backup);
            assert_eq!(kept(&disk), 50, "{journal}");
            insert(&disk.open("app.db").unwrap(), 50..60).unwrap();
            disk.kill();
        }
        assert!(insert(&connection, 80..90).is_err(), "the process of before is gone");
        assert_eq!(kept(&disk), 60, "what came after the restore lasts");
    }
}

#[test]
fn a_backup_holds_nothing_of_a_transaction_under_way() {
    let disk = disk();
    let connection = database(&disk, "delete");
    insert(&connection, 0..50).unwrap();
    connection.execute_batch("PRAGMA cache_size=2; BEGIN; UPDATE t SET body = body || 'y'").unwrap();
    disk.restore(&disk.backup());
    let connection = disk.open("app.db").unwrap();
    assert_eq!(ask::<i64>(&connection, "SELECT count(*) FROM t WHERE body LIKE '%y'"), 0);
}

/// Rewrites every row for transaction `n`.
pub(super) fn transaction(connection: &Connection, n: u32) -> rusqlite::Result<()> {
    connection.execute_batch(
        "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS t(n INTEGER, k TEXT PRIMARY KEY, body TEXT)",
    )?;
    for k in 0..12 {
        let body = format!("{n}-{k}-").repeat(60 + 50 * (k as usize % 3));
        let sql =
            "INSERT INTO t VALUES(?1,?2,?3) ON CONFLICT(k) DO UPDATE SET n=excluded.n,body=excluded.body";
        connection.execute(sql, (n, format!("key {k}"), body))?;
    }
    connection.execute_batch("COMMIT")
}

/// The number of the transaction whose rows are in the database, or 0. All rows must have the same
/// number.
pub(super) fn shown(disk: &Disk) -> u32 {
    let connection = disk.open("app.db").unwrap();
    assert_eq!(ask::<String>(&connection, "PRAGMA integrity_check"), "ok");
    if ask::<u32>(&connection, "SELECT count(*) FROM sqlite_schema") == 0 {
        return 0;
    }
    let whole = "count(*) = 12 AND min(n) = max(n) \
                 AND sum(body = '' OR body LIKE n || '-' || substr(k, 5) || '-%') = 12";
    assert!(ask::<bool>(&connection, &format!("SELECT {whole} FROM t")), "part of a transaction is visible");
    ask(&connection, "SELECT max(n) FROM t")
}
