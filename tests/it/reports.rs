//! Reports of real runs: the page, rendering again, and the plots of docs/reading-reports.md.

use std::fs;
use std::path::{Path, PathBuf};

use syncdyno::analysis::sweep::Sweep;
use syncdyno::record::RunRecord;
use syncdyno::render::html;
use syncdyno::render::svg::{Size, Svg};
use syncdyno::render::sweep::{curves, heat_map};
use tempfile::TempDir;

use crate::comparisons::syncdyno;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder with the scenarios for looking at pages.
fn desk() -> TempDir {
    let desk = TempDir::new().unwrap();
    for name in ["small.toml", "losing.toml", "chunks.toml"] {
        fs::copy(root("tests/browser").join(name), desk.path().join(name)).unwrap();
    }
    desk
}

fn record(desk: &TempDir, folder: &str) -> RunRecord {
    RunRecord::parse(&fs::read_to_string(desk.path().join(folder).join("run.json")).unwrap()).unwrap()
}

fn losing(desk: &TempDir) -> RunRecord {
    let (exit, ..) = syncdyno(desk, &["run", "losing.toml", "--out", "losing", "--progress", "none", "-q"]);
    assert_eq!(exit, 11, "rows are lost");
    record(desk, "losing")
}

/// A sweep of small cells.
fn swept(desk: &TempDir) -> RunRecord {
    sweep(desk, "small.toml", "engine.pull.chunk_rows=5,10,20,40,80", "link.slow.rtt=40ms,400ms")
}

fn sweep(desk: &TempDir, scenario: &str, chunks: &str, links: &str) -> RunRecord {
    let axes = ["--axis", chunks, "--axis", links];
    let rest = ["--seeds", "1..=4", "--out", "swept", "--progress", "none", "-q"];
    let (exit, _, wrong) = syncdyno(desk, &[&["sweep", scenario][..], &axes, &rest].concat());
    assert_eq!(exit, 0, "{wrong}");
    record(desk, "swept")
}

#[test]
fn the_page_that_is_rendered_again_is_the_one_that_was_written() {
    let desk = desk();
    losing(&desk);
    swept(&desk);
    for folder in ["losing", "swept"] {
        let at = |file: &str| fs::read_to_string(desk.path().join(folder).join(file)).unwrap();
        // Only from the record: the rest of the report is gone.
        let alone = desk.path().join(format!("{folder}.json"));
        fs::copy(desk.path().join(folder).join("run.json"), &alone).unwrap();
        let alone = alone.to_str().unwrap();
        for (format, file) in
            [("html", "report.html"), ("md", "summary.md"), ("csv", "cells.csv"), ("json", "run.json")]
        {
            let (exit, told, wrong) = syncdyno(&desk, &["report", alone, "--format", format]);
            assert_eq!((exit, wrong.as_str()), (0, ""));
            assert_eq!(told, at(file), "{folder}/{file}");
        }
    }
    let (exit, told, _) = syncdyno(&desk, &["report", "swept"]);
    assert_eq!(exit, 0);
    assert!(told.contains("engine.pull.chunk_rows"), "{told}");
    let (_, told, _) = syncdyno(&desk, &["report", "losing"]);
    assert!(told.contains("syncdyno replay losing#"), "{told}");
    let args = ["report", "losing", "--format", "html", "--out", "team/page.html"];
    assert_eq!(syncdyno(&desk, &args).0, 0);
    let page = fs::read_to_string(desk.path().join("team/page.html")).unwrap();
    assert_eq!(page, html::page(&record(&desk, "losing")));
}

#[test]
fn a_page_of_failures_shows_the_life_of_what_was_lost() {
    let desk = desk();
    let record = losing(&desk);
    let cell = &record.cells[0];
    let life = cell.lives.first().expect("the life of a lost row is told");
    let diagram = html::life(cell, life).expect("with its steps");
    assert!(diagram.ending.is_some(), "it ends with where it went wrong: {:?}", life.lines);
    assert!(diagram.moments.iter().any(|moment| moment.place == "backend"));
    let page = html::page(&record);
    assert!(page.contains(&format!("{} --record {}", cell.replay, life.record)));
}

#[test]
fn a_record_without_series_is_rendered_without_its_plots() {
    let desk = desk();
    let mut record = losing(&desk);
    record.cells[0].series = None;
    record.cells[0].lives.iter_mut().for_each(|life| life.steps.clear());
    fs::write(desk.path().join("before.json"), record.to_json()).unwrap();
    let (exit, page, wrong) = syncdyno(&desk, &["report", "before.json", "--format", "html"]);
    assert_eq!((exit, wrong.as_str()), (0, ""));
    assert!(page.contains("badge fail") && page.contains("<details>"));
}

/// The example plots of docs/reading-reports.md, by file name.
fn examples(desk: &TempDir) -> Vec<(&'static str, Svg)> {
    let chunks = "engine.pull.chunk_rows=16,64,256,512,1024,2048";
    let swept = sweep(desk, "chunks.toml", chunks, "fleet.phones.link=edge,lte-good");
    let losing = losing(desk);
    let told = swept.sweep.as_ref().expect("a sweep knows its grid");
    let sweep = Sweep::new(&swept, &told.axes, told.objective.parse().unwrap());
    let cell = &losing.cells[0];
    let wide = Size::Wide;
    vec![
        ("chunk-curve", curves(&sweep).unwrap().draw(wide)),
        ("heat-map", heat_map(&sweep).unwrap().draw(wide)),
        ("percentiles", html::percentiles(cell).unwrap().draw(wide)),
        ("fleet", html::fleet(&losing, cell).unwrap().draw(wide)),
        ("outages", html::outages(&losing, cell).unwrap().draw(wide)),
        ("life", html::life(cell, &cell.lives[0]).unwrap().draw(wide)),
    ]
}

/// The plots in docs/reading-reports.md are those that the program draws today.
#[test]
fn the_example_plots_are_fresh() {
    let desk = desk();
    let page = fs::read_to_string(root("docs/reading-reports.md")).unwrap();
    let bless = std::env::var_os("SYNCDYNO_BLESS").is_some();
    for (name, svg) in examples(&desk) {
        let file = format!("plots/{name}.svg");
        assert!(page.contains(&file), "docs/reading-reports.md shows {file}");
        let path = root("docs").join(&file);
        let drawn = svg.standalone();
        if bless {
            fs::write(&path, &drawn).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == drawn,
            "{file} is not what is drawn today: SYNCDYNO_BLESS=1 cargo test --test it example_plots"
        );
    }
}
