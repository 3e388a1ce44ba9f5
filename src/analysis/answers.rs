//! Answers: what questions come to, by the figures of two variants under each seed. What a scenario
//! is made to show and does not is a reason of a cell; of somebody else's the answer is what comes.

use std::collections::BTreeSet;

use super::claims::pairs;
use super::verdict::{Ruling, Trial};
use super::{distinct, grouped};
use crate::record::{AnswerRecord, CellRecord, Exit, Finding, Judged, Reason, RunRecord, Stand, ToldRecord};
use crate::scenario::{Plan, Put, QUESTION_LISTS, Question, QuestionList, Side, Told, question_place};

/// Questions have their answers, in the order of their lists; those that a scenario is made to
/// show are shown.
pub(super) fn answers(trial: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let plans = trial.plans;
    let all = plans.iter().filter(|plan| plan.axes.is_empty()).flat_map(|plan| plan.questions.iter());
    let mut answers = distinct(all.filter_map(|question| match &question.put {
        Put::ToNone(why) => Some(not_asked(question, why)),
        _ => None,
    }));
    let mut missing = Vec::new();
    for (question, without, with) in pairs(plans, judged, asked) {
        let answer = AnswerRecord::of(question, &judged[without].cell, &judged[with].cell);
        if answer.is_missing() {
            missing.push(Ruling::FailsCell(with, Reason::Answer { answer: answer.clone() }));
        }
        answers.push(answer);
    }
    answers.sort_by_key(|one| (question_place(&one.question), one.question.clone()));
    missing.into_iter().chain(answers.into_iter().map(Ruling::Answer)).collect()
}

fn asked(plan: &Plan) -> Vec<(&Question, &str, &str)> {
    let asked = plan.questions.iter().filter(|question| !matches!(question.put, Put::ToNone(_)));
    asked.map(|question| (question, question.without.as_str(), question.with.as_str())).collect()
}

fn not_asked(question: &Question, why: &str) -> AnswerRecord {
    let (question, asks) = (question.name.clone(), question.asks.clone());
    AnswerRecord { question, asks, says: why.to_owned(), ..AnswerRecord::default() }
}

impl AnswerRecord {
    fn of(question: &Question, without: &CellRecord, with: &CellRecord) -> AnswerRecord {
        let figures: Vec<ToldRecord> =
            question.figures.iter().map(|told| ToldRecord::of(told, without, with)).collect();
        AnswerRecord {
            question: question.name.clone(),
            asks: question.asks.clone(),
            says: question.says.clone(),
            finding: finding(&figures),
            demanded: question.put == Put::ToItsOwn,
            without: without.id.clone(),
            with: with.id.clone(),
            stands: match question.put {
                Put::ToAnother(Some(Side::Without)) => Some(Stand::Without),
                Put::ToAnother(Some(Side::With)) => Some(Stand::With),
                _ => None,
            },
            figures,
        }
    }

    pub fn is_missing(&self) -> bool {
        self.demanded && self.finding != Finding::Shown
    }
}

impl ToldRecord {
    fn of(told: &Told, without: &CellRecord, with: &CellRecord) -> ToldRecord {
        let factor = told.demand.map(|demand| (demand.more, demand.factor_milli));
        ToldRecord {
            name: told.name.clone(),
            metric: told.metric.clone(),
            without: without.expected(&told.metric),
            with: with.expected(&told.metric),
            less_milli: factor.and_then(|(more, factor)| (!more).then_some(factor)),
            more_milli: factor.and_then(|(more, factor)| more.then_some(factor)),
        }
    }

    /// The figures that are to be small and great, and how far apart; `None` of a price.
    fn demanded(&self) -> Option<(Option<u64>, Option<u64>, u32)> {
        let less = self.less_milli.map(|factor| (self.with, self.without, factor));
        less.or(self.more_milli.map(|factor| (self.without, self.with, factor)))
    }
}

fn finding(figures: &[ToldRecord]) -> Finding {
    let asked: Vec<_> = figures.iter().filter_map(ToldRecord::demanded).collect();
    let both = |(small, great, factor): (Option<u64>, Option<u64>, u32)| Some((small?, great?, factor));
    let Some(asked) = asked.into_iter().map(both).collect::<Option<Vec<_>>>() else {
        return Finding::Unmeasured;
    };
    let apart = |&(small, great, factor): &(u64, u64, u32)| {
        great > 0 && u128::from(great) * 1_000 >= u128::from(small) * u128::from(factor)
    };
    // What lies so near, within a twentieth, is luck.
    let alike = |&(small, great, _): &(u64, u64, u32)| {
        u128::from(small.abs_diff(great)) * 20 <= u128::from(small.max(great))
    };
    match asked.as_slice() {
        all if all.iter().all(apart) => Finding::Shown,
        all if all.iter().all(alike) => Finding::Same,
        all if all.iter().any(|one| one.0 > one.1 && !alike(one)) => Finding::Worse,
        _ => Finding::Less,
    }
}

pub struct Answered<'a> {
    pub number: u32,
    pub first: &'a AnswerRecord,
    /// Under how many seeds it comes to the same finding, and of how many.
    pub alike: [usize; 2],
    pub void: Option<Void>,
}

/// Why a question that was asked of somebody's own file has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Void {
    /// Nothing of what its figures count happened, with it or without.
    NothingHappened,
    /// With it, something is lost or stuck.
    FailsWithIt,
    /// It is the better half without it, in which something is lost or stuck.
    FailsWithoutIt,
}

