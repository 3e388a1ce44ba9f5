//! The field's defaults: what others ship.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Default {
    pub name: &'static str,
    pub key: &'static str,
    pub value: &'static str,
    /// What it is there, and where it is written.
    pub source: &'static str,
}

const PULL: &str = "engine.pull.chunk_rows";
const BYTES: &str = "engine.pull.chunk_bytes";
const APPLY: &str = "engine.pull.apply_rows";
const PUSH: &str = "engine.push.chunk_rows";

/// As many rows as the key takes: all in one answer, as far as page cap and `chunk_bytes` let it.
pub const EVERYTHING: &str = "10000000";

/// Chunk sizes that are shipped, under bytes or rows as the product counts them.
pub static DEFAULTS: &[Default] = &[
    row("PouchDB", PULL, "100", "PouchDB API, replication: batch_size 100, batches_limit 10 in memory"),
    row("Datasync", PULL, "100", "Microsoft Datasync client: page size 100"),
    row("LiveStore", PULL, "100", "LiveStore sync backend: 100 events a pull"),
    row("Couchbase Lite", PULL, "200", "Couchbase Lite replicator: 200 changes a list"),
    row("Volt MX", PULL, "500", "Volt MX Offline Objects: downloadBatchSize 500"),
    row("CouchDB", PULL, "500", "CouchDB replicator: worker_batch_size 500, 4 workers"),
    row("PowerSync", PULL, "1000", "PowerSync service: 1000 operations or 1 MiB a batch"),
    row("Amplify DataStore", PULL, "1000", "Amplify DataStore: syncPageSize 1000"),
    row("SymmetricDS", PULL, "1000", "SymmetricDS channels: max_batch_size 1000 by default"),
    row("Mobile Sync", PULL, "2000", "Salesforce Mobile SDK, Mobile Sync: 2000 records a page"),
    row(
        "SymmetricDS (reload)",
        PULL,
        "10000",
        "SymmetricDS channels: 10 000 rows a batch of the reload channel",
    ),
    row("WatermelonDB", PULL, EVERYTHING, "WatermelonDB sync protocol: all changes in one response"),
    row("Corrosion", BYTES, "8KiB", "Corrosion: messages of 8 KiB, halved when a send takes over 500 ms"),
    row("Realm", BYTES, "128KiB", "Realm sync: uploads of 128 KB"),
    row("PowerSync", BYTES, "1MiB", "PowerSync service: 1000 operations or 1 MiB a batch"),
    row("Realm", BYTES, "1MiB", "Realm sync: downloads of 1 MiB"),
    row("Dotmim.Sync", BYTES, "2000KB", "Dotmim.Sync: BatchSize 2000 KB"),
    row("Electric", BYTES, "10MiB", "Electric: shape log chunks of 10 MiB"),
    row(
        "Couchbase Lite",
        APPLY,
        "100",
        "Couchbase Lite replicator: inserts of 100 rows, or what comes in 20 ms",
    ),
    row("Datasync", PUSH, "1", "Microsoft Datasync client: one operation a request"),
    row(
        "Mobile Sync",
        PUSH,
        "25",
        "Salesforce Mobile SDK, Mobile Sync: batches of 25 (composite), 200 (collections)",
    ),
    row("Volt MX", PUSH, "50", "Volt MX Offline Objects: uploadBatchSize 50"),
    row("LiveStore", PUSH, "50", "LiveStore sync backend: 50 events a push"),
    row("PowerSync", PUSH, "100", "PowerSync client: 100 operations an upload"),
];

const fn row(name: &'static str, key: &'static str, value: &'static str, source: &'static str) -> Default {
    Default { name, key, value, source }
}

pub fn values(key: &str) -> Vec<String> {
    let mut values: Vec<String> = DEFAULTS
        .iter()
        .filter(|default| default.key == key)
        .map(|default| default.value.to_owned())
        .collect();
    values.dedup();
    values
}

pub fn names(key: &str, value: &str) -> Vec<&'static str> {
    let same = |default: &&Default| default.key == key && default.value == value;
    DEFAULTS.iter().filter(same).map(|default| default.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_several_ship_is_there_once_with_all_their_names() {
        assert_eq!(values(PULL), ["100", "200", "500", "1000", "2000", "10000", EVERYTHING]);
        assert_eq!(names(PULL, "500"), ["Volt MX", "CouchDB"]);
        assert_eq!(names(PULL, "501"), [""; 0]);
        // A default goes by the name that `profiles` has for it.
        assert_eq!(names(PULL, "1000"), ["PowerSync", "Amplify DataStore", "SymmetricDS"]);
        assert_eq!(names(PULL, "10000"), ["SymmetricDS (reload)"]);
        for default in DEFAULTS {
            assert_eq!(values(default.key).iter().filter(|value| *value == default.value).count(), 1);
        }
    }
}
