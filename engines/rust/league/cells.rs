//! Reads the cells of reports into lines. A cell is one simulation: one engine, one situation, one
//! seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::figures::{FIGURES, Figure, GONE, VALUES_OF_AN_EDIT};
use super::summary::{Line, Lines, Place};
use super::{Entrants, Wrong};

/// The fields that are read from `run.json`.
#[derive(Deserialize)]
struct Record {
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    id: String,
    devices: u64,
    violations: Vec<Violation>,
    ending: Ending,
}

#[derive(Deserialize)]
struct Ending {
    kind: String,
}

#[derive(Deserialize)]
struct Violation {
    check: String,
}

type Values = BTreeMap<(Place, &'static str), BTreeMap<u64, f64>>;

/// Reads the lines of these reports.
///
/// # Errors
/// A report cannot be read, or nobody has classified a failed check.
pub fn gathered(reports: &[impl AsRef<Path>], entrants: &Entrants) -> Result<Lines, Wrong> {
    let (mut values, mut failing) = (Values::new(), BTreeSet::new());
    for report in reports {
        one(report.as_ref(), &mut values, &mut failing)?;
    }
    entrants.refuse_unclassified(&failing)?;
    let mut lines = BTreeMap::new();
    for ((place, name), by_seed) in values {
        let by_seed: Vec<f64> = by_seed.into_values().collect();
        let line = match name {
            BROKEN => Line::of(Figure::named("lost"), &by_seed),
            name => Line::of(Figure::named(name), &by_seed),
        };
        lines.insert((place, name.to_owned()), line);
    }
    Ok(Lines(lines))
}

/// The share of seeds in which the engine broke a promise.
pub(super) const BROKEN: &str = "broken";

fn one(report: &Path, values: &mut Values, failing: &mut BTreeSet<(String, String)>) -> Result<(), Wrong> {
    let of = |name: &str, wrong: &dyn std::fmt::Display| {
        Wrong(format!("{}: {wrong}", report.join(name).display()))
    };
    let text = std::fs::read(report.join("run.json")).map_err(|wrong| of("run.json", &wrong))?;
    let record: Record = serde_json::from_slice(&text).map_err(|wrong| of("run.json", &wrong))?;
    let cells: BTreeMap<&str, &Cell> = record.cells.iter().map(|cell| (cell.id.as_str(), cell)).collect();
    let mut table =
        csv::Reader::from_path(report.join("cells.csv")).map_err(|wrong| of("cells.csv", &wrong))?;
    let head = table.headers().map_err(|wrong| of("cells.csv", &wrong))?.clone();
    let at: BTreeMap<&str, usize> = head.iter().enumerate().map(|(at, name)| (name, at)).collect();
    for row in table.records() {
        let row = row.map_err(|wrong| of("cells.csv", &wrong))?;
        let cell =
            cells.get(&row[0]).ok_or_else(|| of("cells.csv", &format!("{} is in no record", &row[0])))?;
        let (place, seed) = place(&cell.id)
            .ok_or_else(|| of("run.json", &format!("{} is no cell of the league", cell.id)))?;
        // A cell that its engine ended has no figures.
        if cell.ending.kind == "broken" {
            continue;
        }
        let checks = cell.violations.iter().map(|violation| (place.engine.clone(), violation.check.clone()));
        failing.extend(checks);
        let field = |column: &str| number(&row[*at.get(column)?]);
        let mut keep = |name, value| values.entry((place.clone(), name)).or_default().insert(seed, value);
        keep(BROKEN, f64::from(u8::from(!cell.violations.is_empty())));
        for (name, value) in figures_of(&place.work, cell.devices, field) {
            keep(name, value);
        }
    }
    Ok(())
}

/// The figures of a cell that are meaningful for this kind of work.
fn figures_of(work: &str, phones: u64, field: impl Fn(&str) -> Option<f64>) -> BTreeMap<&'static str, f64> {
    let told = FIGURES.iter().filter(|figure| figure.works.iter().any(|kind| work.starts_with(kind)));
    let mut figures = BTreeMap::new();
    for figure in told {
        // The sum leaves out columns that cannot be measured, because the engine does not report
        // enough.
        let sum = figure.columns.iter().filter_map(|column| field(column)).reduce(|sum, value| sum + value);
        let of = if figure.per_phone { phones as f64 } else { 1.0 };
        figures.extend(sum.map(|sum| (figure.name, sum / of)));
    }
    let of = |name: &str| figures.get(name).copied();
    if let (Some(lost), Some(replaced), Some(edits)) = (of("lost"), of("replaced"), of("edits"))
        && edits > 0.0
    {
        let gave_way = of("gave way").unwrap_or_default().max(lost * VALUES_OF_AN_EDIT);
        figures.insert(GONE, (replaced + gave_way) / (edits * VALUES_OF_AN_EDIT) * 100.0);
    }
    figures
}

/// Reads the place and the seed from a cell's name: `league.ENGINE.WORK.LINK.WEATHER.sN`.
fn place(id: &str) -> Option<(Place, u64)> {
    let parts: Vec<&str> = id.split('.').collect();
    let ["league", engine, work, link, weather, seed] = parts[..] else { return None };
    Some((Place::of(engine, work, link, weather), seed.strip_prefix('s')?.parse().ok()?))
}

/// Reads a field of `cells.csv`; `None` if it was not measured.
fn number(field: &str) -> Option<f64> {
    match field {
        "never" => Some(f64::INFINITY),
        field => field.parse().ok(),
    }
}
