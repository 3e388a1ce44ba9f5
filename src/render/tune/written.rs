//! Writes a search for programs: JSON, and CSV with one row per setting. All figures are integers.
//!
//! A place is the fixed part of a search: a variant with one value for each key that is not
//! searched. A knob is a key that a search varies.

use crate::analysis::sweep::plain;
use crate::record::{KnobTuned, PlaceTuned, PointTuned, TuneRecord};
use crate::render::lines;

pub fn to_json(tune: &TuneRecord) -> String {
    lines::to_json(tune)
}

/// The CSV form, with one row per measured setting, sorted by place and knob.
pub fn to_csv(tune: &TuneRecord) -> String {
    let fixed = ["knob", "value", "is", "seeds", "figure", "cost_ppm", "trouble"];
    let header = ["variant"].into_iter().chain(tune.across.iter().map(String::as_str)).chain(fixed);
    let row = |(place, knob, point): (&PlaceTuned, &KnobTuned, &PointTuned)| {
        let across = tune.across.iter().map(|key| place.axes.get(key).map_or_else(String::new, plain));
        let set = (knob.key.clone(), point.value.clone(), what(point, &knob.best));
        let came = (point.seeds, point.figure, point.cost_ppm, point.trouble.clone());
        (place.variant.clone(), across.collect::<Vec<_>>(), set, came)
    };
    let knobs = tune.places.iter().flat_map(|place| place.knobs.iter().map(move |knob| (place, knob)));
    let points = knobs.flat_map(|(place, knob)| knob.points.iter().map(move |point| (place, knob, point)));
    lines::csv_of(header, points.map(row))
}

fn what(point: &PointTuned, best: &str) -> String {
    let best = (point.value == best).then_some("best");
    best.into_iter().chain(point.names.iter().map(String::as_str)).collect::<Vec<_>>().join("; ")
}
