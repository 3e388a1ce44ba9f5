//! The answers to questions, in words.

use super::claims::sentence;
use super::lines::{filled, whole_figures};
use super::reasons::parts;
use crate::analysis::{Answered, AnsweredList, Void, by_list, losses_of};
use crate::record::{AnswerRecord, Finding, RunRecord, Stand};

impl AnsweredList<'_> {
    pub(super) fn headline(&self) -> String {
        let AnsweredList { title, questions, answered, answers } = self;
        let own = answers.iter().any(|one| one.first.demanded);
        let whose = if own { "figures" } else { "figures of two variations of your file that syncdyno made" };
        format!("{title}: {answered} of {questions} answered ({whose}: without it → with it)")
    }
}

impl Answered<'_> {
    /// The answer in a line: what the file does, and both figures of each pair.
    pub(super) fn told(&self, record: &RunRecord) -> String {
        let (says, losses) = (sentence(record, self.first), losses(record, self.first));
        format!("{}{says}{losses}{}", self.mark(), self.seeds())
    }

    fn mark(&self) -> String {
        let does = match self.first.stands {
            Some(Stand::With) => "your file does this",
            Some(Stand::Without) => "your file does not do this",
            None => "your file does neither",
        };
        let gain = match (self.void, self.first.finding, self.first.stands) {
            (_, Finding::NotAsked, _) => "[not asked] ",
            (Some(Void::NothingHappened), ..) => "[no answer: nothing of this happened in your file] ",
            (Some(Void::FailsWithIt), ..) => "no answer: checks fail with it",
            (Some(Void::FailsWithoutIt), ..) => "no answer: checks fail without it",
            (_, Finding::Unmeasured, _) => "NOT MEASURED: ",
            (_, Finding::Shown, _) if self.first.demanded => "",
            _ if self.first.demanded => "NOT SHOWN: ",
            (_, Finding::Same, _) => "no clear gain here",
            (_, Finding::Worse, None) => "a figure of the second is worse",
            (_, Finding::Worse, _) => "a figure is worse with it",
            (_, _, Some(Stand::With)) => "it helps",
            (_, _, Some(Stand::Without)) => "it would help",
            (_, _, None) => "of these two the second is better",
        };
        let whole = gain.is_empty() || gain.ends_with(' ');
        if whole { gain.to_owned() } else { format!("[{does}; {gain}] ") }
    }

    fn seeds(&self) -> String {
        match self.alike {
            [_, 1] => String::new(),
            [alike, of] => format!(" (so under {alike} of {of} seeds)"),
        }
    }
}

pub fn answers(record: &RunRecord, columns: usize) -> String {
    let mut text = String::new();
    for list in by_list(record) {
        text.push_str(&format!("{}\n", list.headline()));
        for one in &list.answers {
            text.push_str(&format!("{:>4}. {}\n", one.number, one.first.asks));
            let (told, indent) = (whole_figures(&one.told(record)), " ".repeat(6));
            text.push_str(&filled(&indent, &indent, told.split(' '), columns.saturating_sub(1)));
        }
        text.push('\n');
    }
    text
}

fn losses(record: &RunRecord, answer: &AnswerRecord) -> String {
    let told = |(cell, half): (&str, &str)| {
        let cell = record.cell(cell)?;
        let what: Vec<String> = losses_of(cell).map(|reason| parts(cell, reason).0).collect();
        (!what.is_empty()).then(|| format!("; checks that fail {half} it: {}", what.join(", ")))
    };
    let halves = [(answer.without.as_str(), "without"), (answer.with.as_str(), "with")];
    halves.into_iter().filter(|_| !answer.demanded).filter_map(told).collect()
}
