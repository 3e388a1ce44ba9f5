//! Combines the cells of all shards of a plan. A shard has the cells that one machine ran.
//!
//! A cell is one simulation: one variant and one seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::partition::{CellList, NAME, Partition, Shard, difference};
use crate::base::escape_path;
use crate::campaign::journal::{self, Begun, Head, Journal, KeptError, Name, Place};
use crate::record::{Build, Exit, shell_word};
use crate::scenario::file;

#[derive(Debug)]
pub struct Pool {
    shards: Vec<(PathBuf, Head<Shard>)>,
    /// For each cell, the index of its shard and the position in the shard's file.
    kept: BTreeMap<Name, (usize, Place)>,
    /// The number of cells that several shards have with the same result.
    pub replays: usize,
    /// Folders with unreadable lines.
    pub damaged: Vec<PathBuf>,
    /// Folders that do not exist or contain no shard.
    pub empty: Vec<PathBuf>,
}

impl Pool {
    /// Reads shards. Each path is the folder of a shard, or a folder of such folders.
    pub fn read(paths: &[PathBuf]) -> Result<Pool, KeptError> {
        let (folders, empty) = folders(paths)?;
        let (mut shards, mut begins, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
        for folder in folders {
            let path = folder.join(NAME);
            let begun = file::open(&path, file::Named::InFile)
                .and_then(|file| journal::begun(&mut BufReader::new(file)));
            match begun.map_err(unreadable(&path))? {
                (Begun::Cut, _) => damaged.push(folder),
                (Begun::Foreign, _) => {
                    return Err(other(
                        &folder,
                        "a shard of another version of the program: merge with that version",
                    ));
                }
                (Begun::Of(head), end) => {
                    shards.push((folder, head));
                    begins.push(end);
                }
            }
        }
        if shards.is_empty() {
            let paths: Vec<String> = paths.iter().take(3).map(escape_path).collect();
            let text =
                format!("there is no shard in {}: name folders with a complete {NAME}", paths.join(", "));
            return Err(KeptError::new(Exit::Usage, text));
        }
        let mut pool = Pool { shards, kept: BTreeMap::new(), replays: 0, damaged, empty };
        pool.refuse_mixed_shards()?;
        begins.into_iter().enumerate().try_for_each(|(shard, begins)| pool.take(shard, begins))?;
        Ok(pool)
    }

    /// Rejects shards of different plans or of another build.
    fn refuse_mixed_shards(&self) -> Result<(), KeptError> {
        let (first, head) = &self.shards[0];
        for (folder, one) in &self.shards {
            if let Some(why) = difference((&one.build, &one.of), (&head.build, &head.of)) {
                let told = |head: &Head<Shard>| match why {
                    _ if one.build != head.build => head.build.to_string(),
                    _ if one.of.command != head.of.command => typed(&head.of.command),
                    _ => format!("plan {}", head.of.plan),
                };
                let why = format!("{why} than {}: {}, not {}", escape_path(first), told(one), told(head));
                return Err(other(folder, &why));
            }
        }
        if head.build.is_this() {
            return Ok(());
        }
        let (theirs, this) = (&head.build, Build::this());
        Err(other(
            first,
            &format!("of {theirs}, but this is {this}: merge with the build that ran the shard"),
        ))
    }

    fn take(&mut self, shard: usize, begins: u64) -> Result<(), KeptError> {
        let folder = self.shards[shard].0.clone();
        let failed = unreadable(&folder.join(NAME));
        let mut file = File::open(folder.join(NAME)).map_err(&failed)?;
        file.seek(SeekFrom::Start(begins)).map_err(&failed)?;
        for line in journal::lines(BufReader::new(file), begins) {
            let (place, Some((name, _))) = line.map_err(&failed)? else {
                if self.damaged.last() != Some(&folder) {
                    self.damaged.push(folder.clone());
                }
                continue;
            };
            match self.kept.get(&name) {
                None => _ = self.kept.insert(name, (shard, place)),
                Some(before) => {
                    self.refuse_different_results(&name, [*before, (shard, place)])?;
                    self.replays += 1;
                }
            }
        }
        Ok(())
    }

    fn refuse_different_results(
        &self,
        (cell, ..): &Name,
        lines: [(usize, Place); 2],
    ) -> Result<(), KeptError> {
        let meaning = |line| self.text(line).map(|text| journal::meaning(&text));
        let [one, two] = [meaning(lines[0])?, meaning(lines[1])?];
        if one.is_some() && one == two {
            return Ok(());
        }
        let [one, two] = [one, two].map(|meant| meant.map_or_else(|| "unknown".to_owned(), |meant| meant.1));
        let beside = if one == two { ", with other figures" } else { "" };
        let [first, second] = lines.map(|(shard, _)| self.shards[shard].0.display());
        let text = format!(
            "not deterministic: cell {cell} has digest {one} in {first}, and {two} in {second}{beside}"
        );
        Err(KeptError::new(Exit::NotDeterministic, text))
    }

    fn text(&self, (shard, place): (usize, Place)) -> Result<Vec<u8>, KeptError> {
        let path = self.shards[shard].0.join(NAME);
        let text = File::open(&path).and_then(|mut file| journal::text_at(&mut file, place));
        text.map_err(unreadable(&path))
    }
    pub fn first(&self) -> &Shard {
        &self.shards[0].1.of
    }
    pub fn size(&self) -> (usize, usize) {
        (self.shards.len(), self.kept.len())
    }
    pub fn of(&self, roll: &CellList) -> usize {
        roll.names.iter().filter(|name| self.kept.contains_key(name)).count()
    }
    pub fn missing(&self, roll: &CellList) -> Vec<usize> {
        (0..roll.cells()).filter(|cell| !self.kept.contains_key(&roll.names[*cell])).collect()
    }
    /// The commands that run the missing cells, as shards like the first one.
    pub fn commands(&self, roll: &CellList, missing: &[usize]) -> Vec<String> {
        let (first, Shard { partition, .. }) = (&self.shards[0].0, &self.shards[0].1.of);
        let dealt = partition.deal.dealt(partition.of, roll);
        let shards: BTreeSet<u32> = missing.iter().map(|cell| dealt[*cell]).collect();
        let command = |shard: u32| {
            let wanted = Partition { shard, ..*partition };
            let folder = self.shards.iter().find(|(_, head)| head.of.partition == wanted);
            let beside = || first.parent().unwrap_or(Path::new("")).join(wanted.folder());
            let folder = folder.map_or_else(beside, |(folder, _)| folder.clone());
            let out = shell_word(&escape_path(folder));
            format!("{} --partition {wanted} --out {out}", typed(&self.first().command))
        };
        shards.into_iter().map(command).collect()
    }

    /// Writes the cells of the plan to `folder`, as the journal of run `run`.
    pub fn write(&self, roll: &CellList, folder: &Path, run: &str) -> Result<(), KeptError> {
        let journal = Journal::begin(folder, run)?;
        for name in &roll.names {
            if let Some(line) = self.kept.get(name) {
                journal.append(name.clone(), &self.text(*line)?);
            }
        }
        Ok(journal.close(false).inspect_err(|_| {
            // Removes the incomplete file, because it only takes disk space.
            let _ = std::fs::remove_file(folder.join(journal::NAME));
        })?)
    }
}

fn typed(words: &[String]) -> String {
    words.iter().fold("syncdyno".to_owned(), |line, word| line + " " + &shell_word(word))
}

fn other(folder: &Path, why: &str) -> KeptError {
    KeptError::new(Exit::NoBaseline, format!("{} is {why}", escape_path(folder)))
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> KeptError + use<> {
    let path = path.to_owned();
    move |cause| KeptError::new(Exit::Environment, format!("cannot read {}: {cause}", escape_path(&path)))
}

/// The folders of shards in these paths without duplicates, and the paths without a shard.
fn folders(paths: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<PathBuf>), KeptError> {
    let is_shard = |folder: &Path| folder.join(NAME).exists();
    let (mut all, mut empty): (Vec<PathBuf>, Vec<PathBuf>) = Default::default();
    for path in paths {
        // A path to the file of a shard stands for its folder.
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
