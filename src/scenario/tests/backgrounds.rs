//! What is said of budgets in the background, and what they come to.

use super::{MINIMAL, complaint, with_sets};
use crate::base::Span;

#[test]
fn a_budget_that_is_none_is_refused_with_its_place() {
    let cases = [
        ("window = \"2h\"\nevery = \"1h\"", "a window of 2h each 1h is never over", "test.toml:12:10"),
        ("window = \"0s\"\nevery = \"1h\"", "it takes a time such as", "test.toml:12:10"),
        ("window = \"1m\"\nevery = \"1h\"\ngrowth = 0.5", "more and more often", "test.toml:14:10"),
    ];
    for (keys, title, place) in cases {
        let said = complaint(&format!("{MINIMAL}\n[background.own]\nstays = \"1m\"\n{keys}\n"), &[]);
        assert!(said.contains(title) && said.contains(place), "{said}");
    }
}

#[test]
fn a_background_that_there_is_not_is_told_with_the_nearest() {
    let said = complaint(MINIMAL, &["fleet.phones.background=\"android-dose\""]);
    assert!(said.contains("android-doze") && said.contains("--set:1:"), "{said}");
}

#[test]
fn a_profile_is_changed_key_by_key() {
    let more = "\n[background.android-doze]\nwindow = \"7m\"\n";
    let plan = with_sets(&format!("{MINIMAL}{more}"), &["fleet.phones.background=\"android-doze\""]);
    let budget = plan.fleets[0].background.expect("it has one");
    assert_eq!((budget.window, budget.every), (Span::secs(420), Span::secs(3_600)));
}
