//! Writes the answers to a user's questions as text.
//!
//! A question compares two variants of a scenario, the halves: one without a measure (a change of
//! settings) and one with it.

use super::claims::{both_told, sentence};
use super::lines::{filled, joined, whole_figures};
use super::reasons::parts;
use crate::analysis::compare::{Harm, Moved, may_be_chance};
use crate::analysis::{self, Answered, AnsweredList, Fault, Void, by_list, losses_of};
use crate::metrics::human;
use crate::record::{AnswerRecord, Finding, RunRecord, Stand, headline_of, named};

pub(super) const FAULTS: &str = "checks that fail in your file as it is:";
/// At most this many questions are named as a remedy for a fault.
const MENDS: usize = 3;

impl AnsweredList<'_> {
    pub(super) fn headline(&self) -> String {
        let AnsweredList { title, questions, answered, answers } = self;
        let own = answers.iter().any(|one| one.first.demanded);
        let whose = if own { "figures" } else { "figures of your file and of a variation of it" };
        format!("{title}: {answered} of {questions} answered ({whose}: without it → with it)")
    }
}

impl Answered<'_> {
    /// The answer in one line: the present state of the scenario, and the figures of both halves.
    pub(super) fn told(&self, record: &RunRecord) -> String {
        let (says, losses) = (sentence(record, self.first), losses(record, self.first));
        let tried = joined(&self.first.tried, ", ").map(|tried| format!("; tried with {tried}"));
        let tried = tried.unwrap_or_default();
        format!("{}{says}{}{tried}{losses}{}", self.mark(), self.price(record), self.seeds())
    }

    fn mark(&self) -> String {
        let (one, stands) = (self.first, self.first.stands);
        match one.finding {
            Finding::Shown if one.demanded => return String::new(),
            Finding::Unmeasured if one.demanded => return "NOT MEASURED: ".to_owned(),
            _ if one.demanded => return "NOT SHOWN: ".to_owned(),
            Finding::NotAsked if stands.is_none() => return "[not asked] ".to_owned(),
            _ => {}
        }
        // True if another figure of the summary improves with the measure.
        let has_gain = self.weighed.as_ref().is_some_and(|weighed| weighed.better.is_some());
        let chance = |both: [u64; 2]| if may_be_chance(both) { ", which may be chance" } else { "" };
        let harms = self.harms().iter().map(|(harm, both)| told_of(*harm)[1].to_owned() + chance(*both));
        let harmed = format!("not better: with it {}", joined(harms, ", ").unwrap_or_default());
        let [nothing, no_mend] =
            ["nothing of this happened", "the problem that it should reduce did not occur"]
                .map(|what| format!("{what} in your file{}", self.shown_by()));
        let gain = match (self.void, one.finding, stands) {
            (_, Finding::NotAsked, _) => "not measured",
            (_, Finding::Unmeasured, _) => "a figure is missing",
            (_, Finding::Same, _) if self.mends && !self.harms().is_empty() => &harmed,
            (_, Finding::Same, _) if self.mends => "with it, less is lost or stuck",
            (Some(Void::NothingHappened), ..) => &nothing,
            (Some(Void::FailsWithIt), ..) => "its figures prove nothing: with it, more is lost or stuck",
            (Some(Void::FailsWithoutIt), ..) => {
                "its figures prove nothing: without it, more is lost or stuck"
            }
            (_, Finding::Shown | Finding::Less, _) if !self.harms().is_empty() => &harmed,
            _ if self.is_unchanged => "this happened, and did not change",
            (Some(Void::NothingToMend), ..) => &no_mend,
            (_, Finding::Same, _) if has_gain => "no clear gain in its own figures",
            (_, Finding::Same, _) => "no clear gain here",
            (_, Finding::Worse, None) if self.is_mixed => {
                "one figure of the second variant is better, another worse"
            }
            (_, Finding::Worse, _) if self.is_mixed => "one figure is better with it, another worse",
            (_, Finding::Worse, None) => "a figure of the second variant is worse",
            (_, Finding::Worse, _) => "a figure is worse with it",
            (_, _, Some(Stand::With)) => "it helps",
            (_, _, Some(Stand::Without)) => "it would help",
            (_, _, None) => "the second of these two is better",
        };
        format!("[{}; {gain}] ", self.stand())
    }

    fn shown_by(&self) -> String {
        match self.first.shown_by.as_str() {
            "" => String::new(),
            what => format!(", so the effect cannot show; it needs {what}"),
        }
    }

    fn harms(&self) -> &[(Harm, [u64; 2])] {
        self.weighed.as_ref().map_or(&[], |weighed| &weighed.harms)
    }

    /// Names another headline figure that improves with the measure, and the price of the measure.
    fn price(&self, record: &RunRecord) -> String {
        let (Some(weighed), Some(cell)) = (&self.weighed, record.cell(&self.first.with)) else {
            return String::new();
        };
        let figures = &self.first.figures;
        let is_said = |moved: &Moved| {
            figures.iter().any(|one| named(&one.metric, |name| name == moved.metric).is_some())
        };
        let told = |moved: &Moved| moved_told(moved, cell.devices);
        let harms = weighed.harms.iter().map(|(harm, both)| {
            let chance = if may_be_chance(*both) { " (may be chance)" } else { "" };
            format!("{} {}{chance}", told_of(*harm)[0], both.map(human::thousands).join(" → "))
        });
        let prices = joined(harms.chain(weighed.price.as_ref().map(told)), ", ");
        let better = match &weighed.better {
            None if prices.is_none() => return "; headline figures differ by less than 5 %".to_owned(),
            None => "; no headline figure is better".to_owned(),
            Some(better) if is_said(better) => String::new(),
            Some(better) => format!("; better: {}", told(better)),
        };
        format!("{better}; price: {}", prices.as_deref().unwrap_or("no headline figure is worse"))
    }

    fn stand(&self) -> String {
        let because = &self.first.because;
        let does = match self.first.stands {
            Some(Stand::With) => "your file does this",
            Some(Stand::Without) => "your file does not do this",
            None if because.is_empty() => "your file does neither",
            None => return format!("your file does not show whether it does this: {because}"),
        };
        if because.is_empty() { does.to_owned() } else { format!("{does}: {because}") }
    }

    fn seeds(&self) -> String {
        match self.alike {
            [_, 1] => String::new(),
            [alike, of] => format!(" (the same under {alike} of {of} seeds)"),
        }
    }
}

