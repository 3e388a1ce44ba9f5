//! Tests that records can be written and read again, and texts about runs that may be accepted.

use super::*;
use crate::analysis::{Against, Trial, judge_run};
use crate::record::Baseline;

#[test]
fn a_record_reads_back_as_itself() {
    let mut swept = plan(Some("strict"), 7);
    swept.source_mut().axes.insert("engine.pull.chunk_rows".to_owned(), "500".to_owned());
    swept.source_mut().axes.insert("fleet.phones.link".to_owned(), "edge".to_owned());
    swept.judged_mut().gates.push(gate("engine.nothing.duration", "p95", 5));
    let mut lacking = outcome();
    lacking.figures.remove("oracle.lost.rows");
    let mut run = record(vec![(swept, lost(2)), (plan(None, 1), outcome()), (plan(None, 2), lacking)]);
    assert_eq!(run.cells[2].unmeasured, ["oracle.lost.rows"]);
    run.cells[0].lives = vec![LifeRecord {
        record: "appointment/k0".to_owned(),
        lines: vec!["made".to_owned()],
        steps: Vec::new(),
    }];
    let json = run.to_json();
    assert_eq!(RunRecord::parse(&json).unwrap(), run);
    assert!(json.lines().all(|line| line.matches("oracle.lost.rows\":").count() < 2), "a line a cell");
    assert!(json.contains("\"engine.pull.chunk_rows\":500"), "whole numbers stay numbers");
    assert_eq!(run.cells[0].id, "ties.strict.pull.chunk_rows=500.phones.link=edge.s7");
    assert_eq!(run.resolved.len(), 2, "each resolved scenario is kept once");
}

#[test]
fn a_record_of_another_version_or_one_that_was_edited_is_refused() {
    let json = record(vec![(plan(None, 1), outcome())]).to_json();
    let refused = |is: &str, bent: &str| {
        assert!(json.contains(is), "{is}");
        RunRecord::parse(&json.replacen(is, bent, 1)).unwrap_err()
    };
    let version = format!("\"schema_version\": \"{SCHEMA_VERSION}\"");
    let older = refused(&version, "\"schema_version\": \"1.1.0\"");
    assert!(matches!(&older, RecordError::Version(version) if version == "1.1.0"), "{older}");
    let more = refused("\"complete\": true", "\"complete\": true, \"later\": 1");
    assert!(matches!(more, RecordError::Shape(_)), "{more}");
    for (is, bent) in [
        ("\"exit_code\": 0", "\"exit_code\": 1"),
        ("\"engine.requests.count\":12345", "\"engine.requests.count\":12346"),
        ("\"digest\":\"0123456789abcdef\"", "\"digest\":\"feed\""),
        ("\"checksum\": \"", "\"checksum\": \"0"),
    ] {
        let edited = refused(is, bent);
        assert!(matches!(edited, RecordError::Edited { .. }), "{is}: {edited}");
    }
    let unknown = refused("\"engine.requests.count\":12345", "\"engine.request.count\":12345");
    assert!(unknown.to_string().contains("no unit of engine.request.count"), "{unknown}");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(RunRecord::parse(&value.to_string()).unwrap().to_json(), json, "laid out otherwise");
}

#[test]
fn every_figure_in_a_record_is_a_whole_number_and_every_name_of_the_spine_is_there() {
    fn walk(value: &serde_json::Value, path: &str) {
        match value {
            serde_json::Value::Number(n) => assert!(n.is_u64(), "{path} is {n}"),
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, path)),
            serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| walk(v, &format!("{path}.{k}"))),
            _ => {}
        }
    }
    let run = record(vec![(gated("engine.session.duration", "p95", 5), lost(1))]);
    let json: serde_json::Value = serde_json::from_str(&run.to_json()).unwrap();
    walk(&json, "");
    let has = |value: &serde_json::Value, names: &str| {
        names.split(' ').for_each(|name| assert!(value.get(name).is_some(), "{name} is missing"));
    };
    has(&json, "schema_version tool complete scenario verdict exit_code cells gates");
    has(&json["scenario"], "name path digest");
    has(&json["cells"][0], "id variant axes seed digest verdict virtual_ns metrics violations replay");
    has(&json["cells"][0]["violations"][0], "check device record text");
    has(&json["gates"][0], "cell metric stat max value pass");
    assert_eq!(json["cells"][0]["violations"][0]["record"], "appointment/k0");
}

#[test]
fn how_to_accept_a_run_stands_wherever_it_is_told_what_differs() {
    let plan = plan(None, 1);
    let judged = |outcome| judge(&plan, "ties.s1", &outcome);
    let run = |judged| assemble("out", std::slice::from_ref(&plan), vec![judged], &[]);
    let baseline = Baseline::of(&run(judged(outcome())), Vec::new()).unwrap();
    let held = |acceptable: bool| {
        let mut slower = outcome();
        let name = "engine.session.duration".to_owned();
        slower.figures.insert(name, durations(40, 2_000_000_000));
        slower.violations.extend((!acceptable).then(|| found("lost", 1)));
        let against = Against {
            name: "main",
            baseline: &baseline,
            tolerance_ppm: None,
            require_all: false,
            is_asked: &|_| true,
            told: compare::shift,
        };
        let (plans, against) = (std::slice::from_ref(&plan), Some(against));
        let trial = Trial { folder: "out", plans, against, ..Trial::default() };
        judge_run(&trial, vec![judged(slower)]).record
    };
    let told = |record: &RunRecord| {
        let pages = [summary(record), html::page(record)];
        let of_ci = [junit(record), annotations(record)];
        [pages, of_ci].concat().iter().filter(|text| text.contains("baseline update main out")).count()
    };
    assert_eq!(told(&held(true)), 4);
    assert_eq!(told(&held(false)), 0, "what fails by something else is not accepted");
    let mut stopped = held(true);
    stopped.notes.push("not all of the report was written: no room".to_owned());
    assert_eq!(told(&stopped), 0);
}
