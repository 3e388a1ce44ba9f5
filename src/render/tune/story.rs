//! Writes a search for people: the best setting, its certainty, and the costs of other settings.
//!
//! A knob is a searched key. A setting has one value per knob. A place is a variant with one value
//! for each key that is not searched. The cost of a setting is relative to the best one.

use std::collections::{BTreeMap, BTreeSet};

use crate::metrics::{NEVER, human};
use crate::record::{CellsTuned, KnobTuned, LimitRecord, PlaceTuned, PointTuned, RuleTuned, TuneRecord};
use crate::render::Grid;
use crate::render::lines::joined;
use crate::render::sweep::{optimum, sync_rate_note, value_of as value, within};

/// A cost of at least this factor means that a wait never ended.
const NEVER_COST: f64 = 1e6;
/// The largest cost, in millionths, of a setting that is as good as the best in practice.
pub const FLAT_PPM: u64 = 1_030_000;

pub fn story(tune: &TuneRecord) -> String {
    let sync_rate_note = tune.metric.parse().map_or("", |metric| sync_rate_note(&metric));
    let ends = if sync_rate_note.is_empty() { "; " } else { "\n" };
    let mut text = format!("{}, {} is better{ends}{sync_rate_note}", tune.metric, tune.better);
    for (head, limits) in limits(tune) {
        text += &format!("{head}\n");
        text.extend(limits.iter().map(|limit| format!("  {limit}\n")));
    }
    text.push('\n');
    text.extend(tune.places.iter().map(|place| told(tune, place) + "\n"));
    text.extend(tune.herd.iter().map(|line| format!("{line}\n")));
    text + &cost_of_search(tune.cells)
}

/// The limits that exclude settings, and the limits that do not. Each list has a title.
pub(in crate::render) fn limits(tune: &TuneRecord) -> Vec<(String, Vec<String>)> {
    let (given, other): (Vec<_>, Vec<_>) = tune.limits.iter().partition(|limit| limit.given);
    let list = |limits: Vec<&LimitRecord>| limits.into_iter().map(limit).collect::<Vec<_>>();
    let also = if given.is_empty() { "" } else { ", or breaks a limit that you set" };
    let excludes = format!("a setting is excluded if it loses something or misses a gate{also}");
    let costs = "these limits exclude no setting; if the best setting breaks one, the first line of its \
                 result says what the limit would cost"
        .to_owned();
    let others = Some((costs, list(other))).filter(|(_, others)| !others.is_empty());
    [(excludes, list(given))].into_iter().chain(others).collect()
}

fn cost_of_search(cells: CellsTuned) -> String {
    let CellsTuned { search, beside, full_grid } = cells;
    if search == 0 && beside == 0 {
        return String::new();
    }
    let cells = human::count(search, "cell");
    let grid = human::thousands(full_grid);
    let beside =
        (beside > 0).then(|| format!(", {} for the other rows of the table", human::thousands(beside)));
    let beside = beside.unwrap_or_default();
    format!("{cells} for the search (a full grid in steps of 1.25 needs {grid}){beside}\n")
}

fn told(tune: &TuneRecord, place: &PlaceTuned) -> String {
    let mut text = headline(tune, place) + "\n";
    text.extend(next_step(place).iter().map(|line| format!("  {line}\n")));
    text.extend(place.notes.iter().map(|line| format!("  {line}\n")));
    for knob in told_knobs(place) {
        text.extend(words(tune, place, knob).iter().map(|line| format!("  {line}\n")));
        text.extend(beside(tune, place, knob).map(|grid| grid.terminal("    ")));
    }
    text
}

/// Advice for the user if a finished search chose no setting.
fn next_step(place: &PlaceTuned) -> Option<&'static str> {
    (place.best.is_none() && place.complete)
        .then_some("next: fix this failure, relax the gate or limit, or search other values with --knob")
}

/// The knobs to describe. There are none if all settings are excluded or all are equal.
pub(in crate::render) fn told_knobs(place: &PlaceTuned) -> impl Iterator<Item = &KnobTuned> {
    place.knobs.iter().filter(move |_| place.best.is_some() && all_equal(place).is_none())
}

