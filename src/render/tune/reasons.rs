//! Explains what limits the settings on both sides of the best one, as for a sweep.
//!
//! A cell is one simulation: one variant and one seed.

use crate::analysis::sweep::{Finding, Fit, Objective, Point, Side, Trouble, causes, near};
use crate::record::CellRecord;
use crate::render::sweep::{capped, closed_form, limits};

/// A line: the settings of one knob (a searched key) in order. Other knobs have their best values.
#[derive(Debug)]
pub struct Line<'a> {
    pub key: &'a str,
    /// The values, each with its cells and the reason for its exclusion.
    pub points: Vec<(String, Vec<&'a CellRecord>, Option<String>)>,
    pub best: usize,
    /// The first and the last index of the flat region (the settings as good as the best).
    pub flat: (usize, usize),
    /// The settings between which the optimum lies, as numbers; `None` with too few seeds.
    pub between: Option<[Option<f64>; 2]>,
    /// The backend's page cap if the line ends there, and the larger defaults of products.
    pub cap: Option<(f64, Vec<String>)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons {
    pub limits: Vec<String>,
    /// The best chunk by the closed form; `None` if the closed form does not apply.
    pub closed_form_rows: Option<u64>,
}

/// Explains what limits the settings on both sides of the best one.
pub fn reasons(line: Line<'_>, objective: &Objective) -> Reasons {
    let point = |(value, cells, trouble): (String, Vec<_>, Option<String>)| {
        let trouble = trouble.map(Trouble::Told);
        Point { trouble, ..Point::new(&value, cells, objective) }
    };
    let points: Vec<Point<'_>> = line.points.into_iter().map(point).collect();
    let side = Side::of(line.key);
    // Excluded settings are left out, because their responses may not be typical.
    let sound: Vec<Point<'_>> = points.iter().filter(|point| point.trouble.is_none()).cloned().collect();
    let fit = (line.key == side.chunk_rows).then(|| Fit::of(side, &sound)).flatten();
    let near = near(&points, line.best);
    let finding = Finding { best: line.best, noise: None, flat: line.flat, as_good: None, near };
    let causes = causes(line.key, objective, &points, &finding, fit);
    let mut told = limits(line.key, &causes, &points, &finding);
    // The closed form covers only the time per row.
    let fit = fit.filter(|_| objective.is_time_a_row(line.key));
    // An excluded setting next to the optimum is not a bound that the closed form can explain.
    let no_candidate = |end: f64| points.iter().any(|p| p.number() == Some(end) && p.trouble.is_some());
    let between = line.between.map(|ends| ends.map(|end| end.filter(|end| !no_candidate(*end))));
    let cap = line.cap.as_ref().map(|(cap, _)| *cap);
    if cap.is_none_or(|cap| fit.and_then(Fit::cost).is_none_or(|cost| cost.best() <= cap)) {
        told.extend(closed_form(fit, (side, &points, &finding), between));
    }
    told.extend(line.cap.map(|(cap, clamps)| capped(fit, cap, &clamps)));
    Reasons { limits: told, closed_form_rows: fit.and_then(Fit::cost).map(|cost| cost.best() as u64) }
}
