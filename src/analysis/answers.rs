//! Answers questions such as "does this measure help?".
//!
//! A measure is a change of settings. For each seed, two variants of a scenario are compared. They
//! are called halves: one without the measure and one with it. If a demo scenario does not show its
//! answer, one of its cells (single simulations) fails.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::pairs;
use super::compare::{Weighed, is_harm};
use super::verdict::{Ruling, Trial};
use super::{counted, distinct, grouped};
use crate::metrics::NEVER;
use crate::record::{AnswerRecord, CellRecord, Exit, Finding, Judged, Reason, RunRecord, Stand, ToldRecord};
use crate::scenario::{Plan, Put, QUESTION_LISTS, Question, QuestionList, Standing, Told, question_place};

/// The name of the variant that is a user's own scenario without changes.
pub const AS_GIVEN: &str = "as-given";

/// Answers all questions. If a demo scenario does not show its answer, the cell with the measure
/// fails.
pub(super) fn answers(trial: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let plans = trial.plans;
    let all =
        plans.iter().filter(|plan| plan.source.axes.is_empty()).flat_map(|plan| plan.judged.questions.iter());
    let mut answers = distinct(all.filter_map(|question| match &question.put {
        Put::ToNone(standing, why) => Some(not_asked(question, standing, why)),
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
    let asked = plan.judged.questions.iter().filter(|question| !matches!(question.put, Put::ToNone(..)));
    asked.map(|question| (question, question.without.as_str(), question.with.as_str())).collect()
}

fn not_asked(question: &Question, standing: &Standing, why: &str) -> AnswerRecord {
    let (question, asks) = (question.name.clone(), question.asks.clone());
    AnswerRecord { question, asks, says: why.to_owned(), ..AnswerRecord::stood(standing) }
}

impl AnswerRecord {
    fn stood(standing: &Standing) -> AnswerRecord {
        let Standing { half, because, tried, shown_by } = standing.clone();
        AnswerRecord { stands: half, because, tried, shown_by, ..AnswerRecord::default() }
    }

    fn of(question: &Question, without: &CellRecord, with: &CellRecord) -> AnswerRecord {
        let stood = match &question.put {
            Put::ToAnother(standing) => AnswerRecord::stood(standing),
            Put::ToItsOwn | Put::ToNone(..) => AnswerRecord::default(),
        };
        let figures: Vec<ToldRecord> =
            question.figures.iter().map(|told| ToldRecord::of(told, without, with)).collect();
        let counted: Vec<ToldRecord> = figures.iter().map(|told| told.counted([without, with])).collect();
        let demanded = question.put == Put::ToItsOwn;
        AnswerRecord {
            question: question.name.clone(),
            asks: question.asks.clone(),
            says: question.says.clone(),
            finding: finding(&counted, demanded),
            demanded,
            without: without.id.clone(),
            with: with.id.clone(),
            figures,
            ..stood
        }
    }

    pub fn is_missing(&self) -> bool {
        self.demanded && self.finding != Finding::Shown
    }
}

impl ToldRecord {
    fn of(told: &Told, without: &CellRecord, with: &CellRecord) -> ToldRecord {
        let factor = |more| told.demand.filter(|of| of.more == more).map(|of| of.factor_milli);
        ToldRecord {
            name: told.name.clone(),
            metric: told.metric.clone(),
            without: without.expected(&told.metric),
            with: with.expected(&told.metric),
            less_milli: factor(false),
            more_milli: factor(true),
        }
    }

    /// If no wait ended in both halves, compares the numbers of waits that never ended.
    fn counted(&self, cells: [&CellRecord; 2]) -> ToldRecord {
        if [self.without, self.with] != [Some(NEVER); 2] {
            return self.clone();
        }
        let [without, with] = cells.map(|cell| cell.stat(&cell.named(&self.metric)?.0, "never"));
        ToldRecord { without, with, ..self.clone() }
    }

    /// True if the figure is clearly better with the measure.
    fn is_gain(&self) -> bool {
        let both = self.demanded().and_then(|(small, great, _)| small.zip(great));
        both.is_some_and(|(small, great)| small < great && !is_near(small, great))
    }

    /// The figure that must be smaller, the figure that must be greater, and their least ratio.
    /// `None` if the question demands nothing of the figure.
    fn demanded(&self) -> Option<(Option<u64>, Option<u64>, u32)> {
        let less = self.less_milli.map(|factor| (self.with, self.without, factor));
        less.or(self.more_milli.map(|factor| (self.without, self.with, factor)))
    }
    /// True if the difference between the halves is too large for chance.
    fn is_apart(&self) -> bool {
        self.without.zip(self.with).is_some_and(|(one, other)| !is_near(one, other))
    }
    /// True if the figure counts harm to data, and at least one half has such harm.
    fn has_harm(&self) -> bool {
        is_harm(&self.metric) && [self.without, self.with].iter().any(|figure| figure.is_some_and(|n| n > 0))
    }
}

/// The finding from all figures. For a demo scenario (`demanded`), no figure may be missing.
fn finding(figures: &[ToldRecord], demanded: bool) -> Finding {
    let all = figures.iter().filter_map(ToldRecord::demanded);
    // If both halves lack a figure, the scenario does not measure it. Then the other figures
    // decide.
    let asked: Vec<_> = all.filter(|(small, great, _)| small.or(*great).is_some() || demanded).collect();
    let both = |(small, great, factor): (Option<u64>, Option<u64>, u32)| Some((small?, great?, factor));
    let asked = asked.into_iter().map(both).collect::<Option<Vec<_>>>();
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        return Finding::Unmeasured;
    };
    let apart = |&(small, great, factor): &(u64, u64, u32)| {
        great > 0 && u128::from(great) * 1_000 >= u128::from(small) * u128::from(factor)
    };
    let alike = |&(small, great, _): &(u64, u64, u32)| is_near(small, great);
    match asked.as_slice() {
        all if all.iter().all(apart) => Finding::Shown,
        all if all.iter().all(alike) => Finding::Same,
        all if all.iter().any(|one| one.0 > one.1 && !alike(one)) => Finding::Worse,
        _ => Finding::Less,
    }
}

/// True if the figures are within 5 % of each other. Chance can explain such a difference.
fn is_near(one: u64, other: u64) -> bool {
    u128::from(one.abs_diff(other)) * 20 <= u128::from(one.max(other))
}

pub struct Answered<'a> {
    pub number: u32,
    pub first: &'a AnswerRecord,
    /// The number of seeds with this finding, and the number of all seeds.
    pub alike: [usize; 2],
    pub void: Option<Void>,
    /// True if the measure changed none of the figures, although they are not all zero.
    pub is_unchanged: bool,
    /// True if one figure is better with the measure and another one is worse.
    pub is_mixed: bool,
    /// True if fewer rows are lost, or fewer devices are stuck, with the measure.
    pub mends: bool,
    /// Other figures that the measure improves or worsens, over all seeds. `None` for a demo
    /// scenario.
    pub weighed: Option<Weighed>,
}

/// The reason why the figures of a question on a user's own scenario prove nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Void {
    /// All figures are zero, with and without the measure.
    NothingHappened,
    /// The harm that the measure should reduce did not occur, but other harm did.
    NothingToMend,
    /// The figures are better with the measure, but more data is lost or more devices are stuck.
    FailsWithIt,
    /// The figures are better without the measure, but more data is lost or more devices are stuck.
    FailsWithoutIt,
}

