//! The choices that are known to be wrong, and the world in which each is hunted.

use super::Wrong;

/// Worlds for choices that not every world shows; `.ci/run` runs the file's own variants with more.
const MANY: u64 = 200;
/// Worlds for choices that every world shows.
const FEW: u64 = 5;

/// By keyset in the unchanged world: the others say only how they differ.
const PLAIN: Wrong = Wrong {
    name: "",
    class: "",
    why: "",
    file: "",
    variant: "keyset",
    world: &[],
    sets: &[],
    right: &[],
    metric: None,
    seeds: MANY,
};
const FLAG: Wrong = Wrong { variant: "flag", ..PLAIN };
const COMPARE: Wrong = Wrong { variant: "compare", ..PLAIN };

/// A page begins where the previous one did not end.
const BOUNDS: [Wrong; 7] = [
    Wrong {
        name: "strict",
        class: "A4",
        why: "rows that share a stamp with the page's last",
        file: "strategies/cursor-table.toml",
        sets: &["=last_modified.bound=strict"],
        ..PLAIN
    },
    Wrong {
        name: "first-not-returned",
        class: "A4",
        why: "the first row of each further page, which is asked for with `>`",
        file: "strategies/cursor-table.toml",
        sets: &["=last_modified.bound=first-not-returned"],
        ..PLAIN
    },
    Wrong {
        name: "first-not-returned-extended",
        class: "A4",
        why: "the stamp after each tie: the vendor's pseudocode to the letter",
        file: "strategies/cursor-table.toml",
        sets: &["=last_modified.bound=first-not-returned-extended"],
        ..PLAIN
    },
    Wrong {
        name: "inclusive",
        class: "A5",
        why: "its way: a tie that fills a page comes again for ever",
        file: "strategies/cursor-table.toml",
        sets: &["=last_modified.bound=inclusive", "drain=5m"],
        ..PLAIN
    },
    Wrong {
        name: "offset",
        class: "A9",
        why: "rows that move down while others are delivered",
        file: "strategies/cursor-offset-touched.toml",
        sets: &["=last_modified.paging=offset", "=last_modified.bound=strict"],
        ..PLAIN
    },
    Wrong {
        name: "a cursor cut to minutes",
        class: "A5",
        why: "its way: a minute that fills a page comes again for ever",
        file: "strategies/cursor-precision.toml",
        sets: &["=last_modified.precision=1m", "drain=5m"],
        seeds: FEW,
        ..PLAIN
    },
    Wrong {
        name: "strict, where filters know minutes",
        class: "A4",
        why: "its way: as with a cursor that is cut",
        file: "strategies/cursor-precision.toml",
        world: &["backend.filter_precision=1m", "drain=5m"],
        sets: &["=last_modified.bound=strict"],
        seeds: FEW,
        ..PLAIN
    },
];

