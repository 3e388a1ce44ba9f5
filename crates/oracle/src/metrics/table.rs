//! The table of metrics.

use super::Unit;

/// Which direction is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// Lower is better.
    Lower,
    /// Higher is better.
    Higher,
    /// It depends on the scenario.
    Neither,
}

/// The kind of figure that a metric has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A number that only grows. Numbers of two simulations can be added.
    Counter,
    /// A number that is computed at the end. Numbers of two simulations cannot be added.
    Gauge,
    /// A distribution of observations.
    Distribution,
}

/// The statistics of a metric that a comparison of two variants uses. They must show whether a
/// setting makes the app better or worse. They must not change just because the same work is split
/// into other pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    /// The number.
    Value,
    /// The percentiles. For metrics with a number of observations that settings do not change.
    Percentiles,
    /// The percentiles. If the two variants have different numbers of observations, the maximum
    /// instead.
    Longest,
    /// The percentiles. If the two variants have different numbers of observations, the total
    /// instead.
    Total,
    /// Only the maximum. Many small observations change the percentiles of memory, but not how much
    /// memory is needed.
    Greatest,
}

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Metric {
    /// Its index in the table.
    #[serde(skip)]
    pub id: Id,
    /// Its name.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Which direction is better.
    pub better: Better,
    /// The kind of its figure.
    pub kind: Kind,
    /// Which statistics are compared.
    pub compared: Compared,
    /// How it is measured, as one line of text.
    pub how: &'static str,
}

/// Short names for the table: the kind of a metric, and its compared statistics.
const COUNTER: (Kind, Compared) = (Kind::Counter, Compared::Value);
const GAUGE: (Kind, Compared) = (Kind::Gauge, Compared::Value);
const DISTRIBUTION: (Kind, Compared) = (Kind::Distribution, Compared::Percentiles);
const RUNS: (Kind, Compared) = (Kind::Distribution, Compared::Longest);
const PIECES: (Kind, Compared) = (Kind::Distribution, Compared::Total);
const PEAKS: (Kind, Compared) = (Kind::Distribution, Compared::Greatest);

macro_rules! table {
    ($($id:ident $name:literal $unit:ident $better:ident $kind:ident $how:literal)*) => {
        /// A metric, as its position in [`TABLE`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Id { $(#[doc = $how] $id,)* }

        /// All metrics.
        pub static TABLE: &[Metric] = &[$(Metric {
            id: Id::$id,
            name: $name,
            unit: Unit::$unit,
            better: Better::$better,
            kind: $kind.0,
            compared: $kind.1,
            how: $how,
        },)*];
    };
}

