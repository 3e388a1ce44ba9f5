//! Faults strike as often as they are said to.

use super::outcome::{Ending, Outcome};
use super::phases::Unwatched;
use super::registry::EngineRegistry;
use super::run::run;
use crate::scenario::{Document, Names, Request};

fn outcome(scenario: &str) -> Outcome {
    let text = format!(
        "name = \"faults\"\n{scenario}[entity.note]\nrows = 5\nschema = {{ id = \"uuid key\", title = \"text\" }}\n"
    );
    let document = Document::parse("faults.toml", &text).expect("it is TOML");
    let (engines, crash_points) = (["builtin".to_owned()], crate::engine::CRASH_POINTS);
    let names = Names { metrics: &[], checks: &[], engines: &engines, crash_points };
    let plans = document.plans(&Request::default(), &names).unwrap_or_else(|wrong| panic!("{wrong}"));
    let outcome = run(&plans[0], &EngineRegistry::builtin(), &Unwatched).expect("it can be run");
    assert_eq!(outcome.ending, Ending::Drained);
    outcome
}

fn value(outcome: &Outcome, metric: &str) -> u64 {
    outcome.figures[metric].stat("value").expect("it is a number")
}

/// Two phones that pull once an hour, and neither edit nor fetch.
const PULLING: &str = "[fleet.phones]\ndevices = 2\nstart = \"1d\"\n[workload]\nresumes_per_hour = 0\n\
                       [unit.All]\non = [\"login\", \"every 1h\"]\npull = [\"*\"]\n\
                       [action.none]\nentity = \"note\"\nkind = \"update\"\ncolumns = [\"title\"]\nper_device = 0\n";

#[test]
fn apps_are_killed_as_often_as_said_where_most_crash_points_are_never_passed() {
    let outcome = outcome(&format!("duration = \"100d\"\n{PULLING}[chaos]\nkill_mtbf = \"2h\"\n"));
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    let (kills, expected) = (value(&outcome, "device.kills.count"), 2 * 100 * 24 / 2);
    assert!((expected * 95 / 100..=expected * 105 / 100).contains(&kills), "{kills} of {expected}");
}
