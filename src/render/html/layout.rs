//! Builds the page from top to bottom.
//!
//! A cell is one simulation: one variant and one seed.

use std::collections::BTreeSet;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::drawing::{figure, first_of};
use super::{failures, figures, plots, style, tables, tuned};
use crate::analysis::cells_to_draw;
use crate::analysis::sweep::{Objective, Sweep};
use crate::record::{CellRecord, RunRecord, SweepRecord, TuneRecord, shell_word};
use crate::render::story::shortened;
use crate::render::{Paint, headline, svg, sweep};

const SERIES: usize = 24;
const SCENARIOS: usize = 3;
const SCENARIO_MAX: usize = 60_000;

pub fn page(record: &RunRecord) -> String {
    let name = shortened(&record.scenario.name);
    let verdict = record.verdict.word();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ (record.tool.name) " " (record.tool.version) };
                title { (name) ": " (verdict) }
                style { (PreEscaped(svg::CSS)) (PreEscaped(style::CSS)) }
            }
            body {
                header {
                    div.sub { "syncdyno" }
                    h1 { (name) }
                    p { span class={ "badge " (verdict.to_lowercase()) } { (verdict) } }
                    @if let Some(tune) = &record.tune { (tuned::answers(tune)) }
                    p { (summed_up(record)) }
                }
                main {
                    @if !record.is_of_findings() { (failures::failures(record)) }
                    (figures::answers(record))
                    // In a search with a result, failing settings are excluded. They are not
                    // failures.
                    @if let Some(tune) = found(record) { (tuned::best(record, tune)) (failures::found(record)) }
                    @if record.matrix { (failures::found(record)) }
                    (failures::undone(record))
                    @if !is_a_grid(record) { (figures::cards(record)) }
                    (drawn(record))
                    (failures::occurred(record))
                    @if !record.gates.is_empty() { h2 { "Gates" } (figures::gates(record)) }
                    @if !is_a_grid(record) && !record.cells.is_empty() {
                        h2 { "Figures" }
                        (figures::tables(record))
                    }
                    h2 { "Cells" }
                    (figures::cells(record))
                    (scenarios(record))
                    (again(record))
                }
                footer {
                    p {
                        "Written by " (record.tool.name) " " (record.tool.version) " from run.json alone (schema "
                        (record.schema_version) "). All times are virtual; no figure depends on the machine. \
                        More on reading each plot: docs/reading-reports.md of syncdyno."
                    }
                }
            }
        }
    };
    // A non-breaking space keeps a number on one line.
    page.into_string().replace('\u{2009}', "\u{202f}")
}

/// True if the record is about many settings, as in a sweep or a search.
fn is_a_grid(record: &RunRecord) -> bool {
    record.sweep.is_some() || record.tune.is_some()
}

/// The search if it has a result. Then failing settings are results, not failures.
fn found(record: &RunRecord) -> Option<&TuneRecord> {
    record.tune.as_ref().filter(|_| record.is_of_findings())
}

/// The first line of the terminal output without the verdict, which the page already shows.
fn summed_up(record: &RunRecord) -> String {
    let line = headline(record, Paint(false));
    let told = line.rsplit_once(" (").map_or(line.as_str(), |(_, told)| told);
    told.trim_end().trim_end_matches(')').replace(';', ",") + "."
}

