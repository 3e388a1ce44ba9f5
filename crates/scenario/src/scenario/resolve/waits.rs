//! The events that need the row of another event, and cycles of such events.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::view::{Names, View};
use crate::contract::EditKind;

/// The events with edits. Some of them edit the row of another event.
pub(super) struct Waits<'a> {
    pub(super) names: Names,
    for_event: BTreeMap<&'a str, View<'a>>,
    /// For each event in a cycle, by name: the `row_of` of the cycle that refers to this event.
    pub(super) circles: BTreeMap<&'a str, View<'a>>,
}

impl<'a> Waits<'a> {
    pub(super) fn of(root: View<'a>) -> Waits<'a> {
        let with_edits =
            || root.at("event").entries().filter(|(_, event)| event.at("edits").present().is_some());
        let waits = |(name, event): (&'a str, View<'a>)| {
            let action = root.at("action").key(event.at("edits").at("action").text()).at("kind");
            // An event that creates rows does not wait for another event.
            let makes = action.present().is_some_and(|kind| kind.word::<EditKind>() == EditKind::Create);
            Some((name, event.at("edits").at("row_of").present().filter(|_| !makes)?))
        };
        let for_event: BTreeMap<_, _> = with_edits().filter_map(waits).collect();
        let mut circles = BTreeMap::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for start in for_event.keys() {
            let (mut path, mut at) = (BTreeMap::new(), *start);
            while seen.insert(at) {
                let Some(next) = for_event.get(at) else { break };
                path.insert(at, *next);
                at = next.text();
            }
            // The path has returned to an event that it already contains: this is a cycle.
            while let Some(next) = path.remove(at) {
                at = next.text();
                circles.insert(at, next);
            }
        }
        Waits { names: with_edits().map(|(name, _)| name).collect(), for_event, circles }
    }

    /// The names of the events in a cycle, from `from` on, up to a readable number.
    pub(super) fn round(&self, from: &'a str) -> Vec<&'a str> {
        const MOST: usize = 8;
        let mut path = vec![from];
        while let Some(next) = self.for_event.get(path[path.len() - 1]).map(|next| next.text()) {
            if next == from {
                break;
            }
            if path.len() == MOST {
                path.push("…");
                break;
            }
            path.push(next);
        }
        path
    }
}
