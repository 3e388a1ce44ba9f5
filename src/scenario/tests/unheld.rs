//! Units that wait for what never comes, and hooks that start themselves.

use super::{MINIMAL, plan};

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