fn drawn(record: &RunRecord) -> Markup {
    let timed = cells_to_draw(record);
    let grid = record.sweep.as_ref().and_then(|sweep| of_sweep(record, sweep));
    html! {
        @if let Some(tune) = record.tune.as_ref().filter(|_| found(record).is_none()) { (tuned::best(record, tune)) }
        @if let Some((plots, words)) = grid {
            h2 { "The best setting" }
            div.plots { (plots) }
            (in_words(&words))
            @if record.sweep.as_ref().is_some_and(|sweep| sweep.against.is_some()) {
                pre { (sweep::retold(record).unwrap_or_default()) }
            }
        }
        @if let Some(bars) = plots::variants(record).filter(|_| !is_a_grid(record)) {
            h2 { "Variants" }
            div.plots { (figure(|size| bars.draw(size),
                "How to read it: shorter is better in each group; bars of one group have the same \
                 scale. Figures are medians over the seeds, except losses and overwritten values, \
                 which are the maximum; the table below has all.",
                &tables::of_bars(&bars))) }
        }
        @if !timed.is_empty() {
            h2 { "Over time" }
            @for (i, cell) in timed.iter().enumerate() {
                @if record.cells.len() == 1 {
                    div.plots { (over_time(record, cell)) }
                } @else {
                    // In a sweep no single cell stands for all, so no cell is open.
                    details open[i == 0 && !is_a_grid(record)] {
                        summary { (cell.id) }
                        div.plots { (over_time(record, cell)) }
                    }
                }
            }
            @if record.cells.len() > timed.len() {
                p.note {
                    (match (&record.tune, &record.sweep) {
                        (Some(_), _) => "Shown: the best settings, your present ones, then those that ran first; one seed of each before a second of any. ",
                        (None, Some(_)) => "Drawn are the settings that fail and those that ran \
                                            first, one cell of each before a second of any, and not \
                                            the best. ",
                        (None, None) => "",
                    })
                    "Series of all cells are in series.csv."
                }
            }
        }
    }
}

fn in_words(series: &[String]) -> Markup {
    html! {
        h3 { "In words" }
        @for text in series.iter().take(SERIES) {
            @let (first, rest) = text.trim_end().split_once('\n').unwrap_or((text.trim_end(), ""));
            p.words { (first) }
            @if !rest.is_empty() { ul.words { @for line in rest.lines() { li { (line.trim()) } } } }
        }
        @if series.len() > SERIES {
            p.note { (series.len() - SERIES) " more series: syncdyno report shows all of them." }
        }
    }
}

fn of_sweep(record: &RunRecord, told: &SweepRecord) -> Option<(Markup, Vec<String>)> {
    if told.axes.is_empty() {
        return None;
    }
    let objective: Objective = told.objective.parse().ok()?;
    let mean = objective.mean();
    let sweep = Sweep::new(record, &told.axes, objective);
    let plots = html! {
        @if let Some(curves) = sweep::curves(&sweep) {
            (figure(|size| curves.draw(size),
                &format!(
                    "How to read it: a line is a series of settings, its shade the 95 % interval of \
                     the {mean} over seeds; a cross marks an excluded setting: it lost something, got stuck or \
                     missed a gate. Below, the broad bar covers the settings that cost within 3 % \
                     of the best, the marker is the best, and the thin line covers where the \
                     optimum lies (95 %)."
                ),
                &tables::of_curves(&curves)))
            (first_of(svg::Curves::MOST, curves.curves.len(), "series"))
        }
        @if let Some(map) = sweep::heat_map(&sweep) {
            (figure(|size| map.draw(size),
                "How to read it: each row is compared with its own best setting, which has a frame; \
                 1.30× takes 30 % more. A darker cell (on a dark page: a lighter one) costs more. \
                 An exclamation mark marks an excluded setting: it lost something, got stuck or missed a gate.",
                &tables::of_map(&map)))
            (first_of(svg::HeatMap::MOST, map.rows.len(), "rows"))
            @if map.columns.len() > svg::HeatMap::WIDEST {
                p.note {
                    "The map is thinned: of " (map.columns.len()) " columns at most " (svg::HeatMap::WIDEST) " \
                     are drawn: both ends, the best of the rows, and others evenly between; the \
                     table has all."
                }
            }
        }
    };
    Some((plots, sweep.words_of_series()))
}