impl Void {
    fn of(first: &AnswerRecord, [without, with]: [&Losses<'_>; 2]) -> Option<Void> {
        let mut asked = first.figures.iter().filter_map(ToldRecord::demanded);
        let mut is_none = || asked.all(|(small, great, _)| (small, great) == (Some(0), Some(0)));
        let happened = |one: &ToldRecord| one.has_harm() || one.is_apart();
        match first.finding {
            _ if first.demanded => None,
            Finding::Shown | Finding::Less if with.is_more_than(without) => Some(Void::FailsWithIt),
            Finding::Worse if without.is_more_than(with) => Some(Void::FailsWithoutIt),
            Finding::Same if !is_none() => None,
            Finding::Same if first.figures.iter().any(happened) => Some(Void::NothingToMend),
            Finding::Same => Some(Void::NothingHappened),
            _ => None,
        }
    }
}

/// The reasons why a cell fails that are lost data or stuck devices.
pub fn losses_of(cell: &CellRecord) -> impl Iterator<Item = &Reason> {
    cell.reasons.iter().filter(|reason| matches!(reason.exit(), Exit::Correctness | Exit::Stuck))
}

/// The number of losses or of stuck devices in some cells, by check.
#[derive(Debug, Default)]
struct Losses<'a>(BTreeMap<&'a str, u64>);

