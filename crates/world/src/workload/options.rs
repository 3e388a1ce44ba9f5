//! Options of the people's and the office's work, and of the data.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::editing::Editing;
use super::resolver::Resolver;
use super::retrying::Retrying;
use crate::base::{EntityId, Key, Ppm, Span, Stamp, Time, Value, in_words};
use crate::contract::{ColumnKind, EditKind};

/// All options of the people's and the office's work. The office writes directly to the backend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkloadOptions {
    /// Working time of people: its first and last instant.
    pub hours: (Time, Time),
    /// The groups of people who log in at different times. Each has a share of the devices.
    pub logins: Vec<LoginWave>,
    /// A person opens the app this long before the login. Triggers of the app's start fire in this
    /// time.
    pub opened_before_login: Span,
    /// How often per hour a person brings the app to the foreground, in thousandths.
    pub resumes_per_hour_milli: u32,
    /// Mean time that the app stays in the foreground (exponential).
    pub foreground: Span,
    /// The app's own queries in the foreground; `None`: too few to count.
    pub browsing: Option<Browsing>,
    /// People treat data up to this age as fresh.
    pub freshness: Span,
    /// Times of day with more writes. The other writes are spread over the working time.
    pub peaks: Vec<Peak>,
    /// The writes of people and the office, in the order of the file.
    pub actions: Vec<Action>,
    /// How often people write to the same rows.
    pub contention: Contention,
    /// Rules for who may edit which rows, and when.
    pub editing: Editing,
    /// How people decide conflicts.
    pub resolver: Resolver,
    /// People's reaction to a failed sync.
    pub retrying: Retrying,
    /// Records that a person opens per day, in thousandths. Opening a record fetches its details.
    pub opens_per_day_milli: u32,
    /// The entity whose records people open; `None`: people open no records.
    pub opened: Option<EntityId>,
    /// Weights of the roles in the writes, as (role, weight). If empty, all roles have the same
    /// weight.
    pub role_weights: Vec<(String, u32)>,
}

impl WorkloadOptions {
    /// Mean time from one habitual visit to the next; `None` if the app stays in the foreground.
    pub fn visits_every(&self) -> Option<Span> {
        let (rate, mean) = (u64::from(self.resumes_per_hour_milli), self.foreground);
        (rate > 0 && mean > Span::ZERO)
            .then(|| Span::secs(3_600_000).scaled(1, rate).max(mean + Span::secs(1)))
    }
}

/// The app's queries while a person looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Browsing {
    /// Queries per second, in thousandths (Poisson).
    pub queries_per_second_milli: u32,
    /// The number of rows that a query reads.
    pub rows: u32,
}

/// Steps of SQLite's virtual machine to show a row of 8 columns (counted in a program listing).
const STEPS_TO_SHOW_A_ROW: u64 = 10;

impl Browsing {
    /// Mean time between queries.
    pub fn every(&self) -> Span {
        Span::secs(1).scaled(1_000, u64::from(self.queries_per_second_milli))
    }
    /// Processor time of a query. A step of SQLite's virtual machine takes `step_picos`
    /// picoseconds.
    pub fn cost(&self, step_picos: u64) -> Span {
        let steps = u64::from(self.rows) * STEPS_TO_SHOW_A_ROW;
        Span::nanos((u128::from(steps) * u128::from(step_picos) / 1_000) as u64)
    }
}

/// A group of people who log in around the same time.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginWave {
    /// The share of devices.
    pub share: Ppm,
    /// The mean of the login times. They have a normal distribution.
    pub at: Time,
    /// The standard deviation of the login times.
    pub spread: Span,
}

/// A time of day with more writes than other times of the same length.
#[derive(Clone, Debug, PartialEq)]
pub struct Peak {
    /// The beginning of the peak.
    pub from: Time,
    /// The end of the peak; the peak does not include it.
    pub until: Time,
    /// The share of the day's writes.
    pub share: Ppm,
}

/// One kind of write.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// The action's name.
    pub name: String,
    /// The entity of the edited rows.
    pub entity: EntityId,
    /// The kind of edit.
    pub kind: EditKind,
    /// Columns that an update sets (positions in the backend's columns).
    pub columns: Vec<usize>,
    /// Writes per day and device of the fleet, in thousandths. This includes the office's writes.
    pub per_device_milli: u32,
    /// The share of these writes that devices make. The office makes the rest.
    pub on_devices: Ppm,
    /// If set, only rows whose timestamp is near the time of the write: (column, time before, time
    /// after).
    pub near: Option<(usize, Span, Span)>,
    /// How the row is chosen.
    pub aim: Aim,
}

