//! What all shards of a plan kept, as one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::file::{self, Begun, Head, NAME};
use super::partition::Partition;
use super::roll::Roll;
use crate::campaign::journal::{self, Journal, Name};
use crate::record::{Build, FolderError, shell_word};

/// The cells of all shards that were read.
#[derive(Debug)]
pub struct Pool {
    shards: Vec<(PathBuf, Head)>,
    kept: BTreeMap<Name, Line>,
    /// How many cells were there once more, with the same result.
    pub replays: usize,
    /// Folders of which a line, or more, cannot be read.
    pub damaged: Vec<PathBuf>,
    /// Folders that hold no shard, or are not there.
    pub empty: Vec<PathBuf>,
}

/// Where the line of a cell is.
#[derive(Clone, Copy, Debug)]
struct Line {
    shard: usize,
    from: u64,
    length: usize,
}

/// Why shards cannot be pooled.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// There is no shard.
    #[error("there is no shard in {}: none has a {NAME} whose first line is whole", told_of(.0))]
    Nothing(Vec<PathBuf>),
    /// Two shards are not of one plan, or a shard is not this program's.
    #[error("{} is {why}", folder.display())]
    Other {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        why: String,
    },
    /// A cell came out in two ways.
    #[error(
        "not deterministic: cell {cell} came to digest {} in {}, and to {} in {}{beside}",
        digests[0], folders[0].display(), digests[1], folders[1].display()
    )]
    Unequal {
        /// The cell.
        cell: String,
        /// What it came to in both.
        digests: Box<[String; 2]>,
        /// Both shards.
        folders: [PathBuf; 2],
        /// What differs, where the digests do not.
        beside: &'static str,
    },
    /// The system refuses.
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it says.
        cause: io::Error,
    },
}

impl Pool {
    /// Reads shards: each path is a shard's folder, or one in which shards' folders lie.
    ///
    /// # Errors
    /// One cannot be read or is no shard, two are not of one plan, or a cell came out in two ways.
    pub fn read(paths: &[PathBuf]) -> Result<Pool, PoolError> {
        let (folders, empty) = folders(paths)?;
        let mut pool =
            Pool { shards: Vec::new(), kept: BTreeMap::new(), replays: 0, damaged: Vec::new(), empty };
        for folder in folders {
            match file::begun(&folder).map_err(unreadable(&folder.join(NAME)))? {
                Begun::Absent => pool.empty.push(folder),
                Begun::Cut => pool.damaged.push(folder),
                Begun::Foreign => {
                    let why = "a shard of another version of the program".to_owned();
                    return Err(PoolError::Other { folder, why });
                }
                Begun::Of(head) => pool.shards.push((folder, *head)),
            }
        }
        if pool.shards.is_empty() {
            return Err(PoolError::Nothing(paths.to_vec()));
        }
        pool.hold_together()?;
        for shard in 0..pool.shards.len() {
            pool.take(shard)?;
        }
        Ok(pool)
    }

    /// Refuses shards that are not of one plan, or not of this build.
    fn hold_together(&self) -> Result<(), PoolError> {
        let (first, head) = &self.shards[0];
        for (folder, other) in &self.shards {
            if let Some(why) = other.differs_from(head) {
                let (told, beside) = match why {
                    _ if other.build != head.build => (other.build.to_string(), head.build.to_string()),
                    _ if other.command != head.command => (told(&other.command), told(&head.command)),
                    _ => (format!("plan {}", other.plan), format!("plan {}", head.plan)),
                };
                let why = format!("{why} than {}: {told}, not {beside}", first.display());
                return Err(PoolError::Other { folder: folder.clone(), why });
            }
        }
        if !Build::is_this(Some(&head.build)) {
            let why =
                format!("of {}, and this is {}: merge with the one that ran it", head.build, Build::this());
            return Err(PoolError::Other { folder: first.clone(), why });
        }
        Ok(())
    }

    /// Takes in the cells of a shard.
    fn take(&mut self, shard: usize) -> Result<(), PoolError> {
        let folder = self.shards[shard].0.clone();
        let failed = unreadable(&folder.join(NAME));
        let mut reader = BufReader::new(self.file(shard).map_err(&failed)?);
        let mut text = Vec::new();
        let mut from = journal::line(&mut reader, &mut text).map_err(&failed)? as u64;
        loop {
            let length = journal::line(&mut reader, &mut text).map_err(&failed)?;
            if length == 0 {
                return Ok(());
            }
            let line = Line { shard, from, length };
            from += length as u64;
            let Some((name, _)) = journal::named(&text) else {
                if self.damaged.last() != Some(&folder) {
                    self.damaged.push(folder.clone());
                }
                continue;
            };
            match self.kept.get(&name) {
                None => {
                    self.kept.insert(name, line);
                }
                Some(before) => {
                    let text_before = self.text(*before).map_err(&failed)?;
                    self.hold_equal(&name, [(before.shard, &text_before), (shard, &text)])?;
                    self.replays += 1;
                }
            }
        }
    }