impl<'a> Losses<'a> {
    fn of(cells: impl IntoIterator<Item = &'a CellRecord>) -> Losses<'a> {
        let mut losses = Losses::default();
        for cell in cells {
            for reason in losses_of(cell) {
                let check = check_of(reason);
                let sum = losses.0.entry(check).or_default();
                *sum = sum.saturating_add(counted(cell, check).max(1));
            }
        }
        losses
    }
    fn of_halves(record: &'a RunRecord, answers: &[&'a AnswerRecord]) -> [Losses<'a>; 2] {
        let halves: [fn(&AnswerRecord) -> &str; 2] = [|one| &one.without, |one| &one.with];
        halves.map(|half| Losses::of(answers.iter().filter_map(|one| record.cell(half(one)))))
    }

    fn count(&self, check: &str) -> u64 {
        self.0.get(check).copied().unwrap_or(0)
    }

    /// True if `self` has losses by a check by which `other` has none, or clearly more than twice
    /// as many. Smaller differences may be chance: then the losses do not depend on the measure.
    fn exceeds(&self, other: &Losses<'_>) -> bool {
        self.0.iter().any(|(check, count)| match other.count(check) {
            0 => true,
            less => *count > less.saturating_mul(2).saturating_add(2),
        })
    }

    /// True if more is lost. The number of stuck devices decides first, because a stuck device
    /// hides losses that would come later. If each side exceeds the other, the side with more
    /// checks has lost more. So has a side with a total that is more than twice as large.
    fn is_more_than(&self, other: &Losses<'_>) -> bool {
        let [stuck, of_other] = [self, other].map(|losses| losses.count(STUCK));
        if stuck != of_other {
            return stuck > of_other;
        }
        let sum = |losses: &Losses<'_>| losses.0.values().copied().fold(0, u64::saturating_add);
        let is_greater = || self.0.len() > other.0.len() || sum(self) / 2 > sum(other);
        self.exceeds(other) && (!other.exceeds(self) || is_greater())
    }
}

const STUCK: &str = "stuck";

fn check_of(reason: &Reason) -> &str {
    match reason {
        Reason::Violation { check } => check,
        Reason::Stuck {} => STUCK,
        Reason::TakenBack { .. } => "undone by a backup",
        Reason::Shelved { .. } => "left on a phone by a logout",
        _ => "broken",
    }
}

/// A kind of loss that a check finds in a user's own scenario without changes.
pub struct Fault<'a> {
    pub check: &'a str,
    pub count: u64,
    /// Answers whose measure removes at least half of the losses, with the remaining losses. The
    /// best answer comes first.
    pub mended_by: Vec<(&'a AnswerRecord, u64)>,
}

/// The losses and stuck devices of a user's own scenario without changes, over all seeds.
pub fn own_faults(record: &RunRecord) -> Vec<Fault<'_>> {
    let given = || record.cells.iter().filter(|cell| cell.variant.as_deref() == Some(AS_GIVEN));
    let losses = Losses::of(given().filter(|_| record.matrix));
    let checks = distinct(given().flat_map(losses_of).map(check_of));
    // Measures that the scenario already has cannot help it, so they are left out.
    let lacking = record.answers.iter().filter(|one| one.stands != Some(Stand::With));
    let questions = grouped(lacking, |one| &one.question).into_iter();
    let questions: Vec<_> = questions.map(|(_, all)| (all[0], Losses::of_halves(record, &all))).collect();
    let fault = |check| {
        let halves =
            questions.iter().map(|(one, halves)| (*one, halves.each_ref().map(|of| of.count(check))));
        let mends = halves.filter(|(_, [without, with])| *without > 0 && with.saturating_mul(2) <= *without);
        let mut mended_by: Vec<_> = mends.map(|(one, [_, with])| (one, with)).collect();
        mended_by.sort_by_key(|(_, with)| *with);
        Fault { check, count: losses.count(check), mended_by }
    };
    checks.into_iter().filter(|check| losses.count(check) > 0).map(fault).collect()
}

