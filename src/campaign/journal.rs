//! Cells as they end, a line each: what a run that is killed has done is not done again.
//!
//! The file lies in the report's folder from the first cell to the end of a run that is complete.
//! Its first line says of which run it is; each other line is a judged cell with what it observed,
//! written in one go when the cell has ended, behind its digest. A run that is killed may leave
//! half a line, and somebody may have changed one: that cell and those after it are run again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ended::{Observed, Ran};
use super::even::Even;
use super::runner::Subject;
use crate::base::{DeviceId, Digest, EntityId, Key};
use crate::metrics;
use crate::oracle;
use crate::record::{
    Build, CellRecord, EndingKind, FiguresRecord, FolderError, GateRecord, Judged, SeriesRecord, Verdict,
};
use crate::scenario::{Plan, file};

/// The file's name in a report's folder.
pub const NAME: &str = "cells.jsonl";
/// What is longer is no line of a cell, in bytes.
const LINE_MAX: u64 = 1 << 30;
/// The shape of its lines.
const SHAPE: u32 = 3;

/// The cells of a run that have ended, in a file that grows with each.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    pages: Mutex<Pages>,
    /// Nothing else is kept of its cells: those that broke are kept too, and none is run that
    /// cannot be kept.
    pub(super) alone: bool,
}

#[derive(Debug)]
struct Pages {
    file: File,
    /// Where the line of a cell begins, and how long it is.
    lines: BTreeMap<Name, (u64, usize)>,
    end: u64,
    /// The first error of writing; nothing is written after it.
    failure: Option<io::Error>,
}

/// What tells a cell from all others: its id, its scenario's digest, its seed.
pub(super) type Name = (String, String, String);

/// Why a run cannot go on from a folder.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is nothing to go on from.
    #[error("there is no {NAME} in {}: nothing was begun there, or it has come to its end", .0.display())]
    Absent(PathBuf),
    /// It was cut off before its first cell.
    #[error("{} ends within its first line, and no cell was kept: run it without --resume", .0.display())]
    Cut(PathBuf),
    /// It is of another run.
    #[error("{} is of another run: {why}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What differs.
        why: String,
    },
    /// Another build of the program ran some of its cells.
    #[error("{} was begun by {theirs}, and this is {this}: two builds may come to other figures", path.display())]
    OtherBuild {
        /// The file.
        path: PathBuf,
        /// Who ran them.
        theirs: String,
        /// This build.
        this: String,
    },
    /// The system refuses.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// The first line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    journal: u32,
    run: String,
    build: Build,
}

#[derive(Serialize, Deserialize)]
struct KeptCell {
    plan: String,
    build: Build,
    cell: CellRecord,
    gates: Vec<GateRecord>,
    suspects: Vec<Suspect>,
    /// What figures that a cell does not tell are.
    figures: String,
    series: Even,
    histograms: Vec<(String, String)>,
    wall_ns: u64,
}

/// As much of a line as says whose it is.
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

/// A subject whose life may have to be told at the end.
#[derive(Serialize, Deserialize)]
struct Suspect {
    entity: EntityId,
    key: String,
    side: Option<DeviceId>,
    found: Option<(String, Option<DeviceId>)>,
}

