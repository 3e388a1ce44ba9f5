//! What the committed scenarios show, and what is not shown yet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syncdyno::scenario::{Claim, Document, REQUIREMENTS, Request};

use crate::{suite, worlds};

/// Requirements that no scenario shows yet: not implemented, or nothing would fail without them.
/// Remove an entry when a scenario shows it.
const NOT_YET: &[&str] = &[];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Every committed scenario, by its path without `.toml`.
fn documents() -> BTreeMap<String, Document> {
    let mut found = Vec::new();
    suite::scenarios(&root(), "", &mut found);
    let read = |name: String| {
        let document = worlds::document(&format!("scenarios/{name}.toml"));
        (name, document)
    };
    found.into_iter().map(read).collect()
}

#[test]
fn every_requirement_is_shown_or_named_as_not_shown_yet() {
    let documents = documents();
    let shown: BTreeSet<&str> = documents.values().flat_map(Document::covers).collect();
    let not_yet: BTreeSet<&str> = NOT_YET.iter().copied().collect();
    assert_eq!(not_yet.len(), NOT_YET.len(), "one is named twice");
    let both: Vec<_> = shown.intersection(&not_yet).collect();
    assert!(both.is_empty(), "take out of NOT_YET, as a scenario shows them: {both:?}");
    let known: BTreeSet<&str> = REQUIREMENTS.iter().map(|one| one.id).collect();
    let all: BTreeSet<&str> = shown.union(&not_yet).copied().collect();
    let missing: Vec<_> = known.symmetric_difference(&all).collect();
    assert!(missing.is_empty(), "neither shown nor named: {missing:?}");
}

/// The names in the table next to an id: scenario and variants of the first pair, then the
/// scenarios of other pairs; without a pair, scenarios with expectations.
fn names_of(id: &str, documents: &BTreeMap<String, (Document, Vec<Claim>)>) -> Vec<String> {
    let pairs = documents.iter().filter_map(|(name, (_, claims))| {
        let claim = claims.iter().find(|claim| claim.id == id)?;
        Some([name, &claim.fails, &claim.mends].map(String::clone))
    });
    let mut pairs = pairs.collect::<Vec<_>>().into_iter();
    match pairs.next() {
        Some(first) => first.into_iter().chain(pairs.map(|[name, ..]| name)).collect(),
        None => {
            let covers = |(document, _): &(Document, Vec<Claim>)| document.covers().contains(&id);
            documents.iter().filter(|(_, of)| covers(of)).map(|(name, _)| name.clone()).collect()
        }
    }
}

/// `.ci/run` writes the table and checks its numbers; this test checks the names in it.
#[test]
fn the_table_of_what_is_shown_is_not_stale() {
    let with_claims = documents().into_iter().map(|(name, document)| {
        let plans = worlds::plans(&document, &Request::default());
        (name, (document, plans[0].judged.claims.to_vec()))
    });
    let documents: BTreeMap<String, (Document, Vec<Claim>)> = with_claims.collect();
    let table = std::fs::read_to_string(root().join("COVERAGE.md")).expect("the table is there");
    let lines: Vec<&str> = table.lines().skip_while(|line| !line.starts_with("| ---")).skip(1).collect();
    assert_eq!(lines.len(), REQUIREMENTS.len(), "a line for each");
    assert!(table.len() <= 20_000, "{} bytes are more than a page", table.len());
    for (line, requirement) in lines.iter().zip(REQUIREMENTS) {
        let fields: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let (id, title) = (requirement.id, requirement.title);
        assert_eq!(fields[..2], [id, title], "{line}");
        let told: Vec<&str> = fields[2].split('`').skip(1).step_by(2).collect();
        assert_eq!(told, names_of(id, &documents), "`trust coverage scenarios` writes {id} again");
        assert_eq!(fields[2] == "not yet there", told.is_empty(), "{line}");
        assert!(!fields[2].starts_with("FAIL"), "{line}");
    }
}

/// All claims of committed scenarios, with their place and the plan of the failing half.
fn claims() -> Vec<(String, Claim, String)> {
    let mut all = Vec::new();
    for (name, document) in documents() {
        let plans = worlds::plans(&document, &Request::default());
        let Some(first) = plans.first() else { continue };
        for claim in first.judged.claims.iter() {
            let failing = plans.iter().find(|plan| plan.source.variant.as_ref() == Some(&claim.fails));
            let engine = failing.expect("the failing half is planned").engine_name.clone();
            all.push((format!("{name}: {}", claim.id), claim.clone(), engine));
        }
    }
    all
}

/// Reading a file checks that the halves differ in these keys and in nothing else.
#[test]
fn every_claim_names_the_keys_that_its_halves_differ_in() {
    let all = claims();
    assert!(all.len() >= 140, "{} claims", all.len());
    let unnamed: Vec<&String> =
        all.iter().filter(|(_, claim, _)| claim.keys.is_empty()).map(|(place, ..)| place).collect();
    assert!(unnamed.is_empty(), "write `keys` beside `metric`: {unnamed:?}");
}

/// A report is a repository with the number of an issue or pull request.
#[test]
fn a_planted_bug_fails_a_claim_only_with_a_public_report() {
    let is_report = |report: &String| {
        let number = report.split_once(" #").or_else(|| report.split_once(" PR "));
        number.is_some_and(|(of, n)| of.split('/').count() == 2 && n.parse::<u32>().is_ok())
    };
    let mut planted = 0;
    for (place, claim, engine) in claims() {
        let is_planted = engine.starts_with("broken:");
        planted += u32::from(is_planted);
        let is_reported = claim.report.as_ref().is_some_and(is_report);
        assert_eq!(is_planted, is_reported, "{place}: {engine}, reported in {:?}", claim.report);
    }
    assert!(planted > 0, "there is none to look at");
}
