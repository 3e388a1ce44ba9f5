//! The table of metrics.

use super::figure::Unit;

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

/// The kind of a metric's figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A number that only grows; figures of two runs can be added.
    Counter,
    /// A number computed at the end; figures of two runs cannot be added.
    Gauge,
    /// A distribution of observations.
    Distribution,
}

/// Which statistics of a metric are compared: those that an app's settings improve or worsen, not
/// those that only change because work is split differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    /// The number.
    Value,
    /// The percentiles: settings do not change the number of observations.
    Percentiles,
    /// The percentiles; if the two sides have different numbers of observations, the maximum.
    Longest,
    /// The percentiles; if the two sides have different numbers of observations, the total.
    Total,
    /// Only the maximum: many small observations move the percentiles, but not the need.
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
    /// How it is measured, in one line.
    pub how: &'static str,
}

/// The kind and comparison for a word of the table.
macro_rules! kind {
    (Counter) => {
        (Kind::Counter, Compared::Value)
    };
    (Gauge) => {
        (Kind::Gauge, Compared::Value)
    };
    (Distribution) => {
        (Kind::Distribution, Compared::Percentiles)
    };
    (Runs) => {
        (Kind::Distribution, Compared::Longest)
    };
    (Pieces) => {
        (Kind::Distribution, Compared::Total)
    };
    (Peaks) => {
        (Kind::Distribution, Compared::Greatest)
    };
}

macro_rules! table {
    ($($id:ident $name:literal $unit:ident $better:ident $kind:ident $how:literal)*) => {
        /// A metric, as its position in [`TABLE`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Id { $(#[doc = $how] $id,)* }

        /// Every metric there is.
        pub static TABLE: &[Metric] = &[$(Metric {
            id: Id::$id,
            name: $name,
            unit: Unit::$unit,
            better: Better::$better,
            kind: kind!($kind).0,
            compared: kind!($kind).1,
            how: $how,
        },)*];
    };
}

