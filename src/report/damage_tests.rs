//! Records that somebody edited: they are refused, or rendered, and nothing panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};

use super::sweep::{self, Objective};
use super::tune::{self, TuneRecord, tests::tuned};
use super::*;
use crate::metrics::{Figure, Unit};
use crate::scenario::{Bound, Plan};

/// Whatever can be asked of a record.
fn render(record: &RunRecord) {
    html::page(record);
    summary(record);
    junit(record);
    headline(record, Paint(false));
    story(record, Paint(false), 80, true);
    flat::cells(record, std::io::sink()).unwrap();
    record.to_json();
    sweep::retold(record);
    if let Some(of) = &record.tune {
        tune::story(of);
        tune::answers(of);
        tune::to_json(of);
        tune::to_csv(of);
    }
}

/// What an editor may put in the place of a value.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => {
            let twice = items.iter().chain(items.first()).cloned().collect();
            vec![json!([]), Value::Array(twice), items.iter().skip(1).cloned().collect()]
        }
        Value::Object(_) => vec![json!({}), Value::Null],
        Value::String(_) => ["", "x", "0", "-1e308", "1e308", "10000000"].map(Value::from).to_vec(),
        Value::Number(_) => vec![json!(0), json!(1), json!(u64::MAX)],
        Value::Bool(is) => vec![json!(!is)],
        Value::Null => vec![json!(7), json!("7")],
    }
}

/// The places of all values below one, but of the first two of the items of an array.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut below = |key: &str, value: &Value| {
        let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        found.push(at.clone());
        places(value, &at, found);
    };
    match value {
        Value::Array(items) => {
            items.iter().take(2).enumerate().for_each(|(i, item)| below(&i.to_string(), item))
        }
        Value::Object(fields) => fields.iter().for_each(|(key, value)| below(key, value)),
        _ => {}
    }
}

/// The record with each value removed, and with others in its place.
fn edited(record: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    places(record, "", &mut all);
    let mut edited = Vec::new();
    for at in all {
        let (above, key) = at.rsplit_once('/').unwrap();
        let mut without = record.clone();
        match without.pointer_mut(above).unwrap() {
            Value::Object(fields) => drop(fields.remove(&key.replace("~1", "/").replace("~0", "~"))),
            Value::Array(items) => drop(items.remove(key.parse().unwrap())),
            _ => unreachable!("what holds a value is a list or a map"),
        }
        edited.push((format!("without {at}"), without));
        for other in others(record.pointer(&at).unwrap()) {
            let mut with = record.clone();
            let told = format!("{at} is {other}");
            *with.pointer_mut(&at).unwrap() = other;
            edited.push((told, with));
        }
    }
    edited
}

/// How many of the edits of a record are refused; none makes a renderer panic.
fn refused(record: &RunRecord) -> usize {
    let whole = serde_json::to_value(record).unwrap();
    render(&RunRecord::parse(&whole.to_string()).unwrap());
    let mut refused = 0;
    let mut panicked = Vec::new();
    for (told, edited) in edited(&whole) {
        match RunRecord::parse(&edited.to_string()) {
            Err(_) => refused += 1,
            Ok(record) if catch_unwind(AssertUnwindSafe(|| render(&record))).is_err() => panicked.push(told),
            Ok(_) => {}
        }
    }
    assert!(panicked.is_empty(), "{}", panicked.join("\n"));
    refused
}

fn of_cells(cells: Vec<CellRecord>) -> RunRecord {
    let reasons = cells.iter().flat_map(|cell| &cell.reasons);
    let exit = Exit::first(reasons.filter_map(|reason| Exit::from_code(reason.exit_code)));
    let verdict = if exit == Exit::Success { Verdict::Pass } else { Verdict::Fail };
    RunRecord {
        planned_cells: cells.len() as u64,
        cells,
        verdict,
        exit_code: exit.code(),
        ..assemble("reports/x", &[], Vec::new(), &[])
    }
}

fn cell(seed: u64) -> CellRecord {
    judge(&fixture::plan(None, seed), "cell", &fixture::lost(1)).cell
}

