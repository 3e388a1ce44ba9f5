//! What operating systems allow apps in the background.

use super::super::budget::Budget;
use super::super::profiles;
use super::super::view::{Mistakes, View};
use super::tunnel::library_and_own;
use crate::base::Ppm;

pub(super) fn background(fleet: View<'_>, root: View<'_>, wrong: &Mistakes) -> Option<Budget> {
    let named = fleet.at("background").present()?;
    let all = root.at("background");
    let known = library_and_own(all.names(), profiles::backgrounds());
    wrong.find(named, "background", named.text(), &known);
    all.key(named.text()).present().map(budget)
}

/// Refuses what is no budget, be it used or not.
pub(super) fn budgets(root: View<'_>, wrong: &Mistakes) {
    for (_, view) in root.at("background").entries() {
        wrong.in_order(view, ["window", "every"], true);
        let growth = view.at("growth");
        if growth.is_sound() && growth.milli() < 1_000 {
            let help = "1 is as often as ever, 2 half as often each time";
            wrong.at(growth, "windows do not come more and more often", help);
        }
    }
}

fn budget(view: View<'_>) -> Budget {
    let (window, every) = (view.at("window").span(), view.at("every").span());
    Budget {
        stays: view.at("stays").span(),
        window,
        longest: view.at("longest").present().map_or(window, View::span),
        every,
        growth: Ppm(view.at("growth").milli().saturating_mul(1_000)),
        cap: view.at("cap").present().map_or(crate::base::Span(u64::MAX / 8), View::span),
        sockets: view.at("sockets").present().map(View::span),
    }
}
