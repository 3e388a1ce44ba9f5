//! The library of device classes.

use std::sync::LazyLock;

use super::{ESTIMATE, Profile, profile};

const SQLITE_WORK: &str =
    "10 000 rows in one transaction: 1000 ms on a Samsung A42, 150 ms on a desktop (sqlite.work)";
const CPU_FACTOR: &str = "the mid class by Lighthouse's CPU factors";
const EMMC: &str = "eMMC: 25.6 ms stock, 6.4 ms tuned (Jeong, USENIX ATC 2013)";
const UFS: &str = "two sequential 4 kB writes: 6.6 ms to 1 ms (Glek)";
const HEAP: &str = "estimate after Android's memory classes";

pub(super) static CLASSES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let row = |name, write: (&str, _), read, parse, commit: (&str, _), memory| {
        let figures = vec![
            ("row_write", write.0, write.1),
            ("row_read", read, ESTIMATE),
            ("parse_rate", parse, ESTIMATE),
            ("commit", commit.0, commit.1),
            ("memory", memory, HEAP),
        ];
        profile(name, figures)
    };
    vec![
        row("low", ("325us", CPU_FACTOR), "80us", "40MB", ("15ms", EMMC), "128MB"),
        row("mid", ("100us", SQLITE_WORK), "25us", "120MB", ("5ms", EMMC), "256MB"),
        row("flagship", ("40us", CPU_FACTOR), "10us", "300MB", ("1ms", UFS), "512MB"),
        row("laptop", ("15us", SQLITE_WORK), "4us", "400MB", ("1ms", UFS), "2GB"),
    ]
});
