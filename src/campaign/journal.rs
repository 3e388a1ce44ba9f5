//! The journal of a run stores each cell (one simulation) as soon as the cell ends. So a killed run
//! can continue without repeating these cells.
//!
//! The file has one line per cell. The first line identifies the run. Each other line has a digest,
//! a judged cell and its observations. A kill can leave an incomplete line, and a user can edit
//! one. Such a cell and all later ones run again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::runner::{Observed, Ran};
use crate::base::{Digest, escape_path};
use crate::metrics::{self, SERIES, Sample, Tails};
use crate::oracle::Subject;
use crate::record::{
    Build, CellRecord, EndingKind, Exit, FiguresRecord, FolderError, GateRecord, Judged, SeriesRecord,
    Verdict,
};
use crate::scenario::{Plan, file};

pub const NAME: &str = "cells.jsonl";
/// The longest line of a cell, in bytes.
const LINE_MAX: u64 = 1 << 30;
const SHAPE: u32 = 5;
const UNPOISONED: &str = "nobody panics while it holds the journal";

/// The file with the finished cells of a run.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    pages: Mutex<Pages>,
    /// True for a shard (a part of a run on another machine). Its cells are stored nowhere else, so
    /// broken cells are stored, too.
    pub(super) alone: bool,
}

#[derive(Debug)]
struct Pages {
    file: Claimed,
    lines: BTreeMap<Name, Place>,
    end: u64,
    /// The first write error. Nothing is written after it.
    failure: Option<io::Error>,
}

/// A file with a lock that other programs respect.
#[derive(Debug)]
struct Claimed(File);

impl Drop for Claimed {
    /// Releases the lock at once. Closing the file would not: while another thread starts a
    /// process, that process has all files open for a moment.
    fn drop(&mut self) {
        _ = self.0.unlock();
    }
}

/// Identifies a cell by its id, the digest of its scenario, and its seed.
pub(super) type Name = (String, String, String);
pub(super) type Place = (u64, usize);

#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct KeptError {
    pub exit: Exit,
    text: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head<T> {
    shape: u32,
    pub(super) build: Build,
    pub(super) of: T,
}

pub(super) enum Begun<T> {
    /// The line is incomplete or was changed.
    Cut,
    Foreign,
    Of(Head<T>),
}

/// A row of samples: time since the row before, number of instants, and the (series, value) pairs
/// that changed.
type SeriesRow = (u64, u64, Vec<(usize, u64)>);

#[derive(Serialize, Deserialize)]
struct KeptCell {
    plan: String,
    build: Build,
    cell: CellRecord,
    gates: Vec<GateRecord>,
    tails: Tails,
    suspects: Vec<Subject>,
    /// The digest of all metrics of the program. It is needed because a cell omits its zero
    /// figures.
    figures: String,
    series: Vec<SeriesRow>,
    histograms: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    console: Vec<String>,
    wall_ns: u64,
}

#[derive(Deserialize)]
struct Label {
    plan: String,
    build: Build,
    cell: CellLabel,
}

#[derive(Deserialize)]
struct CellLabel {
    id: String,
    seed: String,
}

impl KeptError {
    pub(super) fn new(exit: Exit, text: String) -> KeptError {
        KeptError { exit, text }
    }
    fn usage<T>(text: String) -> Result<T, KeptError> {
        Err(KeptError::new(Exit::Usage, text))
    }
}

impl From<FolderError> for KeptError {
    fn from(error: FolderError) -> KeptError {
        KeptError::new(Exit::Environment, error.to_string())
    }
}

impl Journal {
    /// Starts the journal of run `run` in `folder`. Removes an old journal.
    pub fn begin(folder: &Path, run: &str) -> Result<Journal, FolderError> {
        Journal::begun(folder.join(NAME), &run)
    }
    /// Starts the file at `path`. Its first line contains `of`. Removes an old file.
    pub(super) fn begun<T: Serialize>(path: PathBuf, of: &T) -> Result<Journal, FolderError> {
        let head = Head { shape: SHAPE, build: Build::this().clone(), of };
        let head = seal(&serde_json::to_string(&head).expect("a head is JSON"));
        let begun = || {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let mut file = claim(file::open_with(&path, file::Named::InFile, &options)?)?;
            file.0.set_len(0)?;
            file.0.write_all(head.as_bytes())?;
            Ok(file)
        };
        match begun() {
            Ok(file) => Ok(Journal::new(path, file, BTreeMap::new(), head.len() as u64)),
            Err(cause) => Err(FolderError { path, cause }),
        }
    }

