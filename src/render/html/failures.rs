//! The failures of a run, the gravest first. Each has the command that repeats it.
//!
//! A cell is one simulation: one variant and one seed. A matrix is a run that shows the result of
//! each setting, and a failing setting is a result, too.

use maud::{Markup, PreEscaped, html};

use super::drawing::wide_and_narrow;
use super::plots;
use crate::metrics::human;
use crate::oracle::harm_of;
use crate::record::{
    CellRecord, LifeRecord, RunRecord, Verdict, ViolationRecord, gravest_first, replay_record,
};
use crate::render::lines::{Part, excerpt};
use crate::render::reasons::{reasons_of, what_failed};
use crate::render::story::{Failure, failures_of};
use crate::render::svg::Size;
use crate::render::warnings::told;
use crate::render::why::{closer, why};
use crate::render::{Grid, occurrences};

const WHOLE: usize = 6;
const NAMED: usize = 100;
const REASONS: usize = 8;
const VIOLATIONS: usize = 12;
const LIVES: usize = 3;
const LINES: usize = 60;

pub(super) fn failures(record: &RunRecord) -> Markup {
    let failing = failures_of(record);
    html! {
        @if !failing.is_empty() {
            h2 #failures { "What is wrong" }
            @if let Some(command) = record.acceptance() {
                p { "If this is the new expected result, accept this run:" }
                pre.cmd { code { (command) } }
            }
            @for one in failing.iter().take(WHOLE) {
                @match one {
                    Failure::Cells { worst, name } => (failure(record, worst, name)),
                    Failure::OfRun { title, text } => section.failure {
                        h3 { (title) ": no cell is to blame" }
                        ul { li { (text) } }
                    },
                }
            }
            @if failing.len() > WHOLE { (others(&failing[WHOLE..], "more cause")) }
        }
    }
}

pub(super) fn occurred(record: &RunRecord) -> Markup {
    let mut grid = Grid::new(2, ["scenario", "what", "cells", "of", ""]);
    for one in occurrences::rarest_first(record) {
        let [cells, of] = [one.cells, one.of].map(human::thousands);
        grid.row([one.scenario.as_str(), &one.what, &cells, &of, occurrences::mark(one)]);
    }
    html! {
        @if !record.occurrences.is_empty() {
            h2 { "What occurred" }
            p.note { "Situations that at least one of many seeds must reach, rarest first; with too few cells a missing one is only a warning." }
            (PreEscaped(grid.html()))
        }
    }
}

/// The failing cells of a search or a matrix. They are results, not failures of the run.
pub(super) fn found(record: &RunRecord) -> Markup {
    let (head, note) = match record.matrix {
        true => ("What settings miss", "A matrix is run to show such misses. They do not fail the run."),
        false => (
            "Excluded settings",
            "Settings that lose something, get stuck or miss a gate are not chosen, however fast \
             they are. This is not a failure of the search.",
        ),
    };
    let failing = gravest_first(record.failing().filter(|cell| record.is_found(cell))).into_iter();
    let failing: Vec<Failure<'_>> =
        failing.map(|worst| Failure::Cells { worst, name: worst.id.clone() }).collect();
    html! {
        @if !failing.is_empty() {
            h2 { (head) }
            p.note { (note) }
            (others(&failing, "such cell"))
        }
    }
}

pub(super) fn undone(record: &RunRecord) -> Markup {
    let stopped = record.cells.iter().filter(|cell| cell.verdict == Verdict::Incomplete).count() as u64;
    let left_out = record.left_out.iter().filter(|_| !record.left_out_fails).cloned();
    let lines = told(record).into_iter().chain(left_out).chain(record.remarks.clone());
    let lines: Vec<String> = lines.chain(record.notes.clone()).collect();
    html! {
        @if let Some(mixed) = record.mixed() { p.note { (mixed) "." } }
        @if !lines.is_empty() || stopped > 0 {
            h2 { "What was not done" }
            @for line in &lines { p { (line) } }
            @if stopped > 0 { p.note { "Not judged, because they did not end: " (human::count(stopped, "cell")) "." } }
        }
    }
}