table! {
    SessionDuration "engine.session.duration" Ns Lower Runs "From the start of a unit's run to its good end. A run that failed goes on in the next run of the unit; between runs, time without a network does not count. A sync without a good end by the end of the run of the bench never came; one that was cancelled, or dropped for another, is left out."
    SessionCount "engine.session.count" Count Neither Counter "Runs of units that started."
    SessionFailed "engine.session.failed" Count Lower Counter "Runs of units that ended with an error."
    SessionInterrupted "engine.session.interrupted" Count Lower Counter "Failed runs whose error is that the process died, those included of which no later life says so."
    SessionPartly "engine.session.partly" Count Lower Counter "Runs that ended with an error after one of their requests had been answered: what they were to do is partly done."
    SessionCancelled "engine.session.cancelled" Count Neither Counter "Failed runs whose error is that somebody cancelled them."
    SessionBlocking "engine.session.blocking" Ns Lower Runs "Good runs of units that a person waited for, from start to end."
    SyncsGoodShare "engine.syncs.good_share" Ppm Higher Gauge "Of the runs of units that ended, those that ended well. A failed run that is tried again counts each time."
    SyncsUseful "engine.syncs.useful" Count Higher Counter "Runs of units that pull, ended well and were given data no older than `workload.freshness`."
    SyncsUsefulShare "engine.syncs.useful_share" Ppm Higher Gauge "Of the runs of units that pull and that ended, those; a unit that only pushes brings no data. A failed run that is tried again counts each time, so it falls with eager retries too; how long people were cut off is `engine.syncs.blocked`."
    SyncsBlocked "engine.syncs.blocked" Ns Lower Counter "Over all devices: time from a run's bad end to the device's next good one."
    Usable "engine.usable_after_login.duration" Ns Lower Distribution "From a login, which waits for a network, until the app can be used, without the time in which its phone has no network: its blocking units have ended, or, where none blocks, all of its units; of one that was discarded, whatever it was to pull has come by other units. Over restarts of an app that dies in between; a restart after that is no login, whatever caused it, unless the phone is empty since: it was installed again, upgraded with `store.on_mismatch` as `reset`, or put back to before. Who logs out meanwhile waits no more. A login after which the app could not be used by the end never came to that."
    NeverUsable "engine.never_usable.devices" Devices Lower Gauge "Devices on which what a login waits for never came."
    FirstScreen "engine.first_screen.duration" Ns Lower Distribution "From the first start of a device's app until the first good end of a run that pulled, of any unit; and of each, as `engine.first_screen.duration/Splash`. Where such a run began and none ended well, it never came."
    EntityThere "engine.entity.duration" Ns Lower Runs "From when a run was asked for until all that it brought of an entity was durable, of runs that ended well and brought any; also by entity, as `engine.entity.duration/visit`."
    FirstRows "engine.first_rows.duration" Ns Lower Runs "From a run's start to the first rows that it made durable."
    HookCount "engine.hooks.count" Count Neither Counter "Calls of the app's hooks."
    HookThrew "engine.hooks.threw" Count Lower Counter "Calls of the app's hooks that threw."
    HookTimedOut "engine.hooks.timed_out" Count Lower Counter "Calls of the app's hooks that the engine gave up."
    HookUnended "engine.hooks.unended" Count Lower Gauge "Calls of the app's hooks that never ended: their process died, or the run of the bench was over."
    HookTriggers "engine.hooks.triggers" Count Lower Counter "Syncs that the app's hooks triggered."
    HookDuration "engine.hook.duration" Ns Lower Pieces "From the call of a hook of the app to its end."
    Requests "engine.requests.count" Count Lower Counter "Requests that left, retries included."
    RequestsEmpty "engine.requests.empty" Count Lower Counter "Pulls and fetches whose response had no row."
    RequestsFailed "engine.requests.failed" Count Lower Counter "Requests without a response of the server: those that found no network and have not left and those that a captive portal answered included."
    RequestsCut "engine.requests.cut" Count Lower Counter "Requests that were under way when their connection broke."
    RequestsTimedOut "engine.requests.timed_out" Count Lower Counter "Requests without a response by their deadline."
    RequestsRefused "engine.requests.refused" Count Lower Counter "Requests whose response said no."
    RequestsThrottled "engine.requests.throttled" Count Lower Counter "Requests refused beyond a quota (429)."
    RequestsUnavailable "engine.requests.unavailable" Count Lower Counter "Requests refused as the backend was down or its queue full (503)."
    RequestsServerFailed "engine.requests.server_failed" Count Lower Counter "Requests that broke in the backend or on the way there (500, 502)."
    RequestsTooLarge "engine.requests.too_large" Count Lower Counter "Requests that the server refused for their size, or for that of their response (413)."
    RequestsGatewayTimeout "engine.requests.gateway_timeout" Count Lower Counter "Requests on which the gateway gave up (504)."
    RequestsUnauthorized "engine.requests.unauthorized" Count Lower Counter "Requests refused for their token (401)."
    TokensRenewed "engine.tokens.renewed" Count Neither Counter "Tokens that devices got in place of others."
    LogoutsRefused "device.logouts.refused" Count Lower Counter "Logouts that the app did not allow, as edits waited."
    LoginsEnded "device.logins.ended" Count Lower Counter "Times that a device was given no other token, as its last one was too old, and its person had to log in again."
    RetriesTapped "device.retries.tapped" Count Neither Counter "Taps of people who read that a sync failed and want another try."
    Logins "device.logins.count" Count Neither Counter "Logins after a logout."
    RequestDuration "engine.request.duration" Ns Lower Pieces "From sending a request to its useful response."
    ResponseBytes "engine.response.bytes" Bytes Neither Pieces "Size of useful responses."
    DownBytes "engine.down.bytes" Bytes Lower Counter "Bytes of useful responses."
    UpBytes "engine.up.bytes" Bytes Lower Counter "Bytes of requests that left."
    WastedBytes "engine.wasted.bytes" Bytes Lower Counter "Bytes of requests that left and got no useful response, those of a process that died included; of pulls and fetches whose response had no row, with those responses; and of rows that the device held in that version already, or had set aside and thrown away."
    WastedRows "engine.wasted.rows" Rows Lower Counter "Rows of pulls and fetches that the device held in that version already, as one of them had brought it in the run, or as it had written it; and rows that it had set aside and threw away."
    PullRows "engine.pull.rows" Rows Neither Counter "Rows in responses to pulls, tombstones included."
    PullResponseRows "engine.pull.response_rows" Rows Neither Pieces "Rows in a response to a pull."
    PullResponseBytes "engine.pull.response_bytes" Bytes Neither Pieces "Bytes of a response to a pull."
    PushRows "engine.push.rows" Rows Neither Counter "Mutations in requests that left, retries included."
    PushAnswered "engine.push.answered" Rows Neither Counter "Mutations in pushes that were answered."
    PushAcknowledged "engine.push.acknowledged" Rows Neither Counter "Edits that the backend has acknowledged to their device."
    PushRequestRows "engine.push.request_rows" Rows Neither Pieces "Mutations in a push that was answered."
    PushRequestBytes "engine.push.request_bytes" Bytes Neither Pieces "Bytes of a push that was answered."
    PushBytes "engine.push.bytes" Bytes Neither Counter "Bytes of pushes that were answered."
    PushWasted "engine.push.wasted_bytes" Bytes Lower Counter "Bytes of pushes that were sent and got no useful response."
    ControlChanges "engine.control.changes" Count Neither Counter "Times an adapting controller chose another chunk size than before."
    ControlReached "engine.control.reached" Ns Lower Distribution "From a device's first adapted chunk until its size first lay between a power of two and the next, once for each; also by that power, as `engine.control.reached/pull-512`."
    ApplyRows "engine.apply.rows" Rows Neither Counter "Changes of pulls and fetches made durable."
    ApplySkipped "engine.apply.skipped" Rows Lower Counter "Rows that could not be applied and that the cursor passed."
    ApplyListed "engine.apply.listed" Rows Neither Counter "Times a row could not be applied and was put on a durable list, to be tried again."
    ApplyRemoved "engine.apply.removed" Rows Neither Counter "Changes made durable that removed a row."
    ExcerptRows "engine.excerpt.rows" Rows Neither Counter "Rows of which a unit brought a part, made durable beside those that are held in full; those that say that one is gone included."
    SetAsideRows "engine.set_aside.rows" Rows Neither Counter "Rows that waited beside what people see for the rest of their run (`engine.pull.atomic`)."
    ThrownAwayRows "engine.set_aside.thrown_away" Rows Lower Counter "Rows of those that went and were never shown."
    ApplyCount "engine.apply.count" Count Lower Counter "Transactions that made such changes durable."
    ApplyDuration "engine.apply.duration" Ns Lower Pieces "Time for which one such transaction kept its device busy."
    EchoedRows "engine.echoed.rows" Rows Lower Counter "Pulled changes that were the device's own coming back."
    CursorSaved "engine.cursor.saved" Count Neither Counter "Cursors that moved."
    CursorReset "engine.cursor.reset" Count Lower Counter "Cursors that the server refused, or a logout gave up with edits."
    Retries "engine.retries.count" Count Lower Counter "Waits before another try."
    RetryWait "engine.retry.wait" Ns Lower Pieces "Length of such a wait as it was planned; between runs it ends early when the network is back."
    SessionTime "engine.session.time" Ns Lower Counter "Time in which at least one unit ran, summed over devices."
    SessionEmptyTime "engine.session.empty_time" Ns Neither Counter "Of that time, in which only units ran that ended well and moved nothing: neither rows nor edits nor attachments."
    PullTime "engine.pull.time" Ns Lower Counter "Time in which units waited for useful responses to pulls."
    PullEmptyTime "engine.pull.empty_time" Ns Neither Counter "Of that time, what went into syncs that ended well and moved nothing."
    PullEmptyResponses "engine.pull.empty_responses" Count Neither Counter "Useful responses to pulls in such syncs."
    LostTime "engine.requests.lost_time" Ns Lower Counter "Time in which units waited for requests that came to nothing."
    RefusedTime "engine.requests.refused_time" Ns Lower Counter "Of that time, what ended with a response that said no."
    TimedOutTime "engine.requests.timed_out_time" Ns Lower Counter "Of that time, what ended with the deadline."
    QueuedTime "engine.requests.queued_time" Ns Lower Counter "Of the time in which units waited for useful responses, what the requests were in the backend's queue; about, where several of a device are under way."
    RetryTime "engine.retry.time" Ns Lower Counter "Time in which runs of units waited before another try."
    ApplyTime "engine.apply.time" Ns Lower Counter "Time for which writing pulled changes kept devices busy in runs of units; of several at a time, which wait for each other, each from when it was asked for."
    RowsRate "engine.rows.rate" MilliRowsPerSecond Higher Gauge "Rows that units made durable, over the time in which units ran, but for `engine.session.empty_time`."
    PushTime "engine.push.time" Ns Lower Counter "Time in which units waited for useful responses to pushes."
    PushRate "engine.push.rate" MilliRowsPerSecond Higher Gauge "Edits acknowledged, over the same time."
    BytesRate "engine.bytes.rate" BytesPerSecond Neither Gauge "Bytes of responses to units, over the same time."
    WriteAcknowledged "engine.write_acknowledged.duration" Ns Lower Distribution "From an edit that a person saved until it is safe on the backend: acknowledged, or found to be what the backend has. An edit that was refused, gave way, was thrown away or lost, be it after it was acknowledged, or still waits at the end never came to that. One that a later edit of its row replaced before it was sent is left out, and one that its person gave up at a conflict: nobody waits for it any more."
    NeverSafeLost "engine.never_safe.lost" Count Lower Counter "Edits that never came to be safe (`engine.write_acknowledged.duration`) as they were lost. The six counts of `engine.never_safe` add up to what never came."
    NeverSafeGaveWay "engine.never_safe.gave_way" Count Lower Counter "The same of edits that gave way to another version by a rule."
    NeverSafeRefused "engine.never_safe.refused" Count Lower Counter "The same of edits that the backend refused for good, as their people were told."
    NeverSafeLostSince "engine.never_safe.lost_since" Count Lower Counter "The same of edits that their phones knew to be safe, and that are lost at the end: a backup of the backend took them back, or what is attached to them is nowhere."
    NeverSafeWaiting "engine.never_safe.waiting" Count Lower Counter "The same of edits that still wait on a phone at the end."
    NeverSafeUnconfirmed "engine.never_safe.unconfirmed" Count Lower Counter "The same of edits that the backend has, and whose phones were never told so."
    WriteVisible "engine.write_visible.duration" Ns Lower Distribution "From an edit, made while the backend is up, until another device has its version or a newer one of its row: on each device that is online and in the foreground when it is made, without the time in which that device is not. It never came to such a device that is to hold its row and has neither at the end. One that a later edit of its row replaced before it was sent is left out, and one that its person gave up at a conflict."
    CommitVisible "engine.commit_visible.duration" Ns Lower Distribution "From a commit by anybody to its version on another device, wherever that was meanwhile; a version overtaken by a newer one counts only where it was seen."
    NetworkAsked "engine.network.asked" Count Lower Counter "Times an engine asked the operating system what network there is, where it is not told."
    StatusChanges "engine.status.transitions" Count Neither Counter "Changes of the state that apps show of the sync; its progress and the edits that wait are none."
    StatusIdle "engine.status.idle" Ns Neither Counter "Over all devices: time in which the app said that nothing runs and nothing is wrong."
    StatusOffline "engine.status.offline" Ns Neither Counter "The same for: you are offline."
    StatusSyncing "engine.status.syncing" Ns Neither Counter "The same for: syncing."
    StatusFailed "engine.status.failed" Ns Lower Counter "The same for: the sync failed."
    StatusConflict "engine.status.conflict" Ns Lower Counter "The same for: a conflict waits for you."
    QueueDepth "engine.queue.depth" Count Lower Runs "Units that wait, each time one is added."
    QueueWaited "engine.queue.waited" Ns Lower Runs "How long a unit waited for its run."
    QueueDiscarded "engine.queue.discarded" Count Neither Counter "Waiting units that were dropped for another."
    QueueForgotten "engine.queue.forgotten" Count Lower Counter "Units that were asked for and had not ended well as their process died, and that the next did not queue within a minute of its start."
    QueueCoalesced "engine.queue.coalesced" Count Neither Counter "Requests for a unit that was waiting already."
    ConflictsFound "engine.conflicts.found" Count Neither Counter "Edits that people saw saved and that met a true conflict by the engine's account, each once: a newer version with other values."
    ConflictsMiscounted "engine.conflicts.miscounted" Count Lower Gauge "Difference between the engine's account of true conflicts and the oracle's."
    ConflictsEqual "engine.conflicts.equal" Count Neither Counter "Decisions that there is no conflict, since both sides say the same."
    ConflictsLocal "engine.conflicts.local_won" Count Neither Counter "True conflicts decided for the local edit."
    ConflictsRemote "engine.conflicts.remote_won" Count Neither Counter "True conflicts decided for the backend's version."
    ConflictsMerged "engine.conflicts.merged" Count Neither Counter "True conflicts decided column by column."
    ConflictsBoth "engine.conflicts.kept_both" Count Neither Counter "True conflicts after which both sides stay, as two rows."
    ConflictsParked "engine.conflicts.parked" Count Neither Counter "True conflicts that wait for a person."
    ConflictsUpdateUpdate "engine.conflicts.update_update" Count Neither Counter "Decisions where both sides changed the row."
    ConflictsUpdateDelete "engine.conflicts.update_delete" Count Neither Counter "Decisions where the row was changed here and deleted there."
    ConflictsDeleteUpdate "engine.conflicts.delete_update" Count Neither Counter "Decisions where the row was deleted here and changed there."
    ConflictsInsertInsert "engine.conflicts.insert_insert" Count Neither Counter "Decisions where both sides made the row."
    ConflictsUpdateTaken "engine.conflicts.update_taken" Count Neither Counter "Decisions where the row was changed here to the natural key of another row; such an edit always gives way."
    PageOpen "engine.page.open" Count Lower Counter "Conflicts that waited for a person as the script ended."
    PageLeft "engine.page.left" Count Lower Gauge "Conflicts that nobody had decided by the end of the run."
    PageAge "engine.page.age" Ns Lower Distribution "From a conflict's coming before a person until they decided it; a conflict that nobody decided never came to that."
    PageLocal "engine.page.local" Count Neither Counter "Conflicts of which a person took what was done on the device."
    PageRemote "engine.page.remote" Count Neither Counter "Conflicts of which a person took what the backend has."
    PageMixed "engine.page.mixed" Count Neither Counter "Conflicts of which a person took some columns of each side."
    PageAgain "engine.page.again" Count Lower Counter "Conflicts of edits that a person had decided, as the backend's row had moved on meanwhile."
    PageHeld "engine.page.held" Ns Lower Counter "Over all devices: from the first run that was refused as a conflict was open until the last one open was decided."
    PageHeldRuns "engine.page.held_runs" Count Lower Counter "Runs of units that were refused as a conflict was open."
    PageHeldEdits "engine.page.held_edits" Count Lower Counter "Edits without a conflict that could have gone in such a run, each once."
    EditsUnsent "engine.edits.unsent" RowNs Lower Counter "Edits times the time for which they were on their device alone, to the end of the run if nothing became of them."
    EditsUnsentOffline "engine.edits.unsent_offline" RowNs Lower Counter "Of `engine.edits.unsent` the part in which their device had no network."
    EditsUnsentInSync "engine.edits.unsent_in_sync" RowNs Lower Counter "Of `engine.edits.unsent` the part with a network in which a unit ran on their device; in the rest they waited for a sync to start."
    EditsUnsentAfterFailure "engine.edits.unsent_after_failure" RowNs Lower Counter "Of `engine.edits.unsent` the part with a network in which the last sync of their device had failed and no other had started."
    EditsUnsentLost "engine.edits.unsent_lost" RowNs Lower Counter "Of `engine.edits.unsent` the part of edits that never left: they were lost or given up, and no sync would have sent them."
    EditsSuperseded "engine.edits.superseded" Count Lower Counter "Lines in users' logs: an edit gave way to the backend's version."
    EditsOverwrote "engine.edits.overwrote" Count Neither Counter "Lines in users' logs: an edit replaced a version of somebody else."
    EditsRejected "engine.edits.rejected" Count Lower Counter "Lines in users' logs: the backend refused an edit for good."
    EditsSquashed "engine.edits.squashed" Count Neither Counter "Edits that were not sent as a later edit of their row went out in their place, or as the row was made and deleted before anything was sent."
    VersionsBrought "engine.write_brought.count" Count Neither Counter "Times that a person's edit, or a newer version of its row, came to another device: `engine.write_visible.duration` is of those that were online and in the foreground as it was made."
    VisiblePassing "engine.edits.passing_seen" Count Lower Counter "Versions that somebody else's device came to show although their author had edited the row again before they were sent: once for each device."
    WorkloadMade "workload.edits.made" Count Neither Counter "Edits that people made on devices."
    WorkloadMissed "workload.edits.missed" Count Lower Counter "Edits that people wanted to make and did not see saved: the app did not run, died first, or the run ended."
    WorkloadRefused "workload.edits.refused" Count Lower Counter "Edits that people wanted to make and the app refused."
    WorkloadNoKey "workload.edits.without_key" Count Lower Counter "Those of them that were to make a row, as no key of the pool was left for it."
    WorkloadInConflict "workload.edits.in_conflict" Count Lower Counter "Those of them that were of a row whose conflict waited for a person."
    WorkloadLocked "workload.edits.locked" Count Lower Counter "Those of them that were refused as the phone saw no network, without which nothing is edited."
    WorkloadNotOffline "workload.edits.not_offline" Count Lower Counter "Those of them that were refused as the phone saw no network, without which this is not edited."
    WorkloadNoLease "workload.edits.without_lease" Count Lower Counter "Those of them that were refused as somebody else had the row, it was not shown as it was, or nobody could be asked for it."
    WorkloadNotOwner "workload.edits.not_owner" Count Lower Counter "Those of them that were refused as the row is somebody else's."
    ApplyAborted "engine.apply.aborted" Count Lower Counter "Transactions of a pull that the database refused, since a row would refer to one that is not there."
    HalfSynced "device.half_synced.time" Ns Lower Counter "Over all devices: from the first rows of a pull that people saw to the last that its unit brought up to its next good end, over runs that were cut; to the end of the run of the bench if there was none."
    DanglingTime "device.dangling.row_ns" RowNs Lower Counter "Rows that refer to one that the device does not have times the time for which people saw them so; with `store.watch_references`, and 0 without."
    EngineRenamed "engine.rows.renamed" Rows Neither Counter "Rows made on a device that got another key there: from the backend, from a pool, or of the row with the same natural key."
    WorkloadPrevented "workload.edits.prevented" Count Lower Counter "Edits that people wanted to make and gave up: a blocking sync had the screen for a minute, or until the script ended."
    WorkloadUnplaced "workload.edits.unplaced" Count Lower Counter "Edits that the script was asked for and has not: no row to edit, or no free natural key, was left."
    WorkloadUntested "workload.untested.count" Count Lower Gauge "What the scenario plans and what never came to pass in the script: actions and events of which no edit was made, faults that struck nobody, hooks, units, entities and fleets that were not used; and the run, if nobody asked for or changed anything."
    WorkloadOfficeMissed "workload.edits.office_missed" Count Lower Counter "Edits that the office wanted to make and did not: it saw no row that would do, or the backend refused it."
    DeviceStarts "device.starts.count" Count Neither Counter "Processes that started."
    DeviceKills "device.kills.count" Count Neither Counter "Processes that were killed."
    DevicePowerLosses "device.power_losses.count" Count Neither Counter "Processes that died as their device lost power."
    RadioOn "device.radio.on" Ns Lower Counter "Estimate, over all devices: time for which radios were awake, with promotion and tail."
    RadioEnergy "device.radio.energy" Uj Lower Counter "Estimate, over all devices: energy of the radios by the power models of their networks, all networks together; the last tail counts whole."
    RadioTwoGOn "device.radio.on_2g" Ns Lower Counter "Of `device.radio.on` the part on 2G."
    RadioTwoGEnergy "device.radio.energy_2g" Uj Lower Counter "Of `device.radio.energy` the part on 2G."
    RadioThreeGOn "device.radio.on_3g" Ns Lower Counter "Of `device.radio.on` the part on 3G."
    RadioThreeGEnergy "device.radio.energy_3g" Uj Lower Counter "Of `device.radio.energy` the part on 3G."
    RadioLteOn "device.radio.on_lte" Ns Lower Counter "Of `device.radio.on` the part on LTE."
    RadioLteEnergy "device.radio.energy_lte" Uj Lower Counter "Of `device.radio.energy` the part on LTE."
    RadioFiveGOn "device.radio.on_5g" Ns Lower Counter "Of `device.radio.on` the part on 5G."
    RadioFiveGEnergy "device.radio.energy_5g" Uj Lower Counter "Of `device.radio.energy` the part on 5G."
    RadioWifiOn "device.radio.on_wifi" Ns Lower Counter "Of `device.radio.on` the part on Wi-Fi."
    RadioWifiEnergy "device.radio.energy_wifi" Uj Lower Counter "Of `device.radio.energy` the part on Wi-Fi."
    DeviceLowMemory "device.low_memory.count" Count Lower Counter "Processes that were killed as a response took more memory than they may have."
    AttachmentRequests "attachment.requests.count" Count Lower Counter "Requests that brought a stretch of an attachment, or asked how much of it there is."
    AttachmentSentBytes "attachment.sent.bytes" Bytes Lower Counter "Bytes of attachments in requests that left."
    AttachmentAgainBytes "attachment.again.bytes" Bytes Lower Counter "Of those, bytes that their device had sent before."
    AttachmentStored "attachment.stored.count" Count Higher Counter "Attachments that came to the server, small pictures included."
    AttachmentTime "attachment.run.time" Ns Lower Counter "Time in which runs sent attachments."
    AttachmentRowsWait "attachment.rows_wait.time" Ns Lower Counter "Time in which a device had edits to send while a run of it sent attachments."
    AttachmentBareTime "attachment.bare.time" Ns Lower Counter "Time in which the backend had rows without what is attached to them, over all rows."
    AttachmentBareFor "attachment.bare.duration" Ns Lower Distribution "For how long it had such a row without; a row that is without at the end never got it."
    AttachmentBareRows "attachment.bare.rows" Rows Lower Counter "Rows that the backend has without at the end."
    AttachmentOrphans "attachment.orphan.count" Count Lower Counter "Attachments that the server has at the end, and whose row it has not."
    AttachmentThumbnailWait "attachment.thumbnail.wait" Ns Lower Distribution "From the making of a row until its small picture was there. Of a row that nobody deleted and that is without at the end, it never came."
    AttachmentWholeWait "attachment.whole.wait" Ns Lower Distribution "From the making of a row until what is attached to it was there. Of a row that nobody deleted and that is without at the end, it never came."
    DeviceMemoryPeak "device.memory.peak" Bytes Lower Peaks "Memory that decoding a response takes."
    DeviceMemoryTight "device.memory.tight" Count Lower Counter "Answers that took more than a quarter of the memory to decode."
    DeviceStorageFull "device.storage.full" Count Lower Counter "Times the engine could not write the end of a run since there was no room."
    DeviceCpu "device.cpu.busy" Ns Lower Counter "Over all devices: processor time for the sync and for people's edits."
    DeviceCpuEnergy "device.cpu.energy" Uj Lower Counter "Estimate: energy of that, at one watt for a busy core."
    DeviceCoding "device.coding.busy" Ns Lower Counter "Of `device.cpu.busy` the part for encoding, packing, unpacking and decoding messages."
    DeviceCodingEnergy "device.coding.energy" Uj Lower Counter "Estimate: energy of that, at one watt for a busy core."
    DeviceSyncs "device.disk.syncs" Count Lower Counter "Over all devices: syncs of the flash."
    DeviceWritten "device.disk.written" Bytes Lower Counter "Over all devices: bytes written to the flash."
    DeviceTransaction "device.transaction.longest" Ns Lower Gauge "The longest work on a device's database, from its begin to its last sync."
    DeviceLock "device.lock.longest" Ns Lower Gauge "The longest time for which a transaction held a device's write lock."
    DeviceDatabase "device.database.bytes" Bytes Lower Gauge "Over all devices: bytes in the files of their databases at the end."
    DeviceWal "device.wal.peak" Bytes Lower Gauge "The greatest size of a device's write-ahead log."
    DeviceQuery "device.query.duration" Ns Lower Distribution "From a person's wish to see something to the app's answer, or to the app's end where that came first, by the model of `workload.foreground`."
    ListDuration "device.list.duration" Ns Lower Distribution "From a screen's asking for a list of `query` to its being there; it is really run."
    ListSteps "device.list.steps" Count Lower Distribution "Steps of SQLite's machine for such a list."
    ListPages "device.list.pages" Count Lower Counter "Pages that such lists read from flash."
    ListRows "device.list.rows" Rows Neither Counter "Rows in such lists."
    DeviceWrite "device.write.duration" Ns Lower Distribution "From a person's edit until it is saved."
    DeviceUiBlocked "device.ui.blocked" Ns Lower Counter "Time for which such queries and edits waited for the lock, those too that came to nothing by the app's end."
    DeviceScreenBlocked "device.screen.blocked" Ns Lower Counter "Over all devices: time in which people looked at an app that takes no edit, as a blocking sync had the screen: from when it is asked for to its end, the hooks for it included."
    DeviceScreenFoundTaken "device.screen.found_taken" Count Lower Counter "Times that somebody came to the app, or opened a record, and did not get the screen: a blocking sync had it, or took it as they came."
    DeviceScreenBlockedDay "device.screen.blocked_a_day" Ns Lower Gauge "The same for one person a day; a script that is shorter than a day is one."
    DeviceSuspended "device.suspended.count" Count Neither Counter "Times an app was suspended by its operating system."
    DeviceSuspendedTime "device.suspended.time" Ns Neither Counter "Over all devices: time for which apps were suspended."
    DeviceWindows "device.background.windows" Count Neither Counter "Windows that operating systems gave apps in the background."
    EmptyTable "device.empty_table.duration" Ns Lower Distribution "How long a table was empty that an engine had deleted to have its rows again, up to the first of them; none came to a table that is empty at the end."
    EmptyTableEdits "device.empty_table.edits" Count Lower Counter "Edits that went with the rows of such a table before they were sent."
    DeviceBadRows "device.bad_rows.count" Count Lower Counter "Rows that could not be read when they came, as something disturbed it."
    NetOutages "net.outages.count" Count Neither Counter "Times a device's link went down; one that holds packets back without a sign, and a gap of less than 2 s, are not among them."
    NetOutage "net.outage.duration" Ns Lower Distribution "How long a device's link was down, as far as it counts as an outage."
    NetDropped "net.dropped.count" Count Lower Counter "Messages that vanished."
    NetDroppedBytes "net.dropped.bytes" Bytes Lower Counter "Bytes of messages that were lost on their way: each whole, however much of it had left."
    NetConnections "net.connections.count" Count Lower Counter "Connections opened."
    NetConnect "net.connect.duration" Ns Lower Pieces "From the wish for a connection until it was open."
    NetHeld "net.held.count" Count Neither Counter "Connections with messages both ways that devices had, by a request that was upgraded."
    NetHeldMost "net.held.most" Count Neither Gauge "The most of them that devices had at one time."
    NetHeldRefused "net.held.refused" Count Lower Counter "Wishes for such a connection that the server refused."
    NetHeldLost "net.held.lost" Count Lower Counter "Such connections that ended without either side having closed them, deaths of processes included."
    NetHeldDuration "net.held.duration" Ns Neither Distribution "How long devices had such connections, as far as they knew; those that are open at the end are not among them."
    NetMessagesUp "net.messages.up" Count Neither Counter "Messages that came to the server on such connections."
    NetMessagesDown "net.messages.down" Count Neither Counter "Messages that came to devices on such connections."
    NetUpBytes "net.up.bytes" Bytes Lower Counter "Bytes that left devices, with all headers and what was sent again."
    NetDownBytes "net.down.bytes" Bytes Lower Counter "Bytes sent to devices, with all headers and what was sent again."
    NetWasted "net.wasted.bytes" Bytes Lower Counter "Bytes of both that went over links for what `engine.wasted.bytes` counts: requests without a useful response, pulls and fetches without a row, rows that the device held already. What goes over a link while several requests are under way counts for each in equal parts."
    NetPackets "net.packets.count" Count Lower Counter "Packets with data and those that open connections, both ways."
    NetRetransmitted "net.packets.retransmitted" Count Lower Counter "Packets that were sent again."
    NetResponsesLost "net.responses_lost.count" Count Lower Counter "Responses lost after the gateway had acted."
    NetCaptive "net.captive.count" Count Lower Counter "Requests that a captive portal answered in the gateway's place."
    NetTooLarge "net.too_large.count" Count Lower Counter "Requests and responses that a proxy did not let through for their size."
    NetForeign "net.foreign.count" Count Lower Counter "Requests that got a response which is not theirs: a proxy's page, or what was the response to another."
    NetProxyHits "net.proxy_hits.count" Count Neither Counter "Requests that a cache on the way answered without the server."
    NetProxyStale "net.proxy_stale.count" Count Lower Counter "Of those that a cache on the way answered, those with a response that was kept before the backend's latest change."
    NetProxyAsked "net.proxy_asked.count" Count Neither Counter "Requests that a cache on the way answered once the server had said that what it kept still holds: each is a round trip."
    NetProxySaved "net.proxy_saved.bytes" Bytes Higher Counter "Bytes of responses that a cache on the way had kept and that the server did not send."
    BackendRequests "backend.requests.count" Count Lower Counter "Requests served."
    BackendHourly "backend.requests.hourly" Count Lower Gauge "The same, an hour of the whole run."
    BackendQueued "backend.request.queued" Ns Lower Pieces "Time of a request in the backend's queue."
    BackendLocked "backend.push.locked" Ns Lower Pieces "Time of a push before the source's write lock, which is held while rows are marked."
    BackendService "backend.request.service" Ns Lower Pieces "Time of a request at work."
    BackendScanned "backend.scanned.rows" Rows Lower Counter "Rows looked at."
    BackendDelivered "backend.delivered.rows" Rows Neither Counter "Rows delivered and mutations handled."
    BackendScanRate "backend.scanned.rate" Ppm Lower Gauge "Rows looked at for each row delivered or mutation handled."
    GatewayWrites "gateway.source.writes" Rows Lower Counter "Rows that the gateway wrote in the backend to find changes: flags and claims."
    GatewayWritten "gateway.source.bytes" Bytes Lower Counter "Bytes of those flags and claims."
    GatewayHandled "gateway.handled.rows" Rows Lower Counter "Rows that the gateway looked at itself to find changes; by flag, rows that were delivered before and whose flag was not set yet."
    GatewayCpu "gateway.cpu.busy" Ns Lower Counter "Processor time of the gateway for finding changes, by its model."
    GatewayCoding "gateway.coding.busy" Ns Lower Counter "Processor time of the gateway for packing and unpacking messages; with `gateway.coding_rate` also for encoding and decoding them."
    DeltaCreated "gateway.delta.created" Rows Neither Counter "Rows sent in responses to pulls whose latest stamp is of their creation. A gateway that compares all rows takes them for updated, and what a replica answers is not counted."
    DeltaUpdated "gateway.delta.updated" Rows Neither Counter "Rows sent in responses to pulls whose latest stamp is of an update."
    DeltaDeleted "gateway.delta.deleted" Rows Neither Counter "Rows sent in responses to pulls that say that one is gone, be it for that device alone."
    GatewayState "gateway.state.bytes" Bytes Lower Gauge "The most that the gateway kept to find changes."
    GatewayKills "gateway.kills.count" Count Neither Counter "Times the gateway's process was killed."
    ReplicaAge "gateway.replica.age" Ns Lower Runs "When a device is answered from the gateway's replica: since the refresh began that it is as fresh as."
    ReplicaBytes "gateway.replica.bytes" Bytes Lower Gauge "The greatest size of the replica's database."
    ReplicaCpu "gateway.replica.cpu" Ns Lower Counter "Processor time of the gateway for writing its replica and reading it for devices, by its model."
    RefreshRequests "gateway.refresh.requests" Count Lower Counter "Pages that the gateway asked the backend for to feed its replica."
    RefreshFailed "gateway.refresh.failed" Count Lower Counter "Such requests without a response, or whose response said no."
    RefreshOvertaken "gateway.refresh.overtaken" Rows Lower Counter "Rows that a node wrote into the replica though another had moved the cursor meanwhile."
    RefreshFenced "gateway.refresh.fenced" Rows Neither Counter "Rows that were refused for that."
    RefreshScanned "gateway.refresh.scanned" Rows Lower Counter "Rows that the backend looked at for such pages."
    RefreshDuration "gateway.refresh.duration" Ns Lower Runs "From a refresh's start to its good end."
    UploadQueued "gateway.upload.queued" Ns Lower Distribution "From an edit until it is durable at the gateway and waits for the backend: the first phase of an upload."
    UploadAccepted "gateway.upload.accepted" Ns Lower Distribution "From there to the backend's verdict: the second phase."
    UploadsReplayed "gateway.uploads.replayed" Count Neither Counter "Edits that came again to a gateway that passes them through, and that it knew: answered from its upload cache."
    BackendFanOut "backend.fan_out.rows" Rows Lower Counter "Versions committed because another row changed: copies of its columns, counters, what is deleted with it."
    BackendCommits "backend.commits.count" Count Neither Counter "Versions committed."
    BackendReplayed "backend.mutations.replayed" Count Lower Counter "Mutations that came again and were answered from memory."
    BackendRejected "backend.mutations.rejected" Count Lower Counter "Mutations refused for good."
    BackendConflicted "backend.mutations.conflicted" Count Neither Counter "Mutations refused as their row is not the version they were made on."
    BackendDeletesRefused "backend.deletes.refused" Count Lower Counter "Deletes that were refused for good."
    BackendIgnored "backend.mutations.ignored" Count Lower Counter "Mutations that were answered as if they were committed, and were not: their rows were out of their device's scope."
    BackendPutOff "backend.mutations.put_off" Count Lower Counter "Mutations that were put off without a verdict."
    BackendLate "backend.commits.late" Count Neither Counter "Versions that could be seen only some time after they were stamped."
    BackendOutages "backend.outages.count" Count Neither Counter "Times the backend went down."
    BackendOutage "backend.outage.duration" Ns Lower Distribution "How long the backend was down, the drain included."
    OracleLost "oracle.lost.rows" Rows Lower Counter "At the end, over all devices that came to rest: rows in scope that a device lacks."
    OracleStale "oracle.stale.rows" Rows Lower Counter "At the end, over all devices: rows of which a device holds an older version with other values."
    OracleDuplicate "oracle.duplicate.rows" Rows Lower Counter "Edits committed more than once, rows beyond the first of one natural key, rows twice on one device."
    OracleResurrected "oracle.resurrected.rows" Rows Lower Counter "Deleted rows that came back, on the backend or on a device that had removed them."
    OracleUndetectedDelete "oracle.undetected_delete.rows" Rows Lower Counter "At the end, over all devices: rows that the backend deleted and a device still holds."
    OracleOrphan "oracle.orphan.rows" Rows Lower Counter "At the end, over all devices: live rows outside of the device's scope."
    OracleLostEdit "oracle.lost_edit.count" Count Lower Counter "Local edits that are neither on the backend nor waiting nor in a log that the user sees."
    OracleSilentDiscard "oracle.silent_discard.count" Count Lower Counter "Edits refused or dropped, and versions overwritten, of which no log speaks."
    OracleMisfiled "oracle.misfiled.edits" Count Lower Counter "Edits that ended in a row of somebody else's scope, where none of their device had moved it, or took one from there, where none had asked for that."
    OracleUnasked "oracle.unasked_commit.count" Count Lower Counter "Commits of devices that nobody asked for: another row, kind of change or value than that of the edit."
    OracleReordered "oracle.reordered.edits" Count Lower Counter "Edits that took effect after one that their device made later and that says otherwise, or before the row that they refer to."
    OracleDivergent "oracle.divergent.devices" Devices Lower Counter "Devices that at the end hold anything else than their scope of the backend."
    OracleStuck "oracle.stuck.devices" Devices Lower Counter "Devices with edits to send or a run under way at the end."
    OracleHalfSeen "oracle.half_seen.rows" Rows Lower Counter "At the end, over all devices: rows that point to a row which the device should have and lacks."
    OracleDoubled "oracle.doubled.rows" Rows Lower Counter "Rows made in the run that the backend has at the end beside another one with the same natural key: people see them twice, though nothing was committed twice."
    OracleDanglingId "oracle.dangling_id.rows" Rows Lower Counter "Rows and edits of a device that name a row by a key which nobody else has, since the backend has it under another."
    OracleIdTwice "oracle.id_twice.count" Count Lower Counter "Keys out of the backend's hand under which two rows were made."
    OracleLostTime "oracle.lost.row_ns" RowNs Lower Counter "Rows in scope times the time for which a device lacked them, from their commit on: of those committed in the run."
    OracleStaleTime "oracle.stale.row_ns" RowNs Lower Counter "Rows in scope times the time for which a device held an older version, from the newer one's commit on."
    OraclePhantomDeletes "oracle.phantom_delete.rows" Rows Lower Counter "Rows that a device was told are gone, though nothing had happened to them since it had them."
    OraclePhantomInserts "oracle.phantom_insert.rows" Rows Lower Counter "Rows that came back to a device that was told they are gone, though nothing had happened to them."
    OracleRepeated "oracle.repeated.rows" Rows Lower Counter "Versions made in the run that came to a device which had them: by another cursor, as its own edits coming back, or as what a conflict had told it."
    OracleSkipped "oracle.skipped.versions" Count Neither Counter "Versions of rows that were replaced before a device heard of them; summed over devices."
    OracleConflicts "oracle.conflicts.count" Count Neither Counter "Edits that met a true conflict by the oracle's account, each once."
    OracleConflictsFalse "oracle.conflicts.false" Count Lower Counter "Edits about which a rule decided as in a conflict, though by commits nobody else had changed what they set."
    OracleConflictsMissed "oracle.conflicts.missed" Count Lower Counter "Edits that replaced, unread, what somebody else had written: conflicts that nobody called."
    OracleOverwritten "oracle.overwritten.columns" Count Lower Counter "Values that were overwritten or gave way unseen: columns in which one person's value took the place of another's, unread. The sum of the next two."
    OracleReplaced "oracle.replaced.columns" Count Lower Counter "Values that were replaced unseen: an edit took the place of a version on the backend that its person had not read."
    OracleGaveWay "oracle.gave_way.columns" Count Lower Counter "Values that gave way as reported: columns of edits of which the engine said that another version stays. Nothing on the backend was replaced."
    OracleGaveWayLost "oracle.gave_way.lost" Count Lower Counter "Of those that gave way, columns of edits that are lost, and counted by `oracle.saved_edits.lost`: nothing else of them arrived."
    OracleStaleCopies "oracle.stale_copies.rows" Rows Lower Counter "Rows of the backend at the end with a copied column (\"fold\") that is not what the row that it is copied from says."
    OracleKeptBoth "oracle.kept_both.rows" Rows Neither Counter "Rows that a conflict rule made of edits, to keep both sides: duplicates on purpose, and none of `oracle.duplicate.rows`."
    OracleSplit "oracle.split.families" Count Lower Counter "Times that of a row and of the rows that are part of it (`on_delete = \"cascade\"`) some edits were on the backend for a while without others, which had waited on the device with them as they were sent."
    OracleSplitTime "oracle.split.family_ns" Ns Lower Counter "For how long that was so, summed."
    OracleSavedLost "oracle.saved_edits.lost" Count Lower Counter "Saved edits that were lost, whatever the reason and whether or not their people were told; one whose row arrived without what is attached to it (a photo) is lost, too, if that is nowhere. `oracle.shelved.edits` and the metrics from `oracle.saved_edits.refused` to `.forgotten` count them by reason: each saved edit (`workload.edits.made`) has exactly one end."
    OracleSavedUntold "oracle.saved_edits.untold" Count Lower Counter "Those of them about which no log says anything to their people."
    OracleSavedAttachments "oracle.saved_edits.attachment_only" Count Lower Counter "Those of the lost whose row is on the backend, and of which nobody has what was attached to that."
    OracleSavedArrived "oracle.saved_edits.arrived" Count Higher Counter "Saved edits that the backend has or had, with what it said already or what their people set later, and with all that is attached, be it on its way."
    OracleSavedGivenUp "oracle.saved_edits.given_up" Count Neither Counter "Saved edits whose person looked at both sides of a conflict and took the backend's."
    OracleSavedWaiting "oracle.saved_edits.waiting" Count Lower Counter "Saved edits that still wait on a phone at the end."
    OracleSavedRefused "oracle.saved_edits.refused" Count Lower Counter "Saved edits lost because the backend refused them for good."
    OracleSavedSuperseded "oracle.saved_edits.superseded" Count Lower Counter "Saved edits lost because a conflict was decided against them by a rule."
    OracleSavedDiscarded "oracle.saved_edits.discarded" Count Lower Counter "Saved edits lost because the app threw them away at a logout."
    OracleShelved "oracle.shelved.edits" Count Neither Counter "Saved edits that are left on a phone, in the database of a person who has logged out of it: they go when that person logs in again."
    OracleSavedReinstalled "oracle.saved_edits.reinstalled" Count Lower Counter "Saved edits lost because their app was deleted and installed again."
    OracleSavedRestored "oracle.saved_edits.restored" Count Lower Counter "Saved edits lost because their phone went back to a backup."
    OracleSavedCopied "oracle.saved_edits.copied" Count Lower Counter "Saved edits lost because their phone became a copy of another."
    OracleSavedBackendRestored "oracle.saved_edits.backend_restored" Count Lower Counter "Saved edits lost because the backend went back to a backup; none that came to it again."
    OracleSavedUpgraded "oracle.saved_edits.upgraded" Count Lower Counter "Saved edits lost because a new version of the app emptied the database."
    OracleSavedPowerLost "oracle.saved_edits.power_lost" Count Lower Counter "Saved edits lost because their phone lost its power before they were on its flash."
    OracleSavedForgotten "oracle.saved_edits.forgotten" Count Lower Counter "Saved edits lost for no reason but the app's own, as the checks `lost-edit` and `broken-attachment` find them."
    OracleTakenBack "oracle.taken_back.edits" Count Neither Counter "Saved edits lost because a state without them was put in the place of a phone's or of the backend's: the sum of `oracle.saved_edits.reinstalled`, `.restored`, `.copied` and `.backend_restored`."
    OracleTwoSyncs "oracle.two_syncs_of_one_unit.count" Count Lower Counter "Runs of a unit that started while the same process ran that unit."
    OracleWithoutEnd "oracle.event_without_end.count" Count Lower Counter "Runs that did not end exactly once."
    OracleUnitOrder "oracle.unit_out_of_order.count" Count Lower Counter "Units that ran before one that had waited longer."
    OracleSyncLoop "oracle.sync_loop.count" Count Lower Counter "Times ten runs in a row were each started by the end of the one before, or by a hook of the app at its end, with no person and no network in between."
    OracleIdle "oracle.idle_with_work.count" Count Lower Counter "Runs that were asked for, by a trigger, a failure or an edit that waits, and did not begin in time on a device that was online and had nothing else to do."
    OracleIdleTime "oracle.idle_with_work.ns" Ns Lower Counter "The time for which devices were idle with such a run to begin."
    OracleStorm "oracle.request_storm.devices" Devices Lower Counter "Devices that sent more requests than what asks for a sync, what came of it and their retry settings ask for."
    OracleAgain "oracle.delivered_again.rows" Rows Lower Counter "Rows that a unit brought to a device in the version that it had brought before, with nothing that makes that necessary."
    OracleWentBack "oracle.went_back.count" Count Lower Counter "Times a row on a device went back behind a version that the device had moved on to, though the backend did not."
    OracleOwnWriteVanished "oracle.own_write_vanished.count" Count Lower Counter "Those of them by which a device lost sight of what it had written itself and the backend has."
    OracleWentBackTime "oracle.went_back.row_ns" RowNs Lower Counter "Rows times the time for which they were back behind a version that their device had moved on to."
    OracleWrongStatus "oracle.wrong_status.count" Count Lower Counter "Times an app showed of the sync what was not so, for longer than it may: that all is synced, another number of edits that wait, no network or one, that it syncs though nothing moves, a progress that stands or goes back, that it failed or that all is well."
    OracleStatusTime "oracle.status.wrong" Ns Lower Counter "The time for which what an app showed was not so; what lasts no longer than a second is not counted."
    OracleStranger "oracle.stranger.cursors" Count Lower Counter "Times a cursor, or a date of the last sync, moved in a time in which no unit ran whose it is; where `store.watch_cursors` has them watched."
    OracleContradiction "oracle.contradiction.rows" Rows Lower Counter "Rows that a device shows, in full or in part, as of a version of the backend that has other values; looked for at the end of the script and at rest, where units bring parts of rows, or a new version of the app more columns. At rest no row is shown in part."
    OracleBrokenAttachment "oracle.broken_attachment.count" Count Lower Counter "Attachments of rows on the backend that are nowhere, that came otherwise than they were made, or that were stored twice."
    OracleFlicker "oracle.flicker.rows" Rows Lower Counter "Rows that a device showed between its syncs otherwise than it had said: gone, back or older, by looks into its database while it was at work."
    OracleEmptyReport "oracle.empty_report.count" Count Lower Counter "Reports of a stack that say nothing: a stamp that no version of the row can have, and rows that came in a page which did not name them."
    OracleOldOverNew "oracle.old_over_new.count" Count Lower Counter "Those edits committed more than once that took back what somebody had written since the first time."
    OracleRefusedCommitted "oracle.refused_and_committed.count" Count Lower Counter "Edits that the backend refused for good, as their people are told, and that it has all the same."
    OracleNotTaken "oracle.not_taken.count" Count Lower Counter "Edits that met another row with their natural key, as the backend or the engine says, where no row has it."
    OracleAcknowledged "oracle.acknowledged_without_commit.count" Count Lower Counter "Edits acknowledged to the device although the backend neither committed them nor said the same already."
    OracleBentValue "oracle.bent_value.count" Count Lower Counter "Values that say something else than was meant: on a device at rest than the version that it holds, on the backend than the edit that wrote it. A text means the same whatever form its accents have."
    OracleBentDates "oracle.bent.dates" Count Lower Counter "Those of them in columns of days."
    OracleBentTimestamps "oracle.bent.timestamps" Count Lower Counter "Those of them in columns of instants."
    OracleBentNumbers "oracle.bent.numbers" Count Lower Counter "Those of them in columns of numbers."
    OracleBentTexts "oracle.bent.texts" Count Lower Counter "Those of them in columns of texts."
    OracleBentBlobs "oracle.bent.blobs" Count Lower Counter "Those of them in columns of bytes."
    OracleBentFlags "oracle.bent.flags" Count Lower Counter "Those of them in columns of true and false."
    OracleBentNulls "oracle.bent.nulls" Count Lower Counter "Those of them, whatever the column, in which there is nothing where something was meant, or something where nothing was."
    OracleBentCommits "oracle.bent.commits" Count Lower Counter "Those of them that the backend has: what a person saved is nowhere any more."
    DestinationMissing "destination.missing.rows" Rows Lower Counter "Rows of the backend that are not in the destination at rest, and that it does not refuse."
    DestinationTwice "destination.delivered_twice.rows" Rows Lower Counter "Records that the destination has at rest beside another of the same row."
    DestinationOutdated "destination.outdated.rows" Rows Lower Counter "Rows of which the destination has no record with the last values."
    DestinationKept "destination.kept_deleted.rows" Rows Lower Counter "Records that the destination has at rest of rows that the backend has not."
    DestinationRefused "destination.refused.rows" Rows Neither Counter "Rows that the destination does not have as they are, as it refuses them whenever they come."
    DestinationDelivery "destination.delivery.duration" Ns Lower Distribution "From a commit until the destination has that version or a later one; a version that never came there is counted as such, but where the destination has the row as it is in the end."
    DestinationCalls "destination.calls.count" Count Lower Counter "Calls of workers to the destination, lookups included."
    DestinationFailed "destination.calls.failed" Count Lower Counter "Those of them that failed or had no response in time."
    DestinationWritten "destination.records.written" Count Lower Counter "Records in calls that write, each time they are sent."
    DestinationRetried "destination.records.retried" Count Lower Counter "Those of them that are sent as they were rejected before, or as their first response did not come; with flags they are not told apart."
    DestinationRejected "destination.records.rejected" Count Lower Counter "Records that the destination rejected, each time."
    DestinationKills "destination.workers.kills" Count Neither Counter "Workers of the integration that were killed."
    SituationResponseLost "situation.response_lost.count" Count Neither Counter "Pushes without a response of which the backend, or the gateway's queue, has an edit."
    SituationKilledInPage "situation.killed_in_page.count" Count Neither Counter "Processes that died after a page came and before a cursor was saved."
    SituationTieAcrossPages "situation.tie_across_pages.count" Count Neither Counter "Pages that begin with the stamp with which the one before ended."
    SituationDeleteAgainstEdit "situation.delete_against_edit.count" Count Neither Counter "Conflicts of a delete with an edit of other values."
    SituationOwnDelete "situation.own_delete_under_way.count" Count Neither Counter "Deletes of rows by who made them, after their create was sent and before it was settled."
    SituationStaleTombstone "situation.stale_tombstone.count" Count Neither Counter "Removals that came to a device which was down or without a network as the row was deleted."
    SituationScopeAndBack "situation.scope_and_back.count" Count Neither Counter "Rows that went from a device, though nobody deleted them, and came to it again."
    SituationKeyAgain "situation.key_again.count" Count Neither Counter "Rows committed under the key, or the natural key, of one that was deleted in the run."
    SituationParentAndChild "situation.parent_and_child.count" Count Neither Counter "Rows made on a device that refer to one which it made and which was not acknowledged yet."
    SituationHotRow "situation.hot_row.count" Count Neither Counter "Rows that came to two dozen edits on devices."
    SituationEditWhilePulled "situation.edit_while_pulled.count" Count Neither Counter "Edits on a device, while a pull was under way, of a row that somebody else had changed since the device last synced."
    SituationClockBackInFamily "situation.clock_back_in_family.count" Count Neither Counter "Rows made on a device that refer to one which it made before, at a later time by its clock: that stepped back in between."
    SituationLoadCutAndExpired "situation.load_cut_and_expired.count" Count Neither Counter "Full loads that were interrupted and whose cursor expired before they came to their end, while commits were shown late."
    SituationLongSession "situation.long_session.count" Count Neither Counter "Processes that ran for a day or longer."
}