    /// Continues the journal in `folder`. Fails if it belongs to another run. It also fails for
    /// another build of the program, unless `any_build` is true.
    pub fn resume(folder: &Path, run: &str, any_build: bool) -> Result<Journal, KeptError> {
        let path = folder.join(NAME);
        let is_of = |head: &Head<String>| {
            if head.of == run {
                return Ok(());
            }
            let why = "the scenario, settings, axes, variants or seeds differ; use the command of that run";
            KeptError::usage(format!("{} belongs to another run: {why}", escape_path(&path)))
        };
        let why = match folder.exists() {
            true => "the folder has no completed cell, or the run has ended; leave out --resume",
            false => "the folder does not exist; give the folder of the run, or leave out --resume",
        };
        let folder = escape_path(folder);
        let none = || KeptError::usage(format!("there is no run to continue in {folder}: {why}"));
        Journal::reopened(&path, any_build, is_of)?.map_or_else(none, Ok)
    }

    /// Continues the file at `path` if `is_of` accepts its first line. The first unreadable line
    /// and everything after it is removed.
    pub(super) fn reopened<T: DeserializeOwned>(
        path: &Path,
        any_build: bool,
        is_of: impl FnOnce(&Head<T>) -> Result<(), KeptError>,
    ) -> Result<Option<Journal>, KeptError> {
        let failed = |cause| FolderError { path: path.to_owned(), cause };
        let of_build = |build: &Build| {
            if any_build || build.is_this() {
                return Ok(());
            }
            let (path, this) = (escape_path(path), Build::this());
            KeptError::usage(format!(
                "{path} was begun by {build}, but this is {this}: the figures of two builds may differ; to continue anyway, add --any-build"
            ))
        };
        let opened = file::open_with(path, file::Named::InFile, OpenOptions::new().read(true).write(true));
        let file = match opened {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed(e).into()),
        };
        let file = claim(file).map_err(failed)?;
        let mut reader = BufReader::new(&file.0);
        let mut end = match begun(&mut reader).map_err(failed)? {
            (Begun::Cut, _) => return Ok(None),
            (Begun::Foreign, _) => {
                let path = escape_path(path);
                return KeptError::usage(format!(
                    "{path} was written by another version of the program: use another folder, or that version"
                ));
            }
            (Begun::Of(head), end) => {
                is_of(&head)?;
                of_build(&head.build)?;
                end
            }
        };
        let mut kept = BTreeMap::new();
        for line in lines(reader, end) {
            let ((from, length), Some((name, build))) = line.map_err(failed)? else { break };
            of_build(&build)?;
            kept.insert(name, (from, length));
            end += length as u64;
        }
        file.0.set_len(end).map_err(failed)?;
        Ok(Some(Journal::new(path.to_owned(), file, kept, end)))
    }

    pub fn kept(folder: &Path) -> Option<usize> {
        let mut reader = BufReader::new(file::open(&folder.join(NAME), file::Named::InFile).ok()?);
        let (Begun::Of(Head::<String> { .. }), end) = begun(&mut reader).ok()? else { return None };
        let whole = lines(reader, end).map_while(|line| Some(line.ok()?.1?.0));
        Some(whole.collect::<BTreeSet<Name>>().len())
    }
    fn new(path: PathBuf, file: Claimed, lines: BTreeMap<Name, Place>, end: u64) -> Journal {
        Journal { path, pages: Mutex::new(Pages { file, lines, end, failure: None }), alone: false }
    }
    pub fn cells(&self) -> usize {
        self.pages.lock().expect(UNPOISONED).lines.len()
    }
    /// Removes the file if the run is `complete`. Returns the first write error.
    pub fn close(self, complete: bool) -> Result<(), FolderError> {
        let failed = |cause| FolderError { path: self.path.clone(), cause };
        let pages = self.pages.into_inner().expect(UNPOISONED);
        match pages.failure {
            Some(cause) => Err(failed(cause)),
            None if complete => fs::remove_file(&self.path).map_err(failed),
            None => Ok(()),
        }
    }

    pub(super) fn recall(&self, id: &str, plan: &Plan) -> Option<(Ran, Observed)> {
        let name = (id.to_owned(), plan.source.digest.clone(), plan.seed.0.to_string());
        let mut pages = self.pages.lock().expect(UNPOISONED);
        let place = *pages.lines.get(&name)?;
        let text = text_at(&mut pages.file.0, place).ok()?;
        drop(pages);
        serde_json::from_str::<KeptCell>(sealed(&text)?).ok()?.restored()
    }

    /// Stores a finished cell. A write error is reported only at the end, because the results in
    /// memory are valuable.
    pub(super) fn keep(&self, plan: &Plan, ran: &Ran, observed: &Observed) {
        let cell = &ran.judged.cell;
        let broken = cell.ending.kind == EndingKind::Broken;
        if cell.verdict == Verdict::Incomplete || broken && !self.alone {
            return;
        }
        let text = seal(&serde_json::to_string(&KeptCell::of(plan, ran, observed)).expect("a line is JSON"));
        self.append((cell.id.clone(), plan.source.digest.clone(), cell.seed.clone()), text.as_bytes());
    }

    pub(super) fn append(&self, name: Name, text: &[u8]) {
        let mut pages = self.pages.lock().expect(UNPOISONED);
        if pages.failure.is_some() {
            return;
        }
        let end = pages.end;
        let file = &mut pages.file.0;
        match file.seek(SeekFrom::Start(end)).and_then(|_| file.write_all(text)) {
            Ok(()) => {
                pages.lines.insert(name, (end, text.len()));
                pages.end += text.len() as u64;
            }
            Err(e) => pages.failure = Some(e),
        }
    }
    /// True if nothing more can be stored and the run is useless without its file.
    pub(super) fn is_lost(&self) -> bool {
        self.alone && self.pages.lock().expect(UNPOISONED).failure.is_some()
    }
}