/// A search over a key, and the same over two.
fn searches() -> [TuneRecord; 2] {
    let mut two = tuned();
    two.knobs.push("engine.push.chunk_rows".to_owned());
    let place = &mut two.places[0];
    let mut other = place.knobs[0].clone();
    other.key.clone_from(&two.knobs[1]);
    place.best.as_mut().unwrap().insert(other.key.clone(), other.best.clone());
    place.knobs.push(other);
    [tuned(), two]
}

/// A record of a search that found no setting for one of its places.
fn searched(tune: TuneRecord) -> RunRecord {
    RunRecord { tune: Some(tune), verdict: Verdict::Fail, exit_code: 10, ..of_cells(Vec::new()) }
}

#[test]
fn a_search_that_somebody_edited_is_refused_or_rendered() {
    for tune in searches() {
        let record = searched(tune);
        assert!(refused(&record) > 100);
    }
}

#[test]
fn cells_that_somebody_edited_are_refused_or_rendered() {
    let mut cell = cell(1);
    cell.unplaced =
        vec![UnplacedRecord { action: "ren".to_owned(), asked: 9, left_out: 4, astray: 5, import: false }];
    let mut other = cell.clone();
    other.id = "other".to_owned();
    assert!(refused(&of_cells(vec![cell, other])) > 20);
}

