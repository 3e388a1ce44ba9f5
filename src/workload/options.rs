//! What people and the office can be told to do, and what the data looks like.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::editing::Editing;
use super::resolver::Resolver;
use crate::base::{EntityId, Ppm, Span, Stamp, Time, Value, in_words};
use crate::contract::EditKind;

/// Everything that people, the office and imports do in a scenario.
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
    /// Times with more writes than others; what is left of the writes is spread evenly over the
    /// working time.
    pub peaks: Vec<Peak>,
    /// What people and the office do to rows.
    pub actions: Vec<Action>,
    /// How often the office is after the same rows as a phone.
    pub contention: Contention,
    /// What people may edit, and when.
    pub editing: Editing,
    /// How people decide conflicts that are put before them.
    pub resolver: Resolver,
    /// Records that a person opens a day, in thousandths; the row's details are fetched.
    pub opens_per_day_milli: u32,
    /// Of which entity records are opened; `None` for no opening.
    pub opened: Option<EntityId>,
    /// Weights of the roles in the writes: (role, weight); equal if empty.
    pub role_weights: Vec<(String, u32)>,
}

impl WorkloadOptions {
    /// From one time that the app comes to the foreground by habit to the next, on average; `None`
    /// if it stays there.
    pub fn visits_every(&self) -> Option<Span> {
        let (rate, mean) = (u64::from(self.resumes_per_hour_milli), self.foreground);
        (rate > 0 && mean > Span::ZERO)
            .then(|| Span::secs(3_600_000).scaled(1, rate).max(mean + Span::secs(1)))
    }
}

/// What an app looks up while people look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Browsing {
    /// Queries a second, in thousandths (Poisson).
    pub queries_per_second_milli: u32,
    /// Rows that a query reads.
    pub rows: u32,
}

/// Steps of SQLite's machine to show a row of a list: eight columns, the row, the next (counted in
/// its listing of such a query).
const STEPS_TO_SHOW_A_ROW: u64 = 10;

impl Browsing {
    /// Mean time between two queries.
    pub fn every(&self) -> Span {
        Span::secs(1).scaled(1_000, u64::from(self.queries_per_second_milli))
    }
    /// Processor time of a query, on a device whose step of SQLite's machine takes so many
    /// picoseconds.
    pub fn cost(&self, step_picos: u64) -> Span {
        let steps = u64::from(self.rows) * STEPS_TO_SHOW_A_ROW;
        Span::nanos((u128::from(steps) * u128::from(step_picos) / 1_000) as u64)
    }
}

/// Some people log in around the same time.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginWave {
    /// Which share of them.
    pub share: Ppm,
    /// The middle.
    pub at: Time,
    /// The standard deviation.
    pub spread: Span,
}

/// A time of day that takes more than its part of the writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Peak {
    /// Start.
    pub from: Time,
    /// End.
    pub until: Time,
    /// Share of all writes.
    pub share: Ppm,
}

/// One kind of write.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Its name in the scenario.
    pub name: String,
    /// The entity.
    pub entity: EntityId,
    /// Create, update or delete.
    pub kind: EditKind,
    /// Columns that an update sets (positions in the backend's columns).
    pub columns: Vec<usize>,
    /// How many a day for each device of the fleet, office included, in thousandths.
    pub per_device_milli: u32,
    /// Which share is made on devices; the office makes the rest.
    pub on_devices: Ppm,
    /// Only rows whose timestamp in this column lies within this span around the moment of the
    /// write: (column, before, after).
    pub near: Option<(usize, Span, Span)>,
    /// Which rows it is done to, and which its new rows refer to.
    pub aim: Aim,
}

/// Which rows an action is done to, and which its new rows refer to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// Those of the start that the script neither deletes nor takes out of their devices' scope;
    /// chosen as it is written.
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
    /// The office.
    #[default]
    Office,
    /// A colleague: another device with the same attributes; the office where none is at work then.
    Devices,
    /// Half and half.
    Both,
}
in_words!(Rivals { Office: "office", Devices: "devices", Both: "both" });

/// How often two sides are after the same rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contention {
    /// Who the other side is.
    pub by: Rivals,
    /// Share of the devices' updates that the office doubles on the same row.
    pub share: Ppm,
    /// Within how much time before or after.
    pub within: Span,
    /// Share of those in which the office writes the same values.
    pub equal: Ppm,
    /// Share of those in which the other one writes other columns: those of another such action.
    pub beside: Ppm,
    /// Share of the devices' creates whose natural key somebody else creates within the same time.
    pub double_create: Ppm,
    /// Share of the devices' updates whose row the office deletes within the same time; apart from
    /// those of `share`.
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
    /// All rows carry one stamp this long before the start (an import); `None` spreads the stamps
    /// over `age`.
    pub one_stamp: Option<Span>,
    /// The oldest row is this old at the start.
    pub age: Span,
    /// Share of rows that were changed in the last 24 hours before the start; the rate is the same
    /// on earlier days.
    pub changed_daily: Ppm,
    /// Share of rows that were created in the last 24 hours before the start; the rate is the same
    /// on earlier days.
    pub created_daily: Ppm,
    /// Share of rows that were deleted in the last 24 hours before the start; the rate is the same
    /// on earlier days.
    pub deleted_daily: Ppm,
}