table! {
    SessionDuration "engine.session.duration" Ns Lower RUNS "From the start of a unit's run to its good end. A failed run continues in the unit's next run; between runs, time without a network does not count. A sync without a good end by the end of the simulation counts as never. A sync that was cancelled, or dropped for another, is left out."
    SessionCount "engine.session.count" Count Neither COUNTER "Runs of units that started."
    SessionFailed "engine.session.failed" Count Lower COUNTER "Runs of units that ended with an error."
    SessionInterrupted "engine.session.interrupted" Count Lower COUNTER "Of `engine.session.failed`, runs that failed because the process died, including runs that no later process reports."
    SessionPartly "engine.session.partly" Count Lower COUNTER "Of `engine.session.failed`, runs in which at least one request had a response: a part of their work is done."
    SessionCancelled "engine.session.cancelled" Count Neither COUNTER "Of `engine.session.failed`, runs that somebody cancelled."
    PagesLeft "engine.pages_left.runs" Count Neither COUNTER "Runs of units that ended well with pages left to pull, because of `engine.pull.pages_per_run`."
    PagesLeftReady "engine.pages_left.ready" Count Lower COUNTER "Of `engine.pages_left.runs`, runs after which the app said that it was ready."
    SessionBlocking "engine.session.blocking" Ns Lower RUNS "Length of runs of blocking units that ended well."
    SyncsGoodShare "engine.syncs.good_share" Ppm Higher GAUGE "Share of the ended runs of units that ended well. A failed run that is retried counts each time."
    SyncsUseful "engine.syncs.useful" Count Higher COUNTER "Runs of pulling units that ended well and received data no older than `workload.freshness`."
    SyncsUsefulShare "engine.syncs.useful_share" Ppm Higher GAUGE "Share of the ended runs of pulling units that ended well with data no older than `workload.freshness`. A failed run that is retried counts each time, so eager retries lower this share; `engine.syncs.blocked` says how long people were cut off."
    SyncsBlocked "engine.syncs.blocked" Ns Lower COUNTER "Over all devices: time from a failed run to the device's next good end of a run."
    Usable "engine.usable_after_login.duration" Ns Lower DISTRIBUTION "From a login (which needs a network) until the app can be used: its blocking units have ended, or all units if none blocks. If a unit was discarded, other units have brought its rows. Time without a network does not count. If the app dies in between, the time goes on over the restart. A later restart counts as a login only if the phone is empty: installed again, upgraded with `on_mismatch = \"reset\"`, or restored. A person who logs out stops waiting. A login after which the app could not be used by the end counts as never."
    NeverUsable "engine.never_usable.devices" Devices Lower GAUGE "Devices that never got the data that a login waits for."
    FirstScreen "engine.first_screen.duration" Ns Lower DISTRIBUTION "From the first start of a device's app until the first good end of a run that pulled: of any unit, and of each unit, as `engine.first_screen.duration/Splash`. If such a run began and none ended well, it counts as never."
    EntityThere "engine.entity.duration" Ns Lower RUNS "From the request for a run until all rows of an entity were durable. Only runs that ended well and brought rows of the entity count. Also by entity, as `engine.entity.duration/visit`."
    FirstRows "engine.first_rows.duration" Ns Lower RUNS "From a run's start to the first rows that it made durable."
    HookCount "engine.hooks.count" Count Neither COUNTER "Calls of the app's hooks."
    HookThrew "engine.hooks.threw" Count Lower COUNTER "Calls of the app's hooks that threw."
    HookTimedOut "engine.hooks.timed_out" Count Lower COUNTER "Calls of the app's hooks that the engine abandoned."
    HookUnended "engine.hooks.unended" Count Lower GAUGE "Calls of the app's hooks that never ended, because their process died or the simulation ended."
    HookTriggers "engine.hooks.triggers" Count Lower COUNTER "Syncs that the app's hooks triggered."
    HookDuration "engine.hook.duration" Ns Lower PIECES "From the call of a hook of the app to its end."
    Requests "engine.requests.count" Count Lower COUNTER "Requests sent, retries included."
    RequestsEmpty "engine.requests.empty" Count Lower COUNTER "Pulls and fetches whose response had no row."
    RequestsFailed "engine.requests.failed" Count Lower COUNTER "Requests without a response from the server: also requests that were not sent without a network, and requests to which a captive portal responded."
    RequestsCut "engine.requests.cut" Count Lower COUNTER "Requests in flight when their connection broke."
    RequestsTimedOut "engine.requests.timed_out" Count Lower COUNTER "Requests without a response by their deadline."
    RequestsRefused "engine.requests.refused" Count Lower COUNTER "Requests with an error response."
    RequestsThrottled "engine.requests.throttled" Count Lower COUNTER "Requests refused because of a quota (429)."
    RequestsUnavailable "engine.requests.unavailable" Count Lower COUNTER "Requests refused because the backend was down or its queue full (503)."
    RequestsServerFailed "engine.requests.server_failed" Count Lower COUNTER "Requests that failed in the backend or on the way there (500, 502)."
    RequestsTooLarge "engine.requests.too_large" Count Lower COUNTER "Requests that the server refused for their size, or for the size of their response (413)."
    RequestsGatewayTimeout "engine.requests.gateway_timeout" Count Lower COUNTER "Requests on which the gateway gave up (504)."
    RequestsUnauthorized "engine.requests.unauthorized" Count Lower COUNTER "Requests refused because of their token (401)."
    RequestsMustReset "engine.requests.must_reset" Count Lower COUNTER "Requests refused because the device must first discard its copy (`event.NAME.wipe_demanded`)."
    RequestsAccepted "engine.requests.accepted" Count Lower COUNTER "Requests with the response \"accepted, ask again\" (202), because the server worked on them in the background (`gateway.job`)."
    RequestsClockOff "engine.requests.clock_off" Count Lower COUNTER "Requests refused because the device's clock was further off than `gateway.clock_tolerance`."
    TokensRenewed "engine.tokens.renewed" Count Neither COUNTER "New tokens that replaced older tokens on devices."
    LogoutsRefused "device.logouts.refused" Count Lower COUNTER "Logouts that the app refused because edits waited."
    LoginsEnded "device.logins.ended" Count Lower COUNTER "Times a device got no new token because its last token was too old, so that its person had to log in again."
    RetriesTapped "device.retries.tapped" Count Neither COUNTER "Taps on Retry by people who saw a failed sync."
    Logins "device.logins.count" Count Neither COUNTER "Logins after a logout."
    RequestDuration "engine.request.duration" Ns Lower PIECES "From sending a request to its useful response."
    ResponseBytes "engine.response.bytes" Bytes Neither PIECES "Size of useful responses."
    DownBytes "engine.down.bytes" Bytes Lower COUNTER "Bytes of useful responses."
    UpBytes "engine.up.bytes" Bytes Lower COUNTER "Bytes of requests sent."
    WastedBytes "engine.wasted.bytes" Bytes Lower COUNTER "Wasted bytes: requests without a useful response, also those of a process that died; pulls and fetches without a row in the response, with these responses; and rows that the device already held in that version, or set aside and discarded."
    WastedRows "engine.wasted.rows" Rows Lower COUNTER "Rows of pulls and fetches that the device already held in that version, because an earlier pull or fetch of this run had brought it or the device had written it; and rows that the device set aside and discarded."
    PullRows "engine.pull.rows" Rows Neither COUNTER "Rows in responses to pulls, tombstones included."
    PullResponseRows "engine.pull.response_rows" Rows Neither PIECES "Rows in a response to a pull."
    PullResponseBytes "engine.pull.response_bytes" Bytes Neither PIECES "Bytes of a response to a pull."
    PushRows "engine.push.rows" Rows Neither COUNTER "Edits in requests that left the device, retries included."
    PushAnswered "engine.push.answered" Rows Neither COUNTER "Edits in pushes that got a response."
    PushAcknowledged "engine.push.acknowledged" Rows Neither COUNTER "Edits that the backend acknowledged to their device."
    PushRequestRows "engine.push.request_rows" Rows Neither PIECES "Edits in a push that got a response."
    PushRequestBytes "engine.push.request_bytes" Bytes Neither PIECES "Bytes of a push that got a response."
    PushBytes "engine.push.bytes" Bytes Neither COUNTER "Bytes of pushes that got a response."
    PushWasted "engine.push.wasted_bytes" Bytes Lower COUNTER "Bytes of pushes that were sent and got no useful response."
    ControlChanges "engine.control.changes" Count Neither COUNTER "Times an adaptive controller chose a chunk size other than the last one."
    ControlReached "engine.control.reached" Ns Lower DISTRIBUTION "From a device's first adapted chunk until its chunk size first reached an interval between two powers of two, once per interval. Also by the lower power, as `engine.control.reached/pull-512`."
    ApplyRows "engine.apply.rows" Rows Neither COUNTER "Changes from pulls and fetches that became durable on devices."
    ApplySkipped "engine.apply.skipped" Rows Lower COUNTER "Rows that could not be applied and that the cursor skipped."
    ApplyListed "engine.apply.listed" Rows Neither COUNTER "Times a row could not be applied and was put on a durable list for a retry."
    ApplyRemoved "engine.apply.removed" Rows Neither COUNTER "Of `engine.apply.rows`, changes that removed a row."
    ExcerptRows "engine.excerpt.rows" Rows Neither COUNTER "Partial rows that became durable beside the full rows, including reports that a row is gone."
    SetAsideRows "engine.set_aside.rows" Rows Neither COUNTER "Rows that waited in separate tables, invisible to people, for the rest of their run (`engine.pull.atomic`)."
    ThrownAwayRows "engine.set_aside.thrown_away" Rows Lower COUNTER "Of `engine.set_aside.rows`, rows that were discarded and never shown."
    ApplyCount "engine.apply.count" Count Lower COUNTER "Transactions that made the changes of `engine.apply.rows` durable."
    ApplyDuration "engine.apply.duration" Ns Lower PIECES "Time for which one transaction of `engine.apply.count` kept its device busy."
    ApplySlowdown "engine.apply.slowdown" Ppm Lower DISTRIBUTION "Median time per row in the last tenth of the transactions of a device's first load, over that in the first tenth. Loads with at least 20 transactions count."
    EchoedRows "engine.echoed.rows" Rows Lower COUNTER "Pulled changes that the device had made itself."
    CursorSaved "engine.cursor.saved" Count Neither COUNTER "Cursors that moved."
    CursorReset "engine.cursor.reset" Count Lower COUNTER "Cursors that were lost: the server refused them, or a logout discarded them with edits."
    Retries "engine.retries.count" Count Lower COUNTER "Waits before a retry."
    RetryWait "engine.retry.wait" Ns Lower PIECES "Planned length of a wait before a retry. Between runs, the wait ends early when the network is back."
    SessionTime "engine.session.time" Ns Lower COUNTER "Time in which at least one unit ran, summed over devices."
    SessionEmptyTime "engine.session.empty_time" Ns Neither COUNTER "Of `engine.session.time`, the part in which all running units ended well and moved nothing: no rows, edits or attachments."
    PullTime "engine.pull.time" Ns Lower COUNTER "Time in which units waited for useful responses to pulls."
    PullEmptyTime "engine.pull.empty_time" Ns Neither COUNTER "Of `engine.pull.time`, the part in syncs that ended well and moved nothing."
    PullEmptyResponses "engine.pull.empty_responses" Count Neither COUNTER "Useful responses to pulls in syncs that ended well and moved nothing."
    LostTime "engine.requests.lost_time" Ns Lower COUNTER "Time in which units waited for requests that got no useful response."
    RefusedTime "engine.requests.refused_time" Ns Lower COUNTER "Of `engine.requests.lost_time`, the part that ended with an error response."
    TimedOutTime "engine.requests.timed_out_time" Ns Lower COUNTER "Of `engine.requests.lost_time`, the part that ended with the deadline."
    QueuedTime "engine.requests.queued_time" Ns Lower COUNTER "Of the time in which units waited for useful responses, the part in the backend's queue. It is an approximation if a device has several requests in flight."
    RetryTime "engine.retry.time" Ns Lower COUNTER "Time in which runs of units waited before a retry."
    ApplyTime "engine.apply.time" Ns Lower COUNTER "Time for which devices were busy with writing pulled changes in runs of units. If several transactions wait for each other, each counts from its request to write."
    RowsRate "engine.rows.rate" MilliRowsPerSecond Higher GAUGE "Rows that units made durable, per second of `engine.session.time` without `engine.session.empty_time`."
    PushTime "engine.push.time" Ns Lower COUNTER "Time in which units waited for useful responses to pushes."
    PushRate "engine.push.rate" MilliRowsPerSecond Higher GAUGE "Edits that the backend acknowledged, per second of `engine.session.time` without `engine.session.empty_time`."
    BytesRate "engine.bytes.rate" BytesPerSecond Neither GAUGE "Bytes of responses to units, per second of `engine.session.time` without `engine.session.empty_time`."
    WriteAcknowledged "engine.write_acknowledged.duration" Ns Lower DISTRIBUTION "From the save of an edit until it is safe on the backend: acknowledged, or equal to the backend's values. An edit that was refused, superseded, discarded or lost (even after its acknowledgement), or that still waits at the end, counts as never. Two kinds of edits are left out: an edit that a later edit of its row replaced before it was sent, and an edit that its person gave up in a conflict."
    NeverSafeLost "engine.never_safe.lost" Count Lower COUNTER "Edits that never became safe (`engine.write_acknowledged.duration`) because they were lost. The six counts of `engine.never_safe` add up to the edits that never became safe."
    NeverSafeGaveWay "engine.never_safe.gave_way" Count Lower COUNTER "Edits that never became safe (`engine.write_acknowledged.duration`) because a rule superseded them by another version."
    NeverSafeRefused "engine.never_safe.refused" Count Lower COUNTER "Edits that never became safe because the backend refused them permanently, with a message to their people."
    NeverSafeLostSince "engine.never_safe.lost_since" Count Lower COUNTER "Edits that were acknowledged and are lost at the end: the backend went back to a backup without them, or their attachments exist nowhere."
    NeverSafeWaiting "engine.never_safe.waiting" Count Lower COUNTER "Edits that never became safe because they still wait on a phone at the end."
    NeverSafeUnconfirmed "engine.never_safe.unconfirmed" Count Lower COUNTER "Edits that the backend has, although no report of this reached their phones."
    WriteVisible "engine.write_visible.duration" Ns Lower DISTRIBUTION "From an edit, made while the backend is up, until another device has this version of the row or a newer one. Each device that is online and in the foreground at the time of the edit counts; time in which it is not is left out. A device that should hold the row and has neither version at the end counts as never. Edits that `engine.write_acknowledged.duration` leaves out are left out here, too."
    CommitVisible "engine.commit_visible.duration" Ns Lower DISTRIBUTION "From a commit by anybody until its version is on another device, online or not. A version that a newer one replaced counts only on devices that saw it."
    NetworkAsked "engine.network.asked" Count Lower COUNTER "Times an engine without notifications polled the operating system for the network."
    StatusChanges "engine.status.transitions" Count Neither COUNTER "Changes of the sync state that apps show. Changes of the progress or of the number of waiting edits do not count."
    StatusIdle "engine.status.idle" Ns Neither COUNTER "Over all devices: time in which the app's status was \"idle\": nothing runs and nothing is wrong."
    StatusOffline "engine.status.offline" Ns Neither COUNTER "Over all devices: time in which the app's status was \"offline\"."
    StatusSyncing "engine.status.syncing" Ns Neither COUNTER "Over all devices: time in which the app's status was \"syncing\"."
    StatusFailed "engine.status.failed" Ns Lower COUNTER "Over all devices: time in which the app's status was \"failed\": the last sync failed."
    StatusConflict "engine.status.conflict" Ns Lower COUNTER "Over all devices: time in which the app's status was \"conflict\": a conflict waits for the person."
    QueueDepth "engine.queue.depth" Count Lower RUNS "Number of waiting units, without the running one, each time a unit joined the queue."
    QueueWaited "engine.queue.waited" Ns Lower RUNS "How long a unit waited for its run."
    QueueDiscarded "engine.queue.discarded" Count Neither COUNTER "Waiting units that were dropped for another."
    QueueForgotten "engine.queue.forgotten" Count Lower COUNTER "Units that had not ended well when their process died, and that the next process did not queue within a minute after its start."
    QueueCoalesced "engine.queue.coalesced" Count Neither COUNTER "Requests for a unit that was already waiting."
    ConflictsFound "engine.conflicts.found" Count Neither COUNTER "Saved edits that met a true conflict (a newer version with other values) according to the engine, each counted once."
    ConflictsMiscounted "engine.conflicts.miscounted" Count Lower GAUGE "Difference between the true conflicts that the engine counts and those that the oracle counts."
    ConflictsEqual "engine.conflicts.equal" Count Neither COUNTER "Decisions of the engine that there is no conflict, because both sides are equal."
    ConflictsLocal "engine.conflicts.local_won" Count Neither COUNTER "True conflicts decided for the local edit."
    ConflictsRemote "engine.conflicts.remote_won" Count Neither COUNTER "True conflicts decided for the backend's version."
    ConflictsMerged "engine.conflicts.merged" Count Neither COUNTER "True conflicts decided column by column."
    ConflictsBoth "engine.conflicts.kept_both" Count Neither COUNTER "True conflicts after which both sides stay, as two rows."
    ConflictsParked "engine.conflicts.parked" Count Neither COUNTER "True conflicts that wait for a person."
    ConflictsUpdateUpdate "engine.conflicts.update_update" Count Neither COUNTER "Decisions where both sides changed the row."
    ConflictsUpdateDelete "engine.conflicts.update_delete" Count Neither COUNTER "Decisions where the device changed the row and the backend deleted it."
    ConflictsDeleteUpdate "engine.conflicts.delete_update" Count Neither COUNTER "Decisions where the device deleted the row and the backend changed it."
    ConflictsInsertInsert "engine.conflicts.insert_insert" Count Neither COUNTER "Decisions where both sides created the row."
    ConflictsUpdateTaken "engine.conflicts.update_taken" Count Neither COUNTER "Decisions where the device gave the row the natural key of another row. Such an edit always loses."
    PageOpen "engine.page.open" Count Lower COUNTER "Conflicts that waited for a person at the end of the script."
    PageLeft "engine.page.left" Count Lower GAUGE "Conflicts that nobody had decided by the end of the run."
    PageAge "engine.page.age" Ns Lower DISTRIBUTION "From the time a person saw a conflict until the person decided it. A conflict that nobody decided counts as never."
    PageLocal "engine.page.local" Count Neither COUNTER "Conflicts for which a person chose the device's version."
    PageRemote "engine.page.remote" Count Neither COUNTER "Conflicts for which a person chose the backend's version."
    PageMixed "engine.page.mixed" Count Neither COUNTER "Conflicts for which a person chose some columns of each side."
    PageAgain "engine.page.again" Count Lower COUNTER "Conflicts of edits about which a person had already decided, because the backend's row changed again meanwhile."
    PageHeld "engine.page.held" Ns Lower COUNTER "Over all devices: time from the first run that was refused because a conflict was open until the last open conflict was decided."
    PageHeldRuns "engine.page.held_runs" Count Lower COUNTER "Runs of units that were refused because a conflict was open."
    PageHeldEdits "engine.page.held_edits" Count Lower COUNTER "Edits without a conflict that a run of `engine.page.held_runs` would have sent, each counted once."
    EditsUnsent "engine.edits.unsent" RowNs Lower COUNTER "Edit-hours on devices: for each edit, the time for which only its device had it. An edit that never arrived counts to the end of the run."
    EditsUnsentOffline "engine.edits.unsent_offline" RowNs Lower COUNTER "Of `engine.edits.unsent`, the part in which the device had no network."
    EditsUnsentInSync "engine.edits.unsent_in_sync" RowNs Lower COUNTER "Of `engine.edits.unsent`, the part with a network in which a unit ran on the device. In the other part with a network, the edits waited for a sync to start."
    EditsUnsentAfterFailure "engine.edits.unsent_after_failure" RowNs Lower COUNTER "Of `engine.edits.unsent`, the part with a network in which the device's last sync had failed and no other had started."
    EditsUnsentLost "engine.edits.unsent_lost" RowNs Lower COUNTER "Of `engine.edits.unsent`, the part of edits that were never sent, because they were lost or given up."
    EditsSuperseded "engine.edits.superseded" Count Lower COUNTER "Lines in users' logs: an edit was superseded by the backend's version."
    EditsOverwrote "engine.edits.overwrote" Count Neither COUNTER "Lines in users' logs: an edit replaced a version of somebody else."
    EditsRejected "engine.edits.rejected" Count Lower COUNTER "Lines in users' logs: the backend refused an edit permanently."
    OutboxDropped "engine.outbox.dropped" Count Lower COUNTER "Edits that the phone dropped from the outbox because too many waited, or one waited too long (`engine.push.keep_most`, `engine.push.keep_for`)."
    OutboxDroppedUnsaid "engine.outbox.dropped_unsaid" Count Lower COUNTER "Of `engine.outbox.dropped`, edits that were dropped without a message to their people."
    EditsSquashed "engine.edits.squashed" Count Neither COUNTER "Edits that were not sent, because a later edit of their row was sent instead, or because the row was created and deleted before it was sent."
    VersionsBrought "engine.write_brought.count" Count Neither COUNTER "Times a person's edit, or a newer version of its row, came to another device. `engine.write_visible.duration` counts only devices that were online and in the foreground at the time of the edit."
    VisiblePassing "engine.edits.passing_seen" Count Lower COUNTER "Versions that another person's device showed although their author had edited the row again before they were sent: once per device."
    WorkloadMade "workload.edits.made" Count Neither COUNTER "Edits that people made on devices."
    WorkloadMissed "workload.edits.missed" Count Lower COUNTER "Edits that people wanted to make and did not see saved: the app did not run, the process died before, or the run ended."
    WorkloadRefused "workload.edits.refused" Count Lower COUNTER "Edits that people wanted to make and the app refused."
    WorkloadNoKey "workload.edits.without_key" Count Lower COUNTER "Of `workload.edits.refused`, creates for which the pool had no key left."
    WorkloadInConflict "workload.edits.in_conflict" Count Lower COUNTER "Of `workload.edits.refused`, edits of a row whose conflict waited for a person."
    WorkloadLocked "workload.edits.locked" Count Lower COUNTER "Of `workload.edits.refused`, edits on an offline phone, where nothing may be edited offline."
    WorkloadNotOffline "workload.edits.not_offline" Count Lower COUNTER "Of `workload.edits.refused`, edits on an offline phone of columns that may not be edited offline."
    WorkloadNoLease "workload.edits.without_lease" Count Lower COUNTER "Of `workload.edits.refused`, edits of a row on which somebody else had a lease, that had changed, or for which no lease could be requested."
    WorkloadNotOwner "workload.edits.not_owner" Count Lower COUNTER "Of `workload.edits.refused`, edits of a row that somebody else owns."
    WorkloadOutboxFull "workload.edits.outbox_full" Count Lower COUNTER "Of `workload.edits.refused`, edits while too many edits waited, or one had waited too long."
    ApplyAborted "engine.apply.aborted" Count Lower COUNTER "Transactions of a pull that the database refused, because a row would refer to one that is missing."
    HalfSynced "device.half_synced.time" Ns Lower COUNTER "Over all devices: from the first visible rows of a pull to the last rows that its unit brought before its next good end, over interrupted runs. Without a good end, to the end of the simulation."
    DanglingTime "device.dangling.row_ns" RowNs Lower COUNTER "Row-hours: rows that refer to a row which the device does not have, times how long people saw them so. It is 0 without `store.watch_references`."
    EngineRenamed "engine.rows.renamed" Rows Neither COUNTER "Rows created on a device that later got another key there: from the backend, from a pool, or of the row with the same natural key."
    WorkloadPrevented "workload.edits.prevented" Count Lower COUNTER "Edits that people wanted to make and gave up, because a blocking sync had the screen for a minute or until the script ended."
    WorkloadUnplaced "workload.edits.unplaced" Count Lower COUNTER "Edits that the script should have made and did not, because no row to edit, or no free natural key, was left."
    WorkloadUntested "workload.untested.count" Count Lower GAUGE "Parts of the scenario that did not occur in the script: actions and events without an edit, faults that hit nobody, and unused hooks, units, entities and fleets. The run itself counts if nobody asked for anything or changed anything."
    WorkloadOfficeMissed "workload.edits.office_missed" Count Lower COUNTER "Edits that the office wanted to make and did not, because it found no suitable row or the backend refused the edit."
    DeviceStarts "device.starts.count" Count Neither COUNTER "Processes that started."
    DeviceKills "device.kills.count" Count Neither COUNTER "Processes that were killed."
    DevicePowerLosses "device.power_losses.count" Count Neither COUNTER "Processes that died because their device lost power."
    RadioOn "device.radio.on" Ns Lower COUNTER "Estimate, over all devices: time for which radios were awake, including the times to wake up and to fall asleep again."
    RadioEnergy "device.radio.energy" Uj Lower COUNTER "Estimate, over all devices: energy of the radios by the power models of their networks, all networks together. The last time to fall asleep counts in full."
    RadioTwoGOn "device.radio.on_2g" Ns Lower COUNTER "Of `device.radio.on`, the part on 2G."
    RadioTwoGEnergy "device.radio.energy_2g" Uj Lower COUNTER "Of `device.radio.energy`, the part on 2G."
    RadioThreeGOn "device.radio.on_3g" Ns Lower COUNTER "Of `device.radio.on`, the part on 3G."
    RadioThreeGEnergy "device.radio.energy_3g" Uj Lower COUNTER "Of `device.radio.energy`, the part on 3G."
    RadioLteOn "device.radio.on_lte" Ns Lower COUNTER "Of `device.radio.on`, the part on LTE."
    RadioLteEnergy "device.radio.energy_lte" Uj Lower COUNTER "Of `device.radio.energy`, the part on LTE."
    RadioFiveGOn "device.radio.on_5g" Ns Lower COUNTER "Of `device.radio.on`, the part on 5G."
    RadioFiveGEnergy "device.radio.energy_5g" Uj Lower COUNTER "Of `device.radio.energy`, the part on 5G."
    RadioWifiOn "device.radio.on_wifi" Ns Lower COUNTER "Of `device.radio.on`, the part on Wi-Fi."
    RadioWifiEnergy "device.radio.energy_wifi" Uj Lower COUNTER "Of `device.radio.energy`, the part on Wi-Fi."
    DeviceLowMemory "device.low_memory.count" Count Lower COUNTER "Processes that were killed because a response took more memory than they may use."
    DeviceBigRows "device.big_rows.count" Count Lower COUNTER "Processes that died because they read a row larger than `class.NAME.row_limit` of their phone."
    AttachmentRequests "attachment.requests.count" Count Lower COUNTER "Requests that sent a range of an attachment, or asked for its offset."
    AttachmentSentBytes "attachment.sent.bytes" Bytes Lower COUNTER "Bytes of attachments in requests sent."
    AttachmentAgainBytes "attachment.again.bytes" Bytes Lower COUNTER "Of `attachment.sent.bytes`, bytes that their device had sent before."
    AttachmentStored "attachment.stored.count" Count Higher COUNTER "Attachments that reached the server, thumbnails included."
    AttachmentTime "attachment.run.time" Ns Lower COUNTER "Time in which runs sent attachments."
    AttachmentThere "attachment.already_there.count" Count Lower COUNTER "Uploads that the server refused because it had the attachment already (`gateway.attachment_again`)."
    AttachmentRowsWait "attachment.rows_wait.time" Ns Lower COUNTER "Time in which a device had edits to send while its run sent attachments."
    AttachmentBareTime "attachment.bare.time" Ns Lower COUNTER "Time for which rows on the backend lacked their attachments, summed over all rows."
    AttachmentBareFor "attachment.bare.duration" Ns Lower DISTRIBUTION "How long the backend had a row without its attachments. A row that still lacks attachments at the end counts as never."
    AttachmentBareRows "attachment.bare.rows" Rows Lower COUNTER "Rows that lack their attachments on the backend at the end."
    AttachmentOrphans "attachment.orphan.count" Count Lower COUNTER "Attachments that the server has at the end without their row."
    AttachmentThumbnailWait "attachment.thumbnail.wait" Ns Lower DISTRIBUTION "From the creation of a row until the server had its thumbnail. A row that nobody deleted and that has no thumbnail at the end counts as never."
    AttachmentWholeWait "attachment.whole.wait" Ns Lower DISTRIBUTION "From the creation of a row until the server had all its attachments. A row that nobody deleted and that lacks an attachment at the end counts as never."
    DeviceMemoryPeak "device.memory.peak" Bytes Lower PEAKS "Memory that the decoding of a response takes."
    DeviceMemoryTight "device.memory.tight" Count Lower COUNTER "Responses whose decoding took more than a quarter of the memory that the app may use."
    DeviceStorageFull "device.storage.full" Count Lower COUNTER "Times the engine could not record the end of a run because the storage was full."
    DeviceCpu "device.cpu.busy" Ns Lower COUNTER "Over all devices: processor time for the sync and for people's edits."
    DeviceCpuEnergy "device.cpu.energy" Uj Lower COUNTER "Estimate: energy of `device.cpu.busy`, at one watt for a busy core."
    DeviceCoding "device.coding.busy" Ns Lower COUNTER "Of `device.cpu.busy`, the part for encoding, compressing, decompressing and decoding messages."
    DeviceCodingEnergy "device.coding.energy" Uj Lower COUNTER "Estimate: energy of `device.coding.busy`, at one watt for a busy core."
    DeviceSyncs "device.disk.syncs" Count Lower COUNTER "Over all devices: fsyncs of the flash."
    DeviceWritten "device.disk.written" Bytes Lower COUNTER "Over all devices: bytes written to the flash."
    DeviceTransaction "device.transaction.longest" Ns Lower GAUGE "Longest work on a device's database, from its begin to its last fsync."
    DeviceLock "device.lock.longest" Ns Lower GAUGE "Longest time for which a transaction held a device's write lock."
    DeviceDatabase "device.database.bytes" Bytes Lower GAUGE "Over all devices: bytes in the files of their databases at the end."
    DeviceWal "device.wal.peak" Bytes Lower GAUGE "Greatest size of a device's write-ahead log."
    DeviceQuery "device.query.duration" Ns Lower DISTRIBUTION "From a person's tap to the app's reaction, by the model of `workload.foreground`. If the app ended before, to its end."
    ListDuration "device.list.duration" Ns Lower DISTRIBUTION "From a screen's request for a list (`query`) until the list is there. The bench really executes the query."
    ListSteps "device.list.steps" Count Lower DISTRIBUTION "Steps of SQLite's virtual machine for a list (`query`)."
    ListPages "device.list.pages" Count Lower COUNTER "Pages that lists (`query`) read from flash."
    ListRows "device.list.rows" Rows Neither COUNTER "Rows in lists (`query`)."
    DeviceWrite "device.write.duration" Ns Lower DISTRIBUTION "From a person's edit until it is saved."
    DeviceUiBlocked "device.ui.blocked" Ns Lower COUNTER "Time for which queries and edits of people waited for the database lock, including waits that the end of the app cut off."
    DeviceScreenBlocked "device.screen.blocked" Ns Lower COUNTER "Over all devices: time in which people looked at an app that accepted no edit, because a blocking sync had the screen: from its request to its end, hooks included."
    DeviceScreenFoundTaken "device.screen.found_taken" Count Lower COUNTER "Times somebody came to the app or opened a record, and a blocking sync had the screen or took it at that moment."
    DeviceScreenBlockedDay "device.screen.blocked_a_day" Ns Lower GAUGE "`device.screen.blocked` per person and day. A script that is shorter than a day counts as one day."
    DeviceSuspended "device.suspended.count" Count Neither COUNTER "Times an app was suspended by its operating system."
    DeviceSuspendedTime "device.suspended.time" Ns Neither COUNTER "Over all devices: time for which apps were suspended."
    DeviceWindows "device.background.windows" Count Neither COUNTER "Windows that operating systems gave apps in the background."
    EmptyTable "device.empty_table.duration" Ns Lower DISTRIBUTION "How long a table was empty after an engine had emptied it to load its rows again, until the first row. A table that is empty at the end counts as never."
    EmptyTableEdits "device.empty_table.edits" Count Lower COUNTER "Edits that were deleted before they were sent, because an engine emptied their table to load its rows again."
    DeviceBadRows "device.bad_rows.count" Count Lower COUNTER "Rows that could not be read when they came, because of a fault (`bad_rows`)."
    NetOutages "net.outages.count" Count Neither COUNTER "Times a device's link went down. Links that silently hold packets back, and gaps of less than 2 s, do not count."
    NetOutage "net.outage.duration" Ns Lower DISTRIBUTION "How long a device's link was down in an outage of `net.outages.count`."
    NetDropped "net.dropped.count" Count Lower COUNTER "Messages that were lost."
    NetDroppedBytes "net.dropped.bytes" Bytes Lower COUNTER "Bytes of lost messages. Each message counts in full, however much of it was sent."
    NetConnections "net.connections.count" Count Lower COUNTER "Connections opened."
    NetConnect "net.connect.duration" Ns Lower PIECES "From the request for a connection until it was open."
    NetHeld "net.held.count" Count Neither COUNTER "Two-way connections of devices, opened by an HTTP upgrade."
    NetHeldMost "net.held.most" Count Neither GAUGE "Most two-way connections at the same time."
    NetHeldRefused "net.held.refused" Count Lower COUNTER "Requests for a two-way connection that the server refused."
    NetHeldLost "net.held.lost" Count Lower COUNTER "Two-way connections that ended although neither side closed them, deaths of processes included."
    NetHeldDuration "net.held.duration" Ns Neither DISTRIBUTION "How long devices had two-way connections, as far as they knew. Connections that are open at the end are left out."
    NetMessagesUp "net.messages.up" Count Neither COUNTER "Messages that came to the server on two-way connections."
    NetMessagesDown "net.messages.down" Count Neither COUNTER "Messages that came to devices on two-way connections."
    LiveAnnounced "live.announced.count" Count Neither COUNTER "Announcements of changes that the server made, each to one phone."
    LiveHeard "live.heard.count" Count Neither COUNTER "Announcements that phones heard."
    LiveDelay "live.heard.delay" Ns Lower DISTRIBUTION "From a change that pulls can read until a phone heard of it, by its own or a later announcement."
    LiveUnheard "live.unheard.count" Count Lower GAUGE "Changes that a phone should have heard of, counted once per phone: neither their announcement nor a later announcement of the same unit came by the end."
    LiveMissed "live.missed.count" Count Lower COUNTER "Changes that were not announced to a phone because the phone did not listen at that moment, counted once per phone."
    LiveApplied "live.applied.count" Count Neither COUNTER "Pages of rows that came with announcements (`engine.pull.live_sends`) and that phones applied."
    LiveRows "live.rows.count" Count Neither COUNTER "Rows in the pages of `live.applied.count`. They are in no figure of pulls."
    LiveRejected "live.rejected.count" Count Lower COUNTER "Pages of rows that came with announcements and that phones dropped, because they did not begin where the phone's own rows end. The phone pulls instead."
    LiveDropped "live.dropped.count" Count Lower COUNTER "Push messages that the platform's push service dropped, or that found no running app."
    LiveCollapsed "live.collapsed.count" Count Neither COUNTER "Push messages that a later message replaced before they were delivered."
    LiveBegun "live.listening.count" Count Neither COUNTER "Times a phone began to listen: held requests and connections that the server accepted."
    LiveListened "live.listening.duration" Ns Neither DISTRIBUTION "How long phones listened without a break, as far as they knew. Phones that listen at the end are left out."
    LiveBroken "live.broken.count" Count Lower COUNTER "Of `live.listening.count`, times that ended without an announcement that answered a held request."
    LiveFailed "live.failed.count" Count Lower COUNTER "Attempts to listen that failed: no free connection, no response, or a refusal."
    LiveReturnsPeak "live.returns.peak" Count Lower GAUGE "Over all phones: most attempts to listen again, after a loss or a refusal, within one second."
    NetUpBytes "net.up.bytes" Bytes Lower COUNTER "Bytes that left devices, with all headers and retransmissions."
    NetDownBytes "net.down.bytes" Bytes Lower COUNTER "Bytes sent to devices, with all headers and retransmissions."
    NetWasted "net.wasted.bytes" Bytes Lower COUNTER "Bytes of both directions that links carried for the waste in `engine.wasted.bytes`: requests without a useful response, pulls and fetches without a row, rows that the device already held. If several requests are in flight, bytes count for each in equal parts."
    NetPackets "net.packets.count" Count Lower COUNTER "Packets with data and packets that open connections, in both directions."
    NetRetransmitted "net.packets.retransmitted" Count Lower COUNTER "Retransmitted packets."
    NetResponsesLost "net.responses_lost.count" Count Lower COUNTER "Responses lost after the gateway had executed the request."
    NetCaptive "net.captive.count" Count Lower COUNTER "Requests that got a captive portal's response instead of the gateway's."
    NetTooLarge "net.too_large.count" Count Lower COUNTER "Requests and responses that a proxy did not let through for their size."
    NetForeign "net.foreign.count" Count Lower COUNTER "Requests that got the response to another request, or a proxy's page."
    NetProxyHits "net.proxy_hits.count" Count Neither COUNTER "Requests that a cache on the path served without the server."
    NetProxyStale "net.proxy_stale.count" Count Lower COUNTER "Of `net.proxy_hits.count`, requests served with a response older than the backend's latest change."
    NetProxyAsked "net.proxy_asked.count" Count Neither COUNTER "Requests that a cache on the path served after the server had confirmed that its copy is still valid. Each costs a round trip."
    NetProxySaved "net.proxy_saved.bytes" Bytes Higher COUNTER "Bytes of responses that a cache on the path served and that the server did not send."
    BackendRequests "backend.requests.count" Count Lower COUNTER "Requests that the backend served."
    BackendHourly "backend.requests.hourly" Count Lower GAUGE "Requests that the backend served, per hour of the whole run."
    BackendQueued "backend.request.queued" Ns Lower PIECES "How long a request waited in the backend's queue."
    BackendLocked "backend.push.locked" Ns Lower PIECES "How long a push waited for the backend's write lock, which is held while rows are marked."
    BackendService "backend.request.service" Ns Lower PIECES "Service time of a request."
    BackendScanned "backend.scanned.rows" Rows Lower COUNTER "Rows that the backend read."
    BackendDelivered "backend.delivered.rows" Rows Neither COUNTER "Rows that the backend delivered, and edits that it handled."
    BackendScanRate "backend.scanned.rate" Ppm Lower GAUGE "Rows read per row delivered or edit handled."
    GatewayWrites "gateway.source.writes" Rows Lower COUNTER "Rows that the gateway wrote in the backend to find changes: flags and claims."
    GatewayWritten "gateway.source.bytes" Bytes Lower COUNTER "Bytes of the flags and claims of `gateway.source.writes`."
    GatewayHandled "gateway.handled.rows" Rows Lower COUNTER "Rows that the gateway itself read to find changes. With flags: rows that were delivered before, and whose flag was not set yet."
    GatewayCpu "gateway.cpu.busy" Ns Lower COUNTER "Processor time of the gateway to find changes, by its model."
    GatewayCoding "gateway.coding.busy" Ns Lower COUNTER "Processor time of the gateway to compress and decompress messages; with `gateway.coding_rate`, also to encode and decode them."
    DeltaCreated "gateway.delta.created" Rows Neither COUNTER "Rows in responses to pulls whose latest stamp is the stamp of their creation. A gateway that compares all rows counts these as updated. Responses from a replica do not count."
    DeltaUpdated "gateway.delta.updated" Rows Neither COUNTER "Rows in responses to pulls whose latest stamp is the stamp of an update."
    DeltaDeleted "gateway.delta.deleted" Rows Neither COUNTER "Rows that responses to pulls report as gone, even if only for that device."
    GatewayState "gateway.state.bytes" Bytes Lower GAUGE "Most bytes that the gateway kept to find changes."
    JobsBegun "gateway.jobs.begun" Count Lower COUNTER "Pulls that the gateway began to work on in the background (`gateway.job`)."
    JobsLost "gateway.jobs.lost" Count Lower COUNTER "Of `gateway.jobs.begun`, pulls whose result was thrown away because no device waited for it."
    GatewayKills "gateway.kills.count" Count Neither COUNTER "Times the gateway's process was killed."
    ReplicaAge "gateway.replica.age" Ns Lower RUNS "Age of the replica when the gateway responds from it: time since the start of the last complete refresh."
    ReplicaBytes "gateway.replica.bytes" Bytes Lower GAUGE "Greatest size of the replica's database."
    ReplicaCpu "gateway.replica.cpu" Ns Lower COUNTER "Processor time of the gateway to write its replica and to read it for devices, by its model."
    RefreshRequests "gateway.refresh.requests" Count Lower COUNTER "Pages that the gateway requested from the backend to refresh its replica."
    RefreshFailed "gateway.refresh.failed" Count Lower COUNTER "Of `gateway.refresh.requests`, requests without a response or with an error response."
    RefreshOvertaken "gateway.refresh.overtaken" Rows Lower COUNTER "Rows that a node wrote into the replica although another node had moved the cursor meanwhile."
    RefreshFenced "gateway.refresh.fenced" Rows Neither COUNTER "Rows that the replica rejected because another node had moved the cursor meanwhile (`gateway.refresh.fencing`)."
    RefreshScanned "gateway.refresh.scanned" Rows Lower COUNTER "Rows that the backend read for `gateway.refresh.requests`."
    RefreshDuration "gateway.refresh.duration" Ns Lower RUNS "From the start of a refresh to its good end."
    UploadQueued "gateway.upload.queued" Ns Lower DISTRIBUTION "First phase of an upload: from an edit until it is durable in the gateway's queue."
    UploadAccepted "gateway.upload.accepted" Ns Lower DISTRIBUTION "Second phase of an upload: from the time an edit is durable in the gateway's queue to the backend's decision."
    UploadsReplayed "gateway.uploads.replayed" Count Neither COUNTER "Repeated edits that a gateway without a replica recognised. It responded from its upload cache."
    BackendFanOut "backend.fan_out.rows" Rows Lower COUNTER "Versions committed because another row changed: copies of its columns, counters and cascading deletes."
    BackendCommits "backend.commits.count" Count Neither COUNTER "Versions of rows that were committed."
    BackendReplayed "backend.mutations.replayed" Count Lower COUNTER "Repeated edits to which the backend gave its first response again."
    BackendRejected "backend.mutations.rejected" Count Lower COUNTER "Edits that the backend refused permanently."
    BackendConflicted "backend.mutations.conflicted" Count Neither COUNTER "Edits that the backend refused because their row is no longer in the version on which they were made."
    BackendDeletesRefused "backend.deletes.refused" Count Lower COUNTER "Deletes that the backend refused permanently."
    BackendIgnored "backend.mutations.ignored" Count Lower COUNTER "Edits that the backend reported as committed and did not commit, because their rows were outside their device's scope."
    BackendPutOff "backend.mutations.put_off" Count Lower COUNTER "Edits that the backend deferred without a decision."
    BackendLate "backend.commits.late" Count Neither COUNTER "Versions that became visible only some time after their stamp."
    BackendOutages "backend.outages.count" Count Neither COUNTER "Times the backend went down."
    BackendOutage "backend.outage.duration" Ns Lower DISTRIBUTION "How long the backend was down, the drain included."
    OracleLost "oracle.lost.rows" Rows Lower COUNTER "At the end, over all devices at rest (nothing left to sync): rows in scope that a device lacks."
    OracleStale "oracle.stale.rows" Rows Lower COUNTER "At the end, over all devices: rows of which a device holds an older version with other values."
    OracleDuplicate "oracle.duplicate.rows" Rows Lower COUNTER "Edits that were committed more than once, rows beyond the first with one natural key, and rows that one device has twice."
    OracleResurrected "oracle.resurrected.rows" Rows Lower COUNTER "Deleted rows that came back on the backend, or on a device that had removed them."
    OracleUndetectedDelete "oracle.undetected_delete.rows" Rows Lower COUNTER "At the end, over all devices: rows that the backend deleted and a device still holds."
    OracleOrphan "oracle.orphan.rows" Rows Lower COUNTER "At the end, over all devices: live rows outside the device's scope."
    OracleLostEdit "oracle.lost_edit.count" Count Lower COUNTER "Edits that are nowhere: not on the backend, not waiting, and not in a log that their person sees."
    OracleSilentDiscard "oracle.silent_discard.count" Count Lower COUNTER "Edits that were refused or dropped, and versions that were overwritten, without a log line."
    OracleMisfiled "oracle.misfiled.edits" Count Lower COUNTER "Edits that put a row into another person's scope, or took a row from there, although their device did not ask for it."
    OracleUnasked "oracle.unasked_commit.count" Count Lower COUNTER "Commits of devices that no edit asked for: another row, kind of change or value than in the edit."
    OracleReordered "oracle.reordered.edits" Count Lower COUNTER "Edits that took effect after a later contradicting edit of their device, or before the row that they refer to."
    OracleDivergent "oracle.divergent.devices" Devices Lower COUNTER "Devices whose rows at the end differ from the backend's rows in their scope."
    OracleStuck "oracle.stuck.devices" Devices Lower COUNTER "Devices with edits to send or with a run in progress at the end."
    OracleHalfSeen "oracle.half_seen.rows" Rows Lower COUNTER "At the end, over all devices: rows that refer to a row which the device should have and lacks."
    OracleDoubled "oracle.doubled.rows" Rows Lower COUNTER "Rows created in the run that share their natural key with another row of the backend at the end. People see both, although no edit was committed twice."
    OracleDanglingId "oracle.dangling_id.rows" Rows Lower COUNTER "Rows and edits of a device with a key that nobody else has, because the backend has the row under another key."
    OracleIdTwice "oracle.id_twice.count" Count Lower COUNTER "Keys assigned by the backend under which two rows were created."
    OracleLostTime "oracle.lost.row_ns" RowNs Lower COUNTER "Row-hours: rows in scope that were committed in the run, times how long a device lacked them after the commit."
    OracleStaleTime "oracle.stale.row_ns" RowNs Lower COUNTER "Row-hours: rows in scope, times how long a device held an older version after the commit of a newer one."
    OracleGranted "oracle.granted.rows" Rows Neither COUNTER "Rows that came into a device's scope although nobody changed them: its person got other attributes, or they followed another row. Summed over devices."
    OracleGrantedLacked "oracle.granted.lacked" Rows Lower COUNTER "Of `oracle.granted.rows`, rows that a device still lacks at the end."
    OracleGrantedTime "oracle.granted.row_ns" RowNs Lower COUNTER "Row-hours: rows of `oracle.granted.rows`, times how long it took until they came, or until the end."
    OracleGrantedLongest "oracle.granted.longest" Ns Lower GAUGE "Longest time until a row of `oracle.granted.rows` came. It is at least this if a device lacks rows at the end."
    OracleRevoked "oracle.revoked.rows" Rows Neither COUNTER "Rows that left a device's scope although nobody changed them. Summed over devices."
    OracleRevokedKept "oracle.revoked.kept" Rows Lower COUNTER "Of `oracle.revoked.rows`, live rows that a device still shows at the end: a leak."
    OracleRevokedTime "oracle.revoked.row_ns" RowNs Lower COUNTER "Row-hours: rows of `oracle.revoked.rows`, times how long it took until the device removed them, or until the end."
    OracleRevokedLongest "oracle.revoked.longest" Ns Lower GAUGE "Longest time until a row of `oracle.revoked.rows` was removed. It is at least this if a device keeps rows at the end."
    OraclePhantomDeletes "oracle.phantom_delete.rows" Rows Lower COUNTER "Rows reported to a device as gone, although nothing had happened to them since the device got them."
    OraclePhantomInserts "oracle.phantom_insert.rows" Rows Lower COUNTER "Rows that came back to a device after a report that they were gone, although nothing had happened to them."
    OracleRepeated "oracle.repeated.rows" Rows Lower COUNTER "Versions made in the run that came to a device although it already had them: by another cursor, as its own edits, or from a conflict."
    OracleSkipped "oracle.skipped.versions" Count Neither COUNTER "Versions of rows that were replaced before a device received them; summed over devices."
    OracleConflicts "oracle.conflicts.count" Count Neither COUNTER "Edits that met a true conflict (a newer version with other values) according to the oracle, each counted once."
    OracleConflictsFalse "oracle.conflicts.false" Count Lower COUNTER "Edits that a rule decided as conflicts, although nobody else had committed a change to the columns that they set."
    OracleConflictsMissed "oracle.conflicts.missed" Count Lower COUNTER "Edits that replaced somebody else's values that their person had not read: conflicts that were not detected."
    OracleOverwritten "oracle.overwritten.columns" Count Lower COUNTER "Values that were overwritten or superseded unseen: columns in which one person's value replaced another person's, without having been read. The sum of `oracle.replaced.columns` and `oracle.gave_way.columns`."
    OracleReplaced "oracle.replaced.columns" Count Lower COUNTER "Values that were replaced unseen: an edit took the place of a version on the backend that its person had not read."
    OracleGaveWay "oracle.gave_way.columns" Count Lower COUNTER "Values superseded with a report: columns of edits for which the engine reported that another version stays. Nothing on the backend was replaced."
    OracleGaveWayLost "oracle.gave_way.lost" Count Lower COUNTER "Of `oracle.gave_way.columns`, columns of edits of which no part arrived. `oracle.saved_edits.lost` counts these edits."
    OracleStaleCopies "oracle.stale_copies.rows" Rows Lower COUNTER "Rows of the backend at the end with a copied column (\"fold\") that differs from the row from which it is copied."
    OracleKeptBoth "oracle.kept_both.rows" Rows Neither COUNTER "Rows that a conflict rule created from edits to keep both sides: duplicates on purpose, not counted in `oracle.duplicate.rows`."
    OracleSplit "oracle.split.families" Count Lower COUNTER "Times the backend had only a part of a row with the rows that are part of it (`on_delete = \"cascade\"`): some edits arrived without others that had waited on the device with them."
    OracleSplitTime "oracle.split.family_ns" Ns Lower COUNTER "How long the families of `oracle.split.families` were incomplete, summed."
    OracleSavedLost "oracle.saved_edits.lost" Count Lower COUNTER "Saved edits that were lost, for any reason, with or without a message. An edit whose row arrived is lost, too, if its attachment (a photo) exists nowhere. `oracle.shelved.edits` and the metrics from `oracle.saved_edits.refused` to `.forgotten` count them by reason: each saved edit (`workload.edits.made`) has exactly one end."
    OracleSavedUntold "oracle.saved_edits.untold" Count Lower COUNTER "Of `oracle.saved_edits.lost`, edits of which no log told their people."
    OracleSavedAttachments "oracle.saved_edits.attachment_only" Count Lower COUNTER "Of `oracle.saved_edits.lost`, edits whose row is on the backend, but whose attachments exist nowhere."
    OracleSavedArrived "oracle.saved_edits.arrived" Count Higher COUNTER "Saved edits that the backend has or had, with all attachments, even if these are still on their way. An edit counts, too, if the backend's values are equal, or if a later edit of the same people replaced it."
    OracleSavedGivenUp "oracle.saved_edits.given_up" Count Neither COUNTER "Saved edits whose person looked at both sides of a conflict and chose the backend's version."
    OracleSavedWaiting "oracle.saved_edits.waiting" Count Lower COUNTER "Saved edits that still wait on a phone at the end."
    OracleSavedRefused "oracle.saved_edits.refused" Count Lower COUNTER "Saved edits lost because the backend refused them permanently."
    OracleSavedSuperseded "oracle.saved_edits.superseded" Count Lower COUNTER "Saved edits lost because a rule decided a conflict against them."
    OracleSavedDiscarded "oracle.saved_edits.discarded" Count Lower COUNTER "Saved edits lost because the app discarded them at a logout."
    OracleShelved "oracle.shelved.edits" Count Neither COUNTER "Saved edits that stay on a phone in the database of a person who has logged out. They are sent when that person logs in again."
    OracleSavedReinstalled "oracle.saved_edits.reinstalled" Count Lower COUNTER "Saved edits lost because their app was deleted and installed again."
    OracleSavedRestored "oracle.saved_edits.restored" Count Lower COUNTER "Saved edits lost because their phone went back to a backup."
    OracleSavedCopied "oracle.saved_edits.copied" Count Lower COUNTER "Saved edits lost because their phone became a copy of another."
    OracleSavedBackendRestored "oracle.saved_edits.backend_restored" Count Lower COUNTER "Saved edits lost because the backend went back to a backup. Edits that reached the backend again do not count."
    OracleSavedUploadedOver "oracle.saved_edits.uploaded_over" Count Lower COUNTER "Saved edits lost because a forced upload put the copy of a phone over them. Edits that reached the backend again do not count."
    OracleSavedUpgraded "oracle.saved_edits.upgraded" Count Lower COUNTER "Saved edits lost because a new version of the app emptied the database."
    OracleSavedPowerLost "oracle.saved_edits.power_lost" Count Lower COUNTER "Saved edits lost because their phone lost power before they were on its flash."
    OracleSavedForgotten "oracle.saved_edits.forgotten" Count Lower COUNTER "Saved edits that the app itself lost, found by the checks `lost-edit` and `broken-attachment`."
    OracleTakenBack "oracle.taken_back.edits" Count Neither COUNTER "Saved edits lost because an earlier state, without these edits, replaced that of a phone or of the backend: the sum of `oracle.saved_edits.reinstalled`, `.restored`, `.copied` and `.backend_restored`."
    OracleTwoSyncs "oracle.two_syncs_of_one_unit.count" Count Lower COUNTER "Runs of a unit that started while the same process ran that unit."
    OracleWithoutEnd "oracle.event_without_end.count" Count Lower COUNTER "Runs that did not end exactly once."
    OracleUnitOrder "oracle.unit_out_of_order.count" Count Lower COUNTER "Units that ran before one that had waited longer."
    OracleSyncLoop "oracle.sync_loop.count" Count Lower COUNTER "Times ten runs in a row each started because the previous run had ended, or by a hook at its end, without a person or a network change in between."
    OracleIdle "oracle.idle_with_work.count" Count Lower COUNTER "Runs requested by a trigger, a failure or a waiting edit that did not begin in time, although the device was online and idle."
    OracleIdleTime "oracle.idle_with_work.ns" Ns Lower COUNTER "How long devices were idle while a run of `oracle.idle_with_work.count` should have begun."
    OracleStorm "oracle.request_storm.devices" Devices Lower COUNTER "Devices that sent more requests than triggers, results of syncs and retry settings explain."
    OracleAgain "oracle.delivered_again.rows" Rows Lower COUNTER "Rows that a unit brought to a device again in the same version, although nothing made that necessary."
    OracleWentBack "oracle.went_back.count" Count Lower COUNTER "Times a row on a device went back to a version older than the device had shown, although the backend did not."
    OracleOwnWriteVanished "oracle.own_write_vanished.count" Count Lower COUNTER "Of `oracle.went_back.count`, times a device no longer showed its own edit, although the backend has this edit."
    OracleWentBackTime "oracle.went_back.row_ns" RowNs Lower COUNTER "Row-hours: rows, times how long they stayed at a version older than their device had shown."
    OracleWrongStatus "oracle.wrong_status.count" Count Lower COUNTER "Times an app showed a wrong sync status for longer than allowed: \"all synced\", the number of waiting edits, the network, \"syncing\" without progress, progress that stalls or goes back, \"failed\" or \"fine\"."
    OracleStatusTime "oracle.status.wrong" Ns Lower COUNTER "How long an app showed a wrong sync status. Up to one second does not count."
    OracleStranger "oracle.stranger.cursors" Count Lower COUNTER "Times a cursor, or a date of the last sync, moved while its unit did not run. Only `store.watch_cursors` finds this."
    OracleContradiction "oracle.contradiction.rows" Rows Lower COUNTER "Rows that a device shows, in full or in part, with values that differ from the version of the backend that they claim. Checked at the end of the script and at rest, if units bring partial rows, or a new version of the app brings more columns. At rest no row is shown in part."
    OracleBrokenAttachment "oracle.broken_attachment.count" Count Lower COUNTER "Attachments of rows on the backend that exist nowhere, differ from the original, or were stored twice."
    OracleFlicker "oracle.flicker.rows" Rows Lower COUNTER "Rows that a device showed between its syncs otherwise than it had reported: gone, back or older. Found by reads of its database during the run."
    OracleEmptyReport "oracle.empty_report.count" Count Lower COUNTER "Reports of a stack that cannot be true: a stamp that no version of the row can have, or rows from a page that did not contain them."
    OracleOldOverNew "oracle.old_over_new.count" Count Lower COUNTER "Edits committed more than once, where the later commit undid what somebody had written in between."
    OracleRefusedCommitted "oracle.refused_and_committed.count" Count Lower COUNTER "Edits that the backend refused permanently, as their people were told, and nevertheless has."
    OracleNotTaken "oracle.not_taken.count" Count Lower COUNTER "Edits that the backend or the engine reported as colliding with another row's natural key, although no row has this key."
    OracleAcknowledged "oracle.acknowledged_without_commit.count" Count Lower COUNTER "Edits acknowledged to the device, although the backend did not commit them and did not have the same values already."
    OracleBentValue "oracle.bent_value.count" Count Lower COUNTER "Values whose meaning changed on the way: on a device at rest, compared with the version that it holds; on the backend, compared with the edit that wrote it. Another form of accents does not change the meaning of a text."
    OracleBentDates "oracle.bent.dates" Count Lower COUNTER "Of `oracle.bent_value.count`, values in columns of days."
    OracleBentTimestamps "oracle.bent.timestamps" Count Lower COUNTER "Of `oracle.bent_value.count`, values in columns of instants."
    OracleBentNumbers "oracle.bent.numbers" Count Lower COUNTER "Of `oracle.bent_value.count`, values in columns of numbers."
    OracleBentTexts "oracle.bent.texts" Count Lower COUNTER "Of `oracle.bent_value.count`, values in columns of texts."
    OracleBentBlobs "oracle.bent.blobs" Count Lower COUNTER "Of `oracle.bent_value.count`, values in columns of bytes."
    OracleBentFlags "oracle.bent.flags" Count Lower COUNTER "Of `oracle.bent_value.count`, values in columns of true and false."
    OracleBentNulls "oracle.bent.nulls" Count Lower COUNTER "Of `oracle.bent_value.count`, values of any column that became null, or nulls that became values."
    OracleBentCommits "oracle.bent.commits" Count Lower COUNTER "Of `oracle.bent_value.count`, values on the backend: the value that a person saved exists nowhere any more."
    DestinationMissing "destination.missing.rows" Rows Lower COUNTER "Rows of the backend that the destination lacks at rest, although it does not reject them."
    DestinationTwice "destination.delivered_twice.rows" Rows Lower COUNTER "Records that the destination has at rest beside another record of the same row."
    DestinationOutdated "destination.outdated.rows" Rows Lower COUNTER "Rows whose last values no record of the destination has."
    DestinationKept "destination.kept_deleted.rows" Rows Lower COUNTER "Records that the destination has at rest, although the backend no longer has their row."
    DestinationRefused "destination.refused.rows" Rows Neither COUNTER "Rows that the destination does not have in their last version because it rejects them every time."
    DestinationDelivery "destination.delivery.duration" Ns Lower DISTRIBUTION "From a commit until the destination has that version or a later one. A version that never came counts as never, unless the destination has the row's last values at the end."
    DestinationCalls "destination.calls.count" Count Lower COUNTER "Calls of workers to the destination, lookups included."
    DestinationFailed "destination.calls.failed" Count Lower COUNTER "Of `destination.calls.count`, calls that failed or had no response in time."
    DestinationWritten "destination.records.written" Count Lower COUNTER "Records in calls that write, counted each time they are sent."
    DestinationRetried "destination.records.retried" Count Lower COUNTER "Of `destination.records.written`, records sent again after a rejection, or because the first response did not come. With flags, the bench cannot tell these apart from new ones."
    DestinationRejected "destination.records.rejected" Count Lower COUNTER "Records that the destination rejected, counted each time."
    DestinationKills "destination.workers.kills" Count Neither COUNTER "Workers of the integration that were killed."
    SituationResponseLost "situation.response_lost.count" Count Neither COUNTER "Pushes without a response whose edits reached the backend or the gateway's queue."
    SituationKilledInPage "situation.killed_in_page.count" Count Neither COUNTER "Processes that died after a page came and before its cursor was saved."
    SituationTieAcrossPages "situation.tie_across_pages.count" Count Neither COUNTER "Pages that begin with the stamp with which the previous page ended."
    SituationDeleteAgainstEdit "situation.delete_against_edit.count" Count Neither COUNTER "Conflicts of a delete with an edit of other values."
    SituationOwnDelete "situation.own_delete_under_way.count" Count Neither COUNTER "Deletes of a row by its creator, after its create was sent and before that create was settled."
    SituationStaleTombstone "situation.stale_tombstone.count" Count Neither COUNTER "Deletes that came to a device which was down or offline when the row was deleted."
    SituationScopeAndBack "situation.scope_and_back.count" Count Neither COUNTER "Rows that left a device, although nobody deleted them, and came to it again."
    SituationKeyAgain "situation.key_again.count" Count Neither COUNTER "Rows committed under the key, or the natural key, of a row that was deleted in the run."
    SituationParentAndChild "situation.parent_and_child.count" Count Neither COUNTER "Rows created on a device that refer to a row which the same device created and which was not acknowledged yet."
    SituationHotRow "situation.hot_row.count" Count Neither COUNTER "Rows with at least 24 edits on devices."
    SituationEditWhilePulled "situation.edit_while_pulled.count" Count Neither COUNTER "Edits on a device, during a pull, of a row that somebody else had changed since the device last synced."
    SituationClockBackInFamily "situation.clock_back_in_family.count" Count Neither COUNTER "Rows created on a device that refer to an earlier row of the device with a later date by its clock: the clock stepped back in between."
    SituationLoadCutAndExpired "situation.load_cut_and_expired.count" Count Neither COUNTER "Full loads that were interrupted and whose cursor expired before they ended, while commits became visible late."
    SituationLongSession "situation.long_session.count" Count Neither COUNTER "Processes that ran for a day or longer."
}