impl Journal {
    /// Begins the journal of the run of this name in `folder`; one that was there is gone.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn begin(folder: &Path, run: &str) -> Result<Journal, FolderError> {
        let mut head = serde_json::to_vec(&Head::of(run)).expect("a head is JSON");
        head.push(b'\n');
        Journal::begun(folder.join(NAME), &head)
    }

    /// Begins the journal at `path` with this line; one that was there is gone.
    pub(super) fn begun(path: PathBuf, head: &[u8]) -> Result<Journal, FolderError> {
        let begun = || {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let mut file = file::open_with(&path, file::Named::InFile, &options)?;
            claim(&file)?;
            file.set_len(0)?;
            file.write_all(head)?;
            Ok(file)
        };
        match begun() {
            Ok(file) => Ok(Journal::new(path, file, BTreeMap::new(), head.len() as u64)),
            Err(cause) => Err(FolderError { path, cause }),
        }
    }

    /// Goes on with the journal in `folder`, if it is of the run of this name, and of this build
    /// alone unless `any_build` may have written it. What comes after a line that cannot be read is
    /// cut off.
    ///
    /// # Errors
    /// There is none, it is of another run or of another build, or it cannot be read.
    pub fn resume(folder: &Path, run: &str, any_build: bool) -> Result<Journal, JournalError> {
        let path = folder.join(NAME);
        let of_this = |build: &Build| {
            if any_build || build.is_this() {
                return Ok(());
            }
            let (theirs, this) = (build.to_string(), Build::this().to_string());
            Err(JournalError::OtherBuild { path: path.clone(), theirs, this })
        };
        let begun = |text: &[u8]| {
            let head = Head::of(run).as_in(text);
            let head = head.map_err(|why| JournalError::Other { path: path.clone(), why })?;
            of_this(&head.build)
        };
        Journal::reopened(path.clone(), begun, of_this)
    }

    /// Goes on with the journal at `path`, if `begun` takes its first line and `of` the builds of
    /// its cells. What comes after a line that cannot be read is cut off.
    pub(super) fn reopened(
        path: PathBuf,
        begun: impl FnOnce(&[u8]) -> Result<(), JournalError>,
        of: impl Fn(&Build) -> Result<(), JournalError>,
    ) -> Result<Journal, JournalError> {
        let failed = |cause| FolderError { path: path.clone(), cause };
        let opened = file::open_with(&path, file::Named::InFile, OpenOptions::new().read(true).write(true));
        let file = match opened {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(JournalError::Absent(path.parent().unwrap_or(&path).to_owned()));
            }
            Err(e) => return Err(failed(e).into()),
        };
        claim(&file).map_err(failed)?;
        let mut reader = BufReader::new(&file);
        let mut text = Vec::new();
        let mut end = line(&mut reader, &mut text).map_err(failed)? as u64;
        if !text.ends_with(b"\n") {
            return Err(JournalError::Cut(path));
        }
        begun(&text)?;
        let mut lines = BTreeMap::new();
        loop {
            let length = line(&mut reader, &mut text).map_err(failed)?;
            let Some((name, build)) = named(&text) else { break };
            of(&build)?;
            lines.insert(name, (end, length));
            end += length as u64;
        }
        file.set_len(end).map_err(failed)?;
        Ok(Journal::new(path.clone(), file, lines, end))
    }

    /// How many cells the journal in `folder` holds; `None` if there is none to go on from. Nothing
    /// is changed there.
    pub fn kept(folder: &Path) -> Option<usize> {
        let mut reader = BufReader::new(file::open(&folder.join(NAME), file::Named::InFile).ok()?);
        let mut text = Vec::new();
        line(&mut reader, &mut text).ok()?;
        serde_json::from_slice::<Head>(&text).ok()?;
        let mut cells = BTreeSet::new();
        loop {
            line(&mut reader, &mut text).ok()?;
            let Some((name, _)) = named(&text) else { return Some(cells.len()) };
            cells.insert(name);
        }
    }

    fn new(path: PathBuf, file: File, lines: BTreeMap<Name, (u64, usize)>, end: u64) -> Journal {
        Journal { path, pages: Mutex::new(Pages { file, lines, end, failure: None }), alone: false }
    }

    /// How many cells it holds.
    pub fn cells(&self) -> usize {
        self.pages.lock().expect("nobody panics while it holds the journal").lines.len()
    }

    /// Closes it: of a run that is `complete` the file goes, else it stays. Gives the first error
    /// of writing to it.
    ///
    /// # Errors
    /// When a cell could not be kept, or the file cannot be removed.
    pub fn close(self, complete: bool) -> Result<(), FolderError> {
        let failed = |cause| FolderError { path: self.path.clone(), cause };
        let pages = self.pages.into_inner().expect("nobody panics while it holds the journal");
        match pages.failure {
            Some(cause) => Err(failed(cause)),
            None if complete => fs::remove_file(&self.path).map_err(failed),
            None => Ok(()),
        }
    }

    /// A cell that has ended, with what it observed.
    pub(super) fn recall(&self, id: &str, plan: &Plan) -> Option<(Ran, Observed)> {
        let name = (id.to_owned(), plan.digest.clone(), plan.seed.0.to_string());
        let mut pages = self.pages.lock().expect("nobody panics while it holds the journal");
        let (from, length) = *pages.lines.get(&name)?;
        let mut text = vec![0; length];
        pages.file.seek(SeekFrom::Start(from)).and_then(|_| pages.file.read_exact(&mut text)).ok()?;
        drop(pages);
        serde_json::from_str::<KeptCell>(sealed(&text)?).ok()?.restored()
    }

    /// Keeps a cell that has ended by itself. The first error is kept until the end, for the
    /// results are worth having.
    pub(super) fn keep(&self, plan: &Plan, ran: &Ran, observed: &Observed) {
        let cell = &ran.judged.cell;
        let broken = cell.ending.kind == EndingKind::Broken;
        if cell.verdict == Verdict::Incomplete || broken && !self.alone {
            return;
        }
        let text = seal(&serde_json::to_string(&KeptCell::of(plan, ran, observed)).expect("a line is JSON"));
        self.append((cell.id.clone(), plan.digest.clone(), cell.seed.clone()), text.as_bytes());
    }

    /// Adds the line of a cell, behind those that are there.
    pub(super) fn append(&self, name: Name, text: &[u8]) {
        let mut pages = self.pages.lock().expect("nobody panics while it holds the journal");
        if pages.failure.is_some() {
            return;
        }
        let end = pages.end;
        match pages.file.seek(SeekFrom::Start(end)).and_then(|_| pages.file.write_all(text)) {
            Ok(()) => {
                pages.lines.insert(name, (end, text.len()));
                pages.end += text.len() as u64;
            }
            Err(e) => pages.failure = Some(e),
        }
    }

    /// Whether it is of no use to go on, as nothing more can be kept.
    pub(super) fn is_lost(&self) -> bool {
        self.alone && self.pages.lock().expect("nobody panics while it holds the journal").failure.is_some()
    }
}