/// The name of a harm, and a text that says that the harm is more frequent.
fn told_of(harm: Harm) -> [&'static str; 2] {
    match harm {
        Harm::Lost => ["saved edits lost", "more edits are lost"],
        Harm::Discarded => ["discarded without a message", "more is discarded without a message"],
        Harm::Doubled => ["rows twice", "more rows exist twice"],
        Harm::Prevented => ["edits that people could not make", "people could make fewer edits"],
    }
}

/// A headline figure with its values in both halves.
fn moved_told(moved: &Moved, devices: u64) -> String {
    let Some(headline) = headline_of(&moved.metric) else { return String::new() };
    let each = if headline.each { devices.max(1) } else { 1 };
    let both = moved.both.map(|figure| Some(figure? / each));
    let stat = match moved.stat {
        "p95" => " (95 %)",
        "max" => " (longest)",
        "total" => " (in all)",
        _ => "",
    };
    let name = headline.name.trim_end_matches(", 95 %");
    format!("{name}{stat} {}", both_told(moved.unit, both, moved.censored))
}

/// The losses and stuck devices of a user's own scenario, with the questions whose measure helps.
/// One line each.
pub(super) fn own_faults(record: &RunRecord) -> Vec<String> {
    let line = |fault: Fault<'_>| {
        let mends = fault.mended_by.iter().take(MENDS).map(|(one, left)| {
            let left = if *left == 0 { "none".to_owned() } else { human::thousands(*left) };
            format!("{} ({left} left)", one.question)
        });
        let unknown = "the run was stopped before all questions were asked: continue it with --resume";
        let none = if record.complete { "no question below fixes it" } else { unknown };
        let mended = joined(mends, ", ").map_or_else(|| none.to_owned(), |mends| format!("fixed by {mends}"));
        format!("{} {}: {mended}", fault.check, human::thousands(fault.count))
    };
    analysis::own_faults(record).into_iter().map(line).collect()
}

pub fn answers(record: &RunRecord, columns: usize) -> String {
    let mut text = String::new();
    let faults = own_faults(record);
    if !faults.is_empty() {
        text.push_str(&format!("{FAULTS}\n"));
        text.extend(
            faults.iter().map(|line| filled("  ", "    ", line.split(' '), columns.saturating_sub(1))),
        );
        text.push('\n');
    }
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

/// The checks that fail without and with the measure; empty if they are the same.
fn losses(record: &RunRecord, answer: &AnswerRecord) -> String {
    let found = |cell: &str| {
        let cell = record.cell(cell)?;
        joined(losses_of(cell).map(|reason| parts(cell, reason).0), ", ")
    };
    let (without, with) = (found(&answer.without), found(&answer.with));
    if answer.demanded || without == with {
        return String::new();
    }
    let told =
        |(what, half): (Option<String>, &str)| Some(format!("; checks that fail {half} it: {}", what?));
    [(without, "without"), (with, "with")].into_iter().filter_map(told).collect()
}
