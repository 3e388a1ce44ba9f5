//! A search as programs read it: JSON, and a CSV row a setting. Whole numbers only.

use crate::record::{PointTuned, TuneRecord};

/// As JSON, a line a field, ending in a newline.
pub fn to_json(tune: &TuneRecord) -> String {
    let mut text = serde_json::to_string_pretty(tune).expect("all keys of the record are texts");
    text.push('\n');
    text
}

/// As CSV: a row for each setting that was measured along each knob at each place.
pub fn to_csv(tune: &TuneRecord) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| writer.write_record(row).expect("memory takes rows of one length");
    let fixed = ["knob", "value", "is", "seeds", "figure", "cost_ppm", "trouble"];
    let header = ["variant"].into_iter().chain(tune.across.iter().map(String::as_str)).chain(fixed);
    write(header.map(str::to_owned).collect());
    for place in &tune.places {
        for knob in &place.knobs {
            for point in &knob.points {
                let mut row = vec![place.variant.clone().unwrap_or_default()];
                row.extend(tune.across.iter().map(|key| place.axes.get(key).map_or_else(String::new, plain)));
                row.extend([knob.key.clone(), point.value.clone(), what(point, &knob.best)]);
                row.push(point.seeds.to_string());
                row.extend(
                    [point.figure, point.cost_ppm].map(|n| n.map_or_else(String::new, |n| n.to_string())),
                );
                row.push(point.trouble.clone().unwrap_or_default());
                write(row);
            }
        }
    }
    let bytes = writer.into_inner().expect("memory is flushed");
    String::from_utf8(bytes).expect("texts were written")
}

fn what(point: &PointTuned, best: &str) -> String {
    let best = (point.value == best).then_some("best");
    best.into_iter().chain(point.names.iter().map(String::as_str)).collect::<Vec<_>>().join("; ")
}

/// A value of a cell as it was written.
pub(super) fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
