//! Cuts the power at each operation in turn. SQLite must recover to the state after one of the
//! commits.

use super::tests::{shown, transaction};
use super::*;
use crate::base::Seed;

const TRANSACTIONS: u32 = 6;

/// Transactions that write, overwrite, grow and shrink. `committed` counts the finished ones.
fn workload(disk: &Disk, pragmas: &str, committed: &mut u32) -> rusqlite::Result<()> {
    let connection = disk.open("app.db")?;
    connection.execute_batch(pragmas)?;
    for n in 1..=TRANSACTIONS {
        transaction(&connection, n)?;
        *committed = n;
        if n % 3 == 0 {
            connection.execute_batch("UPDATE t SET body = ''; VACUUM")?;
        }
    }
    Ok(())
}

/// Cuts the power in each operation in turn. Returns (number of finished commits that were lost,
/// number of cases).
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
            let shown = shown(&disk);
            assert!(shown <= committed + 1, "operation {operation}: {shown} from nowhere");
            lost += u32::from(shown < committed);
            cases += 1;
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
        // A deleted journal may return and undo the last commit.
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
