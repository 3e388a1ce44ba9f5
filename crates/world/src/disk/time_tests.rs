//! If a process dies during a transaction, the operations that it issued before its death stay.

use rusqlite::Connection;

use super::tests::{ask, shown, transaction};
use super::*;
use crate::base::{Bytes, Seed, Span, Time};

const CPU: Span = Span::millis(3);
const START: Time = Time(1_000_000_000);

fn flash() -> Flash {
    Flash {
        read_latency: Span::micros(200),
        read_rate: Bytes(200_000_000),
        write_rate: Bytes(50_000_000),
        sync: Span::millis(5),
        slowness: 1,
        seed: Seed(9),
    }
}

fn database(pragmas: &str) -> (Disk, Connection) {
    let disk = Disk::new(DiskOptions::default());
    disk.remember();
    let connection = disk.open("app.db").unwrap();
    connection.execute_batch(pragmas).unwrap();
    transaction(&connection, 1).unwrap();
    disk.charge(Time::ZERO, CPU, &flash());
    disk.settle(START);
    (disk, connection)
}

/// Does the transaction at [`START`] on a new disk; returns the times of its operations.
fn struck(pragmas: &str) -> (Disk, Charged, Vec<Moment>) {
    let (disk, connection) = database(pragmas);
    disk.trace();
    transaction(&connection, 2).unwrap();
    let charged = disk.charge(START, CPU, &flash());
    let moments = disk.traced();
    disk.settle(START);
    // The connection of a dead process must not be dropped before the process has ended.
    std::mem::forget(connection);
    (disk, charged, moments)
}

/// Kills the device before and after each operation. Returns (time, number of the transaction
/// found).
fn swept(pragmas: &str, die: impl Fn(&Disk, Time)) -> Vec<(Time, u32)> {
    let (_, charged, moments) = struck(pragmas);
    assert_eq!((charged.from, charged.wrote), (START, true));
    let edges = moments
        .iter()
        .flat_map(|m| [m.issued, Time(m.issued.0 + 1), m.done, Time(m.done.0.saturating_sub(1))]);
    let mut times: Vec<Time> = edges.chain([START, charged.until]).filter(|t| *t >= START).collect();
    times.sort_unstable();
    times.dedup();
    assert!(times.len() > 20, "{pragmas}: a sweep of {} moments is none", times.len());
    assert_eq!(times.last(), Some(&charged.until));
    let found = |at: Time| {
        let (disk, _, _) = struck(pragmas);
        die(&disk, at);
        (at, shown(&disk))
    };
    times.into_iter().map(found).collect()
}

const ROLLBACK: &str = "PRAGMA journal_mode=TRUNCATE;PRAGMA synchronous=FULL";
const LOG: &str = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA wal_autocheckpoint=12";

#[test]
fn a_kill_in_the_midst_of_a_transaction_leaves_all_of_it_or_nothing() {
    for pragmas in [ROLLBACK, LOG] {
        let found = swept(pragmas, |disk, at| _ = disk.kill_at(at));
        assert_eq!(found[0].1, 1, "{pragmas}: at its start nothing of it is there");
        assert_eq!(found.last().unwrap().1, 2, "{pragmas}: at its end it is there");
        let committed = found.iter().position(|(_, n)| *n == 2).unwrap();
        assert!(found[committed..].iter().all(|(_, n)| *n == 2), "{pragmas}: it came and went: {found:?}");
        assert!(
            found[committed].0 > START + CPU,
            "{pragmas}: it was there before its processor time was over"
        );
    }
}

#[test]
fn a_power_loss_in_the_midst_of_a_transaction_tears_nothing_and_keeps_what_was_done() {
    for pragmas in [ROLLBACK, LOG] {
        let ways = (0..6).map(|seed| PowerLoss::LoseSome(Seed(seed))).chain([PowerLoss::LoseAll]);
        let mut early = 0;
        for how in ways {
            let found = swept(pragmas, |disk, at| _ = disk.power_loss_at(at, how));
            assert_eq!(found[0].1, 1, "{pragmas}");
            assert_eq!(found.last().unwrap().1, 2, "{pragmas}, {how:?}: acknowledged as durable and lost");
            early += found.iter().filter(|(at, n)| *n == 2 && *at < found.last().unwrap().0).count();
        }
        assert!(early > 0, "{pragmas}: no draw ever kept what was not synced yet");
    }
}

#[test]
fn what_a_death_undoes_is_counted_as_not_done() {
    let (whole, _, moments) = struck(LOG);
    let done = whole.counters();
    let issued = |at: Time| move |m: &&Moment| m.is_sync && !(m.issued < at || m.done <= at);
    let ended = |at: Time| move |m: &&Moment| m.is_sync && m.done > at;
    let mut bytes = Vec::new();
    for at in moments.iter().flat_map(|m| [m.issued, Time(m.issued.0 + 1), m.done]) {
        let killed = struck(LOG).0;
        killed.kill_at(at);
        assert_eq!(killed.counters().syncs, done.syncs - moments.iter().filter(issued(at)).count() as u64);
        let dark = struck(LOG).0;
        dark.power_loss_at(at, PowerLoss::LoseAll);
        assert_eq!(dark.counters().syncs, done.syncs - moments.iter().filter(ended(at)).count() as u64);
        bytes.push(killed.counters().bytes_written);
    }
    assert!(bytes.is_sorted() && bytes[0] < done.bytes_written, "{bytes:?}");
    assert_eq!(bytes.last(), Some(&done.bytes_written));
}

