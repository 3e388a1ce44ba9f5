//! Writes the figures of two variants side by side: for claims, and for answers to questions.
//!
//! A claim names a variant that `fails` and one that `mends`. A question compares a cell (one
//! simulation) without a measure and one with it.

use crate::analysis::{UncheckedClaim, Why, grouped, unit_in, variant};
use crate::metrics::{Censored, NEVER, Unit, human};
use crate::record::{AnswerRecord, CellRecord, ClaimRecord, RunRecord, ToldRecord};
use crate::scenario::{Piece, pieces};

pub(super) fn shown(record: &RunRecord) -> String {
    let halves = |claim: &ClaimRecord| Some([record.cell(&claim.fails)?, record.cell(&claim.mends)?]);
    let pairs = record.claims.iter().filter_map(|claim| Some((claim, halves(claim)?)));
    let by_claim = grouped(pairs, |(claim, [fails, mends])| {
        (&claim.id, &fails.scenario, &fails.variant, &mends.variant)
    });
    let line = |(_, all): (_, Vec<(&ClaimRecord, [&CellRecord; 2])>)| {
        let held = all.iter().filter(|(claim, _)| claim.pass).count();
        told(all[0].0, all[0].1, [held, all.len()])
    };
    by_claim.into_iter().map(line).collect()
}

pub fn not_held(of: &UncheckedClaim<'_>) -> String {
    let UncheckedClaim { scenario, name, is_question, why } = *of;
    let why = match why {
        Why::Swept if is_question => "the question is about the scenario without swept keys".to_owned(),
        Why::Swept => "the claim is about the scenario without swept keys".to_owned(),
        Why::NotRun(variant) => format!("variant `{variant}` is not run"),
        Why::OtherSeeds(a, b) => {
            format!("`{a}` and `{b}` run with different seeds; to give both the same, use --seed N")
        }
    };
    match is_question {
        true => format!("{scenario}: {name} is not answered: {why}"),
        false => format!("{scenario}: claim {name} is not checked: {why}"),
    }
}

fn told(claim: &ClaimRecord, [fails, mends]: [&CellRecord; 2], [held, of]: [usize; 2]) -> String {
    let seeds = match of {
        1 => String::new(),
        _ => format!(" under seed {}; holds under {held} of {of} seeds", mends.seed),
    };
    let is = if held == of { "is shown" } else { "is NOT shown" };
    format!("{} {is}: {}{seeds}\n", claim.id, both_figures(claim, mends, variant(fails)))
}

/// The figures of a claim: of the failing cell, and of the cell `mends`.
pub fn both_figures(claim: &ClaimRecord, mends: &CellRecord, failing: &str) -> String {
    let unit = unit_in(mends, &claim.metric);
    let show = |value: Option<u64>| value.map_or_else(|| "no figure".to_owned(), |n| human::figure(unit, n));
    let mending = variant(mends);
    let [is_there, is_mended] = [claim.fails_value, claim.mends_value].map(show);
    format!("{} {is_there} in `{failing}`, {is_mended} in `{mending}`", claim.metric)
}

pub(super) fn missed_claim(mends: &CellRecord, claim: &ClaimRecord, failing: &str) -> String {
    let bound = human::bound(unit_in(mends, &claim.metric), claim.min, claim.max);
    let within = claim.min.or(claim.max).map(|_| format!("{bound} in `{}`", variant(mends)));
    let apart = match claim.factor_milli.map(|milli| f64::from(milli) / 1e3) {
        None => format!("not in `{failing}`"),
        Some(factor) => format!("at least {factor} times as much in `{failing}`"),
    };
    let claimed: Vec<String> = within.into_iter().chain([apart]).collect();
    let is = both_figures(claim, mends, failing);
    format!("{} is not shown: {is}; the claim is {}", claim.id, claimed.join(" and "))
}

/// An answer with the figures of both cells. If the question was not asked, the reason.
pub(super) fn sentence(record: &RunRecord, answer: &AnswerRecord) -> String {
    let cells = [&answer.without, &answer.with].map(|cell| record.cell(cell));
    if cells[1].is_some() { with_figures(cells, answer) } else { answer.says.clone() }
}

