//! What is compared, and how it is told.

use syncdyno::metrics::{Unit, human};

/// How a figure of many seeds is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The mean, with 95 % by Student's law or the bootstrap, whichever is wider.
    Mean,
    /// The median, with the values that 95 % of samples have on either side of it. A wait may never
    /// end, and has no mean then.
    Median,
}

/// A figure of the league.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its name in the file of figures.
    pub name: &'static str,
    /// Columns of `cells.csv`, summed.
    pub columns: &'static [&'static str],
    /// The unit of the columns.
    pub unit: Unit,
    /// It is divided by the number of phones.
    pub per_phone: bool,
    /// Over seeds.
    pub over: Over,
    /// For which kinds of work it says something, by the first word of their names.
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

/// Of a hundred edits: those that are lost, and half of the values that were replaced unseen, as an
/// edit of the league sets two.
pub(super) const GONE: &str = "gone";

/// All of them, in the order of the file.
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
    /// The figure of this name; panics if there is none, which is a mistake of the page.
    pub fn named(name: &str) -> &'static Figure {
        FIGURES.iter().find(|figure| figure.name == name).unwrap_or_else(|| panic!("no figure `{name}`"))
    }

    /// A value as people read it.
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
