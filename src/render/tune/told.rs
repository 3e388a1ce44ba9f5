//! A search as people read it: where the best lies, how sure that is, what being wrong costs.

use crate::metrics::{Unit, human};
use crate::record::{CellsTuned, KnobTuned, LimitRecord, PlaceTuned, PointTuned, TuneRecord};
use crate::render::Grid;
use crate::render::sweep::{of_which_time, optimum, value_of as value, within};

/// What a setting that is as good as the best in practice costs at most beside it: 3 % more.
pub const FLAT_PPM: u64 = 1_030_000;

pub fn story(tune: &TuneRecord) -> String {
    let of_which_time = tune.metric.parse().map_or("", |metric| of_which_time(&metric));
    let ends = if of_which_time.is_empty() { "; " } else { "\n" };
    let mut text = format!("{}, {} is better{ends}{of_which_time}", tune.metric, tune.better);
    let limits: Vec<String> = tune.limits.iter().map(limit).collect();
    text.push_str(&match limits.as_slice() {
        [] => "no limits but correctness\n\n".to_owned(),
        limits => format!(
            "a setting is excluded if it loses something or breaks a limit\n  {}\n\n",
            limits.join("\n  ")
        ),
    });
    for place in &tune.places {
        text.push_str(&told(tune, place));
        text.push('\n');
    }
    for line in &tune.herd {
        text.push_str(&format!("{line}\n"));
    }
    text + &cost_of_search(tune.cells)
}

fn cost_of_search(cells: CellsTuned) -> String {
    let CellsTuned { search, beside, full_grid } = cells;
    if search == 0 && beside == 0 {
        return String::new();
    }
    let grid = human::thousands(full_grid);
    let beside = (beside > 0).then(|| format!(", {} for the others of the table", human::thousands(beside)));
    format!(
        "{} to search (a full grid in steps of 1.25 takes {grid}){}\n",
        human::count(search, "cell"),
        beside.unwrap_or_default()
    )
}

fn told(tune: &TuneRecord, place: &PlaceTuned) -> String {
    let mut text = headline(tune, place) + "\n";
    for knob in place.knobs.iter().filter(|_| place.best.is_some() && all_equal(place).is_none()) {
        for line in words(tune, place, knob) {
            text.push_str(&format!("  {line}\n"));
        }
        if let Some(grid) = beside(tune, place, knob) {
            text.push_str(&grid.terminal("    "));
        }
    }
    text
}

pub(in crate::render) fn headline(tune: &TuneRecord, place: &PlaceTuned) -> String {
    let Some(best) = &place.best else {
        if place.trouble.is_none() && !place.complete {
            return format!("{}: nothing is known yet: the search was cut short", place.name);
        }
        let why = place.trouble.as_deref().unwrap_or("nothing was measured");
        let so_far =
            if place.complete { "every setting is excluded" } else { "every setting so far is excluded" };
        return format!("{}: {so_far}: {why}", place.name);
    };
    let so_far = if place.complete { "" } else { ", so far: the search was cut short" };
    if let Some(settings) = all_equal(place) {
        let figure = place.figure.map_or_else(String::new, |n| human::figure(tune.unit, n) + " ");
        return format!(
            "{}: nothing differs: {figure}at each of the {settings} settings that may be chosen{so_far}",
            place.name
        );
    }
    let figure = place.figure.map_or_else(String::new, |n| format!(" ({})", human::figure(tune.unit, n)));
    let of = |key: &String| best.get(key).map_or_else(|| "–".to_owned(), |best| value(best));
    let at: Vec<String> = match tune.knobs.as_slice() {
        [only] => vec![of(only)],
        several => several.iter().map(|key| format!("{key} = {}", of(key))).collect(),
    };
    format!("{}: best at {}{figure}{so_far}", place.name, at.join(", "))
}

