//! `run --for`: asks questions of scenarios about a user's own scenario.
//!
//! A question compares two variants of the user's scenario, called halves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use super::args::Selection;
use super::console::Console;
use super::cost;
use super::refusal::Refusal;
use super::sources::{self, Values};
use crate::analysis::AS_GIVEN;
use crate::base::escape_path;
use crate::record::Exit;
use crate::scenario::{
    Diagnostic, Document, Plan, Put, Question, Seen, Stand, Standing, Told, question_place,
};

/// The reason why a question is not asked: both halves would be the same scenario.
const NO_CHANGE: &str = "both variants give the same scenario in your file";

/// The plans of `file` for the selected questions. The unchanged file comes first. Equal halves of
/// several questions run only once.
pub(super) fn plans(
    file: &Path,
    selection: &Selection,
    jobs: usize,
    console: &mut Console<'_>,
) -> Result<Vec<Plan>> {
    let own = own(file, console)?;
    let mut given = sources::combined(std::slice::from_ref(&own), selection, Values::new(), console)?;
    sources::remark_on(&given, console);
    given.iter_mut().for_each(|plan| plan.source_mut().variant = Some(AS_GIVEN.to_owned()));
    let of = match selection.paths.as_slice() {
        [] => Document::checklist(),
        paths => sources::documents(paths, console)?,
    };
    let mut asked = Asked::default();
    asked.take(given.clone());
    let mut questions = Vec::new();
    for document in &of {
        let plans =
            sources::combined(std::slice::from_ref(document), &Selection::default(), Values::new(), console)?;
        for question in plans.first().map_or_else(Vec::new, |plan| plan.judged.questions.to_vec()) {
            let put = Questioned { own: &own, given: &given[0], of: document, selection };
            let is_absent = question.does.is_some_and(|practice| practice.seen_in(&given[0]).is_absent);
            questions.push((put.put(question, &mut asked, console), is_absent));
        }
    }
    let questions = without_absent(questions);
    if !questions.iter().any(has_answer) {
        return Err(Refusal::because(Exit::Nothing, nothing(&questions)));
    }
    let questions: Arc<[Question]> = questions.into();
    asked.plans.iter_mut().for_each(|plan| plan.judged_mut().questions = Arc::clone(&questions));
    // Host times differ from run to run, so they go only to stderr.
    let estimate = cost::estimate(&cost::of(&asked.plans), jobs, console);
    let estimate = estimate.trim_end();
    console.remark(&format!("on this host: {estimate}; more if syncs fail often\n"));
    Ok(asked.plans)
}

/// Removes questions about features that the file does not have. Of each question number at least
/// one question stays, so that the report can say why it has no answer.
fn without_absent(questions: Vec<(Question, bool)>) -> Vec<Question> {
    let there = questions.iter().filter(|(_, is_absent)| !is_absent);
    let numbers: BTreeSet<_> = there.map(|(question, _)| question_place(&question.name)).collect();
    let is_needed = |question: &Question| !numbers.contains(&question_place(&question.name));
    let kept = questions.into_iter().filter(|(question, is_absent)| !is_absent || is_needed(question));
    kept.map(|(question, _)| question).collect()
}

fn own(file: &Path, console: &Console<'_>) -> Result<Document> {
    if file.is_dir() {
        let text = format!("{} is a folder: --for takes one scenario file", escape_path(file));
        return Err(Refusal::usage(text));
    }
    let mut documents = sources::documents(&[file.to_owned()], console)?;
    Ok(documents.remove(0).base())
}

#[derive(Default)]
struct Asked {
    plans: Vec<Plan>,
    /// For each digest of a scenario, the variant that runs it.
    runs_as: BTreeMap<String, String>,
}

struct Questioned<'a> {
    own: &'a Document,
    given: &'a Plan,
    of: &'a Document,
    selection: &'a Selection,
}