    /// Refuses two results of one cell.
    fn hold_equal(&self, (cell, ..): &Name, lines: [(usize, &Vec<u8>); 2]) -> Result<(), PoolError> {
        let [one, two] = lines.map(|(_, text)| journal::meaning(text));
        if let (Some(one), Some(two)) = (&one, &two)
            && one.0 == two.0
        {
            return Ok(());
        }
        let digests = [one, two].map(|meant| meant.map_or_else(|| "unknown".to_owned(), |meant| meant.1));
        let beside = if digests[0] == digests[1] { ", with other figures" } else { "" };
        let folders = lines.map(|(shard, _)| self.shards[shard].0.clone());
        Err(PoolError::Unequal { cell: cell.clone(), digests: Box::new(digests), folders, beside })
    }

    fn file(&self, shard: usize) -> io::Result<File> {
        File::open(self.shards[shard].0.join(NAME))
    }

    fn text(&self, line: Line) -> io::Result<Vec<u8>> {
        let mut text = vec![0; line.length];
        let mut file = self.file(line.shard)?;
        file.seek(SeekFrom::Start(line.from))?;
        file.read_exact(&mut text)?;
        Ok(text)
    }

    /// The words of the command that all shards are of.
    pub fn command(&self) -> &[String] {
        &self.shards[0].1.command
    }
    /// The digest of the plan that all shards are of.
    pub fn plan(&self) -> &str {
        &self.shards[0].1.plan
    }
    /// How many shards, and how many cells they kept.
    pub fn size(&self) -> (usize, usize) {
        (self.shards.len(), self.kept.len())
    }

    /// How many of the kept cells are of this plan.
    pub fn of(&self, roll: &Roll) -> usize {
        roll.names.iter().filter(|name| self.kept.contains_key(name)).count()
    }

    /// The positions of cells of the plan that no shard kept.
    pub fn missing(&self, roll: &Roll) -> Vec<usize> {
        (0..roll.cells()).filter(|cell| !self.kept.contains_key(&roll.names[*cell])).collect()
    }

    /// The commands that run these cells: their shards once more, of the partition that the first
    /// shard is of.
    pub fn commands(&self, roll: &Roll, missing: &[usize]) -> Vec<String> {
        let (first, Head { partition, .. }) = &self.shards[0];
        let dealt = partition.deal.dealt(partition.of, roll);
        let mut shards: Vec<u32> = missing.iter().map(|cell| dealt[*cell]).collect();
        shards.sort_unstable();
        shards.dedup();
        let command = |shard: u32| {
            let wanted = Partition { shard, ..*partition };
            let folder = self.shards.iter().find(|(_, head)| head.partition == wanted);
            let beside = || first.parent().unwrap_or(Path::new("")).join(wanted.folder());
            let folder = folder.map_or_else(beside, |(folder, _)| folder.clone());
            let out = shell_word(&folder.display().to_string());
            format!("{} --partition {wanted} --out {out}", told(self.command()))
        };
        shards.into_iter().map(command).collect()
    }

    /// Writes the cells of the plan into `folder` as the journal of the run of this name.
    ///
    /// # Errors
    /// When the file system refuses; then there is no journal.
    pub fn write(&self, roll: &Roll, folder: &Path, run: &str) -> Result<(), FolderError> {
        let journal = Journal::begin(folder, run)?;
        for name in &roll.names {
            let Some(line) = self.kept.get(name) else { continue };
            let path = self.shards[line.shard].0.join(NAME);
            let text = self.text(*line).map_err(|cause| FolderError { path, cause })?;
            journal.append(name.clone(), &text);
        }
        journal.close(false).inspect_err(|_| {
            // What is not whole is of no use, and needs the room.
            let _ = std::fs::remove_file(folder.join(journal::NAME));
        })
    }
}

/// A command as it is typed.
fn told(words: &[String]) -> String {
    let words = words.iter().map(|word| shell_word(word));
    ["syncdyno".to_owned()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> PoolError + use<> {
    let path = path.to_owned();
    move |cause| PoolError::Unreadable { path: path.clone(), cause }
}

fn told_of(paths: &[PathBuf]) -> String {
    const TOLD: usize = 3;
    let mut told: Vec<String> = paths.iter().take(TOLD).map(|path| path.display().to_string()).collect();
    told.extend((paths.len() > TOLD).then(|| format!("{} more", paths.len() - TOLD)));
    told.join(", ")
}

/// The folders of shards that paths name, each once; and paths that name none.
fn folders(paths: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<PathBuf>), PoolError> {
    let is_shard = |folder: &Path| folder.join(NAME).exists();
    let (mut all, mut empty): (Vec<PathBuf>, Vec<PathBuf>) = Default::default();
    for path in paths {
        // Who names the file means its folder.
        let file = path.file_name().is_some_and(|name| name == NAME) && path.is_file();
        let path = path.parent().filter(|_| file).unwrap_or(path);
        if is_shard(path) {
            all.push(path.to_owned());
            continue;
        }
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                empty.push(path.to_owned());
                continue;
            }
            Err(e) => return Err(unreadable(path)(e)),
        };
        let within = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
        let mut within = within.map_err(unreadable(path))?;
        within.retain(|folder| is_shard(folder));
        within.sort();
        if within.is_empty() {
            empty.push(path.to_owned());
        }
        all.extend(within);
    }
    let mut once = BTreeSet::new();
    all.retain(|folder| once.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())));
    Ok((all, empty))
}
