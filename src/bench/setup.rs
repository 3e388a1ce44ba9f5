//! Configures a run of the bench: its stack, scenario, settings and seeds.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::Path;
use std::{env, fs, io};

use super::report::{Report, SEED};
use crate::analysis::{self, Asks, Trial};
use crate::campaign::{self, CampaignOptions, InProcess, Listener, Runner, Signals};
use crate::contract::Stack;
use crate::scenario::{Document, Invalid, Request};
use crate::world::Stacks;

/// A run of the bench, configured by a test.
///
/// ```no_run
/// use syncdyno::Bench;
///
/// let report = Bench::builtin().scenario("scenarios/hospital-hour.toml").seeds(1..=20).run();
/// report.assert_ok();
/// assert!(report.figure("engine.session.duration").p95() < 60_000_000_000);
/// ```
#[derive(Clone)]
pub struct Bench {
    stacks: Stacks,
    scenario: String,
    request: Request,
    threads: usize,
}

/// The reason why the bench could not run anything.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The scenario file cannot be read.
    #[error("cannot read the scenario {path}: {error}")]
    Unreadable {
        /// The path as it was given.
        path: String,
        /// The error of the operating system.
        error: io::Error,
    },
    /// The scenario is not valid; the text has file, line and a caret for each mistake.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// `SYNCDYNO_SEED` is not an integer of 0 or more.
    #[error("{SEED} is `{0}`; write a whole number from 0 on")]
    Seed(String),
}

impl Bench {
    /// A bench for your own stack. All its scenarios use this stack.
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
    /// Sets the scenario. A text of several lines is the scenario itself, and a text of one line is
    /// the path of a file. The default is the hospital day, a built-in scenario.
    #[must_use]
    pub fn scenario(mut self, text_or_path: &str) -> Bench {
        text_or_path.clone_into(&mut self.scenario);
        self
    }
    /// Sets the seeds. Each variant runs once per seed. The default is the seed of the scenario.
    #[must_use]
    pub fn seeds(mut self, seeds: impl IntoIterator<Item = u64>) -> Bench {
        self.request.seeds = seeds.into_iter().collect();
        self
    }
    /// Sets a key of the scenario, like `--set KEY=VALUE`. A value that is not valid TOML is a
    /// string.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Display) -> Bench {
        self.request.sets.push(format!("{key}={value}"));
        self
    }
    /// Sets a key of the table `chaos`, which describes random faults. Example: `kill_mtbf` to
    /// `20m`.
    #[must_use]
    pub fn chaos(self, key: &str, value: impl Display) -> Bench {
        self.set(&format!("chaos.{key}"), value)
    }
    /// Runs only this variant; call it again to add variants. The default is all variants.
    #[must_use]
    pub fn variant(mut self, name: &str) -> Bench {
        self.request.variants.push(name.to_owned());
        self
    }
    /// Sets the number of threads that run cells. Results do not depend on it. The default is 1,
    /// because `cargo test` already runs tests in parallel.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Bench {
        self.threads = threads.max(1);
        self
    }

    /// Runs all cells (one simulation per variant and seed) and judges them.
    ///
    /// # Panics
    /// If the bench cannot run anything. The panic message is the text of the [`BenchError`].
    #[track_caller]
    pub fn run(self) -> Report {
        match self.try_run() {
            Ok(report) => report,
            Err(error) => panic!("{error}"),
        }
    }
    /// Runs all cells (one simulation per variant and seed) and judges them.
    ///
    /// # Errors
    /// If the scenario file cannot be read, if the scenario is not valid, or if the seed in the
    /// environment is not valid. A cell that panics or hangs is not an error: its report fails.
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

/// Parses the seed in the environment; `None` if it is not set.
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

impl Listener for Silent {}

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
