//! Refuses settings that do not work with two versions of an app.

use super::gateway::{SERVED, captured};
use crate::base::Word;
use crate::config::view::{Mistakes, View};
use crate::config::written::dotted;
use crate::engine::{Detect, Identity};
use crate::gateway::{Capture, Mode};
use crate::store::OnMismatch;

fn upgrades<'a>(root: View<'a>) -> impl Iterator<Item = (&'a str, View<'a>)> {
    root.at("event").entries().filter_map(|(name, event)| Some((name, event.at("upgrade").present()?)))
}

pub(super) fn on_mismatch(root: View<'_>) -> OnMismatch {
    upgrades(root).next().map_or_else(OnMismatch::default, |(_, upgrade)| upgrade.at("on_mismatch").word())
}

pub(super) fn fits(root: View<'_>, mistakes: &Mistakes) {
    let Some((name, first)) = upgrades(root).next() else { return };
    let on_mismatch = on_mismatch(root);
    for other in upgrades(root).map(|(_, upgrade)| upgrade.at("on_mismatch")) {
        if other.word::<OnMismatch>() != on_mismatch {
            let help = format!("write \"{}\", as in another event", on_mismatch.word());
            mistakes.at(other, "all upgrades must handle an old database in the same way", help);
        }
    }
    if upgrades(root).all(|(_, upgrade)| upgrade.at("adds").present().is_none()) {
        let help =
            "write a column such as adds = { entity = \"visit\", column = \"weight\", type = \"real\" }";
        mistakes.at(first, "no upgrade adds a column", help);
    }
    let engine = root.at("engine");
    let in_parts = |(_, unit): (&str, View<'_>)| unit.at("entity").entries().next().is_some();
    let pages = ["manual", "keep-both"].contains(&engine.at("conflict.policy").text());
    for (unfit, at, help) in [
        (root.at("gateway.mode").word::<Mode>() == Mode::Persistent, "gateway.mode", "\"ota\""),
        (
            captured(root, SERVED, &Mistakes::default()).is_some_and(|capture| capture.knows_one_app),
            SERVED,
            &*format!("a capture by {}", Capture::such(|capture| !capture.knows_one_app)),
        ),
        (pages, "engine.conflict.policy", "a policy that decides at once, such as \"server-wins\""),
        (
            engine.at("conflict.detect").word::<Detect>() == Detect::ReadBefore,
            "engine.conflict.detect",
            "a method by dates or versions",
        ),
        (engine.at("identity").word::<Identity>() == Identity::Database, "engine.identity", "\"device\""),
        (root.at("unit").entries().any(in_parts), "unit", "units that bring whole rows"),
    ] {
        if unfit {
            let two = dotted(&["event", name, "upgrade"]);
            let title =
                format!("`{two}` makes two versions of the app, but this `{at}` is for one version only");
            mistakes.at(first, title, format!("write {help} for `{at}`"));
        }
    }
}
