//! What people do, and whether it had an effect.

use syncdyno::analysis::judge;
use syncdyno::record::{Exit, Reason};
use syncdyno::world::Outcome;

use crate::worlds::{run, value, written};

/// Two phones, ten surveys, but no login before they are to be made; an update in the office, too.
const NOBODY_LOGGED_IN: &str = r#"
name = "nobody-logged-in"
duration = "20m"
[entity.survey]
rows = 4
schema = { id = "uuid key", site = "text" }
[fleet.phones]
devices = 2
[workload.login.late]
at = "+15m"
spread = "0s"
[action.fill]
entity = "survey"
kind = "create"
per_device = 0
[action.rename]
entity = "survey"
kind = "update"
columns = ["site"]
per_device = 1
on_devices = 0
[event.work]
at = "+5m"
edits = { action = "fill", count = 5, over = "5m" }
"#;

#[test]
fn a_run_in_which_every_edit_of_an_action_is_missed_fails() {
    let plan = written(NOBODY_LOGGED_IN);
    let outcome = run(&plan);
    let actions: Vec<_> = outcome.in_vain.iter().map(|one| (one.action.as_str(), one.wanted)).collect();
    assert_eq!(actions, [("fill", 10)], "the office renames");
    assert_eq!(value(&outcome, "workload.edits.missed"), 10);
    let reasons = judge(&plan, "cell", &outcome).cell.reasons;
    let [Reason::ActionInVain { action, wanted: 10, .. }] = &*reasons else { panic!("{reasons:?}") };
    assert_eq!(action, "fill");
    let optional = |action: &str| {
        let key = format!("[action.{action}]\noptional = true");
        written(&NOBODY_LOGGED_IN.replace(&format!("[action.{action}]"), &key))
    };
    assert!(
        judge(&optional("fill"), "cell", &outcome).cell.reasons.is_empty(),
        "the file says that it may be"
    );
    assert_eq!(judge(&optional("rename"), "cell", &outcome).cell.reasons.len(), 1, "that is another action");
    let expected = format!("{NOBODY_LOGGED_IN}\n[expect]\n\"workload.edits.missed\" = {{ min = 1 }}\n");
    assert_eq!(judge(&written(&expected), "cell", &outcome).cell.reasons.len(), 1, "so may be any");
}

#[test]
fn phones_that_make_no_edit_fail_beside_an_office_that_does() {
    let gone = "[event.gone]\nat = \"+1s\"\noutage = { for = \"30m\" }\n";
    let both =
        NOBODY_LOGGED_IN.replace("per_device = 1\non_devices = 0\n", "per_device = 20\non_devices = 0.5\n");
    let both = both + gone;
    let plan = written(&both);
    let outcome = run(&plan);
    let in_vain: Vec<_> = outcome.in_vain.iter().map(|one| (one.action.as_str(), one.on_phones)).collect();
    assert_eq!(in_vain, [("fill", false), ("rename", true)]);
    assert!(value(&outcome, "backend.commits.count") > 5, "the office renames");
    let reasons = judge(&plan, "cell", &outcome).cell.reasons;
    let [_, Reason::ActionInVain { action, on_phones: true, prevented: 0, .. }] = &*reasons else {
        panic!("{reasons:?}");
    };
    assert_eq!(action, "rename");
}

#[test]
fn an_action_of_which_one_edit_came_to_be_is_not_in_vain() {
    let plan = written(&NOBODY_LOGGED_IN.replace("at = \"+15m\"", "at = \"+7m\""));
    let outcome = run(&plan);
    assert!(value(&outcome, "workload.edits.missed") > 0 && value(&outcome, "workload.edits.made") > 0);
    assert_eq!(outcome.in_vain, []);
}

#[test]
fn an_action_that_finds_no_row_to_edit_fails_the_run() {
    let none = NOBODY_LOGGED_IN.replace("rows = 4", "rows = 0").replace("at = \"+15m\"", "at = \"+1m\"");
    let plan = written(&none);
    let outcome = run(&plan);
    let in_vain: Vec<_> =
        outcome.in_vain.iter().map(|one| (one.action.as_str(), one.wanted, one.unplaced)).collect();
    assert_eq!(in_vain, [("rename", 2, 2)], "nothing is there to rename");
    assert_eq!(value(&outcome, "workload.edits.unplaced"), 2);
    let reasons = judge(&plan, "cell", &outcome).cell.reasons;
    assert!(matches!(*reasons, [Reason::ActionInVain { wanted: 2, unplaced: 2, .. }]), "{reasons:?}");
}

#[test]
fn an_event_of_which_no_edit_is_made_is_told_beside_one_that_makes_some() {
    let later = "[event.later]\nat = \"+16m\"\nedits = { action = \"fill\", count = 1 }\n";
    let outcome = run(&written(&format!("{NOBODY_LOGGED_IN}{later}")));
    assert_eq!(outcome.in_vain, [], "some are made");
    let of_work = |outcome: &Outcome| -> Vec<String> {
        let missed = outcome.missed.iter().filter(|one| one.event == "work");
        missed.map(|one| one.why.clone()).collect()
    };
    assert_eq!(of_work(&outcome), ["none of its edits was made"]);
    let alone = run(&written(NOBODY_LOGGED_IN));
    assert_eq!((alone.in_vain.len(), of_work(&alone)), (1, Vec::new()), "told once");
}

/// The office is to rename what came in the run, but nothing comes.
const NOTHING_MADE: &str = r#"
name = "nothing-made"
duration = "20m"
[entity.survey]
rows = 4
schema = { id = "uuid key", site = "text" }
[fleet.phones]
devices = 2
[action.rename]
entity = "survey"
kind = "update"
columns = ["site"]
aim = "made"
per_device = 2
on_devices = 0
"#;

#[test]
fn an_office_that_finds_nothing_to_do_fails_the_run() {
    let plan = written(NOTHING_MADE);
    let outcome = run(&plan);
    assert_eq!(value(&outcome, "workload.edits.office_missed"), 4);
    let reasons = judge(&plan, "cell", &outcome).cell.reasons;
    assert_eq!(reasons.iter().map(Reason::exit).collect::<Vec<_>>(), [Exit::Threshold]);
}

/// Two synced phones in a world in which nothing happens.
const NOTHING_HAPPENS: &str = r#"
name = "nothing-happens"
duration = "20m"
[entity.survey]
rows = 4
schema = { id = "uuid key", site = "text" }
[fleet.phones]
devices = 2
start = "1d"
[action.rename]
entity = "survey"
kind = "update"
columns = ["site"]
per_device = 0
"#;

#[test]
fn a_run_in_which_nothing_changes_fails() {
    for file in [NOTHING_HAPPENS.to_owned(), NOTHING_HAPPENS.replace("20m", "1ns")] {
        let outcome = run(&written(&file));
        assert!(outcome.is_still && value(&outcome, "engine.requests.count") > 0);
        let reasons = judge(&written(&file), "cell", &outcome).cell.reasons;
        assert_eq!(reasons[0], Reason::NoChange {});
        let expected = format!("{file}\n[expect]\n\"engine.apply.rows\" = 0\n");
        assert!(judge(&written(&expected), "cell", &outcome).cell.reasons.is_empty(), "the file asks for it");
    }
    assert!(!run(&written(&NOTHING_HAPPENS.replace("start = \"1d\"", ""))).is_still, "rows are loaded");
    assert!(!run(&written(&NOTHING_HAPPENS.replace("= 0", "= 1"))).is_still, "people edit");
}
