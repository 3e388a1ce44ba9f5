//! The library of product architectures, and of the way in which apps of two platforms sync.
//!
//! The figures say which component responds to a product's devices, how it captures changes, and
//! the size of its pages or batches. A figure exists only if the product's pages state it and a key
//! exists. `outsystems` and `volt-mx` also describe an app that is built as the platform's pages
//! teach, including the data that such an app loses.
//!
//! The pages also state the following facts, for which no key exists:
//! - PouchDB reads its list of changes up to 10 batches ahead, and requests the documents of one
//!   batch at a time. (`engine.pull.prefetch` reads both ahead.) One sync needs about 14 requests
//!   in sequence, because it reads and writes checkpoints in both directions.
//! - A server before CouchDB 1.7 has no `_bulk_get`. PouchDB then requests each deleted document
//!   separately (`gateway.serve.capture.change_log.deletes_alone`).
//! - PowerSync sends uploads to the app's own backend.
//! - SymmetricDS sends 60 batches per exchange, as CSV.
//! - Couchbase Lite also inserts after 20 ms, and its deflate stream keeps its window across
//!   messages.
//! - The delta token of Datasync is a time.
//! - OutSystems gives new records another key on the server.

use std::sync::LazyLock;

use super::figures::{Profile, Row, profile};

pub(in super::super) const NAMES: &[&str] = &[
    "voltmx-ota",
    "voltmx-persistent",
    "voltmx-offline-objects",
    "pouchdb",
    "couchbase-lite",
    "powersync",
    "symmetricds",
    "datasync",
    "outsystems",
    "volt-mx",
    "watermelondb",
    "rxdb",
    "power-apps",
    "salesforce-mobile",
];

/// Keys that belong together: if the file has the first key, the product does not set the second.
pub(super) const TOGETHER: &[[&str; 2]] = &[
    ["engine.conflict.policy", "backend.writes"],
    ["backend.writes", "engine.conflict.policy"],
    ["engine.pull.cursor", "gateway.serve.capture.last_modified.source"],
    ["backend.profile", "backend.page_cap"],
];

const STRATEGY: &str = "HCL, Volt MX Foundry sync: identifying an appropriate sync strategy";
const DIRECT: &str = "HCL, Volt MX Foundry, offline enabled object services: no sync server in between";
const TRACKING: &str =
    "HCL, Volt MX Offline Objects, performance tuning: fetches what was modified since the last sync";
const BATCHING: &str = "HCL, Volt MX Offline Objects, batching: 500 records down, 50 up";
const POUCH: &str = "PouchDB, replication: batch_size 100, batches_limit 10";
const CHANGES: &str = "CouchDB's protocol, as PouchDB replicates by it: _changes since a sequence";
const COUCHBASE: &str = "Couchbase, Sync Gateway: changes since a sequence, given at write time";
const LISTED: &str = "Couchbase Lite Core, ReplicatorTuning.hh: 200 revisions in a list of changes";
const INSERTED: &str = "Couchbase Lite Core: inserts at 100 revisions, or 20 ms";
const SERVICE: &str = "PowerSync, architecture: its service replicates the source, and streams from buckets";
const BUCKETS: &str =
    "PowerSync, protocol: a bucket keeps an ordered list of changes, replicated from the source";
const STREAMED: &str = "estimate: PowerSync replicates as a stream, which is asked for here";
const CHECKPOINT: &str = "PowerSync: at most 1000 operations or 1 MiB at once";
const OPLOG: &str = "PowerSync, understanding the SQLite database: each operation is kept in ps_oplog, with its data, beside its row";
const CRUD: &str = "PowerSync, getCrudBatch: limit 100";
const DAILY: &str = "PowerSync, compacting buckets: a bucket keeps the history of its rows, which new clients download; the cloud compacts it once per day";
const NODES: &str = "SymmetricDS: nodes pull from and push to the one that stands at the source database";
const TRIGGERS: &str = "SymmetricDS: triggers write changes to a table, routed in its order";
const CHANNEL: &str =
    "SymmetricDS, table channel: max_batch_size 1000 by default; 10 000 in channels of its own";
