//! What the fields of observed enums mean. A field means the same in all variants of an enum, and
//! in all enums unless an entry names one.

/// The docstring of a field of an enum that [`digested`](super::digested) defines.
macro_rules! field_doc {
    (EngineEvent rows) => {
        "The number of rows, results or mutations."
    };
    (EngineEvent edits) => {
        "The number of edits."
    };
    (EngineEvent from) => {
        "The key until now."
    };
    (EngineEvent to) => {
        "The key from now on."
    };
    (Event to) => {
        "The instant whose state is there again."
    };
    (Event rows) => {
        "The number of rows."
    };
    (Event waited) => {
        "How long the person waited."
    };
    (HeldEvent after) => {
        "How long the device held the connection."
    };
    (Event after) => {
        "How long the app was suspended."
    };
    (IntegrationEvent again) => {
        "How many of the records were rejected before."
    };
    (PageEvent edits) => {
        "The edits that could have gone."
    };
    (PhoneEvent edits) => {
        "How many edits wait."
    };
    (Overtaken rows) => {
        "The number of rows in the page."
    };
    (UnitEvent rows) => {
        "The number of rows."
    };
    ($of:ident unit) => {
        "The sync unit."
    };
    ($of:ident depth) => {
        "How many units wait now, without the running one."
    };
    ($of:ident run) => {
        "The number of the run, counted over all incarnations of the device."
    };
    ($of:ident waited) => {
        "How long it waited for the lock, the queue or the screen."
    };
    ($of:ident took) => {
        "How long it took."
    };
    ($of:ident blocking) => {
        "True if the person waited for it."
    };
    ($of:ident error) => {
        "Why it failed."
    };
    ($of:ident hook) => {
        "The hook."
    };
    ($of:ident ended) => {
        "How the hook ended."
    };
    ($of:ident entity) => {
        "The entity."
    };
    ($of:ident key) => {
        "The key of the row."
    };
    ($of:ident request) => {
        "The number of the request in its process, from 0."
    };
    ($of:ident kind) => {
        "The kind of the request, conflict, commit, edit or line."
    };
    ($of:ident bytes) => {
        "The number of bytes."
    };
    ($of:ident attempt) => {
        "How often it was tried before."
    };
    ($of:ident wasted) => {
        "The number of bytes that were sent for nothing."
    };
    ($of:ident wait) => {
        "How long the engine waits until the next try."
    };
    ($of:ident in_run) => {
        "True if it belongs to a run of a unit."
    };
    ($of:ident changes) => {
        "The changes, in the order in which they were applied."
    };
    ($of:ident echoed) => {
        "How many of the device's own changes came back."
    };
    ($of:ident edit) => {
        "The edit."
    };
    ($of:ident with) => {
        "The earlier edits."
    };
    ($of:ident stays) => {
        "True if none of the edits is sent."
    };
    ($of:ident stamp) => {
        "The stamp of the row's version."
    };
    ($of:ident decision) => {
        "What was decided."
    };
    ($of:ident sides) => {
        "When both sides were made."
    };
    ($of:ident skipped) => {
        "How many rows were dropped."
    };
    ($of:ident listed) => {
        "How many rows were kept on a list."
    };
    ($of:ident left) => {
        "How many rows are left on the list."
    };
    ($of:ident incarnation) => {
        "How many incarnations of the process there were before."
    };
    ($of:ident reason) => {
        "Why it happened."
    };
    ($of:ident peak) => {
        "The memory that decoding takes at most, in bytes."
    };
    ($of:ident tight) => {
        "True from a quarter of the memory that the app may have."
    };
    ($of:ident steps) => {
        "Steps of SQLite's virtual machine."
    };
    ($of:ident pages) => {
        "How many pages were read from flash."
    };
    ($of:ident up) => {
        "True from the device to the server, false in the other direction."
    };
    ($of:ident packets) => {
        "The number of packets."
    };
    ($of:ident retransmitted) => {
        "How many of the packets were sent again."
    };
    ($of:ident held) => {
        "True if it belongs to a connection that is held, and to no request."
    };
    ($of:ident stale) => {
        "True if the backend has changed since."
    };
    ($of:ident asked) => {
        "True if the cache asked the server first."
    };
    ($of:ident since_login) => {
        "The time since the login."
    };
    ($of:ident again) => {
        "True if a restart of the app caused it, and nobody waited."
    };
    ($of:ident made_at) => {
        "When it was made, by the device's clock."
    };
    ($of:ident values) => {
        "The backend's values of the row."
    };
    ($of:ident author) => {
        "Who is behind the commit."
    };
    ($of:ident replaced) => {
        "The stamp of the version that it replaces; `None` if there was none."
    };
    ($of:ident life) => {
        "How often a state had been put in by then."
    };
    ($of:ident of) => {
        "The device whose state was copied."
    };
    ($of:ident unseen) => {
        "Edits that are being saved and that the person is yet to see saved."
    };
    ($of:ident then) => {
        "The incarnation whose state it is: its beginning and its number."
    };
    ($of:ident conflict) => {
        "Why it conflicts; `None` if it was refused for good."
    };
    ($of:ident holder) => {
        "The other row that has the natural key, or a missing row that it refers to."
    };
    ($of:ident others) => {
        "The other edits."
    };
    ($of:ident columns) => {
        "The positions of the columns among the backend's."
    };
    ($of:ident until) => {
        "From when on readers see it."
    };
    ($of:ident device) => {
        "The device; `None`, where that is allowed, for the gateway."
    };
    ($of:ident removed) => {
        "True if the row is deleted or out of scope."
    };
    ($of:ident since) => {
        "The stamp after which changes are wanted; `None` for all rows."
    };
    ($of:ident queued) => {
        "How long it was in the queue."
    };
    ($of:ident locked) => {
        "How long it waited for the write lock."
    };
    ($of:ident service) => {
        "How long a worker was busy with it."
    };
    ($of:ident scanned) => {
        "How many rows were looked at."
    };
    ($of:ident writes) => {
        "How many rows were written in the backend."
    };
    ($of:ident written) => {
        "The number of bytes written in the backend."
    };
    ($of:ident handled) => {
        "How many rows the gateway looked at itself."
    };
    ($of:ident cpu) => {
        "The processor time, by the gateway's model."
    };
    ($of:ident state) => {
        "The bytes of state that the gateway keeps."
    };
    ($of:ident kinds) => {
        "How many rows are delivered as created, as updated and as gone."
    };
    ($of:ident changed) => {
        "How many rows got a new version."
    };
    ($of:ident failed) => {
        "True if the call failed."
    };
    ($of:ident overtaken) => {
        "What became of the page if another node had moved past it."
    };
    ($of:ident age) => {
        "How long ago the refresh began."
    };
    ($of:ident lost) => {
        "True if neither side has closed it."
    };
    ($of:ident worker) => {
        "The number of the worker."
    };
    ($of:ident records) => {
        "How many records were to be written."
    };
    ($of:ident on_top) => {
        "True if the edit was made after the one that met the conflict, on the same row."
    };
    ($of:ident at) => {
        "The cursors: their unit, or `None` if all share it, their entity, and a hash."
    };
    ($of:ident dates) => {
        "When each unit last completed."
    };
    ($of:ident person) => {
        "The number of the person among those who share the phone, from 0."
    };
}
pub(crate) use field_doc;