impl Void {
    fn of(answer: &AnswerRecord, record: &RunRecord) -> Option<Void> {
        let mut asked = answer.figures.iter().filter_map(ToldRecord::demanded);
        let fails = |cell: &str| record.cell(cell).is_some_and(|cell| losses_of(cell).next().is_some());
        match answer.finding {
            _ if answer.demanded => None,
            Finding::NotAsked => None,
            _ if fails(&answer.with) => Some(Void::FailsWithIt),
            Finding::Worse if fails(&answer.without) => Some(Void::FailsWithoutIt),
            Finding::Same if asked.all(|(small, great, _)| (small, great) == (Some(0), Some(0))) => {
                Some(Void::NothingHappened)
            }
            _ => None,
        }
    }
}

/// Why something is lost or stuck in a cell, if it is.
pub fn losses_of(cell: &CellRecord) -> impl Iterator<Item = &Reason> {
    cell.reasons.iter().filter(|reason| matches!(reason.exit(), Exit::Correctness | Exit::Stuck))
}

pub struct AnsweredList<'a> {
    pub title: &'static str,
    pub questions: u32,
    pub answered: usize,
    pub answers: Vec<Answered<'a>>,
}

pub fn by_list(record: &RunRecord) -> Vec<AnsweredList<'_>> {
    let list = |(at, list): (usize, &QuestionList)| {
        let of_list = record.answers.iter().filter_map(|one| {
            question_place(&one.question).filter(|(of, _)| *of == at).map(|(_, number)| (number, one))
        });
        // Those of one question of one scenario are of its seeds.
        let questions = grouped(of_list, |(_, one)| (&one.question, &one.says));
        let answered = questions.into_iter().map(|(_, all)| {
            let fails = |one| matches!(Void::of(one, record), Some(Void::FailsWithIt | Void::FailsWithoutIt));
            let (number, first) = *all.iter().find(|(_, one)| fails(one)).unwrap_or(&all[0]);
            let alike = all.iter().filter(|(_, one)| one.finding == first.finding).count();
            Answered { number, first, alike: [alike, all.len()], void: Void::of(first, record) }
        });
        let answers: Vec<Answered<'_>> = answered.collect();
        let answered = |one: &&Answered<'_>| {
            let finding = one.first.finding;
            let is_told = match finding {
                Finding::NotAsked | Finding::Unmeasured => false,
                Finding::Shown => true,
                Finding::Less | Finding::Same | Finding::Worse => !one.first.demanded,
            };
            is_told && one.void.is_none()
        };
        let numbers: BTreeSet<u32> = answers.iter().filter(answered).map(|one| one.number).collect();
        AnsweredList { title: list.title, questions: list.questions, answered: numbers.len(), answers }
    };
    let lists = QUESTION_LISTS.iter().enumerate().map(list);
    lists.filter(|list| !list.answers.is_empty()).collect()
}

pub fn are_all(record: &RunRecord) -> bool {
    let halves: BTreeSet<&str> =
        record.answers.iter().flat_map(|one| [one.without.as_str(), one.with.as_str()]).collect();
    !halves.is_empty() && record.cells.iter().all(|cell| halves.contains(cell.id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::assemble;
    use crate::metrics::NEVER;

    #[test]
    fn what_never_comes_is_the_worse_half_of_a_question() {
        let told = |[without, with]: [u64; 2]| ToldRecord {
            name: "n".to_owned(),
            metric: "engine.write_acknowledged.duration.p95".to_owned(),
            without: Some(without),
            with: Some(with),
            less_milli: Some(2_000),
            more_milli: None,
        };
        for (figures, of) in [
            ([NEVER, 1_000], Finding::Shown),
            ([1_000, NEVER], Finding::Worse),
            ([NEVER, NEVER], Finding::Same),
        ] {
            assert_eq!(finding(&[told(figures)]), of, "{figures:?}");
        }
    }

    #[test]
    fn what_did_not_happen_or_fails_itself_has_no_answer() {
        let told = |[without, with]: [u64; 2]| ToldRecord {
            name: "n".to_owned(),
            metric: "engine.conflicts.found".to_owned(),
            without: Some(without),
            with: Some(with),
            less_milli: Some(2_000),
            more_milli: None,
        };
        for (exit, figures, void) in [
            (None, [8, 1], None),
            (Some(Exit::Threshold), [8, 1], None),
            (Some(Exit::Stuck), [8, 1], Some(Void::FailsWithIt)),
            (Some(Exit::Correctness), [8, 1], Some(Void::FailsWithIt)),
            (None, [8, 8], None),
            (None, [0, 0], Some(Void::NothingHappened)),
            (Some(Exit::Stuck), [8, 8], Some(Void::FailsWithIt)),
            (Some(Exit::Stuck), [1, 8], Some(Void::FailsWithIt)),
        ] {
            let failed = |exit: Exit| Reason::Broken { exit_code: exit.code(), text: String::new() };
            let reasons = exit.into_iter().map(failed).collect();
            let mut record = assemble("reports/x", &[], Vec::new(), &[]);
            record.cells = vec![CellRecord { id: "with".to_owned(), reasons, ..CellRecord::default() }];
            record.answers = vec![AnswerRecord {
                question: "checklist-2".to_owned(),
                finding: finding(&[told(figures)]),
                with: "with".to_owned(),
                figures: vec![told(figures)],
                ..AnswerRecord::default()
            }];
            let lists = by_list(&record);
            let one = (lists[0].answers[0].void, lists[0].answered);
            assert_eq!(one, (void, usize::from(void.is_none())), "{exit:?} {figures:?}");
        }
    }
}
