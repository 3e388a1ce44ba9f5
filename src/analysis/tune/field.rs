//! Default chunk sizes of other products.

const PULL: &str = "engine.pull.chunk_rows";
const BYTES: &str = "engine.pull.chunk_bytes";
const APPLY: &str = "engine.pull.apply_rows";
const PUSH: &str = "engine.push.chunk_rows";

/// The value that asks for all rows in one response. The page cap and `chunk_bytes` still apply.
pub const EVERYTHING: &str = "10000000";

/// Default chunk sizes in bytes or rows: product, key, value, source.
static DEFAULTS: [(&str, &str, &str, &str); 24] = [
    ("PouchDB", PULL, "100", "PouchDB API, replication: batch_size 100, batches_limit 10 in memory"),
    ("Datasync", PULL, "100", "Microsoft Datasync client: page size 100"),
    ("LiveStore", PULL, "100", "LiveStore sync backend: 100 events per pull"),
    ("Couchbase Lite", PULL, "200", "Couchbase Lite replicator: 200 changes per list"),
    ("Volt MX", PULL, "500", "Volt MX Offline Objects: downloadBatchSize 500"),
    ("CouchDB", PULL, "500", "CouchDB replicator: worker_batch_size 500, 4 workers"),
    ("PowerSync", PULL, "1000", "PowerSync service: 1000 operations or 1 MiB a batch"),
    ("Amplify DataStore", PULL, "1000", "Amplify DataStore: syncPageSize 1000"),
    ("SymmetricDS", PULL, "1000", "SymmetricDS channels: max_batch_size 1000 by default"),
    ("Mobile Sync", PULL, "2000", "Salesforce Mobile SDK, Mobile Sync: 2000 records per page"),
    ("SymmetricDS (reload)", PULL, "10000", "SymmetricDS channels: 10 000 rows per batch to reload"),
    ("WatermelonDB", PULL, EVERYTHING, "WatermelonDB sync protocol: all changes in one response"),
    ("Corrosion", BYTES, "8KiB", "Corrosion: messages of 8 KiB, halved when a send takes over 500 ms"),
    ("Realm", BYTES, "128KiB", "Realm sync: uploads of 128 KB"),
    ("PowerSync", BYTES, "1MiB", "PowerSync service: 1000 operations or 1 MiB a batch"),
    ("Realm", BYTES, "1MiB", "Realm sync: downloads of 1 MiB"),
    ("Dotmim.Sync", BYTES, "2000KB", "Dotmim.Sync: BatchSize 2000 KB"),
    ("Electric", BYTES, "10MiB", "Electric: shape log chunks of 10 MiB"),
    ("Couchbase Lite", APPLY, "100", "Couchbase Lite replicator: 100 rows, or what comes in 20 ms"),
    ("Datasync", PUSH, "1", "Microsoft Datasync client: one operation per request"),
    ("Mobile Sync", PUSH, "25", "Salesforce Mobile SDK: batches of 25 (composite), 200 (collections)"),
    ("Volt MX", PUSH, "50", "Volt MX Offline Objects: uploadBatchSize 50"),
    ("LiveStore", PUSH, "50", "LiveStore sync backend: 50 events per push"),
    ("PowerSync", PUSH, "100", "PowerSync client: 100 operations per upload"),
];

pub fn values(key: &str) -> Vec<String> {
    let mut values: Vec<String> =
        DEFAULTS.iter().filter(|of| of.1 == key).map(|(.., value, _)| (*value).to_owned()).collect();
    values.dedup();
    values
}

pub fn names(key: &str, value: &str) -> Vec<&'static str> {
    DEFAULTS.iter().filter(|of| (of.1, of.2) == (key, value)).map(|of| of.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_several_ship_is_there_once_with_all_their_names() {
        assert_eq!(values(PULL), ["100", "200", "500", "1000", "2000", "10000", EVERYTHING]);
        assert_eq!(names(PULL, "500"), ["Volt MX", "CouchDB"]);
        assert_eq!(names(PULL, "501"), [""; 0]);
        // A product has the same name as in `profiles`.
        assert_eq!(names(PULL, "1000"), ["PowerSync", "Amplify DataStore", "SymmetricDS"]);
        assert_eq!(names(PULL, "10000"), ["SymmetricDS (reload)"]);
        for (_, key, shipped, _) in DEFAULTS {
            assert_eq!(values(key).iter().filter(|value| *value == shipped).count(), 1);
        }
    }
}