fn claim(file: File) -> io::Result<Claimed> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(io::Error::other(
            "another syncdyno is using this folder; wait for its end, or use another folder",
        )),
        // Some cluster file systems have no locks. Then the file is used without one.
        Err(TryLockError::Error(cause)) if cause.kind() != io::ErrorKind::Unsupported => Err(cause),
        _ => Ok(Claimed(file)),
    }
}

fn line(reader: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<usize> {
    text.clear();
    reader.take(LINE_MAX).read_until(b'\n', text)
}

pub(super) fn begun<T: DeserializeOwned>(reader: &mut impl BufRead) -> io::Result<(Begun<T>, u64)> {
    let mut text = Vec::new();
    let length = line(reader, &mut text)? as u64;
    let Some(head) = sealed(&text) else { return Ok((Begun::Cut, length)) };
    let read = serde_json::from_str::<Head<T>>(head).ok().filter(|head| head.shape == SHAPE);
    Ok((read.map_or(Begun::Foreign, Begun::Of), length))
}

/// The lines after the first one, which ends at byte `from`, with the name of each intact cell.
pub(super) fn lines(
    mut reader: impl BufRead,
    mut from: u64,
) -> impl Iterator<Item = io::Result<(Place, Option<(Name, Build)>)>> {
    let mut text = Vec::new();
    std::iter::from_fn(move || match line(&mut reader, &mut text) {
        Ok(0) => None,
        Ok(length) => {
            let place = (from, length);
            from += length as u64;
            Some(Ok((place, named(&text))))
        }
        Err(e) => Some(Err(e)),
    })
}

pub(super) fn text_at(file: &mut File, (from, length): Place) -> io::Result<Vec<u8>> {
    let mut text = vec![0; length];
    file.seek(SeekFrom::Start(from))?;
    file.read_exact(&mut text)?;
    Ok(text)
}

pub(super) fn seal(cell: &str) -> String {
    let mut digest = Digest::new();
    digest.text(cell);
    format!("{} {cell}\n", digest.hex())
}

/// The cell of a line that is complete and matches its digest.
fn sealed(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?;
    let cell = line.strip_suffix('\n')?.split_once(' ')?.1;
    (seal(cell) == line).then_some(cell)
}

fn named(text: &[u8]) -> Option<(Name, Build)> {
    let Label { plan, build, cell } = serde_json::from_str(sealed(text)?).ok()?;
    Some(((cell.id, plan, cell.seed), build))
}

/// Two digests of an intact line: of its content without the host time, and of the cell's results.
pub(super) fn meaning(text: &[u8]) -> Option<(String, String)> {
    let mut kept: KeptCell = serde_json::from_str(sealed(text)?).ok()?;
    kept.wall_ns = 0;
    let mut digest = Digest::new();
    digest.text(&serde_json::to_string(&kept).expect("a line is JSON"));
    Some((digest.hex(), kept.cell.digest))
}

impl KeptCell {
    fn of(plan: &Plan, ran: &Ran, observed: &Observed) -> KeptCell {
        // The samples already contain the series.
        let mut cell = CellRecord { series: None, ..ran.judged.cell.clone() };
        let (figures, known) = known();
        cell.leave_out(known);
        KeptCell {
            plan: plan.source.digest.clone(),
            build: Build::this().clone(),
            cell,
            gates: ran.judged.gates.clone(),
            tails: ran.judged.tails.clone(),
            suspects: ran.suspects.clone(),
            figures: figures.clone(),
            series: in_rows(&observed.series),
            histograms: observed.histograms.clone(),
            console: observed.console.clone(),
            wall_ns: u64::try_from(ran.wall.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    /// Restores the cell; `None` if it has names that this program does not know.
    fn restored(mut self) -> Option<(Ran, Observed)> {
        let (figures, known) = known();
        let series = out_of_rows(&self.series).filter(|_| self.figures == *figures)?;
        self.cell.fill(known).ok()?;
        self.cell.series = SeriesRecord::of(&series).filter(|_| self.cell.ended());
        self.cell.ran_by = (!self.build.is_this()).then_some(self.build);
        let judged = Judged { cell: self.cell, gates: self.gates, tails: self.tails };
        let ran = Ran { judged, wall: Duration::from_nanos(self.wall_ns), suspects: self.suspects };
        // The names become file names, so only known metrics are accepted.
        let named =
            self.histograms.iter().all(|(name, _)| metrics::find(name).is_some_and(|m| m.name == name));
        named.then_some((ran, Observed { series, histograms: self.histograms, console: self.console }))
    }
}

/// Groups samples by instant. Every series has a value at each instant.
fn in_rows(samples: &[Sample]) -> Vec<SeriesRow> {
    let position = |name: &str| SERIES.iter().position(|(known, _)| *known == name);
    let (mut rows, mut before, mut last): (Vec<SeriesRow>, _, _) = (Vec::new(), 0, BTreeMap::new());
    for samples in samples.chunk_by(|one, other| one.at_ns == other.at_ns) {
        let gap = samples[0].at_ns - std::mem::replace(&mut before, samples[0].at_ns);
        let values = samples.iter().filter_map(|sample| Some((position(sample.series)?, sample.value)));
        let changed: Vec<_> =
            values.filter(|(series, value)| last.insert(*series, *value) != Some(*value)).collect();
        match rows.last_mut() {
            Some((same, times, _)) if *same == gap && changed.is_empty() => *times += 1,
            _ => rows.push((gap, 1, changed)),
        }
    }
    rows
}

/// Restores the samples in their order; `None` if a series is unknown.
fn out_of_rows(rows: &[SeriesRow]) -> Option<Vec<Sample>> {
    let (mut samples, mut at_ns, mut last) = (Vec::new(), 0_u64, BTreeMap::new());
    for (gap, times, changed) in rows {
        last.extend(changed.iter().copied());
        for _ in 0..*times {
            at_ns = at_ns.checked_add(*gap)?;
            for (series, value) in &last {
                samples.push(Sample { at_ns, series: SERIES.get(*series)?.0, value: *value });
            }
        }
    }
    Some(samples)
}

/// All metrics of this program, and their digest.
fn known() -> &'static (String, FiguresRecord) {
    static KNOWN: OnceLock<(String, FiguresRecord)> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let known = FiguresRecord::known();
        let mut digest = Digest::new();
        digest.text(&serde_json::to_string(&known).expect("units are JSON"));
        (digest.hex(), known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_journal_is_free_although_somebody_holds_its_file() {
        let desk = tempfile::tempdir().unwrap();
        let begun = || Journal::begin(desk.path(), "run");
        let first = begun().unwrap();
        assert!(begun().is_err(), "another is at work");
        // While another thread starts a process, that process holds the file like this for a
        // moment.
        let held = first.pages.lock().unwrap().file.0.try_clone().unwrap();
        drop(first);
        assert!(begun().is_ok());
        drop(held);
    }
}