pub(in crate::render) fn headline(tune: &TuneRecord, place: &PlaceTuned) -> String {
    let Some(best) = &place.best else {
        if place.trouble.is_none() && !place.complete {
            return format!("{}: the search was stopped before it had a result", place.name);
        }
        let why = place.trouble.as_deref().unwrap_or("no cell has a figure");
        let so_far = if place.complete { "" } else { " so far" };
        return format!("{}: every setting{so_far} is excluded: {why}", place.name);
    };
    let so_far = if place.complete { "" } else { ", so far: the search was stopped" };
    let figure = place.figure.map(|n| human::of_waits(tune.unit, n, place.censored));
    if let Some(settings) = all_equal(place) {
        let figure = figure.map_or_else(String::new, |figure| figure + " ");
        return format!(
            "{}: no setting is better: {figure}at each of the {settings} allowed settings{so_far}",
            place.name
        );
    }
    let figure = figure.map_or_else(String::new, |figure| format!(" ({figure})"));
    let knob = place.knobs.first().filter(|knob| is_all(knob, &knob.best));
    let all = knob.filter(|knob| knob.whole).map_or("", |_| ", all rows in one response");
    let rules: String = place.rules.iter().map(|rule| rule_told(tune, place, rule)).collect();
    format!("{}: best at {}{all}{figure}{rules}{so_far}", place.name, at(tune, best))
}

/// A setting for people: its value, or its values if there are several keys.
fn at(tune: &TuneRecord, setting: &BTreeMap<String, String>) -> String {
    let of = |key: &String| setting.get(key).map_or_else(|| "–".to_owned(), |of| value(of));
    match tune.knobs.as_slice() {
        [only] => of(only),
        several => several.iter().map(|key| format!("{key} = {}", of(key))).collect::<Vec<_>>().join(", "),
    }
}

/// The cost of a rule that decides which setting is the best, or would decide it if it excluded
/// settings.
fn rule_told(tune: &TuneRecord, place: &PlaceTuned, rule: &RuleTuned) -> String {
    let Some(other) = &rule.best else {
        return format!("; no setting meets the rule that {}", rule.asks);
    };
    let change = place.figure.zip(rule.figure).filter(|(best, other)| *best > 0 && *best.max(other) < NEVER);
    let change = change.map(|(best, other)| {
        let more = (other as f64 / best as f64 - 1.0) * 100.0;
        format!(", {}{:.0} %", if more < 0.0 { "−" } else { "+" }, more.abs())
    });
    let shown = |n| human::of_waits(tune.unit, n, rule.censored);
    let figure = rule.figure.map_or_else(|| "–".to_owned(), shown);
    let whether = if rule.excludes { "without the rule that" } else { "if" };
    format!("; {} {whether} {} ({figure}{})", at(tune, other), rule.asks, change.unwrap_or_default())
}

/// True if the value is as large as the largest response. Then it means all rows.
fn is_all(knob: &KnobTuned, value: &str) -> bool {
    knob.reach.is_some() && knob.reach == value.parse().ok()
}

/// The best setting and the cost of the present setting, in one line.
pub(in crate::render) fn in_a_line(tune: &TuneRecord, place: &PlaceTuned) -> String {
    let told = headline(tune, place);
    let found = place.best.as_ref().filter(|_| all_equal(place).is_none());
    let Some((best, present)) = found.zip(place.present.as_ref()) else { return told };
    let best: Vec<&str> = tune.knobs.iter().filter_map(|key| best.get(key)).map(String::as_str).collect();
    let shown = value(&present.value);
    let yours = match present.names.first().map(String::as_str) {
        None | Some("yours") => format!("your {shown}"),
        Some("default") => format!("the default {shown}"),
        Some(product) => format!("{shown}, as {product} has it,"),
    };
    let is_same = place.knobs.iter().flat_map(|knob| &knob.points).any(|point| {
        place.best.iter().flat_map(BTreeMap::values).any(|best| *best == point.value)
            && point.asked.iter().any(|asked| asked.value == present.value)
    });
    let cost = present.cost_ppm.map(|ppm| (ppm as f64 / 1e6 - 1.0) * 100.0);
    match cost {
        _ if present.value == best.join(", ") => format!("{told}, as you have it"),
        _ if is_same => format!("{told}; {yours} gives the same"),
        _ if present.trouble.is_some() => format!("{told}; {yours} is excluded"),
        Some(_) if present.within_noise => format!("{told}; {yours} is as good within the noise"),
        Some(more) if more < 0.0 => format!("{told}; {yours} was {:.1} % less, probably by chance", -more),
        Some(more) => format!("{told}; {yours} costs {more:.1} % more"),
        None => told,
    }
}