/// Metrics that also have figures by the state in which a device started, as `metric@state`.
pub static BY_START: &[Id] = &[Id::SessionDuration, Id::Usable, Id::FirstRows];

/// Metrics that also have figures by sync unit, as `metric/Unit`.
pub static BY_UNIT: &[Id] = &[Id::SessionDuration, Id::FirstScreen];

/// Metrics that also have figures by entity, as `metric/entity`.
pub static BY_ENTITY: &[Id] = &[Id::EntityThere];

impl Id {
    /// The metric's entry in the table.
    pub fn metric(self) -> &'static Metric {
        &TABLE[self as usize]
    }
}

/// Metrics that also have figures by kind and size of requests, as `metric/pull-512`.
pub static BY_SIZE: &[Id] = &[Id::ControlReached];

/// The metric with this name. The name may have a part (a state or a unit), which is not checked.
pub fn find(name: &str) -> Option<&'static Metric> {
    let exact = |name: &str| TABLE.iter().find(|m| m.name == name);
    let split = |mark: char, kept: &[Id]| {
        let (name, part) = name.split_once(mark)?;
        exact(name).filter(|m| kept.contains(&m.id) && !part.is_empty())
    };
    exact(name)
        .or_else(|| split('@', BY_START))
        .or_else(|| split('/', BY_UNIT))
        .or_else(|| split('/', BY_ENTITY))
        .or_else(|| split('/', BY_SIZE))
}

/// True if the metric also has figures by entity.
pub fn is_by_entity(name: &str) -> bool {
    BY_ENTITY.iter().any(|id| id.metric().name == name)
}

/// Splits the name of a figure into the metric's name, and the mark and part after it (state, unit
/// …).
pub fn parts(name: &str) -> (&str, Option<(char, &str)>) {
    let mark = name.char_indices().find(|(_, c)| ['@', '/'].contains(c));
    mark.map_or((name, None), |(at, mark)| (&name[..at], Some((mark, &name[at + 1..]))))
}

/// The names of all metrics.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|m| m.name)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
