//! The format of a history: its kinds of lines, and their JSON Schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// The version of the format that this program reads and writes.
pub const VERSION: u32 = 1;

/// A line of a history: one JSON object. The first line is of kind `history`; all others may come
/// in any order.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Line {
    /// The first line.
    History {
        /// The version of the format: 1.
        #[schemars(range(min = 1, max = 1))]
        version: u32,
        /// The tolerance of times, in both directions: `"250ms"`, `"2s"`. One second if it is
        /// missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        clock_tolerance: Option<String>,
        /// For the times of a served session: the machine's clock at instants when the session's
        /// clock differed. A time that is nearer to `wall` is by the machine's clock.
        #[serde(skip_serializing_if = "Option::is_none")]
        wall_clock: Option<WallClock>,
        /// The devices, each with its attributes by name. A device that is not listed is known from
        /// its first line.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        devices: BTreeMap<String, Map<String, Json>>,
        /// Kinds of lines that are complete even if there are none: `"told"` promises a line for
        /// every message about an edit that the app showed, `"commit"` a line for each change of
        /// the backend. The rows at the end then prove no edit's arrival.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        records: Vec<Recorded>,
        /// Whether others write on the backend without a `commit` line.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unrecorded_writers: bool,
    },
    /// A row of the backend at the start.
    Row {
        /// The entity of the row.
        entity: String,
        /// The key of the row.
        key: String,
        /// By column.
        values: Map<String, Json>,
    },
    /// A person made an edit on a device, and the app accepted it.
    Edit {
        /// The name of the device.
        device: String,
        /// Its name in other lines: any text, unique on the device.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The entity of the row.
        entity: String,
        /// The key of the row.
        key: String,
        /// What the edit does to the row.
        #[serde(rename = "do")]
        kind: Change,
        /// The columns that were set; none for a delete.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        values: Map<String, Json>,
        /// True if nobody saw it saved because the app died during it: it may reach the backend or
        /// not.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unsure: bool,
        /// When the app took the edit.
        #[serde(flatten)]
        when: When,
    },
    /// A sync began.
    SyncStart {
        /// The name of the device.
        device: String,
        /// The sync unit; optional if the scenario has only one.
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// The run: the same number as in the line of its end.
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<u64>,
        /// When the sync began.
        #[serde(flatten)]
        when: When,
    },
    /// A sync ended well.
    SyncComplete {
        /// The name of the device.
        device: String,
        /// The sync unit; it may be left out where the scenario has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// Which run it is: the same number as in the line of its start.
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<u64>,
        /// When the sync ended.
        #[serde(flatten)]
        when: When,
    },
    /// A sync failed.
    SyncError {
        /// The name of the device.
        device: String,
        /// The sync unit; it may be left out where the scenario has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// Which run it is: the same number as in the line of its start.
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<u64>,
        /// The app's message.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// When the sync ended.
        #[serde(flatten)]
        when: When,
    },
    /// The app counts an edit as done.
    Acknowledged {
        /// The name of the device.
        device: String,
        /// The edit's `id`; else `entity` and `key` name all edits of that row on the device.
        #[serde(skip_serializing_if = "Option::is_none")]
        edit: Option<String>,
        /// The entity of the row, in place of `edit`.
        #[serde(skip_serializing_if = "Option::is_none")]
        entity: Option<String>,
        /// The key of the row, in place of `edit`.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// When the app counted it as done.
        #[serde(flatten)]
        when: When,
    },
    /// The app reported the result of an edit to its user.
    Told {
        /// The name of the device.
        device: String,
        /// The edit's `id`; else `entity` and `key` name all edits of that row on the device.
        #[serde(skip_serializing_if = "Option::is_none")]
        edit: Option<String>,
        /// The entity of the row, in place of `edit`.
        #[serde(skip_serializing_if = "Option::is_none")]
        entity: Option<String>,
        /// The key of the row, in place of `edit`.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// What the app told its user.
        says: Says,
        /// When the app told it.
        #[serde(flatten)]
        when: When,
    },
    /// What the app shows: all rows of an entity, or one row. Without a time: at the end.
    Shows {
        /// The name of the device.
        device: String,
        /// The entity.
        entity: String,
        /// All rows that it shows, each with its key and its columns by name.
        #[serde(skip_serializing_if = "Option::is_none")]
        rows: Option<Vec<Map<String, Json>>>,
        /// The key of one row; its columns are in `values`, or it is `gone`.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// The columns of that row, by name.
        #[serde(skip_serializing_if = "Option::is_none")]
        values: Option<Map<String, Json>>,
        /// True if the app does not show that row.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        gone: bool,
        /// When the app showed it; without a time at the end.
        #[serde(flatten)]
        when: When,
    },
    /// What waits on a device to be sent: edits by their `id`, or rows. Without a time: at the end.
    Waits {
        /// The name of the device.
        device: String,
        /// The edits that wait, by their `id`.
        #[serde(skip_serializing_if = "Option::is_none")]
        edits: Option<Vec<String>>,
        /// Also edits that wait for a person to decide a conflict.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        undecided: Vec<String>,
        /// The rows with edits that wait, in place of `edits`.
        #[serde(skip_serializing_if = "Option::is_none")]
        rows: Option<Vec<Named>>,
        /// When they waited; without a time at the end.
        #[serde(flatten)]
        when: When,
    },
    /// The backend changed a row.
    Commit {
        /// The entity of the row.
        entity: String,
        /// The key of the row.
        key: String,
        /// If it is missing: `create` if the row does not exist, else `update`.
        #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
        kind: Option<Change>,
        /// The columns that it set, or all of them; none for a delete.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        values: Map<String, Json>,
        /// Its author; if it is missing, the author is found by the values.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<By>,
        /// When the backend committed it.
        #[serde(flatten)]
        when: When,
    },
    /// A row of the backend at the end, or `rows` with all of an entity.
    Backend {
        /// The entity.
        entity: String,
        /// The rows, each with its key and its columns by name.
        rows: Vec<Map<String, Json>>,
    },
    /// The app of a device started.
    AppStarted {
        /// The name of the device.
        device: String,
        /// When the app began.
        #[serde(flatten)]
        when: When,
    },
    /// The app of a device was killed, or its phone was switched off.
    AppKilled {
        /// The name of the device.
        device: String,
        /// When the app died.
        #[serde(flatten)]
        when: When,
    },
    /// The recording ended.
    End {
        /// Whether everything had come to rest; true if it is missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        settled: Option<bool>,
        /// When the recording ended.
        #[serde(flatten)]
        when: When,
    },
}