fn over_time(record: &RunRecord, cell: &CellRecord) -> Markup {
    html! {
        @if let Some(fleet) = plots::fleet(record, cell) {
            (figure(|size| fleet.draw(size),
                &format!("How to read it: the fleet has converged when it receives no more and no edit waits.{}",
                    if fleet.phase.is_some() {
                        " After the dashed line the faults are over, and work in progress comes to rest."
                    } else {
                        ""
                    }),
                &tables::of_timeline(&fleet)))
        }
        @if let Some(curves) = plots::percentiles(cell) {
            (figure(|size| curves.draw(size),
                "How to read it: the line shows the time (left) within which a share of all (top) \
                 was done: above “95 %”, 95 of 100. A line that rises steeply to the right has a \
                 few that waited much longer than most.",
                &tables::of_curves(&curves)))
        }
        @if let Some(bars) = plots::spread(cell) {
            (figure(|size| bars.draw(size),
                "How to read it: a bar counts durations above the row before it and up to its own \
                 label. Two peaks are two kinds of devices, links or syncs.",
                &tables::of_bars(&bars)))
        }
        @if let Some(outages) = plots::outages(record, cell) {
            (figure(|size| outages.draw(size),
                &format!("How to read it: an offline device has no link or no running process; for \
                    frequent faults of a kind, the height is their number. {}", outages.about),
                &tables::of_timeline(&outages)))
        }
    }
}

fn scenarios(record: &RunRecord) -> Markup {
    // In a sweep the cells name the keys by which settings differ.
    let shown = if is_a_grid(record) { 1 } else { SCENARIOS };
    html! {
        h2 { "Scenario" }
        p.note {
            @if record.scenario.path.is_empty() { "The embedded scenario" } @else { code { (shortened(&record.scenario.path)) } }
            ", digest " code { (record.scenario.digest) } ". Resolved, with every default and the settings of the command line:"
        }
        @for (digest, text) in record.resolved.iter().take(shown) {
            details {
                summary { "Resolved scenario " code { (digest.chars().take(12).collect::<String>()) } }
                pre { (text.chars().take(SCENARIO_MAX).collect::<String>()) }
                @if text.chars().nth(SCENARIO_MAX).is_some() { p.note { "The rest is in run.json." } }
            }
        }
        @if record.resolved.len() > shown {
            p.note { (record.resolved.len() - shown) " more resolved scenarios are in run.json." }
        }
    }
}

fn again(record: &RunRecord) -> Markup {
    html! {
        h2 { "Do it again" }
        @if let Some(cell) = record.cells.first() {
            @if cell.observed.is_some() {
                p { "This run was observed, so no seed repeats it. The same files give the same verdict:" }
            } @else {
                p { "One cell, with the same seed; the digest must be the recorded one:" }
            }
            pre.cmd { code { (cell.replay) } }
        }
        @if let Some(command) = command(record) {
            p { "The whole run (without the options " code { "--set" } ", which the resolved scenario contains):" }
            pre.cmd { code { (command) } }
        }
    }
}

fn command(record: &RunRecord) -> Option<String> {
    let joined = |words: Vec<String>| words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ");
    if let Some(tune) = &record.tune {
        let words = [&record.scenario.path].into_iter().chain(&tune.given).cloned();
        return Some(format!("syncdyno tune {}", joined(words.collect())));
    }
    let seeds: BTreeSet<u64> = record.cells.iter().filter_map(|cell| cell.seed.parse().ok()).collect();
    let (first, last) = (*seeds.first()?, *seeds.last()?);
    let paths = record.scenario.path.split_whitespace().map(str::to_owned);
    let axes = record.sweep.iter().flat_map(|sweep| &sweep.axes);
    let axes = axes.flat_map(|axis| ["--axis".to_owned(), format!("{}={}", axis.key, axis.values.join(","))]);
    let words = joined(paths.chain(axes).collect());
    let command = if record.sweep.is_some() { "sweep" } else { "run" };
    let seeds = if first == last { format!("--seed {first}") } else { format!("--seeds {first}..={last}") };
    Some(format!("syncdyno {command} {words} {seeds}"))
}