#[test]
fn a_disk_that_is_never_idle_forgets_what_is_past() {
    for pragmas in [ROLLBACK, LOG] {
        let deaths: [fn(&Disk, Charged) -> bool; 2] = [
            |disk, last| disk.kill_at(last.from + CPU),
            |disk, last| disk.power_loss_at(last.from + CPU, PowerLoss::LoseAll),
        ];
        for die in deaths {
            let (disk, connection) = database(pragmas);
            let mut last = Charged { from: START, until: START, wrote: true };
            for n in 2..100 {
                transaction(&connection, n).unwrap();
                last = disk.charge(last.until, CPU, &flash());
                disk.settle(last.from);
                let remembered = disk.remembered();
                assert!(remembered < 400, "{pragmas}: {remembered} operations after {n} transactions");
            }
            std::mem::forget(connection);
            assert!(die(&disk, last), "{pragmas}: of the last one something was still to be done");
            assert_eq!(shown(&disk), 98, "{pragmas}");
        }
    }
}

#[test]
fn time_is_the_same_whether_it_is_remembered_or_not() {
    let charged = |remembers: bool| {
        let disk = Disk::new(DiskOptions::default());
        if remembers {
            disk.remember();
        }
        let connection = disk.open("app.db").unwrap();
        connection.execute_batch(ROLLBACK).unwrap();
        transaction(&connection, 1).unwrap();
        disk.charge(START, CPU, &flash())
    };
    assert_eq!(charged(true), charged(false));
}

#[test]
fn what_is_read_first_is_fetched_and_then_stays_in_memory_until_the_power_goes() {
    let (disk, connection) = database(ROLLBACK);
    drop(connection);
    let template = disk.template();
    let disk = Disk::from_template(&template);
    let read = |disk: &Disk| {
        let before = disk.counters().pages_fetched;
        assert_eq!(shown(disk), 1);
        disk.counters().pages_fetched - before
    };
    let first = read(&disk);
    assert!(first >= 2, "{first}");
    assert_eq!(read(&disk), 0);
    disk.kill();
    assert_eq!(read(&disk), 0, "a kill leaves the operating system's memory alone");
    disk.power_loss(PowerLoss::LoseAll);
    assert_eq!(read(&disk), first);
}

#[test]
fn on_a_full_disk_a_transaction_fails_and_works_again_when_there_is_room() {
    for pragmas in [ROLLBACK, LOG] {
        let (disk, connection) = database(pragmas);
        disk.set_disk_full(true);
        let sql = "INSERT INTO t VALUES(2, 'another', printf('%.*c', 90000, 'x'))";
        let error = connection.execute(sql, []).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull), "{pragmas}");
        assert_eq!(shown(&disk), 1);
        disk.set_disk_full(false);
        transaction(&connection, 2).unwrap();
        assert_eq!(shown(&disk), 2);
    }
}

#[test]
fn a_transaction_that_found_no_room_may_be_there_after_a_kill_and_the_disk_says_so() {
    const ENDLESS_LOG: &str = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA wal_autocheckpoint=0";
    let mut came_to_light = 0;
    for length in (0..40_000).step_by(997) {
        let (disk, connection) = database(ENDLESS_LOG);
        connection.execute("UPDATE t SET body = printf('%.*c', ?1, 'x')", [length]).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
        disk.set_disk_full(true);
        let mut failed = 0;
        for n in 2..200 {
            if connection.execute("UPDATE t SET n = ?1", [n]).is_err() {
                assert!(disk.may_count_as_committed(), "it failed as there was no room");
                failed = n;
                break;
            }
            assert!(!disk.may_count_as_committed(), "it was synced");
        }
        assert!(failed > 0, "the log has grown without end");
        disk.kill();
        let n: u32 = ask(&disk.open("app.db").unwrap(), "SELECT max(n) FROM t");
        assert!(n == failed - 1 || n == failed, "{failed} failed and {n} is there");
        came_to_light += u32::from(n == failed);
    }
    assert!(came_to_light > 0, "it is always undone");
}

#[test]
fn what_was_read_and_written_is_owed_until_it_is_charged() {
    let (disk, connection) = database(ROLLBACK);
    assert_eq!(disk.owed_bytes(), 0);
    transaction(&connection, 2).unwrap();
    let before = disk.counters();
    assert!(disk.owed_bytes() > 4096, "{}", disk.owed_bytes());
    assert!(disk.owed_bytes() <= before.bytes_read + before.bytes_written);
    disk.charge(START, CPU, &flash());
    assert_eq!(disk.owed_bytes(), 0);
    std::mem::forget(connection);
}