/// When something happened: at an instant, within the `clock_tolerance`, or between two instants.
///
/// A time is a text such as `"2026-03-02T08:15:00.250Z"`, or milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct When {
    /// The instant, give or take the `clock_tolerance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// The earliest instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Instant>,
    /// The latest instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Instant>,
    /// Orders the lines of one device, and the lines of the backend: the lower number came first,
    /// whatever the clocks say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// A time.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Instant {
    /// RFC 3339; without an offset in the scenario's local time.
    Text(String),
    /// Milliseconds since 1970.
    Millis(#[schemars(range(min = 0))] f64),
}

/// Two clocks at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WallClock {
    /// What the machine's clock says.
    pub wall: Instant,
    /// What the clock of the history says.
    pub session: Instant,
    /// The speed of the history's clock relative to the machine's; 1 if it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 1_000_000.0))]
    pub speed: Option<f64>,
}

/// What an edit or a commit does to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A new row.
    Create,
    /// New values in a row.
    Update,
    /// The row is deleted.
    Delete,
}

/// What a user was told about an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// Another version stays, and the edit is gone.
    Superseded,
    /// Another version stays in some columns.
    Merged,
    /// The edit replaced another version.
    Overwrote,
    /// The backend refused it.
    Rejected,
    /// The edit became a new row.
    KeptBoth,
}

/// A kind of line that may be declared in the first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Recorded {
    /// Lines of kind `acknowledged`.
    Acknowledged,
    /// Lines of kind `told`.
    Told,
    /// Lines of kind `waits`.
    Waits,
    /// Lines of kind `commit`.
    Commit,
}

/// A row by its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Named {
    /// The entity of the row.
    pub entity: String,
    /// The key of the row.
    pub key: String,
}

/// Who made a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum By {
    /// `"other"`: not one of the devices.
    Other(Other),
    /// A device; without the edit, it is found by its values.
    Device(Author),
}

/// Not one of the devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Other {
    /// Not a device.
    Other,
}

/// A device, and which of its edits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Author {
    /// The name of the device.
    pub device: String,
    /// The edit's `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<String>,
}

/// The JSON Schema of a line.
pub fn schema_json() -> String {
    let schema = schemars::schema_for!(Line);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}
