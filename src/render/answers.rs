//! The answers to questions, in words.

use super::claims::sentence;
use super::reasons::reason_of;
use crate::analysis::{Answered, AnsweredList, Void, by_list};
use crate::record::{AnswerRecord, Exit, Finding, RunRecord, Stand};

impl AnsweredList<'_> {
    pub(super) fn headline(&self) -> String {
        let AnsweredList { title, questions, answered, .. } = self;
        format!("{title}: {answered} of {questions} answered (figures: without it → with it)")
    }
}

impl Answered<'_> {
    pub(super) fn mark(&self) -> &'static str {
        match (self.first.finding, self.first.demanded, self.first.stands) {
            _ if self.void == Some(Void::NothingHappened) => {
                "nothing of that happened in your file, so no answer: "
            }
            _ if self.void == Some(Void::FailsWithIt) => "with it something is lost or stuck, so no answer: ",
            (Finding::NotAsked, ..) => "not asked: ",
            (Finding::Unmeasured, ..) => "NOT MEASURED: ",
            (Finding::Shown, true, _) => "",
            (_, true, _) => "NOT SHOWN: ",
            (Finding::Same, _, Some(Stand::With)) => {
                "your file does this, and the figures asked about are the same: "
            }
            (Finding::Same, ..) => "the figures asked about would be the same: ",
            (Finding::Worse, _, Some(Stand::With)) => "your file does this, and a figure is worse for it: ",
            (Finding::Worse, ..) => "a figure would be worse with it: ",
            (_, _, Some(Stand::With)) => "your file does this, and it helps: ",
            (_, _, Some(Stand::Without)) => "your file does not do this; it would help: ",
            (_, _, None) => "it would help: ",
        }
    }

    pub(super) fn seeds(&self) -> String {
        match self.alike {
            [_, 1] => String::new(),
            [alike, of] => format!(" (so under {alike} of {of} seeds)"),
        }
    }
}

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
