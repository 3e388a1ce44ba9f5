//! The answers to questions, in words.

use super::reasons::reason_of;
use crate::analysis::{Answered, AnsweredList, by_list, unit_in};
use crate::metrics::human;
use crate::record::{AnswerRecord, CellRecord, Exit, Finding, RunRecord, Stand, ToldRecord};
use crate::scenario::{Piece, pieces};

impl AnsweredList<'_> {
    /// How much of it is answered.
    pub(super) fn headline(&self) -> String {
        let AnsweredList { title, questions, answered, .. } = self;
        format!("{title}: {answered} of {questions} answered (figures: without it → with it)")
    }
}

impl Answered<'_> {
    /// What stands before the answer.
    pub(super) fn mark(&self) -> &'static str {
        match (self.first.finding, self.first.demanded, self.first.stands) {
            (Finding::NotAsked, ..) => "not asked: ",
            (Finding::Unmeasured, ..) => "NOT MEASURED: ",
            (Finding::Shown, true, _) => "",
            (_, true, _) => "NOT SHOWN: ",
            (Finding::Same, _, Some(Stand::With)) => "yours has it, which changes nothing here: ",
            (Finding::Same, ..) => "it would change nothing here: ",
            (Finding::Worse, _, Some(Stand::With)) => "yours has it, and a figure is worse for it: ",
            (Finding::Worse, ..) => "a figure would be worse with it: ",
            (_, _, Some(Stand::With)) => "yours has it, and it helps: ",
            (_, _, Some(Stand::Without)) => "yours lacks it, and it would help: ",
            (_, _, None) => "it would help: ",
        }
    }

    /// Under how many seeds it is so, where there are several.
    pub(super) fn seeds(&self) -> String {
        match self.alike {
            [_, 1] => String::new(),
            [alike, of] => format!(" (so under {alike} of {of} seeds)"),
        }
    }
}

/// The questions with their answers, for a terminal or a page of text.
pub fn answers(record: &RunRecord) -> String {
    let mut text = String::new();
    for list in by_list(record) {
        text.push_str(&format!("{}\n", list.headline()));
        for one in &list.answers {
            let (number, first) = (one.number, one.first);
            text.push_str(&format!("{number:>4}. {}\n      ", first.asks));
            text.push_str(&format!("{}{}{}\n", one.mark(), sentence(record, first), one.seeds()));
            for line in losses(record, first) {
                text.push_str(&format!("      {line}\n"));
            }
        }
        text.push('\n');
    }
    text
}

/// What somebody else's scenario loses, or where it gets stuck, in each half of a question.
fn losses(record: &RunRecord, answer: &AnswerRecord) -> Vec<String> {
    let told = |(cell, half): (&str, &str)| {
        let cell = record.cell(cell)?;
        let is_wrong = |exit| matches!(exit, Exit::Correctness | Exit::Stuck);
        let first = cell.reasons.iter().find(|reason| is_wrong(reason.exit()))?;
        Some(format!("! {half} it: {}", reason_of(cell, first)))
    };
    let halves = [(answer.without.as_str(), "without"), (answer.with.as_str(), "with")];
    halves.into_iter().filter(|_| !answer.demanded).filter_map(told).collect()
}

/// An answer with the figures of both cells; of a question that is not asked, why.
pub(super) fn sentence(record: &RunRecord, answer: &AnswerRecord) -> String {
    record.cell(&answer.with).map_or_else(|| answer.says.clone(), |cell| with_figures(cell, answer))
}

fn with_figures(cell: &CellRecord, answer: &AnswerRecord) -> String {
    let told = |name: &str, words: fn(&ToldRecord, &CellRecord) -> String| {
        let figure = answer.figures.iter().find(|figure| figure.name == name);
        figure.map_or_else(String::new, |figure| words(figure, cell))
    };
    let piece = |piece: Piece<'_>| match piece {
        Piece::Words(words) => words.to_owned(),
        Piece::Both(name) => told(name, both),
        Piece::Times(name) => told(name, times),
    };
    pieces(&answer.says).into_iter().map(piece).collect()
}

fn both(figure: &ToldRecord, cell: &CellRecord) -> String {
    let unit = unit_in(cell, &figure.metric);
    let show = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |n| human::figure(unit, n));
    match (figure.without, figure.with) {
        (Some(without), Some(with)) => human::pair(unit, without, with).join(" → "),
        (without, with) => [without, with].map(show).join(" → "),
    }
}

/// How many times the first figure the second one is, to a tenth; of none there is no such number.
fn times(figure: &ToldRecord, cell: &CellRecord) -> String {
    match (figure.without, figure.with) {
        (Some(without), Some(with)) if without > 0 => {
            let tenths = (u128::from(with) * 10 + u128::from(without) / 2) / u128::from(without);
            format!("{}.{}", tenths / 10, tenths % 10)
        }
        _ => format!("({})", both(figure, cell)),
    }
}

/// Why a cell fails by a question: its answer, and what its figures were to come to.
pub(super) fn missed_answer(cell: &CellRecord, answer: &AnswerRecord) -> String {
    let claimed = answer.figures.iter().filter_map(|figure| {
        let less = figure.less_milli.map(|factor| (factor, "less"));
        let (factor, way) = less.or(figure.more_milli.map(|factor| (factor, "more")))?;
        Some(format!("{} {way} by a factor of {}", figure.metric, f64::from(factor) / 1e3))
    });
    let claimed: Vec<String> = claimed.collect();
    let says = with_figures(cell, answer);
    format!("{} is not shown: {says}; claimed is {}", answer.question, claimed.join(", "))
}