/// True if a run asked questions about a user's own scenario and answered none.
pub(super) fn has_no_answer(record: &RunRecord) -> bool {
    let is_asked = record.matrix && !record.answers.is_empty();
    is_asked && record.complete && by_list(record).iter().all(|list| list.answered == 0)
}

pub struct AnsweredList<'a> {
    pub title: &'static str,
    pub questions: u32,
    pub answered: usize,
    pub answers: Vec<Answered<'a>>,
}

impl Answered<'_> {
    /// True if the answer says what the scenario does already, or what the figures show.
    fn is_answer(&self) -> bool {
        let has_figures = match self.first.finding {
            Finding::NotAsked | Finding::Unmeasured => false,
            Finding::Shown => true,
            Finding::Less | Finding::Same | Finding::Worse => !self.first.demanded,
        };
        self.first.stands.is_some() || has_figures && self.void.is_none()
    }
}

pub fn by_list(record: &RunRecord) -> Vec<AnsweredList<'_>> {
    let list = |(at, list): (usize, &QuestionList)| {
        let of_list = record.answers.iter().filter_map(|one| {
            question_place(&one.question).filter(|(of, _)| *of == at).map(|(_, number)| (number, one))
        });
        // The answers to one question about one scenario differ only in their seeds.
        let questions = grouped(of_list, |(_, one)| (&one.question, &one.says));
        let answered = questions.into_iter().map(|(_, all)| {
            let number = all[0].0;
            let all: Vec<&AnswerRecord> = all.into_iter().map(|(_, one)| one).collect();
            let alike = |finding| all.iter().filter(|one| one.finding == finding).count();
            // If several findings are equally frequent, the first one counts.
            let most = all.iter().map(|one| alike(one.finding)).max();
            let first = all.iter().find(|one| Some(alike(one.finding)) == most).unwrap_or(&all[0]);
            let [without, with] = Losses::of_halves(record, &all);
            let void = Void::of(first, [&without, &with]);
            let mends = !first.demanded && without.is_more_than(&with);
            let is_same = |one: &ToldRecord| one.without == one.with;
            let is_unchanged = first.finding == Finding::Same
                && void != Some(Void::NothingHappened)
                && first.figures.iter().all(is_same);
            let halves = |one: &&AnswerRecord| Some([record.cell(&one.without)?, record.cell(&one.with)?]);
            let pairs: Vec<_> = all.iter().filter_map(halves).collect();
            let weighed = (!first.demanded && !pairs.is_empty()).then(|| Weighed::of(&pairs));
            let is_mixed = first.finding == Finding::Worse && first.figures.iter().any(ToldRecord::is_gain);
            let alike = [alike(first.finding), all.len()];
            Answered { number, first, alike, void, is_unchanged, is_mixed, mends, weighed }
        });
        let answers: Vec<Answered<'_>> = answered.collect();
        let numbers: BTreeSet<u32> =
            answers.iter().filter(|one| one.is_answer()).map(|one| one.number).collect();
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
    use crate::metrics::{Figure, Unit};

    fn told([without, with]: [u64; 2]) -> ToldRecord {
        ToldRecord {
            name: "n".to_owned(),
            metric: "engine.conflicts.found".to_owned(),
            without: Some(without),
            with: Some(with),
            less_milli: Some(2_000),
            more_milli: None,
        }
    }

    fn cell(id: &str, reasons: &[Reason]) -> CellRecord {
        CellRecord { id: id.to_owned(), reasons: reasons.to_vec(), ..CellRecord::default() }
    }

    fn violation(check: &str) -> Reason {
        Reason::Violation { check: check.to_owned() }
    }

    /// A run that asked a question on a user's own scenario, with these figures and failures per
    /// half.
    fn asked(figures: Vec<ToldRecord>, [without, with]: [&[Reason]; 2]) -> RunRecord {
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        record.cells = vec![cell("without", without), cell("with", with)];
        record.answers = vec![AnswerRecord {
            question: "checklist-2".to_owned(),
            finding: finding(&figures, false),
            without: "without".to_owned(),
            with: "with".to_owned(),
            figures,
            ..AnswerRecord::default()
        }];
        record
    }

    #[test]
    fn a_better_half_that_fails_more_proves_nothing() {
        let (stuck, lost, edit) = (Reason::Stuck {}, violation("lost"), violation("lost-edit"));
        let gate = Reason::NoChange {};
        let fails = |halves: [&[Reason]; 2], figures: [u64; 2]| {
            let record = asked(vec![told(figures)], halves);
            let lists = by_list(&record);
            (lists[0].answers[0].void, lists[0].answered)
        };
        let (with_it, without_it) = (Some(Void::FailsWithIt), Some(Void::FailsWithoutIt));
        for (halves, figures, void) in [
            ([&[][..], &[][..]], [8, 1], None),
            ([&[], &[gate]], [8, 1], None),
            ([&[], std::slice::from_ref(&stuck)], [8, 1], with_it),
            ([std::slice::from_ref(&lost), std::slice::from_ref(&lost)], [8, 1], None),
            ([&[lost.clone(), edit.clone()], std::slice::from_ref(&edit)], [8, 1], None),
            ([std::slice::from_ref(&lost), &[lost.clone(), edit.clone()]], [8, 1], with_it),
            ([std::slice::from_ref(&lost), &[]], [1, 8], without_it),
            ([&[], std::slice::from_ref(&lost)], [1, 8], None),
            ([std::slice::from_ref(&stuck), std::slice::from_ref(&lost)], [8, 1], None),
            ([&[], &[]], [8, 8], None),
            ([&[], &[]], [0, 0], Some(Void::NothingHappened)),
            ([&[], &[]], [NEVER, 8], None),
        ] {
            let answered = usize::from(void.is_none());
            assert_eq!(fails(halves, figures), (void, answered), "{halves:?} {figures:?}");
        }
    }

    #[test]
    fn what_never_comes_is_worse_than_any_figure() {
        assert_eq!(finding(&[told([NEVER, 8])], false), Finding::Shown);
        assert_eq!(finding(&[told([8, NEVER])], false), Finding::Worse);
        assert_eq!(finding(&[told([NEVER, NEVER])], false), Finding::Same);
    }

    #[test]
    fn of_waits_without_an_end_those_that_never_came_count() {
        let half = |never: u64| {
            let p95 = if never > 1 { NEVER } else { 8 };
            let (unit, count, min, p50, p99, max) = (Unit::Ns, 20 - never, 8, 8, p95, p95);
            let (mean, waited) = (None, 9);
            let wait = Figure::Distribution { unit, count, min, p50, p95, p99, max, mean, never, waited };
            CellRecord { metrics: [("wait".into(), wait)].into(), ..CellRecord::default() }
        };
        let found = |halves: [u64; 2]| {
            let [without, with] = halves.map(half);
            let metric = "wait.p95".to_owned();
            let of = |cell: &CellRecord| cell.expected(&metric);
            let told =
                ToldRecord { without: of(&without), with: of(&with), metric: metric.clone(), ..told([0, 0]) };
            finding(&[told.counted([&without, &with])], false)
        };
        assert_eq!(found([12, 8]), Finding::Less);
        assert_eq!(found([8, 12]), Finding::Worse);
        assert_eq!(found([12, 6]), Finding::Shown);
        assert_eq!(found([8, 8]), Finding::Same);
        assert_eq!(found([8, 0]), Finding::Shown, "all ended with it");
    }

    #[test]
    fn an_answer_with_a_better_and_a_worse_figure_is_mixed() {
        let is_mixed = |figures: [[u64; 2]; 2]| {
            by_list(&asked(figures.map(told).to_vec(), [&[], &[]]))[0].answers[0].is_mixed
        };
        assert!(is_mixed([[36, 1], [20, 22]]));
        assert!(!is_mixed([[36, 36], [20, 22]]));
        assert!(!is_mixed([[36, 1], [22, 20]]));
    }

    #[test]
    fn what_neither_half_has_is_decided_by_the_other_figures() {
        let none = ToldRecord { without: None, with: None, ..told([0, 0]) };
        let half = ToldRecord { with: None, ..told([8, 0]) };
        for (figures, demanded, found) in [
            ([none.clone(), told([8, 1])], false, Finding::Shown),
            ([none.clone(), told([8, 1])], true, Finding::Unmeasured),
            ([none.clone(), none], false, Finding::Unmeasured),
            ([half, told([8, 1])], false, Finding::Unmeasured),
        ] {
            assert_eq!(finding(&figures, demanded), found, "{figures:?} {demanded}");
        }
    }

    #[test]
    fn what_happened_and_stayed_is_not_called_nothing() {
        let answered = |mends: [u64; 2], besides: [u64; 2]| {
            let metric = "workload.edits.refused".to_owned();
            let price = ToldRecord { metric, less_milli: None, ..told(besides) };
            let record = asked(vec![told(mends), price], [&[], &[]]);
            let lists = by_list(&record);
            (lists[0].answers[0].void, lists[0].answers[0].is_unchanged)
        };
        assert_eq!(answered([0, 0], [0, 0]), (Some(Void::NothingHappened), false));
        assert_eq!(answered([0, 0], [5, 5]), (Some(Void::NothingToMend), true));
        assert_eq!(answered([0, 0], [0, 5]), (Some(Void::NothingToMend), false));
        assert_eq!(answered([5, 5], [0, 0]), (None, true));
        assert_eq!(answered([100, 99], [0, 0]), (None, false));
    }

    #[test]
    fn losses_are_more_by_their_kinds_or_clearly_by_their_number() {
        let losses = |all: &[(&'static str, u64)]| Losses(all.iter().copied().collect());
        let one: &[(&str, u64)] = &[("lost", 40)];
        for (own, other, more) in [
            (one, &[("lost", 40)][..], false),
            (&[("lost", 45)], one, false),
            (&[("lost", 60)], one, false),
            (&[("lost", 90)], one, true),
            (&[("lost", 5), ("stale", 40)], &[("lost", 3), ("stale", 31)], false),
            (&[("stale", 1)], &[], true),
            (&[("lost", 40), ("stale", 1)], one, true),
            (&[("stale", 40)], one, false),
            (&[("stale", 400)], one, true),
            (&[("lost", 1)], &[("lost", 2), ("stale", 1)], false),
            (&[("lost", 90), ("stale", 1)], &[("lost", 2), ("stuck", 6)], false),
            (&[("stuck", 2)], &[("lost", 90)], true),
        ] {
            assert_eq!(losses(own).is_more_than(&losses(other)), more, "{own:?} {other:?}");
        }
    }

    #[test]
    fn a_file_whose_questions_are_not_asked_has_no_answer() {
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        record.matrix = true;
        record.answers = vec![AnswerRecord { question: "checklist-2".to_owned(), ..AnswerRecord::default() }];
        assert!(has_no_answer(&record));
        record.answers[0].stands = Some(Stand::With);
        assert!(!has_no_answer(&record));
    }

    #[test]
    fn a_question_with_which_fewer_checks_fail_mends_whatever_its_figures_say() {
        let mut record = asked(vec![told([0, 0])], [&[violation("stale")], &[]]);
        assert!(by_list(&record)[0].answers[0].mends);
        record.cells.reverse();
        record.cells[0].id = "without".to_owned();
        record.cells[1].id = "with".to_owned();
        assert!(!by_list(&record)[0].answers[0].mends);
    }

    #[test]
    fn a_fault_of_the_file_names_the_question_that_mends_it() {
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        record.matrix = true;
        let given = cell("given", &[violation("lost-edit"), Reason::Stuck {}]);
        record.cells = vec![
            CellRecord { variant: Some(AS_GIVEN.to_owned()), ..given },
            cell("better", &[Reason::Stuck {}]),
        ];
        record.answers = vec![AnswerRecord {
            question: "field-5".to_owned(),
            stands: Some(Stand::Without),
            without: "given".to_owned(),
            with: "better".to_owned(),
            ..AnswerRecord::default()
        }];
        let told: Vec<_> = own_faults(&record)
            .iter()
            .map(|fault| (fault.check.to_owned(), fault.count, fault.mended_by.len()))
            .collect();
        assert_eq!(told, [("lost-edit".to_owned(), 1, 1), ("stuck".to_owned(), 1, 0)]);
    }
}
