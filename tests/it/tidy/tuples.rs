//! Tuples that stand for names: two bindings in one `let`, and parameters that are taken apart.
//! A struct, or a line each, says what a value is.

use std::collections::BTreeMap;

use super::code::{code, without_tests};
use super::{CODE, room_of, sources};

/// Bindings and parameters per room, from before they were counted. Numbers only shrink, and
/// entries are not added.
const TUPLES: &[(&str, usize, usize)] = &[
    ("analysis", 27, 22),
    ("backend", 40, 12),
    ("base", 7, 0),
    ("bench", 3, 0),
    ("bugs", 6, 1),
    ("campaign", 83, 23),
    ("cli", 29, 10),
    ("config", 2, 1),
    ("contract", 13, 2),
    ("disk", 13, 1),
    ("engine", 56, 15),
    ("faults", 14, 1),
    ("gateway", 49, 19),
    ("history", 30, 21),
    ("host", 4, 8),
    ("integration", 2, 1),
    ("live", 28, 22),
    ("metrics", 31, 15),
    ("net", 106, 12),
    ("oracle", 138, 63),
    ("phone", 31, 14),
    ("protocol", 13, 2),
    ("record", 3, 1),
    ("render", 61, 47),
    ("runtime", 1, 0),
    ("scenario", 87, 47),
    ("server", 6, 6),
    ("servers", 60, 43),
    ("setup", 1, 0),
    ("sim", 5, 0),
    ("stats", 6, 0),
    ("store", 16, 17),
    ("workload", 20, 10),
    ("world", 118, 25),
];

/// Lines that bind several names to as many expressions.
fn bindings(code: &str) -> usize {
    let lines = code.lines().map(str::trim);
    lines.filter(|line| line.starts_with("let (") && line.contains(") = (") && line.ends_with(");")).count()
}

/// Parameters that take a tuple apart.
fn parameters(code: &str) -> usize {
    code.matches("): (").count()
}

fn counted() -> BTreeMap<String, (usize, usize)> {
    let mut counted = BTreeMap::new();
    for (path, text) in CODE.into_iter().flat_map(sources) {
        let Some(room) = room_of(&path) else { continue };
        let plain = without_tests(&code(&text));
        let of = counted.entry(room).or_insert((0, 0));
        of.0 += bindings(&plain);
        of.1 += parameters(&plain);
    }
    counted
}

#[test]
fn tuples_stand_for_names_no_more_often_than_they_did() {
    let allowed: BTreeMap<&str, (usize, usize)> =
        TUPLES.iter().map(|(room, bindings, parameters)| (*room, (*bindings, *parameters))).collect();
    let mut wrong = Vec::new();
    for (room, found) in counted() {
        let most = allowed.get(&*room).copied().unwrap_or_default();
        if found.0 > most.0 || found.1 > most.1 {
            wrong.push(format!(
                "(\"{room}\", {}, {}), allowed are {} and {}",
                found.0, found.1, most.0, most.1
            ));
        }
    }
    assert!(wrong.is_empty(), "name what these tuples hold:\n{}", wrong.join("\n"));
}

#[test]
fn bindings_and_parameters_are_counted() {
    let text = "let (a, b) = (1, 2);\nlet (a, b) = f();\nfn f((a, b): (u8, u8), c: (u8, u8)) {}";
    assert_eq!((bindings(text), parameters(text)), (1, 1));
}
