//! Compares two lists of keys: the keys in which two variants of a file differ, and the keys that a
//! claim names.

use std::collections::BTreeSet;

use super::merge::Setting;
use super::plan::Claim;
use crate::config::diagnostic::Diagnostic;
use crate::config::tree::{Entry, Node, Origin, Table, Via};
use crate::config::view::View;

/// Tables that contain expectations and do not change the run.
const OF_NO_RUN: [&str; 4] = ["covers", "expect", "gate", "situations"];

type Path = Vec<String>;

/// The paths of the settings that differ between two checked trees. A value that follows from
/// another value does not count: for instance, the defaults of a table that only one tree has.
fn apart(first: &Node, second: &Node) -> Vec<Path> {
    let mut found = Vec::new();
    walk([first.table(), second.table()], &mut Path::new(), &mut found);
    found.retain(|path| !OF_NO_RUN.contains(&path[0].as_str()));
    found
}

fn walk(both: [Option<&Table>; 2], path: &mut Path, found: &mut Vec<Path>) {
    let names: BTreeSet<&String> = both.into_iter().flatten().flat_map(Table::keys).collect();
    for name in names {
        path.push(name.clone());
        let entries = both.map(|table| table.and_then(|table| table.get(name)));
        let tables = entries.map(|entry| entry.and_then(|entry| entry.node.table()));
        match entries {
            [Some(_), Some(_)] if tables.iter().all(Option::is_some) => walk(tables, path, found),
            [Some(one), Some(other)] => {
                let differ = one.node.to_toml() != other.node.to_toml();
                if differ && [one, other].iter().any(|entry| is_written(&entry.node.origin)) {
                    found.push(path.clone());
                }
            }
            [one, other] => match one.or(other) {
                Some(Entry { key, .. }) if is_written(key) => found.push(path.clone()),
                _ => walk(tables, path, found),
            },
        }
        path.pop();
    }
}

fn is_written(origin: &Origin) -> bool {
    matches!(origin.via, Via::File | Via::Variant(_) | Via::Set)
}

/// Reports a claim if its `keys` are not exactly the keys in which its two variants differ.
/// `written` is the claim in the file; `halves` are the checked trees of the variants.
pub(super) fn misnamed(claim: &Claim, written: View<'_>, halves: [&Node; 2]) -> Vec<Diagnostic> {
    let differing = apart(halves[0], halves[1]);
    let both = format!("`{}` and `{}`", claim.fails, claim.mends);
    let keys = written.at("keys");
    let mut named = Vec::new();
    let mut wrong = Vec::new();
    for (n, name) in claim.keys.iter().enumerate() {
        // The file may have a single name instead of a list.
        let place = keys.items().nth(n).unwrap_or(keys).place();
        let Some(key) = Setting::of_need(name) else {
            let title = format!("no scenario has a key `{name}`");
            wrong.push(Diagnostic::new(place, title).help("write a dotted key such as engine.push.squash"));
            continue;
        };
        if !differing.iter().any(|path| key.is_at_or_above(path)) {
            let title = format!("{both} do not differ in `{name}`");
            wrong.push(Diagnostic::new(place, title).help("remove the name from `keys`"));
        }
        named.push(key);
    }
    for path in differing.iter().filter(|path| !named.iter().any(|key| key.is_at_or_above(path))) {
        let title = format!("{both} differ in `{}` too", path.join("."));
        let help = "add this key to `keys`, or give both variants the same value";
        wrong.push(Diagnostic::new(keys.place(), title).help(help));
    }
    wrong
}