impl Questioned<'_> {
    fn put(&self, mut question: Question, asked: &mut Asked, console: &Console<'_>) -> Question {
        let seen = question.does.map(|practice| practice.seen_in(self.given)).unwrap_or_default();
        let set = self.of.held_by(&question.name, &seen.mends, &self.selection.set);
        let why = set
            .map(|key| format!("--set {key} applies to both variants, and the question is about that key"));
        if let Some(why) = why.or_else(|| seen.is_moot.then(|| seen.because.clone())) {
            return Question { put: Put::ToNone(Standing::default(), why), ..question };
        }
        let mut standing = Standing {
            half: seen.half(),
            because: seen.because.clone(),
            tried: Vec::new(),
            shown_by: question.does.map_or_else(String::new, |practice| practice.lacks(self.given)),
        };
        let [without, with] = match self.halves(&question, &seen, console) {
            Err(why) => return Question { put: Put::ToNone(standing, why), ..question },
            Ok(halves) => halves,
        };
        if question.does.is_none() {
            let mut halves = [(&without[0], Stand::Without), (&with[0], Stand::With)].into_iter();
            let own = halves.find(|(half, _)| half.source.digest == self.given.source.digest);
            standing.half = own.map(|(_, stand)| stand);
        }
        if standing.half == Some(Stand::Without) {
            standing.tried = seen.mends.iter().map(ToString::to_string).collect();
        }
        let price = |(name, metric)| Told { name, metric, demand: None };
        question.figures.extend(seen.figures.into_iter().map(price));
        let [without, with] = [without, with].map(|half| asked.take(half));
        Question { without, with, put: Put::ToAnother(standing), ..question }
    }

    fn halves(
        &self,
        question: &Question,
        seen: &Seen,
        console: &Console<'_>,
    ) -> Result<[Vec<Plan>; 2], String> {
        let is_mended = seen.does == Some(false) && !seen.mends.is_empty();
        let lacks = self.own.lacks(&question.name, self.of, &self.selection.set);
        if let Some(why) = lacks.filter(|_| !is_mended) {
            return Err(why);
        }
        let document = self.own.asked(&question.name, self.of, seen);
        let plans = sources::with(&document, self.selection, Values::new(), console);
        let plans = plans.map_err(|invalid| {
            let all: Vec<String> = invalid.diagnostics.iter().map(Diagnostic::in_a_line).collect();
            all.join("; ")
        })?;
        let half = |name: &str| {
            let title = format!("{}-{name}", question.name);
            let of = plans.iter().filter(|plan| plan.source.variant.as_ref() == Some(&title));
            of.cloned().collect::<Vec<_>>()
        };
        let halves = [half(&question.without), half(&question.with)];
        if halves[0][0].source.digest == halves[1][0].source.digest {
            return Err(question.alike.clone().unwrap_or_else(|| NO_CHANGE.to_owned()));
        }
        Ok(halves)
    }
}

fn has_answer(question: &Question) -> bool {
    match &question.put {
        Put::ToNone(standing, _) => standing.half.is_some(),
        _ => true,
    }
}

impl Asked {
    fn take(&mut self, half: Vec<Plan>) -> String {
        let source = half[0].source.clone();
        let runs_as = self.runs_as.entry(source.digest.clone()).or_insert_with(|| {
            self.plans.extend(half);
            source.variant.clone().unwrap_or_default()
        });
        runs_as.clone()
    }
}

fn nothing(questions: &[Question]) -> String {
    let told = questions.iter().filter_map(|question| match &question.put {
        Put::ToNone(_, why) => Some(format!("\n  {}: {why}", question.name)),
        _ => None,
    });
    match questions {
        [] => "the given scenarios have no question: give one with [question.NAME], or no path for the checklist"
            .to_owned(),
        _ => format!(
            "none of these questions fits this scenario, so nothing was run:{}",
            told.collect::<String>()
        ),
    }
}
