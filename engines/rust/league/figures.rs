//! The figures that are compared, and their format on the page.

use syncdyno::metrics::{Unit, human};

/// The statistic that combines a figure over many seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The mean, with the wider of two 95 % intervals: by Student's t and by bootstrap.
    Mean,
    /// The median, with its 95 % interval. It is used for waits: a wait may never end, and then
    /// there is no mean.
    Median,
}

/// A figure of the league.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The name in the file of figures.
    pub name: &'static str,
    /// The columns of `cells.csv` that are added up.
    pub columns: &'static [&'static str],
    /// The unit of the columns.
    pub unit: Unit,
    /// True if the sum is divided by the number of phones.
    pub per_phone: bool,
    /// The statistic over the seeds.
    pub over: Over,
    /// The kinds of work for which the figure is meaningful. A kind is the first word of the work's
    /// name.
    pub works: &'static [&'static str],
}

const DAYS: &[&str] = &["morning", "storm"];
const ALL: &[&str] = &["morning", "load", "queue", "storm"];

const fn count(name: &'static str, columns: &'static [&'static str]) -> Figure {
    Figure { name, columns, unit: Unit::Count, per_phone: false, over: Over::Mean, works: DAYS }
}

const fn cost(name: &'static str, columns: &'static [&'static str], unit: Unit) -> Figure {
    Figure { name, columns, unit, per_phone: true, over: Over::Mean, works: ALL }
}

const fn wait(name: &'static str, column: &'static [&'static str], works: &'static [&'static str]) -> Figure {
    Figure { name, columns: column, unit: Unit::Ns, per_phone: false, over: Over::Median, works }
}

/// How many values an edit of the league sets.
pub(super) const VALUES_OF_AN_EDIT: f64 = 2.0;

/// The values that are gone, per 100 values of edits: replaced unseen, or given way. An edit that is
/// lost counts with all its values, also if the engine did not report them.
pub(super) const GONE: &str = "gone";

/// All figures, in the order of the file.
pub const FIGURES: [Figure; 24] = [
    count(GONE, &[]),
    count("edits", &["workload.edits.made"]),
    count("lost", &["oracle.saved_edits.lost"]),
    count("untold", &["oracle.saved_edits.untold"]),
    count("replaced", &["oracle.replaced.columns"]),
    count("gave way", &["oracle.gave_way.columns"]),
    count("twice", &["oracle.duplicate.rows"]),
    count("came back", &["oracle.resurrected.rows"]),
    count("lacking", &["oracle.lost.rows", "oracle.stale.rows", "oracle.undetected_delete.rows"]),
    count("stuck", &["oracle.stuck.devices"]),
    count("divergent", &["oracle.divergent.devices"]),
    cost("requests", &["backend.requests.count"], Unit::Count),
    cost("up", &["net.up.bytes"], Unit::Bytes),
    cost("down", &["net.down.bytes"], Unit::Bytes),
    cost("radio", &["device.radio.energy"], Unit::Uj),
    cost("database", &["device.database.bytes"], Unit::Bytes),
    cost("looked at", &["backend.scanned.rows"], Unit::Count),
    wait("usable", &["engine.first_screen.duration.max"], ALL),
    wait("safe", &["engine.write_acknowledged.duration.p50"], DAYS),
    wait("safe 95 %", &["engine.write_acknowledged.duration.p95"], DAYS),
    wait("seen", &["engine.write_visible.duration.p50"], DAYS),
    wait("seen 95 %", &["engine.write_visible.duration.p95"], DAYS),
    wait("drained", &["engine.write_acknowledged.duration.max"], &["queue"]),
    wait("arrived", &["engine.write_visible.duration.max"], &["queue"]),
];

impl Figure {
    /// Finds the figure with this name.
    ///
    /// # Panics
    /// There is no such figure: the page has a mistake.
    pub fn named(name: &str) -> &'static Figure {
        FIGURES.iter().find(|figure| figure.name == name).unwrap_or_else(|| panic!("no figure `{name}`"))
    }

    /// Formats a value for the page.
    pub fn told(&self, value: f64) -> String {
        match self.unit {
            _ if value == f64::INFINITY => "never".to_owned(),
            Unit::Count if value == 0.0 => "0".to_owned(),
            Unit::Count if value < 9.95 => format!("{value:.1}"),
            Unit::Count => human::thousands(value.round() as u64),
            unit => human::figure(unit, value.round() as u64),
        }
    }
}