impl EntityData {
    /// What a row takes more where it comes with an import, in bytes, about (measured): it waits in
    /// the script, and is told to many.
    pub const IMPORTED_BYTES: u64 = 500;

    /// Memory of one of its rows on the backend, in bytes, about: measured with 100 000 to 300 000
    /// rows of 1, 11 and 21 columns of text.
    pub fn row_bytes(&self) -> u64 {
        let column = |maker: &Maker| match maker {
            Maker::Words { min, max, .. } | Maker::Prose { min, max } => {
                60 + (u64::from(*min) + u64::from(*max)) / 2
            }
            Maker::OneOf(_) | Maker::Ref(_) | Maker::Attribute(_) | Maker::Folded { .. } => 40,
            Maker::Day { .. } | Maker::Decimal { .. } => 80,
            Maker::Fat { .. }
            | Maker::Blob { .. }
            | Maker::Int { .. }
            | Maker::Real
            | Maker::Bool
            | Maker::Moment { .. } => 24,
        };
        275 + self.columns.iter().map(column).sum::<u64>()
    }
}

/// A row that a user brought.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenRow {
    /// Its key.
    pub key: String,
    /// Its stamp.
    pub stamp: Stamp,
    /// Its values in the order of the backend's columns.
    pub values: Vec<Value>,
}

/// How the values of a column are made.
#[derive(Clone, Debug, PartialEq)]
pub enum Maker {
    /// Words, between so many bytes.
    Words {
        /// Fewest bytes.
        min: u32,
        /// Most bytes.
        max: u32,
        /// Of which letters.
        letters: Letters,
    },
    /// Bytes that do not compress, as their base64, made lazily.
    Blob {
        /// Fewest bytes.
        min: u32,
        /// Most bytes.
        max: u32,
    },
    /// A day of a calendar, between these, relative to the day of the start.
    Day {
        /// First.
        from: i64,
        /// Last.
        until: i64,
    },
    /// A number of at most so many digits, some of them decimal places; none is below zero.
    Decimal {
        /// All digits.
        digits: u8,
        /// Those after the point.
        places: u8,
    },
    /// Words with the frequencies of words that people write, between so many bytes.
    Prose {
        /// Fewest bytes.
        min: u32,
        /// Most bytes.
        max: u32,
    },
    /// A long text, made lazily; its length is log-normal, and for a share of them another.
    Fat {
        /// Median bytes.
        median: u32,
        /// Sigma of the logarithm, in thousandths.
        sigma_milli: u32,
        /// Longest of them.
        max: u32,
        /// The share that has this many bytes instead.
        rare: Option<(Ppm, u32)>,
    },
    /// A whole number in `min..=max`.
    Int {
        /// Smallest.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// A number with a fraction in 0 ≤ x < 1 000, with three decimals.
    Real,
    /// 0 or 1.
    Bool,
    /// One of these texts.
    OneOf(Vec<String>),
    /// A timestamp: on a grid of `step` between `from` and `until`, both relative to the start's
    /// midnight, in microseconds.
    Moment {
        /// First.
        from: i64,
        /// Last.
        until: i64,
        /// Grid.
        step: i64,
    },
    /// The key of a row of this entity.
    Ref(EntityId),
    /// One of the values of the device attribute at this position.
    Attribute(usize),
    /// The value that column `column` has in the row of `entity` that this row's column `via`
    /// points to.
    Folded {
        /// The entity looked at.
        entity: EntityId,
        /// This row's column with its key.
        via: usize,
        /// The column looked at.
        column: usize,
    },
}

/// The letters of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    /// Of ASCII.
    #[default]
    Plain,
    /// Of many scripts; half of the texts have their accents composed with the letters, the others
    /// apart.
    Many,
}

impl Maker {
    /// Bytes of a fat text or a blob in the mean; `None` for other values.
    pub fn fat_bytes(&self) -> Option<u64> {
        if let Maker::Blob { min, max } = self {
            return Some((u64::from(*min) + u64::from(*max)) * 2 / 3);
        }
        let Maker::Fat { median, sigma_milli, max, rare } = self else { return None };
        let of = |z: f64| {
            (f64::from(*median) * libm::exp(z * f64::from(*sigma_milli) / 1_000.0))
                .clamp(1.0, f64::from(*max))
        };
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
