//! Files of a room that need each other, directly or indirectly: none of them can be read, tested
//! or removed alone.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Modules;
use super::{ROOMS, root};

/// Sets of two or more modules that all reach each other.
fn circles(needs: &BTreeMap<usize, BTreeSet<usize>>) -> Vec<BTreeSet<usize>> {
    let reached = |from: usize| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            open.extend(needs.get(&at).into_iter().flatten().filter(|next| seen.insert(**next)));
        }
        seen
    };
    let leads_to: BTreeMap<usize, BTreeSet<usize>> = needs.keys().map(|at| (*at, reached(*at))).collect();
    let mut found: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
    for (at, others) in &leads_to {
        if others.contains(at) {
            found.insert(others.iter().copied().filter(|other| leads_to[other].contains(at)).collect());
        }
    }
    found.into_iter().filter(|circle| circle.len() > 1).collect()
}

/// The cycles of a crate: the files of each, and what each file needs of the others.
fn circles_of_files(rooms: &str) -> Vec<BTreeMap<String, Vec<String>>> {
    let src = root().join(rooms);
    let modules = Modules::of(&src.join("lib.rs"));
    let name = |module: usize| {
        let file = modules.0[module].file.strip_prefix(&src).expect("sources lie there");
        file.to_str().expect("names are text").to_owned()
    };
    let room = |module: usize| name(module).split('/').next().map(str::to_owned);
    let program = (0..modules.0.len()).filter(|module| !modules.0[*module].in_tests);
    let needs = program.map(|module| {
        let of_room = |other: &usize| room(*other) == room(module);
        (module, modules.needs(module).into_iter().filter(of_room).collect())
    });
    let needs: BTreeMap<usize, BTreeSet<usize>> = needs.collect();
    let in_words = |circle: &BTreeSet<usize>| {
        let of = |module: &usize| {
            let others = needs[module].intersection(circle).map(|other| name(*other)).collect();
            (name(*module), others)
        };
        circle.iter().map(of).collect()
    };
    circles(&needs).iter().map(in_words).collect()
}

#[test]
fn no_files_of_a_room_need_each_other() {
    let there: Vec<_> = ROOMS.into_iter().flat_map(circles_of_files).collect();
    assert!(there.is_empty(), "files that need each other, and what each needs of the others: {there:#?}");
}

#[test]
fn a_circle_of_three_is_found_and_a_chain_is_none() {
    let needs = |pairs: &[(usize, usize)]| {
        let mut needs: BTreeMap<usize, BTreeSet<usize>> = (0..6).map(|at| (at, BTreeSet::new())).collect();
        pairs.iter().for_each(|(from, to)| {
            needs.entry(*from).or_default().insert(*to);
        });
        needs
    };
    assert_eq!(circles(&needs(&[(0, 1), (1, 2), (3, 1)])), []);
    assert_eq!(circles(&needs(&[(0, 1), (1, 2), (2, 1), (2, 4), (4, 1)])), [BTreeSet::from([1, 2, 4])]);
}
