//! A recorded history. Names are resolved, and events have no order yet.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::json::Node;
use crate::base::{EntityId, Key, Span, UnitId, Value};
use crate::contract::{Attributes, EditKind, LogKind, Schema, SyncUnit};

/// The parts of a scenario that a history needs.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The app's entities.
    pub schema: Arc<Schema>,
    /// The sync units.
    pub units: Arc<[SyncUnit]>,
    /// The attributes of devices, with the possible values of each.
    pub attributes: Vec<(String, Vec<Value>)>,
    /// The offset of local time from UTC, in seconds.
    pub utc_offset: i32,
    /// True if the policy lets an edit give way to another version.
    pub gives_way: bool,
    /// True if the policy lets an edit restore a deleted row.
    pub brings_back: bool,
    /// True if the policy lets an edit become a separate row.
    pub keeps_both: bool,
}

/// The range of an event's time, in microseconds since 1970. Both ends are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct When {
    pub(super) from: i64,
    pub(super) until: i64,
}

impl When {
    /// The range of an event without a time.
    pub(super) const ANY: When = When { from: i64::MIN, until: i64::MAX };

    pub(super) fn middle(self) -> i64 {
        self.from + (self.until - self.from) / 2
    }
}

/// Converts times of the machine's clock to times of the history's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct WallClock {
    /// The times of both clocks at one moment, in microseconds since 1970.
    pub(super) wall: i64,
    pub(super) session: i64,
    pub(super) speed: f64,
}

impl WallClock {
    /// Converts a time to the history's clock. A time that is nearer to `wall` comes from the
    /// machine's clock.
    pub(super) fn of_history(self, at: i64) -> i64 {
        if (at - self.wall).abs() >= (at - self.session).abs() {
            return at;
        }
        self.session.saturating_add(((at - self.wall) as f64 * self.speed) as i64)
    }
}

/// The time of a line, and its position in the sequence of its device or of the backend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) when: When,
    pub(super) seq: Option<u64>,
    /// The number of the line, for messages.
    pub(super) line: u32,
}

impl Mark {
    /// True if this line certainly comes before another line of the same device or of the backend.
    pub(super) fn is_before(&self, other: &Mark) -> bool {
        match self.seq.zip(other.seq) {
            Some((own, other)) => own < other,
            None => self.when.until < other.when.from,
        }
    }
}

pub(super) type EditAt = usize;
pub(super) type Row = (EntityId, Key);
pub(super) type Values = Vec<(usize, Value)>;

#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) name: String,
    pub(super) attributes: Attributes,
}

#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) device: u32,
    /// The edit's name in the history.
    pub(super) id: Option<Box<str>>,
    pub(super) row: Row,
    pub(super) kind: EditKind,
    pub(super) values: Values,
    /// True if nobody saw that the edit was saved.
    pub(super) unsure: bool,
    pub(super) mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Unknown,
    Other,
    /// This device; the edit is unknown.
    Device(u32),
    Edit(EditAt),
    /// This device, with an edit that the history does not have.
    Stranger(u32),
}

#[derive(Clone, Debug)]
pub(super) struct Commit {
    pub(super) row: Row,
    /// `None` means a create if the row does not exist, and an update if it does.
    pub(super) kind: Option<EditKind>,
    pub(super) values: Values,
    pub(super) by: By,
    pub(super) mark: Mark,
    /// Of several commits at one instant, the commit with the lower rank comes first.
    pub(super) rank: u32,
    /// True if the commit has no line and was inferred from the rows at the end.
    pub(super) is_inferred: bool,
    /// Its position among the inferred commits of its row, if an order leads to the row at the end.
    pub(super) place: Option<u32>,
}

impl Commit {
    /// Makes a commit that has a line.
    pub(super) fn told(row: Row, (kind, values): (Option<EditKind>, Values), by: By, mark: Mark) -> Commit {
        Commit { row, kind, values, by, mark, rank: 0, is_inferred: false, place: None }
    }
}

/// A report about an edit.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) edit: EditAt,
    /// The message to the user; `None` if the app only counts the edit as done.
    pub(super) says: Option<LogKind>,
    pub(super) mark: Mark,
}

/// The rows of an entity that an app shows, by key. `None` values mean that the row is gone.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) device: u32,
    pub(super) entity: EntityId,
    pub(super) rows: Vec<(Key, Option<Vec<Value>>)>,
    /// True if the list has all rows that the app shows.
    pub(super) all: bool,
    pub(super) mark: Mark,
}

#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) device: u32,
    pub(super) edits: Vec<EditAt>,
    /// The edits in `edits` that wait for a person's decision.
    pub(super) undecided: Vec<EditAt>,
    pub(super) mark: Mark,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Started,
    Completed,
    Failed(String),
}

#[derive(Clone, Debug)]
pub(super) struct Sync {
    pub(super) device: u32,
    pub(super) unit: UnitId,
    pub(super) run: Option<u64>,
    pub(super) stage: Stage,
    pub(super) mark: Mark,
}

#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) device: u32,
    pub(super) begins: bool,
    pub(super) mark: Mark,
}

/// A recorded history: all lines that were read, with resolved names.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The file name of the history. `audits` has the files of commits, each with the index of its
    /// first commit.
    pub(super) name: String,
    pub(super) audits: Vec<(usize, String)>,
    pub(super) wall: Option<WallClock>,
    pub(super) tolerance: Span,
    pub(super) unrecorded_writers: bool,
    pub(super) acknowledges: bool,
    pub(super) tells: bool,
    /// True if every commit has a line.
    pub(super) commits_all: bool,
    pub(super) devices: Vec<Device>,
    pub(super) rows: BTreeMap<Row, Vec<Value>>,
    pub(super) edits: Vec<Edit>,
    pub(super) commits: Vec<Commit>,
    pub(super) words: Vec<Word>,
    pub(super) shows: Vec<Shown>,
    pub(super) waits: Vec<Waiting>,
    pub(super) syncs: Vec<Sync>,
    pub(super) lives: Vec<Life>,
    /// The backend's rows at the end, by entity.
    pub(super) backend: BTreeMap<EntityId, BTreeMap<Key, Vec<Value>>>,
    /// The time at which the recording ended, and true if no work was left then.
    pub(super) end: Option<(When, bool)>,
    pub(super) lines: u64,
}

impl History {
    /// The number of lines.
    pub fn lines(&self) -> u64 {
        self.lines
    }
    /// The tolerance of times in the history.
    pub fn tolerance(&self) -> Span {
        self.tolerance
    }
    /// The names of the devices.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        self.devices.iter().map(|device| device.name.as_str())
    }
}

/// An error in a line: its position, a title, and a help text.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) title: String,
    pub(super) help: String,
}

impl Wrong {
    pub(super) fn new(span: &Range<usize>, title: impl Into<String>, help: impl Into<String>) -> Wrong {
        Wrong { span: span.clone(), title: title.into(), help: help.into() }
    }
    /// An error for a value of the wrong kind.
    pub(super) fn misplaced(node: &Node<'_>, help: impl Into<String>) -> Wrong {
        Wrong::new(&node.span, format!("{} is not allowed here", node.kind()), help)
    }
}