/// Keeps other programs out as long as the file is open.
fn claim(file: &File) -> io::Result<()> {
    file.try_lock()
        .map_err(|refused| match refused {
            TryLockError::WouldBlock => io::Error::other("another syncdyno is at work in this folder"),
            TryLockError::Error(cause) => cause,
        })
        // Some file systems of clusters know no locks.
        .or_else(|cause| if cause.kind() == io::ErrorKind::Unsupported { Ok(()) } else { Err(cause) })
}

/// The next line into `text`, as far as a line goes; gives its length.
pub(super) fn line(reader: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<usize> {
    text.clear();
    reader.take(LINE_MAX).read_until(b'\n', text)
}

/// A line of a cell: its digest and itself.
pub(super) fn seal(cell: &str) -> String {
    let mut digest = Digest::new();
    digest.text(cell);
    format!("{} {cell}\n", digest.hex())
}

/// The cell of a line that is whole and as it was written.
pub(super) fn sealed(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?;
    let cell = line.strip_suffix('\n')?.split_once(' ')?.1;
    (seal(cell) == line).then_some(cell)
}

/// Whose a whole line is, and the build that wrote it.
pub(super) fn named(text: &[u8]) -> Option<(Name, Build)> {
    let Label { plan, build, cell } = serde_json::from_str(sealed(text)?).ok()?;
    Some(((cell.id, plan, cell.seed), build))
}

/// The digest of all that a whole line says of a cell but the host's time, with the cell's own.
pub(super) fn meaning(text: &[u8]) -> Option<(String, String)> {
    let mut kept: KeptCell = serde_json::from_str(sealed(text)?).ok()?;
    kept.wall_ns = 0;
    let mut digest = Digest::new();
    digest.text(&serde_json::to_string(&kept).expect("a line is JSON"));
    Some((digest.hex(), kept.cell.digest))
}

impl Head {
    fn of(run: &str) -> Head {
        Head { journal: SHAPE, run: run.to_owned(), build: Build::this().clone() }
    }
    /// The first line of a journal of this run, whatever the build; else why it is of none.
    fn as_in(&self, line: &[u8]) -> Result<Head, String> {
        match serde_json::from_slice::<Head>(line) {
            Err(_) => Err("its first line cannot be read".to_owned()),
            Ok(theirs) if theirs.journal != self.journal => Err(format!(
                "it was begun by {}, this is {}, and they write other lines",
                theirs.build,
                Build::this()
            )),
            Ok(theirs) if theirs.run != self.run => {
                Err("the scenario, its settings, axes, variants or seeds are not the same".to_owned())
            }
            Ok(theirs) => Ok(theirs),
        }
    }
}

impl KeptCell {
    fn of(plan: &Plan, ran: &Ran, observed: &Observed) -> KeptCell {
        let suspect = |subject: &Subject| Suspect {
            entity: subject.record.0,
            key: subject.record.1.as_str().to_owned(),
            side: subject.side,
            found: subject.found.map(|(check, device)| (check.to_owned(), device)),
        };
        // That is seen in the samples.
        let mut cell = CellRecord { series: None, ..ran.judged.cell.clone() };
        let (figures, known) = known();
        cell.leave_out(known);
        KeptCell {
            plan: plan.digest.clone(),
            build: Build::this().clone(),
            cell,
            gates: ran.judged.gates.clone(),
            suspects: ran.suspects.iter().map(suspect).collect(),
            figures: figures.clone(),
            series: Even::of(&observed.series),
            histograms: observed.histograms.clone(),
            wall_ns: u64::try_from(ran.wall.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    /// The cell as it was; `None` if it names what this program does not know.
    fn restored(mut self) -> Option<(Ran, Observed)> {
        let (figures, known) = known();
        let series = self.series.samples().filter(|_| self.figures == *figures)?;
        let suspects = self.suspects.into_iter().map(Suspect::restored).collect::<Option<Vec<_>>>()?;
        self.cell.fill(known).ok()?;
        self.cell.series = SeriesRecord::of(&series).filter(|_| self.cell.ended());
        self.cell.ran_by = (!self.build.is_this()).then_some(self.build);
        let judged = Judged { cell: self.cell, gates: self.gates };
        let ran = Ran { judged, wall: Duration::from_nanos(self.wall_ns), suspects };
        // Files are named by them.
        let named =
            self.histograms.iter().all(|(name, _)| metrics::find(name).is_some_and(|m| m.name == name));
        named.then_some((ran, Observed { series, histograms: self.histograms }))
    }
}

/// Every metric that this program knows, and their digest.
fn known() -> &'static (String, FiguresRecord) {
    static KNOWN: OnceLock<(String, FiguresRecord)> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let known = FiguresRecord::known();
        let mut digest = Digest::new();
        digest.text(&serde_json::to_string(&known).expect("units are JSON"));
        (digest.hex(), known)
    })
}

impl Suspect {
    fn restored(self) -> Option<Subject> {
        let known = |name: &str| oracle::check_names().find(|known| *known == name);
        let found = match self.found {
            Some((check, device)) => Some((known(&check)?, device)),
            None => None,
        };
        Some(Subject { record: (self.entity, Key::new(&self.key)), side: self.side, found })
    }
}