/// Where the best lies, and what the present setting costs beside it.
pub(in crate::render) fn in_a_line(tune: &TuneRecord, place: &PlaceTuned) -> String {
    let told = headline(tune, place);
    let found = place.best.as_ref().filter(|_| all_equal(place).is_none());
    let Some((best, present)) = found.zip(place.present.as_ref()) else { return told };
    let best: Vec<&str> = tune.knobs.iter().filter_map(|key| best.get(key)).map(String::as_str).collect();
    let yours = value(&present.value);
    let cost = present.cost_ppm.map(|ppm| (ppm as f64 / 1e6 - 1.0) * 100.0);
    match cost {
        _ if present.value == best.join(", ") => format!("{told}, as you have it"),
        _ if present.trouble.is_some() => format!("{told}; your {yours} is excluded"),
        Some(_) if present.within_noise => format!("{told}; your {yours} is as good within the noise"),
        Some(more) => format!("{told}; your {yours} costs {more:.1} % more"),
        None => told,
    }
}

/// How many settings were tried, if all that are candidates come to the same.
pub(in crate::render) fn all_equal(place: &PlaceTuned) -> Option<usize> {
    let candidates =
        || place.knobs.iter().flat_map(|knob| &knob.points).filter(|point| point.trouble.is_none());
    let mut values: Vec<&str> = candidates().map(|point| point.value.as_str()).collect();
    values.sort_unstable();
    values.dedup();
    let equal = candidates().all(|point| point.cost_ppm == Some(1_000_000));
    (equal && values.len() > 1).then_some(values.len())
}

/// The answer alone, a line a place, with the luck of seeds; then where the backend has enough.
pub fn answers(tune: &TuneRecord) -> String {
    let line = |place: &PlaceTuned| {
        let told = place.knobs.iter().filter(|_| place.best.is_some() && all_equal(place).is_none());
        let sure = told.flat_map(|knob| [sureness(tune, place, knob)].into_iter().chain(knob.luck.clone()));
        [headline(tune, place)].into_iter().chain(sure).collect::<Vec<_>>().join("; ") + "\n"
    };
    let herd = tune.herd.iter().map(|line| format!("{line}\n"));
    tune.places.iter().map(line).chain(herd).collect()
}

/// How sure that is, what limits either side, and what other seeds may change, a line each.
pub(in crate::render) fn words(tune: &TuneRecord, place: &PlaceTuned, knob: &KnobTuned) -> Vec<String> {
    let limits = knob.limits.iter().chain(&knob.luck).cloned();
    [sureness(tune, place, knob)].into_iter().chain(limits).collect()
}

/// Where the optimum lies, and which settings are as good.
fn sureness(tune: &TuneRecord, place: &PlaceTuned, knob: &KnobTuned) -> String {
    let [first, last] = &knob.flat;
    let flat = within(value(first), value(last), &save(knob));
    let between = match &knob.between {
        Some(ends) => optimum(ends.each_ref().map(|end| end.as_deref().map(value))),
        None if knob.points.iter().all(|point| !point.value.starts_with(|c: char| c.is_ascii_digit())) => {
            "its values are words, and nothing lies between them".to_owned()
        }
        None if place.complete => {
            "too few seeds, or settings, to tell the noise (try --seeds 1..=8)".to_owned()
        }
        None => "nothing is known of the noise yet".to_owned(),
    };
    let head = if tune.knobs.len() > 1 { format!("{}: ", knob.key) } else { String::new() };
    format!("{head}{between}; {flat}{}", noise(knob))
}

fn number(value: &str) -> Option<f64> {
    value.parse().ok()
}

/// Settings within the flat region that were measured to cost more.
fn save(knob: &KnobTuned) -> String {
    let [Some(first), Some(last)] = knob.flat.each_ref().map(|end| number(end)) else { return String::new() };
    let inside = |point: &&PointTuned| number(&point.value).is_some_and(|x| first < x && x < last);
    let dearer = |point: &&PointTuned| point.cost_ppm.is_some_and(|ppm| ppm > FLAT_PPM);
    let sound = knob.points.iter().filter(|point| point.trouble.is_none());
    let told: Vec<String> = sound.filter(inside).filter(dearer).map(|point| value(&point.value)).collect();
    if told.is_empty() { String::new() } else { format!(", except {},", told.join(", ")) }
}