/// A cursor that is ahead of rows still to come.
const TIMES: [Wrong; 8] = [
    Wrong {
        name: "no window",
        class: "A7",
        why: "transactions that commit behind the cursor",
        file: "strategies/cursor-late-commits.toml",
        sets: &["=last_modified.window=0s"],
        ..PLAIN
    },
    Wrong {
        name: "no window, where a tick is shared",
        class: "A7",
        why: "what gets the stamp of a tick that was read already",
        file: "backend/coarse-stamps.toml",
        world: &["backend.ticks=shared", "backend.stamp_precision=20s"],
        sets: &["=last_modified.window=0s"],
        seeds: FEW,
        ..PLAIN
    },
    Wrong {
        name: "client's clock",
        class: "A16",
        why: "what was written while the clock of a device was ahead",
        file: "strategies/cursor-source.toml",
        sets: &["=last_modified.source=client-clock", "=last_modified.bound=strict"],
        ..PLAIN
    },
    Wrong {
        name: "client's local time",
        class: "A16",
        why: "what was written in the hour by which it is ahead of UTC",
        file: "strategies/cursor-source.toml",
        sets: &["=last_modified.source=client-local"],
        seeds: FEW,
        ..PLAIN
    },
    Wrong {
        name: "server's clock at the end",
        class: "A7",
        why: "what is committed between the reading and the end",
        file: "strategies/cursor-source.toml",
        sets: &["=last_modified.source=server-end", "=last_modified.bound=strict"],
        ..PLAIN
    },
    Wrong {
        name: "stamps by the device",
        class: "A16",
        why: "what it wrote before others read on, and uploads after",
        file: "strategies/stamped-by-device.toml",
        sets: &["backend.stamped_by=device"],
        seeds: FEW,
        ..PLAIN
    },
    Wrong {
        name: "stamps that go back with the clock",
        class: "D",
        why: "what is written until the clock is where it was",
        file: "backend/clock-step-back.toml",
        world: &[r#"event.step={ at = "+4m", backend_clock_step = { by = "-1m" } }"#],
        sets: &["backend.monotonic=false"],
        seeds: FEW,
        ..PLAIN
    },
    Wrong {
        name: "a log with holes skipped",
        class: "A7",
        why: "transactions that fill their hole later",
        file: "strategies/change-log.toml",
        variant: "change-log",
        world: &["backend.log.numbered=at-write"],
        sets: &["=change_log.holes=skip"],
        ..PLAIN
    },
];

/// Deleted rows that nobody looks for.
const GONE: [Wrong; 4] = [
    Wrong {
        name: "no trace of deletions, keys not compared",
        class: "A11",
        why: "each deletion and each row that went to another ward",
        file: "strategies/hard-deletes.toml",
        world: &["backend.provisioning=stamps-only"],
        right: &["=last_modified.reconcile.every=1m"],
        seeds: FEW,
        ..PLAIN
    },
    Wrong {
        name: "no note of where rows were",
        class: "A",
        why: "rows that went to another ward: they stay",
        file: "strategies/scope-moves.toml",
        sets: &["backend.provisioning=three-stamps"],
        seeds: FEW,
        ..PLAIN
    },
    Wrong {
        name: "a log that was trimmed, not noticed",
        class: "A22",
        why: "the entries that were trimmed",
        file: "strategies/change-log.toml",
        variant: "change-log",
        world: &["backend.log.kept=30s"],
        sets: &["=change_log.trimmed=ignore"],
        seeds: FEW,
        ..PLAIN
    },
    Wrong {
        name: "bad rows skipped",
        class: "A2",
        why: "rows that could not be applied when they came",
        file: "strategies/bad-rows.toml",
        world: &["engine.pull.bad_rows=20%", "engine.pull.bad_tries=3"],
        sets: &["engine.pull.on_bad_row=skip"],
        right: &["engine.pull.on_bad_row=retry-list"],
        seeds: FEW,
        ..PLAIN
    },
];

/// A flag that wrongly says "synced".
const FLAGS: [Wrong; 8] = [
    Wrong {
        name: "flag before capture",
        class: "A1",
        why: "pages whose answer is lost",
        file: "strategies/flag-when.toml",
        sets: &["=flag.set=before-capture"],
        ..FLAG
    },
    Wrong {
        name: "flag after capture",
        class: "A1",
        why: "pages that the gateway had and the device did not",
        file: "strategies/flag-when.toml",
        sets: &["=flag.set=after-capture"],
        ..FLAG
    },
    Wrong {
        name: "flag set without comparing",
        class: "B3",
        why: "a second change between the reading and the flag",
        file: "strategies/flag-race.toml",
        sets: &["=flag.reset=naive"],
        ..FLAG
    },
    Wrong {
        name: "one flag for all",
        class: "A",
        why: "what another device was given",
        file: "strategies/flag-per-device.toml",
        sets: &["=flag.per=all"],
        ..FLAG
    },
    Wrong {
        name: "flags that begin as \"synced\"",
        class: "D7",
        why: "what was there before the flag",
        file: "strategies/flag-initial.toml",
        sets: &["=flag.initial=synced"],
        seeds: FEW,
        ..FLAG
    },
    Wrong {
        name: "a path that forgets the flag",
        class: "A",
        why: "what the office changes and deletes",
        file: "strategies/flag-rearm.toml",
        sets: &["backend.rearm=forgets-office"],
        seeds: FEW,
        ..FLAG
    },
    Wrong {
        name: "unreadable rows passed over",
        class: "A2",
        why: "the tenth that cannot be captured",
        file: "strategies/flag-poison.toml",
        sets: &["=flag.unreadable=10%"],
        seeds: FEW,
        ..FLAG
    },
    Wrong {
        name: "unreadable rows fail their page",
        class: "B9",
        why: "its way: the page comes again for ever",
        file: "strategies/flag-poison.toml",
        sets: &["=flag.unreadable=10%", "=flag.on_unreadable=stop", "drain=5m"],
        seeds: FEW,
        ..FLAG
    },
];

/// A memory that is ahead of, or behind, what it remembers.
const MEMORIES: [Wrong; 8] = [
    Wrong {
        name: "the server's cursor moves with the answer",
        class: "A1",
        why: "pages whose answer is lost",
        file: "strategies/cursor-answers-lost.toml",
        world: &["gateway.serve.cursor_held_by=server"],
        sets: &["gateway.serve.server_cursor=on-answer"],
        ..PLAIN
    },
    Wrong {
        name: "the backend's backup, not noticed",
        class: "D",
        why: "what went back: rows stay that never were, and those that are there again do not come",
        file: "backend/backend-restored.toml",
        world: &[r#"event.backup={ at = "+6m", restore_backend = { of = "1m", for = "5s" } }"#],
        sets: &["gateway.backend_restored=ignored"],
        ..PLAIN
    },
    Wrong {
        name: "the gateway's backup, not noticed",
        class: "D",
        why: "rows whose numbers were given before, to others",
        file: "strategies/gateway-restored.toml",
        variant: "replica-keyset",
        world: &[GATEWAY_BACK],
        sets: &["gateway.restored=ignored"],
        ..PLAIN
    },
    Wrong {
        name: "the same, fed by flags",
        class: "D",
        why: "also what was flagged since, which the replica forgot",
        file: "strategies/gateway-restored.toml",
        variant: "replica-flag",
        world: &[GATEWAY_BACK],
        sets: &["gateway.restored=ignored"],
        ..PLAIN
    },
    Wrong {
        name: "the same, where it compares",
        class: "D",
        why: "what a phone wrote since and another undid",
        file: "strategies/gateway-restored.toml",
        world: &[
            "fleet.phones.devices=2",
            "fleet.phones.attributes.ward=1",
            "entity.task.rows=4",
            r#"unit.Online.on=["login", "online", "every 10s"]"#,
            "action.add.per_device=0",
            "action.drop.per_device=0",
            "action.hand-over.per_device=0",
            "action.tick-off.per_device=0",
            r#"event.done={ at = "+5m31s", edits = { action = "tick-off", devices = [0], count = 4 } }"#,
            r#"event.undone={ at = "+5m59s", edits = { action = "tick-off", devices = [1], count = 4, over = "4s" } }"#,
            r#"event.backup={ at = "+6m", restore_gateway = { of = "30s" } }"#,
        ],
        seeds: MANY,
        sets: &["gateway.restored=ignored"],
        ..COMPARE
    },
    Wrong {
        name: "the replica's cursor saved before its rows",
        class: "A1",
        why: "pages that a killed gateway had noted and not written",
        file: "strategies/two-nodes.toml",
        variant: "replica-keyset",
        world: &[
            "gateway.backend_link.rtt=200ms",
            "gateway.refresh.every=10s",
            "gateway.refresh.page=1",
            r#"event.crash={ at = "+3m4s", gateway_kill = { restart_after = "5s" } }"#,
        ],
        sets: &["gateway.refresh.cursor_saved=before-rows"],
        ..PLAIN
    },
    Wrong {
        name: "two nodes without fencing",
        class: "B7",
        why: "work: rows come twice, and go back in the replica until the next refresh",
        file: "strategies/two-nodes.toml",
        variant: "replica-keyset",
        world: &["gateway.refresh.nodes=2"],
        sets: &["gateway.refresh.fencing=false"],
        metric: Some("gateway.refresh.overtaken"),
        seeds: FEW,
        ..PLAIN
    },
    Wrong {
        name: "flags that begin as \"not synced\"",
        class: "A21",
        why: "work: all rows come again to those who have them",
        file: "strategies/flag-initial.toml",
        world: &["fleet.phones.start=1d"],
        sets: &["=flag.initial=unsynced"],
        metric: Some("backend.delivered.rows"),
        seeds: FEW,
        ..FLAG
    },
];

/// What a comparison takes for a change.
const COMPARISONS: [Wrong; 4] = [
    Wrong {
        name: "rows hashed as they were written",
        class: "C11",
        why: "work: rows that nobody changed come with each pull",
        file: "strategies/compare-canonical.toml",
        sets: &["=hash.canonical=false"],
        metric: Some("engine.pull.rows"),
        seeds: FEW,
        ..COMPARE
    },
    Wrong {
        name: "a torn snapshot",
        class: "D1",
        why: "rows that moved while it was read, until the next pull",
        file: "strategies/torn-snapshot.toml",
        world: &["gateway.backend_link.rtt=400ms", "action.drop.per_device=12", "action.drop.on_devices=0"],
        sets: &["=hash.snapshot=torn", "=hash.read_rows=20"],
        metric: Some("oracle.phantom_delete.rows"),
        ..COMPARE
    },
    Wrong {
        name: "files without a trailer",
        class: "D1",
        why: "rows that are not written yet, until the next file",
        file: "strategies/file-drop.toml",
        world: &["=hash.source=file", "=hash.file_every=30s", "=hash.file_takes=10s"],
        sets: &["=hash.trailer=false"],
        metric: Some("oracle.phantom_delete.rows"),
        seeds: FEW,
        ..COMPARE
    },
    Wrong {
        name: "an end that is an answer without rows",
        class: "A",
        why: "work: a request more for each pull",
        file: "strategies/end-marker.toml",
        sets: &["=last_modified.end=count"],
        metric: Some("engine.requests.empty"),
        seeds: FEW,
        ..PLAIN
    },
];

/// How much is in one response.
const SIZES: [Wrong; 1] = [Wrong {
    name: "pages of rows, however heavy",
    class: "D14",
    why: "its way: an answer takes longer than a request may, and none of it is kept",
    file: "chunk-sizes.toml",
    world: &[
        "entity.task.rows=300",
        "entity.task.schema.title=text 4000..5000",
        "fleet.phones.link=edge",
        "fleet.phones.start=empty",
        "engine.request_timeout=10s",
        "drain=10m",
    ],
    sets: &["engine.pull.chunk_rows=500", "engine.pull.chunk_bytes=64MB"],
    seeds: FEW,
    ..PLAIN
}];
/// What a device sends of its edits, and what happens to them there.
const MARKS: [Wrong; 3] = [
    Wrong {
        name: "edits of rows of others, filtered",
        class: "C",
        why: "what people go on to write into rows that were given to others",
        file: "backend/authorisation.toml",
        world: &["action.hand-over.per_device=6"],
        sets: &["backend.authorisation=filter"],
        right: &["backend.authorisation=refuse"],
        ..PLAIN
    },
    Wrong {
        name: "a flag on the row that the answer clears",
        class: "B3",
        why: "what was edited since the request left",
        file: "device/local-capture.toml",
        sets: &["engine.push.capture=dirty-flags"],
        ..PLAIN
    },
    Wrong {
        name: "what was edited after the last sync's end",
        class: "B5",
        why: "what was edited while a sync ran",
        file: "device/local-capture.toml",
        sets: &["engine.push.capture=updated-after-last-sync"],
        ..PLAIN
    },
];

/// Nobody compares, or with too little.
const CONFLICTS: [Wrong; 4] = [
    Wrong {
        name: "blind writes",
        class: "C",
        why: "what others wrote meanwhile: nobody is told",
        file: "conflicts/blind-writes.toml",
        world: &[CONTENDED],
        sets: &["backend.writes=blind", "engine.conflict.policy=none"],
        ..PLAIN
    },
    Wrong {
        name: "newer dates alone",
        class: "C",
        why: "what others wrote meanwhile and dated earlier: nobody is told",
        file: "conflicts/blind-writes.toml",
        world: &[CONTENDED],
        sets: &["backend.writes=newer-date", "engine.conflict.policy=none"],
        ..PLAIN
    },
    Wrong {
        name: "the date of the last sync",
        class: "C",
        why: "what others wrote before that, and came down beside the edit",
        file: "conflicts/detection.toml",
        world: &[CONTENDED],
        sets: &["engine.conflict.base=last-sync"],
        seeds: MANY,
        ..PLAIN
    },
    Wrong {
        name: "whole rows",
        class: "C",
        why: "columns that nobody on the device ever touched",
        file: "conflicts/whole-rows.toml",
        world: &[CONTENDED],
        sets: &["engine.push.sends=row", "engine.conflict.policy=last-arrival-wins"],
        ..PLAIN
    },
];

/// What servers remember of repeated edits.
const SENT_AGAIN: [Wrong; 2] = [
    Wrong {
        name: "inserts without an idempotency key",
        class: "B1",
        why: "two rows of one edit, whose first answer was lost",
        file: "wire/blind-inserts.toml",
        world: &["entity.task.ids=server"],
        sets: &["backend.idempotency=none"],
        ..PLAIN
    },
    Wrong {
        name: "a cache of uploads in memory",
        class: "B1",
        why: "two rows of one edit, whose first answer the gateway forgot as it died",
        file: "wire/upload-cache.toml",
        world: &[
            "entity.task.ids=server",
            "backend.idempotency=none",
            r#"event.deaf={ at = "+3m", response_loss = { for = "1m", loss = 1 } }"#,
            r#"event.crash={ at = "+3m50s", gateway_kill = { restart_after = "5s" } }"#,
        ],
        sets: &["gateway.upload_cache={ durable = false }"],
        right: &["gateway.upload_cache={ durable = true }"],
        ..PLAIN
    },
];

/// Somebody else often edits the same row, also in other columns.
const CONTENDED: &str =
    r#"workload.contention={ by = "both", share = "60%", within = "1m", beside = "50%" }"#;

const GATEWAY_BACK: &str = r#"event.backup={ at = "+6m", restore_gateway = { of = "1m" } }"#;

/// All choices, in the order of the table.
pub(super) fn all() -> impl Iterator<Item = &'static Wrong> {
    let kinds: [&[Wrong]; 10] =
        [&BOUNDS, &TIMES, &GONE, &FLAGS, &MEMORIES, &COMPARISONS, &SIZES, &MARKS, &CONFLICTS, &SENT_AGAIN];
    kinds.into_iter().flatten()
}
