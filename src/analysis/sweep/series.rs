//! Sorts the cells of a sweep into series of settings. A cell is one simulation with one seed.
//!
//! A gate is a limit on a figure.

use std::collections::{BTreeMap, BTreeSet};

use super::demands::{Spared, exclude};
use super::findings::{Finding, find};
use super::objective::Objective;
use super::point::{Point, axis_of};
use crate::record::{AxisRecord, CellRecord, RunRecord};

#[derive(Debug)]
pub struct Sweep<'a> {
    pub axis: String,
    pub across: Vec<String>,
    pub objective: Objective,
    pub series: Vec<Series<'a>>,
    /// True if cells are missing because the run was stopped early.
    pub is_partial: bool,
}

#[derive(Debug)]
pub struct Series<'a> {
    /// The variant and the values of the other axes, as text.
    pub name: String,
    pub variant: Option<String>,
    pub values: Vec<String>,
    pub points: Vec<Point<'a>>,
    /// `None` if all settings are excluded or the objective has no better direction.
    pub finding: Option<Finding>,
    /// Demands (such as gates) that all settings miss under a seed. They exclude no setting.
    pub spared: BTreeMap<String, Spared>,
    /// Gates that single seeds miss, but that all seeds of a setting together meet. The value is
    /// the number of these seeds.
    pub together: BTreeMap<String, usize>,
}

impl<'a> Sweep<'a> {
    /// Sorts the cells into settings along the first axis, for each combination of the other axes.
    pub fn new(record: &'a RunRecord, axes: &[AxisRecord], objective: Objective) -> Sweep<'a> {
        let (first, others) = axes.split_first().expect("a sweep has an axis");
        let mut sorted: BTreeMap<(Option<&str>, Vec<String>), Vec<&CellRecord>> = BTreeMap::new();
        for cell in &record.cells {
            let at = axes.iter().map(|axis| axis_of(cell, &axis.key)).collect();
            sorted.entry((cell.variant.as_deref(), at)).or_default().push(cell);
        }
        let gates = record.gates_by_cell();
        let variants: BTreeSet<_> = record.cells.iter().map(|cell| cell.variant.as_deref()).collect();
        let mut series = Vec::new();
        for variant in variants {
            for values in combinations(others) {
                let point = |value: &String| {
                    let at = [value.clone()].into_iter().chain(values.iter().cloned()).collect();
                    let cells = sorted.get(&(variant, at)).cloned().unwrap_or_default();
                    Point::new(value, cells, &objective)
                };
                let mut points = in_order(first.values.iter().map(point).collect());
                let (spared, together) = exclude(&mut points, &gates);
                let name: Vec<&str> = variant.into_iter().chain(values.iter().map(String::as_str)).collect();
                let name = if name.is_empty() { objective.name() } else { name.join(" ") };
                let finding = find(&points, &objective);
                let variant = variant.map(str::to_owned);
                series.push(Series { name, variant, values, points, finding, spared, together });
            }
        }
        let across = others.iter().map(|axis| axis.key.clone()).collect();
        Sweep { axis: first.key.clone(), across, objective, series, is_partial: !record.complete }
    }

    pub fn seeds(&self) -> usize {
        self.series.iter().flat_map(|s| &s.points).map(|point| point.prices.len()).max().unwrap_or(0)
    }
}

/// Sorts settings that are numbers. Words keep the order that the user gave.
fn in_order(mut points: Vec<Point<'_>>) -> Vec<Point<'_>> {
    if points.iter().all(|point| point.number().is_some()) {
        points.sort_by(|a, b| a.number().partial_cmp(&b.number()).expect("numbers of settings are finite"));
    }
    points
}

fn combinations(axes: &[AxisRecord]) -> Vec<Vec<String>> {
    axes.iter().fold(vec![Vec::new()], |all: Vec<Vec<String>>, axis| {
        let with = |one: &Vec<String>, value: &String| [&one[..], std::slice::from_ref(value)].concat();
        all.iter().flat_map(|one| axis.values.iter().map(move |value| with(one, value))).collect()
    })
}
