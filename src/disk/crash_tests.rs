//! Power loss at every operation of a small workload; after each, SQLite recovers to a prefix of
//! the commits.

use rusqlite::Connection;

use super::*;
use crate::base::Seed;

const TRANSACTIONS: u32 = 6;

/// Six transactions that write, overwrite, grow and shrink the file, on a cache so small that pages
/// spill before the commit. Notes each commit that returned.
fn workload(disk: &Disk, pragmas: &str, committed: &mut u32) -> rusqlite::Result<()> {
    let connection = disk.open("app.db")?;
    connection.execute_batch(pragmas)?;
    for n in 1..=TRANSACTIONS {
        connection
            .execute_batch("BEGIN; CREATE TABLE IF NOT EXISTS t(n INTEGER, k TEXT PRIMARY KEY, body TEXT)")?;
        for k in 0..14 {
            let body = format!("{n}-{k}-").repeat(40 + 60 * (k as usize % 3));
            connection.execute(
                "INSERT INTO t VALUES(?1, ?2, ?3) ON CONFLICT(k) DO UPDATE SET n = excluded.n, body = excluded.body",
                (n, format!("key {k}"), body),
            )?;
        }
        if n % 3 == 0 {
            connection.execute("UPDATE t SET body = ''", [])?;
        }
        connection.execute("UPDATE t SET n = ?1", [n])?;
        connection.execute_batch("COMMIT")?;
        *committed = n;
        if n % 3 == 0 {
            connection.execute_batch("VACUUM")?;
        }
    }
    Ok(())
}

/// The transaction whose result the database shows, 0 before the first; all rows have to be of the
/// same.
fn shown(connection: &Connection) -> u32 {
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    if tables == 0 {
        return 0;
    }
    let (least, most, rows): (u32, u32, u32) = connection
        .query_row("SELECT min(n), max(n), count(*) FROM t", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!((least, rows), (most, 14), "part of a transaction is visible");
    let bodies: u32 = connection
        .query_row(
            "SELECT count(*) FROM t WHERE body = '' OR body LIKE n || '-' || substr(k, 5) || '-%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(bodies, 14, "a row is of another transaction");
    most
}

/// Runs the workload with the power failing in each operation in turn and loses what `how` says;
/// returns how often a commit that had returned was gone, and in how many cases.
fn sweep(options: DiskOptions, pragmas: &str, how: &[PowerLoss]) -> (u32, u32) {
    let whole = Disk::new(options);
    let mut committed = 0;
    workload(&whole, pragmas, &mut committed).unwrap();
    assert_eq!(committed, TRANSACTIONS);
    let (mut lost, mut cases) = (0, 0);
    for operation in 0..whole.operations() {
        for &how in how {
            let disk = Disk::new(options);
            disk.fail_power_at(operation);
            let mut committed = 0;
            let result = workload(&disk, pragmas, &mut committed);
            assert!(disk.power_is_lost(), "operation {operation} of {pragmas} is not reached");
            assert!(result.is_err() || committed == TRANSACTIONS);
            assert_eq!(disk.operations(), operation + 1, "something was written without power");
            disk.power_loss(how);
            let connection = disk.open("app.db").unwrap();
            let shown = shown(&connection);
            assert!(shown <= committed + 1, "operation {operation}: {shown} from nowhere");
            lost += u32::from(shown < committed);
            cases += 1;
            drop(connection);
            let mut again = 0;
            workload(&disk, pragmas, &mut again).expect("life goes on after a power loss");
        }
    }
    assert!(cases > 150, "{pragmas}: a sweep of {cases} cases is none");
    (lost, cases)
}

fn ways() -> Vec<PowerLoss> {
    std::iter::once(PowerLoss::LoseAll).chain((0..4).map(|seed| PowerLoss::LoseSome(Seed(seed)))).collect()
}

fn commits_lost(pragmas: &str) -> u32 {
    sweep(DiskOptions::default(), &format!("PRAGMA cache_size=4; {pragmas}"), &ways()).0
}

#[test]
fn no_commit_is_lost_with_a_journal_that_is_synced() {
    for pragmas in [
        "PRAGMA journal_mode=PERSIST; PRAGMA synchronous=FULL",
        "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL",
        "PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA",
        "PRAGMA page_size=512; PRAGMA journal_mode=PERSIST; PRAGMA synchronous=FULL",
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=12",
    ] {
        assert_eq!(commits_lost(pragmas), 0, "{pragmas}");
    }
}

#[test]
fn the_last_commits_are_lost_with_less_but_never_one_in_between() {
    for pragmas in [
        // A deleted journal may come back and undo the last commit.
        "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL",
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=12",
    ] {
        assert!(commits_lost(pragmas) > 0, "{pragmas}");
    }
}

#[test]
fn a_disk_that_lies_about_sync_loses_commits() {
    let options = DiskOptions { lies_about_sync: true };
    let pragmas = "PRAGMA journal_mode=PERSIST; PRAGMA synchronous=FULL";
    let (lost, cases) = sweep(options, &format!("PRAGMA cache_size=4; {pragmas}"), &[PowerLoss::LoseAll]);
    assert!(lost > cases / 2, "{lost} of {cases}");
}
