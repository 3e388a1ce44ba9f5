//! Types with functions in many files: each file reaches into the state of all others, and such a
//! type should be several types with their own state.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::code::{Modules, code, tokens, without_tests};
use super::{ROOMS, root};

const FILES: usize = 3;
/// Types in many files, by the file that defines each. Numbers only shrink; no entry is new.
const SPREAD: &[(&str, &str, usize)] = &[
    ("gateway/replica/database.rs", "Replica", 5),
    ("net/tcp/transfer.rs", "Transfer", 4),
    ("scenario/resolve/context.rs", "ResolveContext", 10),
    ("store/session.rs", "Tx", 7),
];

/// The types that get functions of their own in a source, not from a trait.
fn given_functions<'w>(words: &[&'w str]) -> BTreeSet<&'w str> {
    let mut found = BTreeSet::new();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == "impl") {
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        if !["", "{", "}", ";", "]"].contains(&before) {
            continue;
        }
        let mut head = words[at + 1..].iter().take_while(|word| **word != "{");
        let (mut depth, mut name, mut of_trait) = (0_i32, None, false);
        let mut last = "";
        for word in &mut head {
            match *word {
                "<" => depth += 1,
                // The arrow of a function's type is not a closing bracket.
                ">" if last != "-" => depth -= 1,
                "for" if depth == 0 => of_trait = true,
                "where" if depth == 0 => break,
                "::" | "-" | ">" => {}
                word if depth == 0 => name = Some(word),
                _ => {}
            }
            last = word;
        }
        found.extend(name.filter(|_| !of_trait));
    }
    found
}

/// The files with functions of each type, by the file that defines it and its name.
fn files_of_types(rooms: &str) -> BTreeMap<(String, String), BTreeSet<String>> {
    let src = root().join(rooms);
    let modules = Modules::of(&src.join("lib.rs"));
    let file = |module: usize| {
        let file = modules.0[module].file.strip_prefix(&src).expect("sources lie there");
        file.to_str().expect("names are text").to_owned()
    };
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for module in (0..modules.0.len()).filter(|module| !modules.0[*module].in_tests) {
        let text = fs::read_to_string(&modules.0[module].file).expect("a source is text");
        let plain = without_tests(&code(&text));
        for name in given_functions(&tokens(&plain)) {
            let of = (file(modules.home(module, name)), name.to_owned());
            found.entry(of).or_default().insert(file(module));
        }
    }
    found
}

#[test]
fn no_type_has_its_functions_in_four_files() {
    let found: BTreeMap<_, _> = ROOMS.into_iter().flat_map(files_of_types).collect();
    let allowed: BTreeMap<_, _> =
        SPREAD.iter().map(|(file, name, files)| (((*file).to_owned(), (*name).to_owned()), *files)).collect();
    let more = found.iter().filter(|(of, files)| files.len() > allowed.get(of).copied().unwrap_or(FILES));
    let more: Vec<_> = more.collect();
    assert!(more.is_empty(), "they want to be several types: {more:#?}");
    let fewer = allowed.iter().filter(|(of, files)| found.get(of).map_or(0, BTreeSet::len) < **files);
    let fewer: Vec<_> = fewer.collect();
    assert!(fewer.is_empty(), "take them out of the list, or lower their numbers: {fewer:#?}");
    assert!(allowed.values().all(|files| *files > FILES), "what is allowed anyway is not listed");
}

#[test]
fn functions_of_a_trait_are_not_counted_as_a_types_own() {
    let text = "impl A { fn f() -> impl B { g(|| {}) } } impl<T: Fn() -> u8> x::C<T> where T: D {} \
                impl E for F {} impl<T> G<T> for H {} fn h(i: impl I) {} impl J<'_> {}";
    let found = given_functions(&tokens(text));
    assert_eq!(found, BTreeSet::from(["A", "C", "J"]));
}
