//! What people and the office can be told to do, and what the data looks like.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::editing::Editing;
use super::resolver::Resolver;
use super::retrying::Retrying;
use crate::base::{EntityId, Ppm, Span, Stamp, Time, Value, in_words};
use crate::contract::{ColumnKind, EditKind};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkloadOptions {
    /// Working time of people: first and last instant.
    pub hours: (Time, Time),
    /// When people log in; shares of the devices by largest remainder.
    pub logins: Vec<LoginWave>,
    /// How long before it a person opens the app to log in: what its start starts runs meanwhile.
    pub opened_before_login: Span,
    /// How often an hour a person brings the app to the foreground, in thousandths.
    pub resumes_per_hour_milli: u32,
    /// How long it stays there, on average (exponential).
    pub foreground: Span,
    /// What the app does for them while it is there; nothing worth a figure if `None`.
    pub browsing: Option<Browsing>,
    /// Data that is no older than this is fresh to people.
    pub freshness: Span,
    /// Times with more writes than others; the rest is spread over the working time.
    pub peaks: Vec<Peak>,
    pub actions: Vec<Action>,
    pub contention: Contention,
    pub editing: Editing,
    pub resolver: Resolver,
    pub retrying: Retrying,
    /// Records that a person opens a day, in thousandths; the row's details are fetched.
    pub opens_per_day_milli: u32,
    /// Of which entity records are opened; `None` for no opening.
    pub opened: Option<EntityId>,
    /// Weights of the roles in the writes: (role, weight); equal if empty.
    pub role_weights: Vec<(String, u32)>,
}

impl WorkloadOptions {
    /// From one visit by habit to the next, on average; `None` if the app stays in the foreground.
    pub fn visits_every(&self) -> Option<Span> {
        let (rate, mean) = (u64::from(self.resumes_per_hour_milli), self.foreground);
        (rate > 0 && mean > Span::ZERO)
            .then(|| Span::secs(3_600_000).scaled(1, rate).max(mean + Span::secs(1)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Browsing {
    /// Queries a second, in thousandths (Poisson).
    pub queries_per_second_milli: u32,
    pub rows: u32,
}

/// Steps of SQLite's machine to show a row of eight columns (counted in its listing).
const STEPS_TO_SHOW_A_ROW: u64 = 10;

impl Browsing {
    pub fn every(&self) -> Span {
        Span::secs(1).scaled(1_000, u64::from(self.queries_per_second_milli))
    }
    /// Processor time of a query where a step of SQLite's machine takes so many picoseconds.
    pub fn cost(&self, step_picos: u64) -> Span {
        let steps = u64::from(self.rows) * STEPS_TO_SHOW_A_ROW;
        Span::nanos((u128::from(steps) * u128::from(step_picos) / 1_000) as u64)
    }
}

/// Some people log in around the same time.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginWave {
    pub share: Ppm,
    pub at: Time,
    pub spread: Span,
}

/// A time of day that takes more than its part of the writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Peak {
    pub from: Time,
    pub until: Time,
    pub share: Ppm,
}

/// One kind of write.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    pub name: String,
    pub entity: EntityId,
    pub kind: EditKind,
    /// Columns that an update sets (positions in the backend's columns).
    pub columns: Vec<usize>,
    /// How many a day for each device of the fleet, office included, in thousandths.
    pub per_device_milli: u32,
    /// Which share is made on devices; the office makes the rest.
    pub on_devices: Ppm,
    /// Only rows whose timestamp is near the moment of the write: (column, before, after).
    pub near: Option<(usize, Span, Span)>,
    pub aim: Aim,
}

/// Which rows an action is done to, and which its new rows refer to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// Those of the start that stay in their scope and are not deleted.
    #[default]
    Kept,
    /// Those that came in the run, of a person's those that this person made; found at the moment.
    Made,
    /// Whatever the app shows, or for the office the backend has; found at the moment.
    Shown,
}
in_words!(Aim { Kept: "kept", Made: "made", Shown: "shown" });

/// Who the other side of a contention is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rivals {
    #[default]
    Office,
    /// A colleague: another device with the same attributes; the office where none is at work then.
    Devices,
    Both,
}
in_words!(Rivals { Office: "office", Devices: "devices", Both: "both" });