/// How sure the costs in the flat region and next to the best are, by the median of them.
fn noise(knob: &KnobTuned) -> String {
    let [first, last] = knob.flat.each_ref().map(|end| number(end));
    let at = knob.points.iter().position(|point| point.value == knob.best);
    let near = |(i, point): &(usize, &PointTuned)| {
        let inside = number(&point.value).is_some_and(|x| first <= Some(x) && Some(x) <= last);
        inside || at.is_some_and(|at| at.abs_diff(*i) == 1)
    };
    let mut noise: Vec<u64> =
        knob.points.iter().enumerate().filter(near).filter_map(|(_, point)| point.noise_ppm).collect();
    noise.sort_unstable();
    match noise.get(noise.len() / 2) {
        // What costs the same under every seed is sure.
        None | Some(0) => String::new(),
        Some(ppm) if *ppm > 2 * (FLAT_PPM - 1_000_000) => {
            format!(" (give or take {:.1} %: take more seeds)", *ppm as f64 / 1e4)
        }
        Some(ppm) => format!(" (give or take {:.1} %)", *ppm as f64 / 1e4),
    }
}

/// Other settings beside the best: half and double, the present one, what the field ships.
pub(in crate::render) fn beside(tune: &TuneRecord, place: &PlaceTuned, knob: &KnobTuned) -> Option<Grid> {
    let named = |point: &&PointTuned| !point.names.is_empty() && point.value != knob.best;
    let mut points: Vec<PointTuned> = knob.points.iter().filter(named).cloned().collect();
    // Of several knobs the present setting stands on no line through the best.
    if tune.knobs.len() > 1 && tune.knobs[0] == knob.key {
        points.extend(place.present.clone().map(|p| PointTuned { names: vec!["yours".to_owned()], ..p }));
    }
    let best = knob.points.iter().find(|point| point.value == knob.best)?;
    if points.is_empty() && best.names.is_empty() {
        return None;
    }
    let mut grid = Grid::new(2, ["setting", "", "figure", "of the best", "costs"]);
    if let Some(n) = place.figure {
        let names: Vec<&str> =
            ["the best"].into_iter().chain(best.names.iter().map(String::as_str)).collect();
        let figure = human::figure(tune.unit, n);
        grid.row([value(&knob.best), names.join(", "), figure, "100 %".to_owned(), String::new()]);
    }
    for point in &points {
        grid.row(row(point, tune));
    }
    if points.iter().any(is_marked) {
        grid.row(["", "~ as good within the noise"]);
    }
    Some(grid)
}

fn row(point: &PointTuned, tune: &TuneRecord) -> [String; 5] {
    let name = point.names.join(", ");
    let shown = point.figure.map_or_else(|| "–".to_owned(), |n| human::figure(tune.unit, n));
    if point.trouble.is_some() {
        // Why, the words above say.
        let few = (point.seeds as usize) < tune.seeds.len();
        let seeds = if few { human::count(point.seeds, "seed") } else { String::new() };
        return [value(&point.value), name, shown, "excluded".to_owned(), seeds];
    }
    let cost = point.cost_ppm.map(|ppm| ppm as f64 / 1e6);
    let share = cost.map_or_else(|| "–".to_owned(), |cost| format!("{:.0} %", 100.0 / cost));
    let more = cost.map_or_else(|| "–".to_owned(), |cost| format!("{:+.1} %", (cost - 1.0) * 100.0));
    let more = if is_marked(point) { more + " ~" } else { more };
    [value(&point.value), name, shown, share, more]
}

/// Whether a setting costs more or less, and no more so than the noise between seeds may.
fn is_marked(point: &PointTuned) -> bool {
    point.within_noise && point.trouble.is_none() && point.cost_ppm.is_some_and(|ppm| ppm != 1_000_000)
}

pub(in crate::render) fn limit(of: &LimitRecord) -> String {
    let unit = if of.name == "memory" { Unit::Bytes } else { Unit::Ns };
    let held = if of.unmeasured { " (not measured here)" } else { "" };
    format!("{} {} at most {}{held}", of.metric, of.stat, human::figure(unit, of.max))
}
