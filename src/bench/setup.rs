//! What is run: a stack, a scenario, settings, seeds.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::Path;
use std::{env, fs, io};

use super::report::{Report, SEED};
use crate::analysis::{self, Asks, Trial};
use crate::base::{Span, Time};
use crate::campaign::{self, CampaignOptions, InProcess, Listener, Runner, Signals};
use crate::contract::Stack;
use crate::record::CellRecord;
use crate::scenario::{Document, Invalid, Request};
use crate::world::Stacks;

/// A run of the bench that a test makes ready.
///
/// ```no_run
/// use syncdyno::Bench;
///
/// let report = Bench::builtin().scenario("scenarios/hospital-hour.toml").seeds(1..=20).run();
/// report.assert_ok();
/// assert!(report.figure("engine.sync.duration").p95() < 60_000_000_000);
/// ```
#[derive(Clone)]
pub struct Bench {
    stacks: Stacks,
    scenario: String,
    request: Request,
    threads: usize,
}

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The scenario file cannot be read.
    #[error("cannot read the scenario {path}: {error}")]
    Unreadable {
        /// The path as it was given.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// The scenario is wrong; the text has file, line and a caret for each mistake.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// `SYNCDYNO_SEED` is no whole number.
    #[error("{SEED} is `{0}`; write a whole number from 0 on")]
    Seed(String),
}

impl Bench {
    /// A bench for a stack of one's own, which all its scenarios use.
    pub fn new(stack: Stack) -> Bench {
        let name = format!("engine.name={:?}", stack.name);
        let mut bench = Bench::with(Stacks::builtin().with(stack));
        bench.request.sets.push(name);
        bench
    }
    /// A bench for the built-in engine.
    pub fn builtin() -> Bench {
        Bench::with(Stacks::builtin())
    }
    fn with(stacks: Stacks) -> Bench {
        Bench { stacks, scenario: String::new(), request: Request::default(), threads: 1 }
    }
    /// The scenario: the path of a file, or the text of one if it has more than a line. Without
    /// this call it is the hospital day.
    #[must_use]
    pub fn scenario(mut self, text_or_path: &str) -> Bench {
        text_or_path.clone_into(&mut self.scenario);
        self
    }
    /// The seeds, one run of every variant each. Without this call it is the file's own.
    #[must_use]
    pub fn seeds(mut self, seeds: impl IntoIterator<Item = u64>) -> Bench {
        self.request.seeds = seeds.into_iter().collect();
        self
    }
    /// Sets a key of the scenario as `--set KEY=VALUE` does: a value that is no TOML is a text.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Display) -> Bench {
        self.request.sets.push(format!("{key}={value}"));
        self
    }
    /// Sets a key of the table `chaos`: random faults such as `kill_mtbf`, `20m`.
    #[must_use]
    pub fn chaos(self, key: &str, value: impl Display) -> Bench {
        self.set(&format!("chaos.{key}"), value)
    }
    /// Runs this variant of the scenario, and others that are named so; all without this call.
    #[must_use]
    pub fn variant(mut self, name: &str) -> Bench {
        self.request.variants.push(name.to_owned());
        self
    }
    /// The threads that run cells, 1 without this call: tests run side by side anyway. Results do
    /// not depend on it.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Bench {
        self.threads = threads.max(1);
        self
    }

    /// Runs all cells and judges them.
    ///
    /// # Panics
    /// If nothing can be run: with the text of the [`BenchError`].
    #[track_caller]
    pub fn run(self) -> Report {
        match self.try_run() {
            Ok(report) => report,
            Err(error) => panic!("{error}"),
        }
    }
    /// Runs all cells and judges them.
    ///
    /// # Errors
    /// Nothing can be run: no file, a mistake in it, or a seed in the environment that is none. A
    /// cell that panics or hangs is no error: its report fails.
    pub fn try_run(mut self) -> Result<Report, BenchError> {
        if let Some(seed) = only(env::var_os(SEED).as_deref())? {
            self.request.seeds = vec![seed];
        }
        let runner = InProcess(self.stacks);
        let plans = document(&self.scenario)?.plans(&self.request, &runner.stacks())?;
        let options = CampaignOptions { jobs: self.threads, ..CampaignOptions::default() };
        let signals = Signals::default();
        let campaign = campaign::run(&plans, None, &runner, &options, &signals, &Silent, None);
        let (mut judged, notes) = (campaign.judged, campaign.notes);
        campaign::mend(&plans, &mut judged, &runner, &signals, None);
        let (asks, against) = (Asks::Cells, None);
        let trial = Trial { folder: "", plans: &plans, notes: &notes, asks, against };
        Ok(Report::new(analysis::judge_run(&trial, judged).record))
    }
}

/// The seed that the environment asks for, if it asks for one.
fn only(written: Option<&OsStr>) -> Result<Option<u64>, BenchError> {
    let written = written.unwrap_or_default().to_string_lossy();
    let seed = written.trim();
    if seed.is_empty() {
        return Ok(None);
    }
    seed.parse().map(Some).map_err(|_| BenchError::Seed(seed.to_owned()))
}

fn document(text_or_path: &str) -> Result<Document, BenchError> {
    if text_or_path.is_empty() {
        return Ok(Document::hospital_day());
    }
    if text_or_path.contains('\n') {
        return Ok(Document::parse("scenario", text_or_path)?);
    }
    let unreadable = |error| BenchError::Unreadable { path: text_or_path.to_owned(), error };
    let text = fs::read_to_string(text_or_path).map_err(unreadable)?;
    Ok(Document::of_file(Path::new(text_or_path), &text)?)
}

struct Silent;

impl Listener for Silent {
    fn started(&self, _: usize) {}
    fn progressed(&self, _: usize, _: Time, _: Span) {}
    fn ended(&self, _: usize, _: &CellRecord) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_of_the_environment_is_a_whole_number() {
        let only = |text: &str| only(Some(OsStr::new(text)));
        assert!(matches!(only(" 7 "), Ok(Some(7))));
        assert!(matches!(only(""), Ok(None)));
        assert!(matches!(only("seven"), Err(BenchError::Seed(text)) if text == "seven"));
    }
}
