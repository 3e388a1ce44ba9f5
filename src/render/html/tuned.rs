//! Shows the result of a search for the best settings.
//!
//! A place is a variant with one value for each key that is not searched.

use maud::{Markup, PreEscaped, html};

use super::{drawing, tables};
use crate::analysis::sweep::{Objective, Point as Setting, axis_of, figure_between};
use crate::analysis::tune::field::EVERYTHING;
use crate::metrics::human;
use crate::record::{CellRecord, KnobTuned, PlaceTuned, PointTuned, RunRecord, TuneRecord};
use crate::render::lines::joined;
use crate::render::svg::{Curve, Curves, Point};
use crate::render::tune::story;

/// One plot per searched key, then a text per place, with the defaults of other products.
pub(super) fn best(record: &RunRecord, tune: &TuneRecord) -> Markup {
    html! {
        h2 { "The best settings" }
        div.plots {
            @for key in &tune.knobs {
                @if let Some(curves) = curves(record, tune, key) {
                    (drawing::figure(|size| curves.draw(size), &reading(tune), &tables::of_curves(&curves)))
                    (drawing::first_of(Curves::MOST, curves.curves.len(), "places"))
                }
            }
        }
        @for place in &tune.places { (told_of(tune, place)) }
        @for line in &tune.herd { p { (line) } }
        @for (head, limits) in story::limits(tune) {
            p.note { (head) @if !limits.is_empty() { ": " (limits.join("; ")) } "." }
        }
    }
}

const ANSWERS: usize = 6;

pub(super) fn answers(tune: &TuneRecord) -> Markup {
    html! {
        @for place in tune.places.iter().take(ANSWERS) { p { (story::in_a_line(tune, place)) } }
        @if tune.places.len() > ANSWERS { p { "and " (tune.places.len() - ANSWERS) " more below" } }
    }
}

fn reading(tune: &TuneRecord) -> String {
    let mean = tune.metric.parse().map_or("mean", |objective: Objective| objective.mean());
    format!(
        "How to read it: a line is a place, each point a setting that was tried, the shade the 95 % \
         interval of the {mean} over seeds of those that were run under all {}; hollow points ran \
         under fewer seeds; their height is the best's figure, corrected by the cost in the seeds \
         they share; a cross is excluded. A dashed line is the scenario's present setting, or one \
         that a product ships: its letter is in the legend. Below, the broad bar covers the \
         settings within 3 % of the best, the marker is the best, and the thin line covers where \
         the optimum lies (95 %).",
        human::count(tune.seeds.len() as u64, "seed"),
    )
}

fn told_of(tune: &TuneRecord, place: &PlaceTuned) -> Markup {
    html! {
        h3 { (story::headline(tune, place)) }
        @for line in &place.notes { p { (line) } }
        @for knob in story::told_knobs(place) {
            ul { @for line in story::words(tune, place, knob) { li { (line) } } }
            @if let Some(grid) = story::beside(tune, place, knob) { div.beside { (PreEscaped(grid.html())) } }
        }
    }
}

/// The curves along one key, one per place. `None` if its values are words, or fewer than 2.
pub(super) fn curves(record: &RunRecord, tune: &TuneRecord, key: &str) -> Option<Curves> {
    let knobs = tune.places.iter();
    let knobs: Vec<(&PlaceTuned, &KnobTuned)> =
        knobs.filter_map(|place| Some((place, place.knobs.iter().find(|knob| knob.key == key)?))).collect();
    let points = || knobs.iter().flat_map(|(_, knob)| &knob.points);
    let numbers = points().filter(|p| p.value != EVERYTHING).filter_map(|p| number(&p.value));
    let last = numbers.fold(1.0, f64::max);
    // The value that means "everything" is huge. It is drawn one step after the last value.
    let place = |value: &str| if value == EVERYTHING { Some(2.0 * last) } else { number(value) };
    let label = |value: &str| if value == EVERYTHING { "everything" } else { value }.to_owned();
    // A value without a number has no position on the axis.
    let mut settings: Vec<(f64, String)> =
        points().filter_map(|point| Some((place(&point.value)?, label(&point.value)))).collect();
    settings.sort_by(|a, b| a.0.total_cmp(&b.0));
    settings.dedup_by(|a, b| a.0 == b.0);
    if settings.len() < 2 {
        return None;
    }
    let curve = |&(of, knob): &(&PlaceTuned, &KnobTuned)| {
        let point = |(i, point): (usize, &PointTuned)| {
            let (x, y) = (place(&point.value)?, point.figure? as f64);
            let interval = interval((record, tune), (of, knob), point, i as u64);
            Some(Point { x, y, interval, candidate: point.trouble.is_none(), seeds: Some(point.seeds) })
        };
        let mut points: Vec<Point> = knob.points.iter().enumerate().filter_map(point).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        let [first, last] = &knob.flat;
        Curve {
            name: of.name.clone(),
            points,
            best: place(&knob.best),
            flat: place(first).zip(place(last)),
            between: knob.between.as_ref().map(|ends| ends.each_ref().map(|end| place(end.as_deref()?))),
        }
    };
    let mark = |point: &PointTuned| {
        let names = point.names.iter().filter(|name| !name.ends_with(" the best value"));
        let asked = point.asked.iter().flat_map(|asked| asked.names.iter().map(|name| (name, &asked.value)));
        let asked = asked.map(|(name, value)| format!("{name} ({})", label(value)));
        Some((place(&point.value)?, joined(names.cloned().chain(asked), ", ")?))
    };
    let about = joined(tune.places.iter().map(|place| story::headline(tune, place)), ". ");
    Some(Curves {
        title: format!("{} by {key}", tune.metric),
        about: about.unwrap_or_default(),
        x: key.to_owned(),
        settings,
        y: tune.metric.clone(),
        unit: Some(tune.unit),
        curves: knobs.iter().map(curve).collect(),
        marks: knobs.first().map_or_else(Vec::new, |(_, knob)| knob.points.iter().filter_map(mark).collect()),
    })
}

/// The 95 % interval of the mean, for a setting that ran under all seeds.
fn interval(
    (record, tune): (&RunRecord, &TuneRecord),
    (of, knob): (&PlaceTuned, &KnobTuned),
    point: &PointTuned,
    position: u64,
) -> Option<(f64, f64)> {
    let objective: Objective = tune.metric.parse().ok()?;
    let best = of.best.as_ref()?;
    let value = |key: &String| if *key == knob.key { Some(&point.value) } else { best.get(key) };
    let is_there = |cell: &&CellRecord| tune.knobs.iter().all(|key| value(key) == Some(&axis_of(cell, key)));
    let cells: Vec<&CellRecord> = record.cells.iter().filter(|cell| of.has(cell)).filter(is_there).collect();
    let all = cells.len() == tune.seeds.len();
    figure_between(&Setting::new(&point.value, cells, &objective), &objective, position).filter(|_| all)
}

fn number(value: &str) -> Option<f64> {
    value.parse().ok().filter(|x: &f64| x.is_finite())
}
