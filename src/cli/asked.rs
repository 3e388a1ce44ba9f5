//! `run --for`: the questions of scenarios, put to one of somebody's own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use super::args::Selection;
use super::console::Console;
use super::refusal::Refusal;
use super::sources::{self, Values};
use crate::record::Exit;
use crate::scenario::{Document, Plan, Put, Question, Side};

/// Why a question is not asked whose halves are one scenario.
const NO_CHANGE: &str = "your file is the same without it and with it";

/// The cells of `file` under the selected questions; halves that are the same are run once.
pub(super) fn plans(file: &Path, selection: &Selection, console: &mut Console<'_>) -> Result<Vec<Plan>> {
    let own = own(file, console)?;
    let as_given = sources::combined(std::slice::from_ref(&own), selection, Values::new(), console)?;
    sources::remark_on(&as_given, console);
    let of = match selection.paths.as_slice() {
        [] => Document::checklist(),
        paths => sources::documents(paths, console)?,
    };
    let plain = Selection::default();
    let (mut asked, mut questions) = (Asked::default(), Vec::new());
    for document in &of {
        let plans = sources::combined(std::slice::from_ref(document), &plain, Values::new(), console)?;
        for question in plans.first().map_or_else(Vec::new, |plan| plan.questions.to_vec()) {
            let put = Questioned { own: &own, given: &as_given[0].digest, of: document, selection };
            questions.push(put.put(question, &mut asked, console));
        }
    }
    if asked.plans.is_empty() {
        return Err(Refusal::because(Exit::Nothing, nothing(&questions)));
    }
    let questions: Arc<[Question]> = questions.into();
    asked.plans.iter_mut().for_each(|plan| plan.questions = Arc::clone(&questions));
    Ok(asked.plans)
}

fn own(file: &Path, console: &Console<'_>) -> Result<Document> {
    if file.is_dir() {
        let text = format!("{} is a folder: --for takes one scenario", file.display());
        return Err(Refusal::usage(text));
    }
    let mut documents = sources::documents(&[file.to_owned()], console)?;
    Ok(documents.remove(0).base())
}

#[derive(Default)]
struct Asked {
    plans: Vec<Plan>,
    /// The variant that a scenario runs as, by its digest.
    runs_as: BTreeMap<String, String>,
}

struct Questioned<'a> {
    own: &'a Document,
    given: &'a str,
    of: &'a Document,
    selection: &'a Selection,
}

impl Questioned<'_> {
    fn put(&self, question: Question, asked: &mut Asked, console: &Console<'_>) -> Question {
        match self.halves(&question, console) {
            Err(why) => Question { put: Put::ToNone(why), ..question },
            Ok([without, with]) => {
                let is = |half: &[Plan]| half[0].digest == self.given;
                let stands = match (is(&without), is(&with)) {
                    (true, _) => Some(Side::Without),
                    (_, true) => Some(Side::With),
                    _ => None,
                };
                let [without, with] = [without, with].map(|half| asked.take(half));
                Question { without, with, put: Put::ToAnother(stands), ..question }
            }
        }
    }

    fn halves(&self, question: &Question, console: &Console<'_>) -> Result<[Vec<Plan>; 2], String> {
        if let Some(why) = self.own.lacks(&question.name, self.of, &self.selection.set) {
            return Err(why);
        }
        let document = self.own.asked(&question.name, self.of);
        let plans = sources::with(&document, self.selection, Values::new(), console)?;
        let half = |name: &str| {
            let title = format!("{}-{name}", question.name);
            plans.iter().filter(|plan| plan.variant.as_ref() == Some(&title)).cloned().collect::<Vec<_>>()
        };
        let halves = [half(&question.without), half(&question.with)];
        if halves[0][0].digest == halves[1][0].digest {
            return Err(question.alike.clone().unwrap_or_else(|| NO_CHANGE.to_owned()));
        }
        Ok(halves)
    }
}

impl Asked {
    fn take(&mut self, half: Vec<Plan>) -> String {
        let title = half[0].variant.clone().unwrap_or_default();
        if let Some(runs_as) = self.runs_as.get(&half[0].digest) {
            return runs_as.clone();
        }
        self.runs_as.insert(half[0].digest.clone(), title.clone());
        self.plans.extend(half);
        title
    }
}

fn nothing(questions: &[Question]) -> String {
    let told = questions.iter().filter_map(|question| match &question.put {
        Put::ToNone(why) => Some(format!("\n  {}: {why}", question.name)),
        _ => None,
    });
    match questions {
        [] => "no scenario there has a question to ask".to_owned(),
        _ => format!("none of these questions can be asked of this scenario:{}", told.collect::<String>()),
    }
}