const TOOLKIT: &str = "Community Toolkit, Datasync: tables are asked over HTTP";
const DELTA: &str = "Community Toolkit, Datasync, offline clients: the delta token is the greatest updatedAt";
const PAGES: &str = "Community Toolkit, Datasync: pages of 100";
const TOKEN: &str = "Azure/azure-mobile-apps, issue 878: the delta token is written after each row, but where an interval is set";
const PARALLEL: &str = "Community Toolkit, Datasync: an operation per request, one at a time by default";

const DOCUMENTS: &str = "CouchDB's protocol: documents are JSON objects";
const TREES: &str = "PouchDB: JSON.parse, which makes a tree of an answer";
const WHOLE_DOCUMENTS: &str = "CouchDB's protocol, _bulk_docs: documents go whole";
const BULK: &str = "PouchDB, bulkDocs: a batch is written in one transaction";
const TWO_STORES: &str =
    "PouchDB, adapter-idb: each document is in document-store, and its revision in by-sequence";
const TOMBSTONES: &str =
    "apache/pouchdb, issue 7276: a first replication gets the 2000 deleted documents beside 100 that exist";
const WEBVIEW: &str = "estimate: apache/pouchdb, issue 6612, 18 000 documents in more than 3 min from a server on the same machine, in a web view, less SQLite";
const REVISIONS: &str = "Couchbase, replication protocol: bodies of revisions are JSON objects";
const DEFLATED: &str =
    "Couchbase Lite Core, Pusher: messages with revisions are marked as compressed, by deflate";
const OPERATIONS: &str = "PowerSync, protocol: an operation brings its row as a JSON object";
const CSV: &str = "SymmetricDS, data format: CSV, whose columns are named once a table";
const BATCH: &str = "SymmetricDS: dataloader.max.rows.before.commit is 10 000, so a batch is a transaction";
const RECORDS: &str = "HCL, Volt MX Foundry: services answer JSON, each value by its name";
const ODATA: &str = "Community Toolkit, Datasync: OData, whose rows are JSON objects";
const TREE: &str = "Community Toolkit, Datasync: .NET, a tree of each answer";
const OLDER: &str = "estimate: Azure/azure-mobile-apps, issue 575, 20 000 rows in 2 min by pages of 50 with the older client, less its server and its disk";

const ACTIONS: &str =
    "OutSystems, Read/Write Data Last Write Wins: a server action writes to the database and reads from it";
const STAMPED: &str = "OutSystems, Complex Synchronization: CreatedOn, UpdatedOn and DeletedOn on the server";
const LAST_SYNC: &str =
    "OutSystems, Complex Synchronization: SyncProperties, a local LastSyncOn for each SyncUnit";
const WHOSE_CLOCK: &str = "estimate: LastSyncOn is kept on the phone, and the page leaves its clock open; \
                           Read-Only Data Optimized has the server's";
const SYNCED: &str = "estimate: LastSyncOn is set as the sync ends, and the page leaves that open";
const FLAGS: &str = "OutSystems, Read/Write Data Last Write Wins: IsFromServer, IsModified and IsActive on \
                     each record, which is sent whole";
const ROWS_SENT: &str =
    "OutSystems, Read/Write Data Last Write Wins: sends the lists of added, updated and deleted records";
const OVERRIDES: &str =
    "OutSystems, Read/Write Data Last Write Wins: the latest update overrides earlier ones, unasked";
const ONE_REQUEST: &str =
    "OutSystems, Complex Synchronization: just one server action for each branch of the sync";
const ALL_RECORDS: &str =
    "OutSystems, Complex Synchronization: get the data from the server, then break it into chunks";
const NO_RECEIPT: &str =
    "OutSystems, Read/Write Data Last Write Wins: the action takes records, and no id of a request";
const HEAD: &str = "OutSystems, sync framework: a failed sync stays at the head, tried again each 30 s";
const QUEUED: &str = "OutSystems, sync framework: pending syncs are kept in memory";
const SCRIPT: &str = "OutSystems, mobile apps: JavaScript, and JSON to and from server actions";

const SOFT_DELETES: &str =
    "HCL, Volt MX Foundry sync: a provisioned backend has a soft delete flag and a time of update";
const MARKERS: &str =
    "HCL, Volt MX Foundry sync, batches: the next asks for what is later than the first row left out";
