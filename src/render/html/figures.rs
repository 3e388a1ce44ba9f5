//! The headline figures as sentences, the gates (limits on figures), the table of cells, and
//! answers.
//!
//! A cell is one simulation: one variant and one seed. A matrix is a run that shows the result of
//! each setting, and a failing setting is a result, too.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};

use crate::analysis::{AnsweredList, by_list};
use crate::metrics::human;
use crate::record::{CellRecord, RunRecord, Verdict, place};
use crate::render::answers::{FAULTS, own_faults};
use crate::render::brief::{Checks, HeadlineFigure, brief, checks, glance, population};
use crate::render::story::gate_grid;
use crate::render::{Form, Grid, table};

/// The largest number of missed gates, and of other gates, that are shown one by one.
const GATES: (usize, usize) = (100, 20);
const CELLS: usize = 200;
const COLUMNS: usize = 24;

/// A card for each sentence about a setting. If there are several settings, the table of figures
/// shows them instead.
pub(super) fn cards(record: &RunRecord) -> Markup {
    let cells: Vec<&CellRecord> = record.cells.iter().filter(|cell| !cell.metrics.is_empty()).collect();
    let Checks { found, passed, .. } = checks(&cells);
    let fails = record.verdict == Verdict::Fail;
    let (passed, found) = (passed.len(), found.len());
    let (met, all) = (record.gates.iter().filter(|gate| gate.pass).count(), record.gates.len());
    html! {
        @if table::is_one_setting(record) && !cells.is_empty() {
            h2 { "In short" }
            div.tiles {
                @let passes = Some(record.verdict == Verdict::Pass);
                (tile("verdict", record.verdict.word(), passes, &format!("exit {}", record.exit_code)))
                @let lost = glance(&cells).into_iter().filter(|one| one.sound.is_some());
                @for HeadlineFigure { what, unit, value, sound, .. } in lost {
                    @let sound = sound.filter(|sound| fails || *sound);
                    @let must = sound.map_or("as expected", |_| "must be 0");
                    (tile(what, &human::figure(unit, value), sound, must))
                }
                @if passed + found > 0 {
                    @let sound = (fails || found == 0).then_some(found == 0);
                    @let must = sound.map_or("as expected", |_| "must be all");
                    (tile("checks passed", &format!("{passed} of {}", passed + found), sound, must))
                }
                @if all > 0 {
                    (tile("gates met", &format!("{met} of {all}"), Some(met == all), "must be all"))
                }
                @for one in glance(&cells).iter().filter(|one| one.sound.is_none()) {
                    (tile(one.what, &one.told(), None, "▾ less is better"))
                }
            }
            div.cards {
                @for sentence in brief(&cells) {
                    div.card.bad[sentence.is_bad] {
                        small { (sentence.topic) @if sentence.is_bad { " ✗" } }
                        @for part in sentence.text.split("; ") { span { (part) } }
                    }
                }
            }
            @if cells.len() > 1 { p.note { "Figures are " (population(cells.len())) "." } }
        }
    }
}

fn tile(what: &str, value: &str, sound: Option<bool>, way: &str) -> Markup {
    let (class, sign) = match sound {
        Some(true) => ("good", "✓ "),
        Some(false) => ("bad", "✗ "),
        None => ("", ""),
    };
    html! {
        div class={ "tile " (class) } { small { (what) } b { (sign) (value) } small { (way) } }
    }
}

pub(super) fn tables(record: &RunRecord) -> Markup {
    let columns = record.cells.iter().map(CellRecord::setting).collect::<BTreeSet<_>>().len();
    html! {
        @if columns <= COLUMNS {
            (PreEscaped(table::figures(record, Form::Html, false)))
        } @else {
            p.note {
                (human::thousands(columns as u64))
                " combinations of scenario, variant and settings are too many columns for a table: \
                 their figures are in cells.csv and run.json."
            }
        }
    }
}

pub(super) fn gates(record: &RunRecord) -> Markup {
    let met = record.gates.iter().filter(|gate| gate.pass).count();
    let mut told: Vec<_> = record.gates.iter().collect();
    told.sort_by_key(|gate| gate.pass);
    told.truncate((record.gates.len() - met).clamp(GATES.1, GATES.0));
    html! {
        p { (met) " of " (human::count(record.gates.len() as u64, "gate")) " met." }
        (PreEscaped(gate_grid(record, &told).html()))
        @if record.gates.len() > told.len() {
            p.note { (record.gates.len() - told.len()) " more are in run.json." }
        }
    }
}

pub(super) fn cells(record: &RunRecord) -> Markup {
    let mut told: Vec<&CellRecord> = record.cells.iter().collect();
    told.sort_by_key(|cell| match cell.verdict {
        Verdict::Fail => (0, Some(place(cell))),
        Verdict::Incomplete => (1, None),
        Verdict::Unsupported => (2, None),
        Verdict::Pass => (3, None),
    });
    told.truncate(CELLS);
    // A failing setting is excluded in a search with a result. In a matrix it is a result.
    let found = if record.matrix { "misses something" } else { "excluded" };
    let figure = |cell: &CellRecord, column: &str| {
        let (metric, stat) = column.split_once(' ').unwrap_or((column, "value"));
        let figure = cell.metrics.get(metric);
        figure.and_then(|f| Some(human::of_waits(f.unit(), f.stat(stat)?, f.censored()))).unwrap_or_default()
    };
    let columns = ["engine.session.duration p95", "engine.rows.rate", "oracle.lost.rows"];
    let head = ["cell", "verdict", "virtual time"].into_iter().chain(columns).chain(["digest"]);
    let mut grid = Grid::new(2, head);
    for cell in &told {
        let is_found = cell.verdict == Verdict::Fail && record.is_found(cell);
        let verdict = if is_found { found } else { cell.verdict.word() }.to_owned();
        let row = [cell.id.clone(), verdict, human::span(cell.virtual_ns)].into_iter();
        let row = row.chain(columns.map(|column| figure(cell, column)));
        grid.row(row.chain([cell.digest.chars().take(12).collect()]));
    }
    html! {
        (PreEscaped(grid.html_as(" k")))
        @if record.cells.len() > told.len() {
            p.note {
                "The first " (told.len()) " of " (human::thousands(record.cells.len() as u64))
                " cells, failing ones first. All of them are in cells.csv and run.json."
            }
        }
    }
}

pub(super) fn answers(record: &RunRecord) -> Markup {
    let table = |list: &AnsweredList<'_>| {
        let mut grid = Grid::new(3, ["", "question", "answer"]);
        for one in &list.answers {
            grid.row([one.number.to_string(), one.first.asks.clone(), one.told(record)]);
        }
        grid.html_as(" w2")
    };
    let faults = own_faults(record);
    html! {
        @if !faults.is_empty() {
            h2 { (FAULTS.trim_end_matches(':')) }
            ul { @for fault in &faults { li { (fault) } } }
        }
        @for list in by_list(record) { h2 { (list.headline()) } (PreEscaped(table(&list))) }
    }
}