/// The cell without the measure and the cell with it; `None` if unknown.
type Both<'a> = [Option<&'a CellRecord>; 2];

fn with_figures(cells: Both<'_>, answer: &AnswerRecord) -> String {
    let told = |name: &str, words: fn(&ToldRecord, Both<'_>) -> String| {
        let figure = answer.figures.iter().find(|figure| figure.name == name);
        figure.map_or_else(String::new, |figure| words(figure, cells))
    };
    let piece = |piece: Piece<'_>| match piece {
        Piece::Words(words) => words.to_owned(),
        Piece::Both(name) => told(name, both),
        Piece::Times(name) => told(name, times),
    };
    let says = pieces(&answer.says);
    let is_said = |name: &str| {
        says.iter().any(|piece| matches!(piece, Piece::Both(of) | Piece::Times(of) if *of == name))
    };
    let more = answer.figures.iter().filter(|figure| !is_said(&figure.name));
    let more: String = more.map(|figure| format!(", {} {}", figure.name, both(figure, cells))).collect();
    says.into_iter().map(piece).collect::<String>() + &more
}

/// Both figures, preceded by the name of their statistic.
fn both(figure: &ToldRecord, cells: Both<'_>) -> String {
    let mut known = cells.into_iter().flatten();
    let statistic = known.find_map(|cell| human::statistic(cell.named(&figure.metric)?.1));
    let statistic = statistic.map_or_else(String::new, |statistic| format!("({statistic}) "));
    statistic + &figures(figure, cells)
}

fn figures(figure: &ToldRecord, cells: Both<'_>) -> String {
    let unit = cells[1].map_or(Unit::Count, |cell| unit_in(cell, &figure.metric));
    let never = cells.map(|cell| censored_in(cell?, &figure.metric));
    both_told(unit, [figure.without, figure.with], never)
}

/// Two figures side by side, each with the number of waits that never ended.
pub(super) fn both_told(unit: Unit, both: [Option<u64>; 2], never: [Option<Censored>; 2]) -> String {
    let show = |value: Option<u64>, never: Option<Censored>| match (value, never) {
        (None, _) => "–".to_owned(),
        (Some(n), None) => human::figure(unit, n),
        (Some(n), never) => human::of_waits(unit, n, never),
    };
    match both {
        [Some(without), Some(with)] if never == [None; 2] => human::pair(unit, without, with).join(" → "),
        [without, with] => [show(without, never[0]), show(with, never[1])].join(" → "),
    }
}

/// The waits of a figure that never ended; `None` if all waits ended.
pub(super) fn censored_in(cell: &CellRecord, key: &str) -> Option<Censored> {
    let (metric, stat) = cell.named(key)?;
    cell.censored(&metric, stat)
}

/// The second figure divided by the first, with one decimal. If the first is 0, both figures.
fn times(figure: &ToldRecord, cells: Both<'_>) -> String {
    match (figure.without, figure.with) {
        (Some(without), Some(with)) if without > 0 && without.max(with) < NEVER => {
            let tenths = (u128::from(with) * 10 + u128::from(without) / 2) / u128::from(without);
            format!("{}.{}", tenths / 10, tenths % 10)
        }
        _ => format!("({})", figures(figure, cells)),
    }
}

pub(super) fn missed_answer(cell: &CellRecord, answer: &AnswerRecord) -> String {
    let claimed = answer.figures.iter().filter_map(|figure| {
        let less = figure.less_milli.map(|factor| (factor, "less"));
        let (factor, way) = less.or(figure.more_milli.map(|factor| (factor, "more")))?;
        Some(format!("{} {way} by a factor of {}", figure.metric, f64::from(factor) / 1e3))
    });
    let claimed: Vec<String> = claimed.collect();
    let says = with_figures([None, Some(cell)], answer);
    format!("{} is not shown: {says}; the claim is {}", answer.question, claimed.join(", "))
}
