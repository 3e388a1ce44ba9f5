//! The library of device classes.

use std::sync::LazyLock;

use super::figures::{ESTIMATE, Profile, profile};

/// Time of one step of SQLite's virtual machine on the reference core (class `laptop`), in
/// picoseconds. Measured on a desktop with an 8th-generation i3 (sqlite.work): 10 000 rows with a
/// unique and a composite index take 150 ms in one transaction. Here that is 29 steps per row, and
/// 4 ms of disk time. The figure includes the work of SQLite outside of steps.
pub(in super::super) const REFERENCE_STEP: u64 = 503_000;

/// Bytes per second that a cipher of database pages encrypts or decrypts on the reference core. Two
/// measured phones, scaled by `cpu`, give this rate: 1.72 GB/s for `low` and 1.71 GB/s for `mid`.
pub(in super::super) const REFERENCE_CIPHER: u64 = 1_715_000_000;

const A42: &str =
    "10 000 rows in one transaction: 1000 ms on a Samsung A42, 150 ms on the reference desktop (sqlite.work)";
const LIGHTHOUSE: &str = "the mid class by Lighthouse's CPU factors: low 10, mid 4, flagship 2";
const REFERENCE: &str = "it is the reference";
const JEONG: &str = "eMMC: 25.6 ms per insert with a rollback journal, 6.4 ms with a WAL (Jeong, USENIX ATC 2013): 6.4 ms per sync, of which the median is 0.74";
const PIXEL: &str = "4 kB random writes on a Pixel, median 3.3 ms (Glek)";
const MOTO: &str = "4 kB random writes on a Moto Z, median 0.5 ms (Glek)";
const BY_CPU: &str = "estimate: that of `mid`, by `cpu`";
const NEXUS_4: &str = "couchbase/couchbase-lite-java-core, issue 777: with SQLCipher 100 documents of 10 and 100 kB take 75 and 97 % longer to write on a Nexus 4; the rate at which they do here";
const NEXUS_9: &str = "couchbase/couchbase-lite-java-core, issue 777: 60 and 77 % longer on a Nexus 9; the rate at which they do here";
const HEAP: &str = "estimate after Android's memory classes";

pub(super) static CLASSES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let ciphers = |name| match name {
        "low" => ("103MB", NEXUS_4),
        "mid" => ("257MB", NEXUS_9),
        "flagship" => ("515MB", BY_CPU),
        _ => ("1715MB", BY_CPU),
    };
    let row = |name, cpu: (&'static str, _), parse, flash, sync: (&'static str, _), memory| {
        let figures = [
            ("cpu", cpu.0, cpu.1),
            ("parse_rate managed_rate", parse, ESTIMATE),
            ("cipher_rate", ciphers(name).0, ciphers(name).1),
            ("read_latency read_rate write_rate", flash, ESTIMATE),
            ("sync", sync.0, sync.1),
            ("memory", memory, if name == "laptop" { ESTIMATE } else { HEAP }),
        ];
        profile(name, &figures)
    };
    let (low, mid) = ("250us 150MB 40MB", "120us 300MB 120MB");
    let (flagship, laptop) = ("80us 1GB 300MB", "80us 2GB 1GB");
    vec![
        row("low", ("16.67", LIGHTHOUSE), "40MB 8MB", low, ("4750us", JEONG), "128MB"),
        row("mid", ("6.667", A42), "120MB 25MB", mid, ("3300us", PIXEL), "256MB"),
        row("flagship", ("3.333", LIGHTHOUSE), "300MB 60MB", flagship, ("500us", MOTO), "512MB"),
        row("laptop", ("1", REFERENCE), "400MB 80MB", laptop, ("500us", ESTIMATE), "2GB"),
    ]
});