/// How often two sides are after the same rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contention {
    pub by: Rivals,
    /// Share of the devices' updates beside which somebody else updates the same row.
    pub share: Ppm,
    pub within: Span,
    /// Share of those in which the office writes the same values.
    pub equal: Ppm,
    /// Share of those in which the other one writes other columns: those of another such action.
    pub beside: Ppm,
    /// Share of the devices' creates whose natural key somebody else creates within the same time.
    pub double_create: Ppm,
    /// Share of the devices' updates whose row the office deletes, apart from those of `share`.
    pub deletes: Ppm,
}

/// Where an entity's rows come from.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityData {
    /// Rows to make; those of `given` come first.
    pub rows: u64,
    /// How each backend column is made, in order of the schema's columns.
    pub columns: Vec<Maker>,
    /// Columns that may hold null, with the share of the made rows that do.
    pub nulls: BTreeMap<usize, Ppm>,
    /// Columns that hold the empty text in this share of the made rows.
    pub empties: BTreeMap<usize, Ppm>,
    /// Rows of one's own, instead of made ones.
    pub given: Option<Arc<Vec<GivenRow>>>,
    /// All rows carry one stamp this long before the start, as after an import.
    pub one_stamp: Option<Span>,
    /// The oldest row is this old at the start.
    pub age: Span,
    /// Share of rows that were changed in the last day before the start, and on each before.
    pub changed_daily: Ppm,
    /// Share of rows that were created in the last day before the start, and on each before.
    pub created_daily: Ppm,
    /// Share of rows that were deleted in the last day before the start, and on each before.
    pub deleted_daily: Ppm,
}

impl EntityData {
    /// Bytes that an imported row takes more, about (measured): it waits in the script.
    pub const IMPORTED_BYTES: u64 = 500;

    /// Bytes of a row on the backend, about (measured with 1, 11 and 21 columns of text).
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

#[derive(Clone, Debug, PartialEq)]
pub struct GivenRow {
    pub key: String,
    pub stamp: Stamp,
    /// Its values in the order of the backend's columns.
    pub values: Vec<Value>,
}

/// How the values of a column are made. Of two sizes or ends both are included.
#[derive(Clone, Debug, PartialEq)]
pub enum Maker {
    /// Words, between so many bytes, of these letters.
    Words(u32, u32, Letters),
    /// Words with the frequencies of words that people write, between so many bytes.
    Prose(u32, u32),
    /// So many bytes that do not compress, as their base64, made lazily.
    Blob(u32, u32),
    /// A long text, made lazily; its length is log-normal.
    Fat {
        median: u32,
        max: u32,
        /// The share that has this many bytes instead.
        rare: Option<(Ppm, u32)>,
    },
    /// A whole number between these.
    Int(i64, i64),
    /// A number of at most so many digits, of which so many are decimal places; none is below zero.
    Decimal(u8, u8),
    /// A number with a fraction in 0 ≤ x < 1 000, with three decimals.
    Real,
    Bool,
    OneOf(Vec<String>),
    /// A day between these, relative to the day of the start.
    Day(i64, i64),
    /// A timestamp between these on such a grid, in microseconds from the start's midnight.
    Moment(i64, i64, i64),
    Ref(EntityId),
    /// One of the values of the device attribute at this position.
    Attribute(usize),
    /// What another row holds, that this one points to.
    Folded {
        entity: EntityId,
        via: usize,
        column: usize,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    #[default]
    Plain,
    /// Of many scripts; half of the texts have their accents composed, the others apart.
    Many,
}

impl Maker {
    /// Sigma of a long text's logarithm: p99 is about 13 times the median (estimate).
    pub(super) const FAT_SIGMA: f64 = 1.1;

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

    /// Bytes of a fat text or a blob in the mean; `None` for other values.
    pub fn fat_bytes(&self) -> Option<u64> {
        if let Maker::Blob(min, max) = self {
            return Some((u64::from(*min) + u64::from(*max)) * 2 / 3);
        }
        let Maker::Fat { median, max, rare } = self else { return None };
        let of = |z: f64| (f64::from(*median) * libm::exp(z * Maker::FAT_SIGMA)).clamp(1.0, f64::from(*max));
        // The mean over a normal distribution, by its density on a grid.
        let grid = (-40..=40).map(|tenths| f64::from(tenths) / 10.0);
        let density = |z: f64| libm::exp(-z * z / 2.0);
        let (sum, weight) =
            grid.fold((0.0, 0.0), |(sum, weight), z| (sum + of(z) * density(z), weight + density(z)));
        let usual = sum / weight;
        let mean = rare.map_or(usual, |(share, len)| usual + (f64::from(len) - usual) * share.share());
        Some(mean as u64)
    }
}
