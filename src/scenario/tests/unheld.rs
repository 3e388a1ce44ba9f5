//! Units that wait for what never comes, and hooks that start themselves.

use super::{MINIMAL, complaint, plan};

fn told(more: &str) -> Vec<String> {
    let warnings = plan(&format!("{MINIMAL}{more}")).warnings;
    warnings.iter().map(|warning| warning.render(false)).collect()
}

#[test]
fn a_condition_that_holds_on_no_network_is_told() {
    let unit = |link: &str, when: &str| {
        let unit =
            format!("[unit.Photos]\non = [\"login\"]\npull = [\"*\"]\npush = [\"*\"]\nwhen = {when}\n");
        let warnings = told(&format!("link = \"{link}\"\n{unit}"));
        warnings.into_iter().filter(|text| text.contains("waits for")).collect::<Vec<_>>()
    };
    let never = unit("lte-good", "[\"wifi\"]");
    assert!(never.len() == 1 && never[0].contains("`unit.Photos` waits for \"wifi\""), "{never:?}");
    assert!(never[0].contains("never starts by itself") && never[0].contains("when = "), "{never:?}");
    assert_eq!(unit("wifi-good", "[\"wifi\"]"), [""; 0]);
    assert_eq!(unit("lte-good", "[]"), [""; 0]);
    assert_eq!(unit("lte-good", "[\"unmetered\"]").len(), 1);
}

#[test]
fn a_debounce_that_is_longer_than_the_script_is_told() {
    let of = |debounce: &str| {
        let warnings = told(&format!("[engine]\ndebounce = \"{debounce}\"\n"));
        warnings.into_iter().filter(|text| text.contains("the debounce is")).count()
    };
    assert_eq!((of("9000h"), of("30s")), (1, 0));
}

#[test]
fn a_hook_that_starts_the_runs_that_it_is_there_for_is_told() {
    let units =
        "[unit.Send]\non = [\"save\"]\npush = [\"*\"]\n[unit.All]\non = [\"login\"]\npull = [\"*\"]\n";
    let of = |hook: &str, more: &str| {
        let warnings = told(&format!("{units}[hooks.{hook}]\ntriggers = \"All\"\n{more}"));
        warnings.into_iter().filter(|text| text.contains("starts itself")).count()
    };
    assert_eq!(of("on_sync_complete", ""), 1);
    assert_eq!(of("on_sync_complete", "unit = \"All\"\n"), 1);
    assert_eq!(of("on_sync_complete", "unit = \"Send\"\n"), 0);
    assert_eq!(of("network_status_changed", ""), 0, "a network is no run");
}

#[test]
fn a_network_polled_less_than_once_in_the_script_is_told() {
    let of = |poll: &str| {
        let warnings = told(&format!("[engine]\nnetwork_poll = \"{poll}\"\n"));
        warnings.into_iter().filter(|text| text.contains("is never noticed")).count()
    };
    assert_eq!((of("9000h"), of("30s")), (1, 0));
}

#[test]
fn a_unit_for_windows_that_no_fleet_is_given_is_told() {
    let unit = "[unit.Rest]\non = [\"background\"]\npull = [\"*\"]\npush = [\"*\"]\n";
    let of = |fleet: &str| {
        let warnings = told(&format!("{fleet}{unit}"));
        warnings.into_iter().filter(|text| text.contains("no fleet is given a window")).count()
    };
    let own = |every: &str| {
        format!(
            "background = \"own\"\n[background.own]\nstays = \"0s\"\nwindow = \"1s\"\nevery = \"{every}\"\n"
        )
    };
    assert_eq!((of(""), of(&own("9000h")), of(&own("2s"))), (1, 1, 0));
}

#[test]
fn times_so_short_that_a_run_never_ends_are_refused() {
    for more in [
        "[engine]\nnetwork_poll = \"1ns\"\n",
        "[query.q]\nof = \"note\"\nevery = \"1ns\"\n",
        "[background.x]\nstays = \"0s\"\nwindow = \"1ns\"\nevery = \"2ns\"\n",
    ] {
        let said = complaint(&format!("{MINIMAL}{more}"), &[]);
        assert!(said.contains("from 100ms") || said.contains("from 1s"), "{said}");
    }
}

#[test]
fn a_condition_that_stands_twice_is_refused() {
    let unit = "[unit.All]\non = [\"login\"]\npull = [\"*\"]\nwhen = [\"wifi\", \"wifi\"]\n";
    let said = complaint(&format!("{MINIMAL}{unit}"), &[]);
    assert!(said.contains("`wifi` stands twice in `when`"), "{said}");
}

#[test]
fn parts_of_what_takes_the_place_of_all_are_refused() {
    let text = "[engine.pull]\nreplace = \"all\"\n[unit.All]\non = [\"login\"]\npull = [\"*\"]\npush = [\"*\"]\n\
                [unit.All.entity.note]\nrows = {}\n";
    let said = complaint(&format!("{MINIMAL}{text}"), &[]);
    assert!(
        said.contains("`unit.All` brings a part of them") && said.contains("replace = \"all\""),
        "{said}"
    );
}

#[test]
fn a_pull_by_the_date_of_a_syncs_end_is_told() {
    let of = |more: &str| {
        let warnings = told(&format!("[engine.pull]\ncursor = \"last-sync-on\"\n{more}"));
        warnings.into_iter().filter(|text| text.contains("never comes")).count()
    };
    assert_eq!((of(""), of("[engine.push]\nsync_date = \"start\"\n")), (1, 0));
    assert_eq!(of("[expect]\nviolation = [\"stale\"]\n"), 0, "it is what is to be shown");
}
