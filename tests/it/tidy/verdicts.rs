//! Only `analysis` decides if a run fails: no room above it sets a verdict, a reason, an exit code,
//! or another field that makes a record fail.

use super::code::{code, tokens, without_tests};
use super::{room_of, sources};

/// The rooms above `analysis`.
const ABOVE: [&str; 3] = ["render", "campaign", "cli"];
/// The fields that make a record fail.
const FIELDS: [&str; 6] = ["verdict", "exit_code", "reasons", "complete", "left_out_fails", "pass"];
const RECORDS: [&str; 7] = [
    "RunRecord",
    "CellRecord",
    "GateRecord",
    "ExpectationRecord",
    "ClaimRecord",
    "OccurrenceRecord",
    "AnswerRecord",
];
const CHANGES: [&str; 12] = [
    "push",
    "extend",
    "insert",
    "remove",
    "retain",
    "clear",
    "truncate",
    "drain",
    "append",
    "rotate_left",
    "rotate_right",
    "iter_mut",
];
/// Files in which a field of this name is something else, and what.
const OTHERS: [(&str, &str); 1] =
    [("cli/baseline.rs", "a baseline's reasons say why it was saved, and fail nothing")];

/// The index where the brace opened at `at` closes.
fn closing(words: &[&str], at: usize) -> usize {
    let mut depth = 0;
    for (place, word) in words.iter().enumerate().skip(at) {
        match *word {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    words.len()
}

/// The index where the bracket closed at `at` opens.
fn opening(words: &[&str], at: usize) -> usize {
    let mut depth = 0;
    for place in (0..=at).rev() {
        match words[place] {
            ")" => depth += 1,
            "(" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    0
}

/// True if what ends at `end` is a pattern, not a new value.
fn is_pattern(words: &[&str], end: usize) -> bool {
    let mut at = end + 1;
    loop {
        match (words.get(at), words.get(at + 1)) {
            (Some(&"="), Some(&"=")) => return false,
            (Some(&("=" | "|" | "if")), _) => return true,
            (Some(&")"), _) => {
                let open = opening(words, at);
                if open >= 2 && words[open - 2..open] == ["matches", "!"] {
                    return true;
                }
                at += 1;
            }
            _ => return false,
        }
    }
}

/// The places in a source that set a field which makes a record fail.
fn set_in(text: &str) -> Vec<String> {
    let plain = without_tests(&code(text));
    let words = tokens(&plain);
    let next = |at: usize| words.get(at).copied().unwrap_or_default();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if *word == "." && FIELDS.contains(&next(at + 1)) {
            let assigned = match next(at + 2) {
                "=" => !["=", ">"].contains(&next(at + 3)),
                "&" | "|" | "^" | "+" => next(at + 3) == "=",
                "." => CHANGES.contains(&next(at + 3)) || next(at + 3).starts_with("sort"),
                _ => false,
            };
            found.extend(assigned.then(|| format!("sets `{}`", next(at + 1))));
        }
        let is_made = |brace: usize| next(brace) == "{" && !is_pattern(&words, closing(&words, brace));
        if *word == "Reason" && next(at + 1) == "::" && is_made(at + 3) {
            found.push(format!("makes a reason `{}`", next(at + 2)));
        }
        let begins_literal = at == 0 || ![">", "impl", "for", "struct"].contains(&words[at - 1]);
        if RECORDS.contains(word) && begins_literal && is_made(at + 1) {
            let fields = &words[at + 2..closing(&words, at + 1)];
            let named = fields.iter().enumerate().filter(|(n, field)| {
                let begins = *n == 0 || fields[n - 1] == ",";
                begins && FIELDS.contains(field)
            });
            found.extend(named.map(|(_, field)| format!("makes a {word} with `{field}`")));
        }
    }
    found
}

#[test]
fn no_room_above_analysis_sets_a_verdict() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let above = room_of(&path).is_some_and(|room| ABOVE.contains(&room.as_str()));
        let name = path.display().to_string().replace('\\', "/");
        let is_test = name.ends_with("tests.rs") || name.contains("/tests/");
        if above && !is_test && !OTHERS.iter().any(|(other, _)| name.ends_with(other)) {
            wrong.extend(set_in(&text).into_iter().map(|what| format!("{name} {what}")));
        }
    }
    assert!(wrong.is_empty(), "a rule in analysis/verdict does this: {wrong:#?}");
}

#[test]
fn a_verdict_is_seen_where_it_is_set_and_not_where_it_is_read() {
    for seen in [
        "record.verdict = Verdict::Fail;",
        "record.complete &= whole;",
        "judged.cell.reasons.push(reason);",
        "cell.reasons.sort_by_key(grave);",
        "fail(Reason::Stuck {})",
        "cells[0].fail(Reason::Unexpected { text: why });",
        "vec![Reason::Differs { text }]",
        "let all = cell.reasons.contains(&Reason::Stuck {});",
        "RunRecord { exit_code: 0, ..record }",
        "let gate = GateRecord { name, pass, ..gate };",
    ] {
        assert_eq!(set_in(seen).len(), 1, "{seen}: {:?}", set_in(seen));
    }
    for other in [
        "if record.verdict == Verdict::Fail {}",
        "if cell.verdict != Verdict::Pass {}",
        "cell.reasons.iter().map(Reason::exit)",
        "match reason { Reason::Stuck {} => 1, Reason::Gate { gate } | Reason::Other { gate } if x => 2 }",
        "if let Some(Reason::Violation { check }) = first {}",
        "matches!(reason, Reason::Gate { .. })",
        "matches!(reason, Reason::EventInVain { event } if event == of)",
        "let RunRecord { exit_code, verdict, .. } = record;",
        "fn f() -> RunRecord { record.verdict }",
        "// record.verdict = Fail\nlet text = \"record.verdict = Fail\";",
        "#[cfg(test)]\nmod tests {\n    record.verdict = Fail;\n}",
    ] {
        assert_eq!(set_in(other), [""; 0], "{other}");
    }
}