const COUNTED: &str = "HCL, Volt MX Foundry sync, batches: there is more as long as rows come";
const WHOLE: &str = "HCL, Volt MX Offline Objects, startSync: full records with all columns, up and down";
const UNCHECKED: &str =
    "HCL, Volt MX Offline Objects, conflict resolution: None by default, and the server does not check";
const CACHED: &str =
    "HCL, Volt MX Offline Objects, upload cache: kept for 24 h, waited for 30 s, sent again after 30 min";

const OWN_ENDPOINTS: &str =
    "WatermelonDB, sync backend: the app's own server, asked for all changes since lastPulledAt";
const PULLED_AT: &str =
    "WatermelonDB, sync backend: the response has the server's time, for the next lastPulledAt";
const ALL_CHANGES: &str = "WatermelonDB, sync backend: all changes in one response";
const ONE_PUSH: &str =
    "WatermelonDB, sync backend: all local changes in one request, applied in one transaction";
const RAW_RECORDS: &str = "WatermelonDB, sync protocol: records are sent raw, with all columns";
const CHANGED_STAY: &str =
    "WatermelonDB, sync implementation: columns that were changed locally stay, the others are the server's";
const ONE_BATCH: &str = "WatermelonDB, sync implementation: all remote changes are applied in one batch";
const SEEDED: &str = "estimate: Nozbe/WatermelonDB, issue 410, 50 000 records take minutes: 2 min on `mid`";
const REACT: &str = "WatermelonDB, React Native: JavaScript, and JSON to and from the app's server";

const CHECKPOINTS: &str =
    "RxDB, replication: documents after a checkpoint, which is the updatedAt and the key of the last one";
const HUNDRED: &str = "pubkey/rxdb, replication plugin: batchSize 100 by default, down and up";
const WHOLE_STATES: &str =
    "RxDB, replication: a push has the new state of a document, and the master's assumed one";
const MASTER_WINS: &str =
    "RxDB, conflict handling: the default handler drops the fork's state for the master's";
const META: &str =
    "pubkey/rxdb, RxStorageReplicationMeta: the master's state of each document is kept beside it";
const TEN_MINUTES: &str =
    "estimate: pubkey/rxdb, issue 2633, 200 000 rows take more than 10 min on a phone with Android";
const RX: &str = "RxDB: JavaScript, and JSON to and from a server";

const DATAVERSE: &str = "Power Apps, mobile offline: the app syncs with Dataverse";
const TRACKED: &str = "Dataverse, change tracking: changes and deletes since a delta link";
const WEB_PAGES: &str = "Dataverse Web API: at most 5000 rows in a page, by odata.maxpagesize";
const EACH_ACTION: &str = "estimate: Power Apps, resolve sync conflicts: each action has an error of its own";
const FIELDS: &str = "Dynamics 365, offline: only changed fields are sent (infinite-usa.com)";
const LAST_FIELD: &str = "estimate: of two edits of a field the later one to arrive stays";
const POWER_JSON: &str = "Dataverse Web API: OData, whose rows are JSON objects";

const SOQL: &str = "Salesforce Mobile SDK, SOQL target: records modified later than maxTimeStamp";
const LOCATOR: &str =
    "Salesforce Mobile SDK, SOQL target: one query, whose further pages have addresses of their own";
const GHOSTS: &str = "Salesforce Mobile SDK, cleanResyncGhosts: a sync down does not find deleted records";
const TWO_THOUSAND: &str = "forcedotcom/SalesforceMobileSDK-Android, issue 1476: 2000 records at a time";
const COMPOSITE: &str = "forcedotcom/SalesforceMobileSDK-Android, issue 2293: 25 records in a request";
const MERGE_MODE: &str = "Salesforce Mobile SDK, merge modes: OVERWRITE compares nothing";
const SMART_STORE: &str = "Salesforce Mobile SDK, SmartStore: the database is encrypted, by SQLCipher";
const SOUPS: &str = "Salesforce Mobile SDK, REST API: records are JSON objects";