/// Metrics that are also kept by the state in which a device started, as `metric@state`.
pub static BY_START: &[Id] = &[Id::SessionDuration, Id::Usable, Id::FirstRows];

/// Metrics that are also kept by sync unit, as `metric/Unit`.
pub static BY_UNIT: &[Id] = &[Id::SessionDuration, Id::FirstScreen];

/// Metrics that are also kept by entity, as `metric/entity`.
pub static BY_ENTITY: &[Id] = &[Id::EntityThere];

impl Id {
    /// The metric's entry in the table.
    pub fn metric(self) -> &'static Metric {
        &TABLE[self as usize]
    }
}

/// Metrics that are also kept by kind and size of requests, as `metric/pull-512`.
pub static BY_SIZE: &[Id] = &[Id::ControlReached];

/// The metric with this name. A part such as a state or unit may follow; it is not checked.
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

/// Whether the metric of this name is also kept by entity.
pub fn is_by_entity(name: &str) -> bool {
    BY_ENTITY.iter().any(|id| id.metric().name == name)
}

/// Splits a metric's name into the name, and its mark and part (state, unit …).
pub fn parts(name: &str) -> (&str, Option<(char, &str)>) {
    let mark = name.char_indices().find(|(_, c)| ['@', '/'].contains(c));
    mark.map_or((name, None), |(at, mark)| (&name[..at], Some((mark, &name[at + 1..]))))
}

/// All names, for a "did you mean".
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|m| m.name)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