/// Which rows an action may edit. For a create: the rows to which the new row may refer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// Rows that exist at the start, stay in their scope, and are never deleted.
    #[default]
    Kept,
    /// Rows created in the run; a person sees only the rows that they created. The row is chosen
    /// when the edit is made.
    Made,
    /// Any row that the app shows; for the office, any row of the backend. The row is chosen when
    /// the edit is made.
    Shown,
}
in_words!(Aim { Kept: "kept", Made: "made", Shown: "shown" });

/// The side that makes the second edit in a contention (two sides edit the same row).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rivals {
    /// The office.
    #[default]
    Office,
    /// A colleague: another device with the same attributes. If no colleague is at work, the
    /// office.
    Devices,
    /// A colleague or the office, each with probability one half.
    Both,
}
in_words!(Rivals { Office: "office", Devices: "devices", Both: "both" });

/// How often two sides edit the same rows (contention).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contention {
    /// Who makes the second write.
    pub by: Rivals,
    /// Share of the devices' updates for which another author updates the same row.
    pub share: Ppm,
    /// The longest time between the two writes. The times have a triangular distribution.
    pub within: Span,
    /// Share of these pairs in which both sides write the same values.
    pub equal: Ppm,
    /// Share of these pairs in which the other side writes columns of another action.
    pub beside: Ppm,
    /// Share of the devices' creates for which another author creates the same natural key, within
    /// the time `within`.
    pub double_create: Ppm,
    /// Share of the devices' updates whose row the other side deletes; not part of `share`.
    pub deletes: Ppm,
}

/// The source of an entity's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityData {
    /// The number of rows to make. If `given` is set, its rows are used instead.
    pub rows: u64,
    /// How to make each backend column, in the schema's order.
    pub columns: Vec<Maker>,
    /// Columns that may hold null, and the share of made rows that hold it.
    pub nulls: BTreeMap<usize, Ppm>,
    /// Columns that may hold the empty text, and the share of made rows that hold it.
    pub empties: BTreeMap<usize, Ppm>,
    /// The order of the keys of made and new rows.
    pub keys: KeyOrder,
    /// Rows that the user supplies. `None`: the rows are made.
    pub given: Option<Arc<Vec<GivenRow>>>,
    /// If set, all rows have one stamp, this long before the start, as after an import.
    pub one_stamp: Option<Span>,
    /// The age of the oldest row at the start of the run.
    pub age: Span,
    /// Share of rows that were changed per day before the start.
    pub changed_daily: Ppm,
    /// Share of rows that were created per day before the start.
    pub created_daily: Ppm,
    /// Share of rows that were deleted per day before the start.
    pub deleted_daily: Ppm,
}

impl EntityData {
    /// Approximate bytes that an imported row needs in the script, in addition to its values
    /// (measured).
    pub const IMPORTED_BYTES: u64 = 500;

    /// Approximate bytes of a row on the backend (measured with 1, 11 and 21 columns of text).
    pub fn row_bytes(&self) -> u64 {
        let column = |maker: &Maker| match maker {
            Maker::Words(min, max, _) | Maker::Prose(min, max) => {
                60 + (u64::from(*min) + u64::from(*max)) / 2
            }
            Maker::OneOf(_) | Maker::Ref(_) | Maker::Attribute(_) | Maker::Folded { .. } => 40,
            Maker::Day(..) | Maker::Decimal(..) => 80,
            _ => 24,
        };
        275 + self.columns.iter().map(column).sum::<u64>()
    }
}

/// The order of the keys of new rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyOrder {
    /// UUIDs of version 4: no order.
    #[default]
    Random,
    /// UUIDs of version 7: a row that is created later has a greater key.
    ByTime,
}

impl KeyOrder {
    /// The key of a row that was created at `created`; `bits` are random.
    pub(crate) fn key(self, created: impl FnOnce() -> Stamp, bits: u128) -> Key {
        match self {
            KeyOrder::Random => Key::uuid(bits),
            KeyOrder::ByTime => Key::uuid7((created().0 / 1_000).unsigned_abs(), bits),
        }
    }
}