/// The number of tried settings, if all settings that are not excluded have the same figure.
fn all_equal(place: &PlaceTuned) -> Option<usize> {
    let points = place.knobs.iter().flat_map(|knob| &knob.points);
    let mut candidates = points.filter(|point| point.trouble.is_none());
    let values: BTreeSet<&str> = candidates.clone().map(|point| point.value.as_str()).collect();
    let equal = candidates.all(|point| point.cost_ppm == Some(1_000_000));
    (equal && values.len() > 1).then_some(values.len())
}

/// The short result: one line per place, the settings that other seeds may change, and the load of
/// the backend.
pub fn answers(tune: &TuneRecord) -> String {
    let line = |place: &PlaceTuned| {
        let sure = told_knobs(place).flat_map(|knob| {
            [optimum_confidence(tune, place, knob)]
                .into_iter()
                .chain(knob.luck.clone())
                .chain(lucky(tune, knob))
        });
        let next = next_step(place).map(str::to_owned);
        [headline(tune, place)].into_iter().chain(next).chain(sure).collect::<Vec<_>>().join("; ") + "\n"
    };
    let herd = tune.herd.iter().map(|line| format!("{line}\n"));
    tune.places.iter().map(line).chain(herd).collect()
}

/// The certainty of the best setting, its limits on both sides, and what other seeds may change.
pub(in crate::render) fn words(tune: &TuneRecord, place: &PlaceTuned, knob: &KnobTuned) -> Vec<String> {
    let limits = knob.limits.iter().chain(&knob.luck).cloned();
    [optimum_confidence(tune, place, knob)].into_iter().chain(limits).chain(lucky(tune, knob)).collect()
}

/// Settings that cost less than the best under all seeds, probably by chance.
fn lucky(tune: &TuneRecord, knob: &KnobTuned) -> Option<String> {
    let less = |point: &&PointTuned| {
        let whole = point.trouble.is_none() && point.seeds as usize == tune.seeds.len();
        whole && point.cost_ppm.is_some_and(|ppm| ppm < 999_500)
    };
    let share = |point: &PointTuned| 100.0 - point.cost_ppm.unwrap_or(0) as f64 / 1e4;
    let of = |point: &PointTuned| format!("{} was {:.1} % less", value(&point.value), share(point));
    let all = joined(knob.points.iter().filter(less).map(of), ", ")?;
    Some(format!(
        "under these seeds {all} than the best, probably by chance: their neighbours cost more (more --seeds would decide)"
    ))
}

/// The settings between which the optimum lies, and the settings that are as good as the best.
fn optimum_confidence(tune: &TuneRecord, place: &PlaceTuned, knob: &KnobTuned) -> String {
    let [first, last] = &knob.flat;
    let flat = within(value(first), value(last), &save(knob));
    let between = match &knob.between {
        Some(ends) => optimum(ends.each_ref().map(|end| end.as_deref().map(value))),
        None if knob.points.iter().all(|point| !point.value.starts_with(|c: char| c.is_ascii_digit())) => {
            "the values are words, which have no order".to_owned()
        }
        None if place.complete => {
            "too few seeds, or settings, to estimate the noise (try --seeds 1..=8)".to_owned()
        }
        None => "the noise is not known yet".to_owned(),
    };
    let head = if tune.knobs.len() > 1 { format!("{}: ", knob.key) } else { String::new() };
    format!("{head}{between}; {flat}{}", noise(knob))
}

fn number(value: &str) -> Option<f64> {
    value.parse().ok()
}

/// Names settings inside the flat region that cost more than its limit. (The flat region has the
/// settings as good as the best.)
fn save(knob: &KnobTuned) -> String {
    let [Some(first), Some(last)] = knob.flat.each_ref().map(|end| number(end)) else { return String::new() };
    let inside = |point: &&PointTuned| number(&point.value).is_some_and(|x| first < x && x < last);
    let dearer = |point: &&PointTuned| point.cost_ppm.is_some_and(|ppm| ppm > FLAT_PPM);
    let sound = knob.points.iter().filter(|point| point.trouble.is_none());
    let told = joined(sound.filter(inside).filter(dearer).map(|point| value(&point.value)), ", ");
    told.map(|told| format!(", except {told},")).unwrap_or_default()
}

/// The median uncertainty of costs in the flat region and next to the best setting, as text.
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
        // A cost that is equal under every seed has no uncertainty.
        None | Some(0) => String::new(),
        Some(ppm) if *ppm > 2 * (FLAT_PPM - 1_000_000) => {
            format!(" (± {:.1} %: more seeds needed)", *ppm as f64 / 1e4)
        }
        Some(ppm) => format!(" (± {:.1} %)", *ppm as f64 / 1e4),
    }
}

