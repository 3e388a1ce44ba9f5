//! Tests that the page fits its figures, that an unclassified violation is refused, and that an
//! engine's name changes no figure.

use std::collections::BTreeSet;

use syncdyno::Bench;
use syncdyno::contract::Stack;

use super::{Entrants, Lines, html, markdown, plot};
use crate::stacks::{automerge, yrs};

fn text(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|wrong| panic!("{path}: {wrong}"))
}

fn entrants() -> Entrants {
    Entrants::parse(&text("league/entrants.toml")).unwrap()
}

#[test]
fn the_page_is_that_of_its_figures() {
    let lines = Lines::parse(&text("league/figures.csv")).unwrap();
    let page = markdown(&lines, &entrants(), &text("league/page.md"));
    let plot = plot(&lines, &entrants());
    let again = "cargo run --release --manifest-path engines/Cargo.toml --bin league";
    assert!(text("../docs/engines.md") == page, "docs/engines.md is old: {again}");
    assert!(text("../docs/plots/engines.svg") == plot, "docs/plots/engines.svg is old: {again}");
    assert!(text("../docs/engines.html") == html(&page, &plot), "docs/engines.html is old: {again}");
    assert!(!page.contains("{{"), "a table of the page is not there");
}

#[test]
fn each_row_of_the_league_has_its_words() {
    let league: toml::Table = toml::from_str(&text("league/league.toml")).unwrap();
    let rows = league["table"]["axis"][0]["values"].as_array().unwrap().iter();
    let rows: Vec<&str> = rows.map(|name| name.as_str().unwrap()).collect();
    let words: Vec<String> = entrants().entrant.into_iter().map(|entrant| entrant.engine).collect();
    assert_eq!(rows, words);
}

#[test]
fn what_nobody_has_classified_is_refused() {
    let failing = |engine: &str, check: &str| {
        entrants().refuse_unclassified(&BTreeSet::from([(engine.to_owned(), check.to_owned())]))
    };
    assert!(failing("watermelondb", "duplicate").is_ok());
    let wrong = failing("yrs", "duplicate").unwrap_err().to_string();
    assert!(wrong.contains("yrs: `duplicate`"), "{wrong}");
}

/// All figures of each seed of a morning with faults.
fn figures(bench: Bench, engine: &str) -> Vec<String> {
    let bench = bench.scenario("league/league.toml").set("engine.name", format!("{engine:?}")).seeds(1..=2);
    let bench = bench.set("duration", "30m").chaos("kill_mtbf", "10m").chaos("response_loss", 0.1);
    let record: serde_json::Value = serde_json::from_str(&bench.run().to_json()).unwrap();
    let cells = record["cells"].as_array().unwrap().iter();
    cells.map(|cell| cell["figures_digest"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_engine_under_two_names_has_equal_figures() {
    let once = figures(Bench::new(yrs()), "yrs");
    let mut twin: Stack = yrs();
    twin.name = "a-twin".into();
    assert_eq!(figures(Bench::new(twin), "a-twin"), once);
    assert_ne!(figures(Bench::new(automerge()), "automerge"), once, "other engines have others");
}