#[test]
fn a_sweep_that_somebody_edited_is_refused_or_rendered() {
    let axis = |key: &str, values: &[&str]| {
        (key.to_owned(), values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    };
    let objective: Objective = "engine.session.duration".parse().unwrap();
    let against = axis("engine.pull.chunk_rows", &["64", "128"]);
    for (axes, against) in [
        (vec![axis("gateway.mode", &["a", "b"]), axis("x.y", &["1", "2"]), axis("x.z", &["1", "2"])], None),
        (vec![axis("engine.pull.chunk_rows", &["64", "128", "256"]), axis("x.y", &["1", "2"])], None),
        (vec![axis("engine.pull.control", &["fixed", "aimd"]), axis("x.y", &["1", "2"])], Some(&against)),
    ] {
        let mut cells = Vec::new();
        for (key, value) in
            axes[0].1.iter().map(|value| (&axes[0].0, value)).chain(
                against.into_iter().flat_map(|(key, values)| values.iter().map(move |value| (key, value))),
            )
        {
            for y in ["1", "2"] {
                let mut cell = judge(&fixture::plan(None, 1), "cell", &fixture::outcome()).cell;
                cell.id = format!("{value}.{y}");
                cell.axes = [(key.as_str(), value.as_str()), ("x.y", y), ("x.z", y)]
                    .map(|(key, value)| (key.to_owned(), value.into()))
                    .into();
                cells.push(cell);
            }
        }
        let sweep = Some(SweepRecord::new(&axes, against, &objective));
        assert!(refused(&RunRecord { sweep, ..of_cells(cells) }) > 20);
    }
}

#[test]
fn what_a_search_contradicts_itself_in_is_told() {
    let whole = serde_json::to_value(searched(tuned())).unwrap();
    RunRecord::parse(&whole.to_string()).expect("it is whole");
    let key = "engine.pull.chunk_rows";
    for (at, value, said) in [
        ("/tune/knobs", json!([]), "its search has no key"),
        ("/tune/knobs/0", json!("x"), "the keys are not those of its search at low edge"),
        ("/tune/places/0/best", json!({}), "the keys are not those of its search at low edge"),
        ("/tune/places/0/best", Value::Null, "there is no best setting, but there are keys of its search"),
        ("/tune/places/0/best", json!({ key: "7" }), "is told in two ways, or in none, of its search"),
        ("/tune/places/0/knobs/0/points", json!([]), "is not among the settings of its search at low edge"),
        ("/tune/places/0/knobs", json!([]), "the keys are not those of its search at low edge"),
        (
            "/tune/unit",
            json!("ns"),
            "its search has engine.rows.rate in ns, and that is measured in milli-rows",
        ),
    ] {
        let mut edited = whole.clone();
        *edited.pointer_mut(at).unwrap() = value;
        let told = RunRecord::parse(&edited.to_string()).unwrap_err().to_string();
        assert!(told.starts_with("the record is damaged: ") && told.contains(said), "{at}: {told}");
    }
}

#[test]
fn what_a_run_contradicts_itself_in_is_told() {
    let fine = judge(&fixture::plan(None, 2), "fine", &fixture::outcome()).cell;
    let whole = serde_json::to_value(of_cells(vec![cell(1), fine])).unwrap();
    let reason = json!([{ "exit_code": 10, "text": "why" }]);
    for (at, value, said) in [
        ("/planned_cells", json!(3), "the run is complete, and it has 2 cells of 3"),
        ("/complete", json!(false), "the run is not complete, and it has 2 cells of 2"),
        ("/cells/1/verdict", json!("incomplete"), "the run is complete, and it has 1 cell of 2"),
        ("/verdict", json!("pass"), "the verdict of the run is pass, and its cells come to fail"),
        ("/exit_code", json!(99), "the exit code of the run is 99, and what it found comes to 11"),
        ("/exit_code", json!(0), "the exit code of the run is 0, and what it found comes to 11"),
        ("/cells/0/reasons", json!([]), "the cell cell fails for no reason"),
        ("/cells/1/verdict", json!("fail"), "the cell fine fails for no reason"),
        ("/cells/1/reasons", reason, "the cell fine has a reason to fail and does not"),
        (
            "/cells/1/metrics/engine.session.duration/count",
            json!(0),
            "engine.session.duration of the cell fine has figures of 0 observations",
        ),
    ] {
        let mut edited = whole.clone();
        *edited.pointer_mut(at).unwrap() = value;
        let told = RunRecord::parse(&edited.to_string()).unwrap_err().to_string();
        assert_eq!(told, format!("the record is damaged: {said}"));
    }
}

/// The record of two cells, the second of which meets a gate and an expectation, and that gate's
/// name.
fn met() -> (Value, String) {
    let gate = fixture::gate("engine.session.duration", "p95", 5_000_000_000);
    let mut plan = Plan { gates: vec![gate], ..fixture::plan(None, 2) };
    plan.expect.metrics.insert("engine.requests.count".to_owned(), Bound { min: Some(1), max: None });
    let fine = judge(&plan, "fine", &fixture::outcome());
    let record = RunRecord { gates: fine.gates.clone(), ..of_cells(vec![cell(1), fine.cell]) };
    let whole = serde_json::to_value(record).unwrap();
    RunRecord::parse(&whole.to_string()).expect("it is whole");
    (whole, fine.gates[0].name.clone())
}

#[test]
fn what_a_cell_found_and_does_not_come_to_is_told() {
    let (whole, gate) = met();
    let cell = "of the cell fine";
    let at = |of: &str| format!("/cells/1/{of}");
    let violation = json!([{ "check": "lost", "device": null, "record": null, "text": "gone" }]);
    let missed = json!([{ "what": "violation stuck", "pass": false, "reason": "it did not occur" }]);
    let duration = "engine.session.duration";
    for (at, value, said) in [
        ("/gates/0/pass".to_owned(), json!(false), format!("the gate {gate} {cell} is met, by its figure")),
        (
            "/gates/0/value".to_owned(),
            json!(6_000_000_000_u64),
            format!("the gate {gate} {cell} is missed, by its figure"),
        ),
        (
            "/gates/0/value".to_owned(),
            Value::Null,
            format!("the gate {gate} {cell} is missed, by its figure"),
        ),
        (
            "/gates/0/cell".to_owned(),
            json!("x"),
            "it has a gate of the cell x, which is not there".to_owned(),
        ),
        (
            at("expectations/0/pass"),
            json!(false),
            format!("the expectation engine.requests.count {cell} is met, by its figure"),
        ),
        (
            at("expectations/0/value"),
            json!(0),
            format!("the expectation engine.requests.count {cell} is missed, by its figure"),
        ),
        (
            at("expectations"),
            missed,
            "the cell fine misses the expectation violation stuck and does not fail".to_owned(),
        ),
        (at("violations"), violation, "the cell fine has the violation lost and does not fail".to_owned()),
        (at("ending/kind"), json!("stuck"), "the cell fine is stuck and does not fail".to_owned()),
        (
            at(&format!("metrics/{duration}/p95")),
            json!(1),
            format!("the percentiles of {duration} {cell} are not in order"),
        ),
        (
            at(&format!("metrics/{duration}/max")),
            json!(1),
            format!("the percentiles of {duration} {cell} are not in order"),
        ),
    ] {
        let mut edited = whole.clone();
        *edited.pointer_mut(&at).unwrap_or_else(|| panic!("{at}")) = value;
        let told = RunRecord::parse(&edited.to_string()).unwrap_err().to_string();
        assert_eq!(told, format!("the record is damaged: {said}"), "{at}");
    }
}

#[test]
fn a_cell_that_fails_by_none_of_its_thresholds_or_passes_with_one_that_is_missed_is_refused() {
    let (whole, _) = met();
    let mut missed = whole.clone();
    missed["gates"][0]["pass"] = json!(false);
    missed["gates"][0]["value"] = json!(6_000_000_000_u64);
    let told = RunRecord::parse(&missed.to_string()).unwrap_err().to_string();
    assert_eq!(told, "the record is damaged: the cell fine misses a gate and does not fail");
    let mut met = whole;
    met["cells"][1]["verdict"] = json!("fail");
    met["cells"][1]["reasons"] = json!([{ "exit_code": 10, "text": "why" }]);
    let told = RunRecord::parse(&met.to_string()).unwrap_err().to_string();
    assert_eq!(told, "the record is damaged: the cell fine fails by a threshold, and all of its are met");
}

#[test]
fn a_cell_that_tried_nothing_fails_though_its_gates_are_met() {
    let (mut met, _) = met();
    met["cells"][1]["verdict"] = json!("fail");
    for text in ["action add tested nothing: of 6 edits none was made", "the run tested nothing: no request"]
    {
        met["cells"][1]["reasons"] = json!([{ "exit_code": 10, "text": text }]);
        let told = RunRecord::parse(&met.to_string()).err().map(|error| error.to_string());
        assert!(told.as_ref().is_none_or(|told| !told.contains("by a threshold")), "{told:?}");
    }
}

#[test]
fn what_a_cell_was_to_find_is_no_contradiction() {
    let mut plan = fixture::plan(None, 1);
    plan.expect.violations = vec!["lost".to_owned()];
    let found = judge(&plan, "found", &fixture::lost(1)).cell;
    assert_eq!(found.verdict, Verdict::Pass, "{:?}", found.reasons);
    let accepted = |cell: CellRecord| RunRecord::parse(&of_cells(vec![cell]).to_json()).map(drop).unwrap();
    accepted(found.clone());
    let mut later = found;
    later.violations[0].check = "eaten".to_owned();
    accepted(later);
}

#[test]
fn what_stopped_a_run_and_what_a_search_or_a_later_program_found_is_no_contradiction() {
    let accepted = |record: &RunRecord| RunRecord::parse(&record.to_json()).map(drop).unwrap();
    let whole = of_cells(vec![cell(1)]);
    // Somebody interrupted it while its last cell came to its end.
    let notes = vec!["interrupted: 1 cell of 1 ended".to_owned()];
    accepted(&RunRecord { notes, exit_code: 130, ..whole.clone() });
    accepted(&RunRecord { complete: false, planned_cells: 2, exit_code: 130, ..whole.clone() });
    // What a search fails by is for it to say.
    let mut tune = tuned();
    tune.places.truncate(1);
    let found = RunRecord { tune: Some(tune), verdict: Verdict::Pass, exit_code: 0, ..whole.clone() };
    accepted(&found);
    accepted(&RunRecord { complete: false, verdict: Verdict::Incomplete, exit_code: 124, ..found });
    let mut later = whole;
    later.cells[0].reasons[0].exit_code = 99;
    accepted(&later);
}

/// What the record with another value at each of these places is refused for.
fn told(whole: &Value, edits: &[(&str, Value)]) -> String {
    RunRecord::parse(&whole.to_string()).map(drop).expect("it is whole");
    let mut edited = whole.clone();
    for (at, value) in edits {
        *edited.pointer_mut(at).unwrap_or_else(|| panic!("{at}")) = value.clone();
    }
    let told = RunRecord::parse(&edited.to_string()).map(drop).unwrap_err().to_string();
    told.strip_prefix("the record is damaged: ").unwrap_or_else(|| panic!("{told}")).to_owned()
}

#[test]
fn a_search_that_failed_is_none_that_passed_whatever_its_exit_code_or_its_verdict_says() {
    let failed = serde_json::to_value(searched(tuned())).unwrap();
    let code = told(&failed, &[("/exit_code", json!(0))]);
    assert_eq!(code, "the exit code of the run is 0, and what it found comes to 10");
    let verdict = told(&failed, &[("/verdict", json!("pass"))]);
    assert_eq!(verdict, "the verdict of the search is pass, and its exit code 10 is for fail");
    let both = told(&failed, &[("/verdict", json!("pass")), ("/exit_code", json!(0))]);
    assert_eq!(both, "the exit code of the run is 0, and what it found comes to 10");
}

#[test]
fn a_search_has_no_cell_under_a_seed_that_it_has_not() {
    let cell = judge(&fixture::plan(None, 1), "ties.s1", &fixture::outcome()).cell;
    let whole = RunRecord { cells: vec![cell], planned_cells: 1, ..searched(tuned()) };
    let whole = serde_json::to_value(whole).unwrap();
    let seed = told(&whole, &[("/tune/seeds", json!(["2", "3"]))]);
    assert_eq!(seed, "its search has a cell under the seed 1, which is none of its");
}

#[test]
fn a_cell_fails_by_what_it_found_and_by_nothing_else() {
    let whole = serde_json::to_value(of_cells(vec![cell(1)])).unwrap();
    let reason = |code: u8| json!([{ "exit_code": code, "text": "baseline main: slower" }]);
    let of = |code: u8| told(&whole, &[("/cells/0/reasons", reason(code)), ("/exit_code", json!(code))]);
    assert_eq!(of(13), "the cell cell has the violation lost and does not fail by it");
    assert_eq!(of(12), "the cell cell fails for being stuck, and it is not");
    let none = [("/cells/0/violations", json!([])), ("/cells/0/metrics", json!({}))];
    let none = told(&whole, &none);
    assert_eq!(none, "the cell cell fails by correctness, and has no violation that was not expected");
    let stuck = fixture::outcome();
    let stuck = crate::world::Outcome { ending: crate::world::Ending::Stuck(vec!["d1".to_owned()]), ..stuck };
    let stuck = of_cells(vec![judge(&fixture::plan(None, 1), "stuck", &stuck).cell]);
    let stuck = serde_json::to_value(stuck).unwrap();
    let slower = [("/cells/0/reasons", reason(13)), ("/exit_code", json!(13))];
    assert_eq!(told(&stuck, &slower), "the cell stuck is stuck and does not fail by it");
    let plan = fixture::plan(None, 1);
    let broken = broken(&plan, "broken", Exit::Invalid, "it cannot be run");
    let broken = serde_json::to_value(of_cells(vec![broken.cell])).unwrap();
    assert_eq!(told(&broken, &slower), "the cell broken is broken and does not fail by it");
}

#[test]
fn a_cell_may_fail_by_edits_alone_that_went_with_a_backup_or_were_left() {
    let first = || Some("edit d0.e1 of 08:00:00".to_owned());
    for (metric, taken_back, shelved) in
        [("oracle.taken_back.edits", first(), None), ("oracle.shelved.edits", None, first())]
    {
        let mut outcome = crate::world::Outcome { taken_back, shelved, ..fixture::outcome() };
        let gone = Figure::Value { unit: Unit::Count, value: 1 };
        outcome.figures.insert(metric.to_owned(), gone);
        let cell = judge(&fixture::plan(None, 1), "cell", &outcome).cell;
        let whole = serde_json::to_value(of_cells(vec![cell])).unwrap();
        let none = told(&whole, &[("/cells/0/metrics", json!({}))]);
        assert_eq!(none, "the cell cell fails by correctness, and has no violation that was not expected");
    }
}

#[test]
fn what_misses_a_threshold_fails_by_it_and_an_expected_violation_is_met_by_one_alone() {
    let gate = fixture::gate("engine.session.duration", "p95", 1);
    let plan = Plan { gates: vec![gate], ..fixture::plan(None, 2) };
    let missed = judge(&plan, "missed", &fixture::outcome());
    let record = RunRecord { gates: missed.gates, ..of_cells(vec![missed.cell]) };
    let missed = serde_json::to_value(record).unwrap();
    let reason = json!([{ "exit_code": 13, "text": "baseline main: slower" }]);
    let missed = told(&missed, &[("/cells/0/reasons", reason), ("/exit_code", json!(13))]);
    assert_eq!(missed, "the cell missed misses a threshold and does not fail by it");
    let mut plan = fixture::plan(None, 1);
    plan.expect.violations = vec!["lost".to_owned()];
    let found = of_cells(vec![judge(&plan, "found", &fixture::lost(1)).cell]);
    let found = serde_json::to_value(found).unwrap();
    let none = [("/cells/0/violations", json!([])), ("/cells/0/metrics", json!({}))];
    let said = "the expectation violation lost of the cell found is missed, by what it found";
    assert_eq!(told(&found, &none), said);
}

#[test]
fn figures_that_were_changed_on_one_side_alone_are_told() {
    let (whole, gate) = met();
    let cell = "of the cell fine";
    let one = |at: &str, value: u64| told(&whole, &[(at, json!(value))]);
    let changed = one("/gates/0/value", 7);
    assert_eq!(changed, format!("the gate {gate} {cell} tells 7, and the cell has 2480000000"));
    let changed = one("/cells/1/metrics/engine.session.duration/p95", 2_480_000_001);
    assert_eq!(changed, format!("the gate {gate} {cell} tells 2480000000, and the cell has 2480000001"));
    let what = "engine.requests.count";
    let changed = one("/cells/1/expectations/0/value", 7);
    assert_eq!(changed, format!("the expectation {what} {cell} tells 7, and the cell has 12345"));
    let changed = one("/cells/0/metrics/oracle.lost.rows/value", 0);
    assert_eq!(changed, "oracle.lost.rows of the cell cell is 0, and it has 1 violation of lost");
    let changed = one("/cells/1/metrics/oracle.lost.rows/value", 3);
    assert_eq!(changed, "oracle.lost.rows of the cell fine is 3, and it has 0 violations of lost");
}

#[test]
fn a_cell_has_the_seed_that_its_name_says() {
    let cells = ["ties.s1", "ties.s1.2", "ties.s1.3"]
        .map(|id| judge(&fixture::plan(None, 1), id, &fixture::outcome()).cell);
    let whole = serde_json::to_value(of_cells(cells.to_vec())).unwrap();
    let first = told(&whole, &[("/cells/0/seed", json!("2"))]);
    assert_eq!(first, "the cell ties.s1 has the seed 2, and by its name 1");
    let second = told(&whole, &[("/cells/1/id", json!("ties.s7.2"))]);
    assert_eq!(second, "the cell ties.s7.2 has the seed 1, and by its name 7");
}

#[test]
fn an_exit_code_beside_notes_is_that_of_what_stopped_the_run() {
    let fine = |seed: u64| judge(&fixture::plan(None, seed), "fine", &fixture::outcome()).cell;
    let notes = vec!["stopped at the time limit: 1 of 2 cells ran to their end".to_owned()];
    let cut = RunRecord {
        complete: false,
        planned_cells: 2,
        verdict: Verdict::Incomplete,
        exit_code: 124,
        notes,
        ..of_cells(vec![fine(1)])
    };
    let whole = serde_json::to_value(cut).unwrap();
    for code in [0, 10, 11, 13, 130] {
        let said = format!("the exit code of the run is {code}, and what it found comes to 124");
        assert_eq!(told(&whole, &[("/exit_code", json!(code))]), said);
    }
    let later = ["/notes/0", "/exit_code"].into_iter().zip([json!("eaten by a shark"), json!(77)]);
    let mut edited = whole.clone();
    later.for_each(|(at, value)| *edited.pointer_mut(at).unwrap() = value);
    RunRecord::parse(&edited.to_string()).map(drop).expect("what a later program says nobody can weigh");
    let notes = [("/notes", json!([])), ("/exit_code", json!(11))];
    assert_eq!(told(&whole, &notes), "the exit code of the run is 11, and what it found comes to 0");
}
