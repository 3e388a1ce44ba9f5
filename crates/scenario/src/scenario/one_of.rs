//! The lists of `swarm.one_of`: each seed of a swarm takes one table of keys from each list.
//!
//! A fault is on or off. But a design is one of several: for instance, how phones learn of changes.
//! A seed needs exactly one of them. So each list has several tables of keys, and a seed takes one
//! of them, all with the same probability. The keys are set before the scenario is resolved, like
//! the keys of a variant.

use super::merge::Setting;
use crate::base::Seed;
use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::tree::{Node, Val, parse_path};
use crate::config::view::View;

/// Keys that a seed must not set. They decide which cells exist, or they set other keys that the
/// resolved scenario then contains.
const FIXED: [&str; 8] =
    ["name", "seed", "swarm", "situations", "expect", "covers", "product", "backend.profile"];

/// The lists of `swarm.one_of`, by name.
#[derive(Default)]
pub(super) struct OneOf(Vec<List>);

struct List {
    name: String,
    place: Option<Place>,
    ways: Vec<Vec<Setting>>,
}

/// The table that a seed takes from a list: the index of the list and the index of the table, both
/// from 0.
pub(super) type Way = (usize, usize);

impl OneOf {
    /// The lists of a tree. Wrong lists are reported as mistakes.
    pub(super) fn of(tree: &Node, mistakes: &mut Vec<Diagnostic>) -> OneOf {
        let lists = tree.get(&["swarm", "one_of"]).and_then(Node::table).into_iter().flatten();
        let lists = lists.filter_map(|(name, entry)| {
            let Val::List(items) = &entry.node.value else { return None };
            let ways = items.iter().map(|item| of_way(name, item, mistakes)).collect();
            Some(List { name: name.clone(), place: entry.node.origin.place.clone(), ways })
        });
        let lists: Vec<List> = lists.collect();
        for list in lists.iter().filter(|list| list.ways.is_empty()) {
            let title = format!("`swarm.one_of.{}` has no table to take", list.name);
            let help = "a seed takes one of them; {} leaves the file as it is";
            mistakes.push(Diagnostic::new(list.place.clone(), title).help(help));
        }
        OneOf(lists)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The settings of all tables of all lists.
    pub(super) fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter().flat_map(|list| list.ways.iter().flatten())
    }

    pub(super) fn each(&self) -> impl Iterator<Item = Vec<Way>> {
        self.0.iter().enumerate().flat_map(|(at, list)| (0..list.ways.len()).map(move |way| vec![(at, way)]))
    }

    /// The tables that this seed takes, one from each list.
    pub(super) fn drawn(&self, seed: Seed) -> Vec<Way> {
        let seed = seed.derive("scenario.swarm.one-of", 0);
        let lists = self.0.iter().enumerate().filter(|(_, list)| !list.ways.is_empty());
        let drawn = lists
            .map(|(at, list)| (at, seed.stream(&list.name, 0, 0).below(list.ways.len() as u64) as usize));
        drawn.collect()
    }

    /// The settings of these tables.
    pub(super) fn taken(&self, ways: &[Way]) -> Vec<Setting> {
        ways.iter().flat_map(|(list, way)| self.0[*list].ways[*way].iter().cloned()).collect()
    }

    /// The note that a seed takes tables that do not fit together.
    pub(super) fn told(&self, ways: &[Way]) -> Diagnostic {
        let one = |(list, way): &Way| format!("{} {}", self.0[*list].name, way + 1);
        let names: Vec<String> = ways.iter().map(one).collect();
        let title = format!("tables of `swarm.one_of` that a seed takes together: {}", names.join(", "));
        let place = self.0.first().and_then(|list| list.place.clone());
        Diagnostic::new(place, title).help("what cannot be together belongs in one list")
    }
}

/// Removes the keys of these settings from all tables of all lists. A setting of the command line
/// has priority over the table that a seed takes, also in the resolved text.
pub(super) fn give_way(tree: &mut Node, settings: &[Setting]) {
    let lists = tree.get_mut(&["swarm", "one_of"]).and_then(Node::table_mut).into_iter().flatten();
    for (_, list) in lists {
        let Val::List(items) = &mut list.node.value else { continue };
        for item in items {
            settings.iter().for_each(|setting| leave_out(item, &setting.path));
        }
    }
}

fn leave_out(item: &mut Node, path: &[String]) {
    let Some(table) = item.table_mut() else { return };
    table.retain(|key, entry| {
        let Some(own) = parse_path(key) else { return true };
        if let Some(rest) = path.strip_prefix(own.as_slice()).filter(|rest| !rest.is_empty()) {
            leave_out(&mut entry.node, rest);
        }
        !own.starts_with(path)
    });
}

fn of_way(list: &str, item: &Node, mistakes: &mut Vec<Diagnostic>) -> Vec<Setting> {
    let mut ways = Vec::new();
    for setting in Setting::all_of_table(&format!("swarm.one_of.{list}"), item) {
        match setting {
            Ok(setting) => match FIXED.iter().find(|key| setting.gives(key)) {
                Some(key) => mistakes.push(
                    Diagnostic::new(View::new(item).place(), format!("`{key}` is the same with each seed"))
                        .help("a variant can change it"),
                ),
                None => ways.push(setting),
            },
            Err(wrong) => mistakes.push(wrong),
        }
    }
    ways
}