fn failure(record: &RunRecord, cell: &CellRecord, name: &str) -> Markup {
    let gates: Vec<_> = record.gates_of(&cell.id).collect();
    html! {
        section.failure {
            h3 { (name) ": " (what_failed(cell)) }
            ul {
                @for reason in reasons_of(cell).iter().take(REASONS) { li { (reason) } }
                @if cell.reasons.len() > REASONS { li { (cell.reasons.len() - REASONS) " more reasons are in run.json" } }
                @for line in why(cell, &gates) { li { (line) } }
                @for line in cell.ending.text.iter().skip(1).take(REASONS) { li { (line) } }
            }
            div.sub { "See it again:" }
            pre.cmd { code { (if cell.lives.is_empty() { closer(cell) } else { cell.replay.clone() }) } }
            @if let Some((first, others)) = cell.lives.split_first() {
                h4 { "The life of " (first.record) }
                (lived(cell, first))
                @for life in others.iter().take(LIVES - 1) {
                    details { summary { "The life of " (life.record) } (lived(cell, life)) }
                }
            }
            @if cell.violations.len() > 1 { (violations(cell)) }
        }
    }
}

fn lived(cell: &CellRecord, life: &LifeRecord) -> Markup {
    html! {
        @if let Some(diagram) = plots::life(cell, life) {
            (wide_and_narrow(&Size::BOTH.map(|size| diagram.draw(size))))
            p.note {
                "How to read it: time goes down, a column is a device, the gateway or the backend. An arrow is something sent; one \
                 that ends in a cross never arrived."
                @if life.lines.len() > life.steps.len() + 1 { " The middle of a long life is left out here." }
            }
        }
        pre.cmd { code { (replay_record(&cell.replay, &life.record)) } }
        details {
            summary { "Every line of it" }
            pre {
                @for part in excerpt(&life.lines, LINES) {
                    @match part {
                        Part::Line(line) => { (line) "\n" }
                        Part::LeftOut(lines) => { "… " (lines) " lines are left out here, but are in run.json …\n" }
                    }
                }
            }
        }
    }
}

fn violations(cell: &CellRecord) -> Markup {
    let mut grid = Grid::new(4, ["check", "device", "record", "what"]);
    let mut found: Vec<&ViolationRecord> = cell.violations.iter().collect();
    found.sort_by_key(|violation| harm_of(&violation.check));
    for of in found.into_iter().take(VIOLATIONS) {
        let named = [&of.device, &of.record].map(|name| name.as_deref().unwrap_or_default());
        grid.row([of.check.as_str(), named[0], named[1], &of.text]);
    }
    html! {
        details {
            summary { "All " (cell.violations.len()) " violations that were kept" }
            (PreEscaped(grid.html_as(" w4")))
            @if cell.violations.len() > VIOLATIONS {
                p.note { (cell.violations.len() - VIOLATIONS) " more are in run.json." }
            }
        }
    }
}

fn others(cells: &[Failure<'_>], noun: &str) -> Markup {
    let mut grid = Grid::new(3, ["cell", "why", "see it again"]);
    for failure in cells.iter().take(NAMED) {
        match failure {
            Failure::Cells { worst, name } => {
                let why = reasons_of(worst).into_iter().next().unwrap_or_default();
                grid.row([name.clone(), why, worst.replay.clone()]);
            }
            Failure::OfRun { title, text } => grid.row([(*title).to_owned(), text.clone(), String::new()]),
        }
    }
    html! {
        details open[cells.len() <= WHOLE] {
            summary { (human::count(cells.len() as u64, noun)) }
            (PreEscaped(grid.html_as(" w2 k")))
            @if cells.len() > NAMED {
                p.note { "and " (cells.len() - NAMED) " more: the files in repro/ and run.json have them all." }
            }
        }
    }
}