const MODE: &str = "gateway.mode";
const SERVED: &str = "gateway.serve.capture";
const DOWN: &str = "engine.pull.chunk_rows";
const WRITTEN: &str = "engine.pull.apply_rows";
const UP: &str = "engine.push.chunk_rows";
const BATCHES: &str = "engine.pull.chunk_rows engine.push.chunk_rows";
const CODEC: &str = "engine.codec";
const SPOKEN: &str = "gateway.codecs";
const OBJECTS: &str = "json-objects";
const ALSO_OBJECTS: &str = "[\"json\", \"json-objects\"]";
const STAMPS: &str = "{ last_modified = {} }";
const LOG: &str = "{ change_log = {} }";

/// The figures of the products, in the order of [`NAMES`].
const FIGURES: &[&[Row]] = &[
    &[
        (MODE, "ota", STRATEGY),
        (SERVED, STAMPS, STRATEGY),
        ("gateway.serve.cursor_held_by", "client", STRATEGY),
    ],
    &[(MODE, "persistent", STRATEGY)],
    &[
        (MODE, "ota", DIRECT),
        (SERVED, STAMPS, TRACKING),
        (BATCHES, "500 50", BATCHING),
        (CODEC, OBJECTS, RECORDS),
        (SPOKEN, ALSO_OBJECTS, RECORDS),
    ],
    &[
        (MODE, "ota", CHANGES),
        (SERVED, "{ change_log = { first_load = \"all\" } }", TOMBSTONES),
        (BATCHES, "100 100", POUCH),
        ("engine.push.sends", "row", WHOLE_DOCUMENTS),
        (CODEC, OBJECTS, DOCUMENTS),
        (SPOKEN, ALSO_OBJECTS, DOCUMENTS),
        ("engine.decoder", "managed", TREES),
        (WRITTEN, "100", BULK),
        ("store.extra_rows", "1", TWO_STORES),
        ("engine.row_cpu", "1500us", WEBVIEW),
    ],
    &[
        (MODE, "ota", COUCHBASE),
        (SERVED, LOG, COUCHBASE),
        (DOWN, "200", LISTED),
        (WRITTEN, "100", INSERTED),
        (CODEC, OBJECTS, REVISIONS),
        (SPOKEN, ALSO_OBJECTS, REVISIONS),
        ("engine.compression", "gzip", DEFLATED),
    ],
    &[
        (MODE, "persistent", SERVICE),
        ("gateway.refresh.capture", LOG, BUCKETS),
        ("gateway.refresh.every", "10s", STREAMED),
        ("gateway.refresh.history", "{ compacted_every = \"1d\" }", DAILY),
        ("engine.pull.chunk_rows engine.pull.chunk_bytes", "1000 1MiB", CHECKPOINT),
        (UP, "100", CRUD),
        ("store.extra_rows", "1", OPLOG),
        (CODEC, OBJECTS, OPERATIONS),
        (SPOKEN, ALSO_OBJECTS, OPERATIONS),
    ],
    &[
        (MODE, "ota", NODES),
        (SERVED, LOG, TRIGGERS),
        (BATCHES, "1000 1000", CHANNEL),
        (CODEC, "json", CSV),
        (WRITTEN, "10000", BATCH),
    ],
    &[
        (MODE, "ota", TOOLKIT),
        (SERVED, STAMPS, DELTA),
        (DOWN, "100", PAGES),
        (UP, "1", PARALLEL),
        (WRITTEN, "1", TOKEN),
        (CODEC, OBJECTS, ODATA),
        (SPOKEN, ALSO_OBJECTS, ODATA),
        ("engine.decoder", "managed", TREE),
        ("engine.row_cpu", "500us", OLDER),
    ],
    &[
        (MODE, "ota", ACTIONS),
        ("backend.provisioning", "three-stamps", STAMPED),
        ("engine.pull.cursor", "last-sync-on", LAST_SYNC),
        ("gateway.serve.capture.last_modified.source", "client-clock", WHOSE_CLOCK),
        ("engine.push.sync_date", "end", SYNCED),
        ("engine.push.capture", "dirty-flags", FLAGS),
        ("engine.conflict.policy backend.writes", "none blind", OVERRIDES),
        ("backend.idempotency", "none", NO_RECEIPT),
        ("engine.requests", "per-branch", ONE_REQUEST),
        ("engine.pull.chunk_rows engine.pull.chunk_bytes", "1000000 64MiB", ALL_RECORDS),
        ("backend.page_cap", "1000000", ALL_RECORDS),
        ("engine.push.chunk_rows engine.push.chunk_bytes", "100000 64MiB", ROWS_SENT),
        ("engine.queue", "blocks", HEAD),
        ("engine.queue_kept", "memory", QUEUED),
        (CODEC, OBJECTS, SCRIPT),
        (SPOKEN, ALSO_OBJECTS, SCRIPT),
        ("engine.decoder", "managed", SCRIPT),
    ],
    &[
        (MODE, "ota", DIRECT),
        ("backend.provisioning", "full", SOFT_DELETES),
        ("gateway.serve.capture.last_modified.bound", "first-not-returned", MARKERS),
        ("gateway.serve.capture.last_modified.end", "count", COUNTED),
        (BATCHES, "500 50", BATCHING),
        ("engine.push.sends", "row", WHOLE),
        ("engine.conflict.policy backend.writes", "none blind", UNCHECKED),
        ("gateway.upload_cache", "{ kept = \"24h\", wait = \"30s\", resubmit = \"30m\" }", CACHED),
        (CODEC, OBJECTS, RECORDS),
        (SPOKEN, ALSO_OBJECTS, RECORDS),
    ],
    &[
        (MODE, "ota", OWN_ENDPOINTS),
        (SERVED, STAMPS, OWN_ENDPOINTS),
        ("gateway.serve.capture.last_modified.source", "server-start", PULLED_AT),
        ("engine.pull.chunk_rows engine.pull.chunk_bytes", "1000000 64MiB", ALL_CHANGES),
        ("backend.page_cap", "1000000", ALL_CHANGES),
        (WRITTEN, "1000000", ONE_BATCH),
        ("engine.push.chunk_rows engine.push.chunk_bytes", "100000 64MiB", ONE_PUSH),
        ("backend.commits", "requests", ONE_PUSH),
        ("engine.push.sends", "row", RAW_RECORDS),
        ("engine.conflict.policy", "field-merge", CHANGED_STAY),
        (CODEC, OBJECTS, REACT),
        (SPOKEN, ALSO_OBJECTS, REACT),
        ("engine.decoder", "managed", REACT),
        ("engine.row_cpu", "300us", SEEDED),
    ],
    &[
        (MODE, "ota", CHECKPOINTS),
        (SERVED, STAMPS, CHECKPOINTS),
        (BATCHES, "100 100", HUNDRED),
        (WRITTEN, "100", HUNDRED),
        ("engine.push.sends", "row", WHOLE_STATES),
        ("engine.conflict.policy", "server-wins", MASTER_WINS),
        ("store.extra_rows", "1", META),
        (CODEC, OBJECTS, RX),
        (SPOKEN, ALSO_OBJECTS, RX),
        ("engine.decoder", "managed", RX),
        ("engine.row_cpu", "450us", TEN_MINUTES),
    ],
    &[
        (MODE, "ota", DATAVERSE),
        ("backend.profile", "dataverse", DATAVERSE),
        (SERVED, LOG, TRACKED),
        (DOWN, "5000", WEB_PAGES),
        (UP, "1", EACH_ACTION),
        ("engine.push.sends", "changed", FIELDS),
        ("engine.conflict.policy backend.writes", "none blind", LAST_FIELD),
        (CODEC, OBJECTS, POWER_JSON),
        (SPOKEN, ALSO_OBJECTS, POWER_JSON),
    ],
    &[
        (MODE, "ota", SOQL),
        ("backend.profile", "salesforce", SOQL),
        ("backend.provisioning", "stamps-only", GHOSTS),
        ("gateway.serve.capture.last_modified.bound", "tie-extended", LOCATOR),
        (DOWN, "2000", TWO_THOUSAND),
        (UP, "25", COMPOSITE),
        ("engine.push.sends", "row", SOUPS),
        ("engine.conflict.policy backend.writes", "none blind", MERGE_MODE),
        ("store.encrypted", "true", SMART_STORE),
        (CODEC, OBJECTS, SOUPS),
        (SPOKEN, ALSO_OBJECTS, SOUPS),
    ],
];

pub(super) static PRODUCTS: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let named = NAMES.iter().zip(FIGURES);
    named.map(|(name, figures)| profile(name, *figures)).collect()
});