/// A row that the user supplies.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenRow {
    /// The row's key.
    pub key: String,
    /// When the row was last changed.
    pub stamp: Stamp,
    /// Its values in the order of the backend's columns.
    pub values: Vec<Value>,
}

/// How the values of a column are made. All ranges include both ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Maker {
    /// Words of these letters. The length in bytes is in this range.
    Words(u32, u32, Letters),
    /// Words with the frequencies of real text. The length in bytes is in this range.
    Prose(u32, u32),
    /// Random bytes in Base64, which do not compress. They are made when first read. Their number
    /// is in this range.
    Blob(u32, u32),
    /// A long text, made when first read. Its length is log-normal.
    Fat {
        /// The median length in bytes.
        median: u32,
        /// The greatest length in bytes.
        max: u32,
        /// (share, bytes): this share of the texts has this length instead.
        rare: Option<(Ppm, u32)>,
    },
    /// A whole number in this range.
    Int(i64, i64),
    /// A number of at most this many digits and this many decimal places. It is not negative.
    Decimal(u8, u8),
    /// A number with a fraction in 0 ≤ x < 1 000, with three decimals.
    Real,
    /// `true` or `false`, equally often.
    Bool,
    /// One of these words.
    OneOf(Vec<String>),
    /// A day in this range, relative to the day of the start.
    Day(i64, i64),
    /// A timestamp as (from, until, step), in microseconds from the midnight of the start.
    Moment(i64, i64, i64),
    /// The key of a row of this entity.
    Ref(EntityId),
    /// One of the values of the device attribute at this index.
    Attribute(usize),
    /// A copied value: `column` of the row in `entity` that this row's column `via` points to.
    Folded {
        /// The entity that holds the original value.
        entity: EntityId,
        /// The position of the referring column in this row.
        via: usize,
        /// The position of the column in the other row.
        column: usize,
    },
}

/// The letters of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    /// Latin letters without accents.
    #[default]
    Plain,
    /// Letters of many scripts. Half of the texts have composed accents, the others separate ones.
    Many,
}

impl Maker {
    /// The sigma of the log-normal length of a long text. The 99th percentile is about 13 times the
    /// median. Source: estimate.
    pub(super) const FAT_SIGMA: f64 = 1.1;

    /// The kind of a column that holds these values.
    pub fn kind(&self) -> ColumnKind {
        match self {
            Maker::Int(..) => ColumnKind::Int,
            Maker::Real => ColumnKind::Real,
            Maker::Bool => ColumnKind::Bool,
            Maker::Day(..) => ColumnKind::Date,
            Maker::Decimal(digits, places) => ColumnKind::Decimal { digits: *digits, places: *places },
            Maker::Blob(..) => ColumnKind::Blob,
            Maker::Moment(..) => ColumnKind::Timestamp,
            Maker::Ref(entity) => ColumnKind::Ref(*entity),
            Maker::Words(..)
            | Maker::Prose(..)
            | Maker::Fat { .. }
            | Maker::OneOf(_)
            | Maker::Attribute(_)
            | Maker::Folded { .. } => ColumnKind::Text,
        }
    }

    /// Mean bytes of a long text or a blob; `None` for other values.
    pub fn fat_bytes(&self) -> Option<u64> {
        if let Maker::Blob(min, max) = self {
            return Some((u64::from(*min) + u64::from(*max)) * 2 / 3);
        }
        let Maker::Fat { median, max, rare } = self else { return None };
        let of = |z: f64| (f64::from(*median) * libm::exp(z * Maker::FAT_SIGMA)).clamp(1.0, f64::from(*max));
        // Computes the mean as a sum over a grid of the normal distribution.
        let grid = (-40..=40).map(|tenths| f64::from(tenths) / 10.0);
        let density = |z: f64| libm::exp(-z * z / 2.0);
        let (sum, weight) =
            grid.fold((0.0, 0.0), |(sum, weight), z| (sum + of(z) * density(z), weight + density(z)));
        let usual = sum / weight;
        let mean = rare.map_or(usual, |(share, len)| usual + (f64::from(len) - usual) * share.share());
        Some(mean as u64)
    }
}