/// A table of settings to compare with the best: half, double, the present one, other products.
pub(in crate::render) fn beside(tune: &TuneRecord, place: &PlaceTuned, knob: &KnobTuned) -> Option<Grid> {
    let named = |point: &&PointTuned| {
        (!point.names.is_empty() || !point.asked.is_empty()) && point.value != knob.best
    };
    let mut points: Vec<PointTuned> = knob.points.iter().filter(named).cloned().collect();
    // With several knobs, the present setting can differ from the best in more than this knob.
    if tune.knobs.len() > 1 && tune.knobs[0] == knob.key {
        points.extend(place.present.clone());
    }
    let best = knob.points.iter().find(|point| point.value == knob.best)?;
    if points.is_empty() && best.names.is_empty() && best.asked.is_empty() {
        return None;
    }
    let mut grid = Grid::new(2, ["setting", "", "figure", "of the best", "costs"]);
    if let Some(n) = place.figure {
        let figure = human::of_waits(tune.unit, n, place.censored) + broken_mark(best);
        grid.row([value(&knob.best), names(knob, best, true), figure, "100 %".to_owned(), String::new()]);
        rows_of_asked(&mut grid, best);
    }
    for point in &points {
        grid.row(row(knob, point, tune));
        rows_of_asked(&mut grid, point);
    }
    if points.iter().any(is_marked) {
        grid.row(["", "~ as good within the noise"]);
    }
    let broken: BTreeSet<&String> = points.iter().chain([best]).flat_map(|point| &point.breaks).collect();
    if let Some(broken) = joined(broken, ", ") {
        grid.row(["", &format!("! breaks a limit that excludes no setting: {broken}")]);
    }
    Some(grid)
}

fn broken_mark(point: &PointTuned) -> &'static str {
    if point.breaks.is_empty() { "" } else { " !" }
}

/// The roles of a setting: the best, all rows in one response, or the default of a product.
fn names(knob: &KnobTuned, point: &PointTuned, is_best: bool) -> String {
    let best = is_best.then(|| "the best".to_owned());
    let all = knob.reach.filter(|_| knob.whole && is_all(knob, &point.value));
    let all = all.map(|rows| format!("all {} rows in one", human::thousands(rows)));
    best.into_iter().chain(all).chain(point.names.iter().cloned()).collect::<Vec<_>>().join(", ")
}

/// One row for each larger value of other products that has the same effect as `point`.
fn rows_of_asked(grid: &mut Grid, point: &PointTuned) {
    for asked in &point.asked {
        grid.row([value(&asked.value), format!("{}: as {}", asked.names.join(", "), value(&point.value))]);
    }
}

fn row(knob: &KnobTuned, point: &PointTuned, tune: &TuneRecord) -> [String; 5] {
    let name = names(knob, point, false);
    let none = || "–".to_owned();
    let shown = point.figure.map(|n| human::of_waits(tune.unit, n, point.censored));
    let shown = shown.unwrap_or_else(none) + broken_mark(point);
    if point.trouble.is_some() {
        // The text above the table gives the reason for the exclusion.
        let few = (point.seeds as usize) < tune.seeds.len();
        let seeds = if few { human::count(point.seeds, "seed") } else { String::new() };
        return [value(&point.value), name, shown, "excluded".to_owned(), seeds];
    }
    let (share, more) = match point.cost_ppm.map(|ppm| ppm as f64 / 1e6) {
        None => (none(), none()),
        Some(cost) if cost >= NEVER_COST => (format!("{:.0} %", 100.0 / cost), "never".to_owned()),
        Some(cost) => (format!("{:.0} %", 100.0 / cost), format!("{:+.1} %", (cost - 1.0) * 100.0)),
    };
    let more = if is_marked(point) { more + " ~" } else { more };
    [value(&point.value), name, shown, share, more]
}

/// True if its cost differs from the best only within the noise between seeds.
fn is_marked(point: &PointTuned) -> bool {
    point.within_noise && point.trouble.is_none() && point.cost_ppm.is_some_and(|ppm| ppm != 1_000_000)
}

pub(in crate::render) fn limit(of: &LimitRecord) -> String {
    let held = if of.unmeasured { " (not measured here)" } else { "" };
    format!("{} {} at most {}{held}", of.metric, of.stat, human::figure(of.unit(), of.max))
}
