//! What a report leaves alone in the folder that it is written into.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::refusal::Refusal;
use super::{ci, inputs};
use crate::campaign;
use crate::record::{self, Folder, FolderError};
use crate::scenario::file;

/// What is rendered from a record, or told of the same cells.
pub(super) const RENDERED: [&str; 6] =
    ["timing.json", "cells.csv", "series.csv", "junit.xml", "summary.md", "report.html"];

/// Folders that a report fills; what an earlier run wrote there goes first.
pub(super) const EMPTIED: [&str; 2] = ["hist", "repro"];

/// Refuses a folder into which no report may be written, before anything there is changed; of one
/// in which a run goes on the report is its own.
pub(super) fn folder(path: &Path, resumed: bool) -> anyhow::Result<()> {
    linked(path)?;
    if !resumed {
        of_others(path)?;
    }
    obstructed(path).map_err(refused)
}

/// A report that cannot be written.
pub(super) fn refused(error: FolderError) -> anyhow::Error {
    Refusal::environment(format!("{error}; --out DIR puts the report elsewhere"))
}

/// Refuses a folder that holds what a report would replace or remove and that no report has put
/// there.
fn of_others(folder: &Path) -> anyhow::Result<()> {
    let mut head = Vec::new();
    let path = folder.join("run.json");
    let read =
        file::open(&path, file::Named::InFile).and_then(|file| file.take(4_096).read_to_end(&mut head));
    if let Err(e) = &read
        // What is no folder is told when it is made.
        && !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
    {
        let text = format!("cannot read {}: {e}: choose another folder with --out", path.display());
        return Err(Refusal::usage(text));
    }
    if read.is_ok() && String::from_utf8_lossy(&head).contains(&format!("{:?}", record::Tool::this().name)) {
        return Ok(());
    }
    let ours = RENDERED.iter().chain(&EMPTIED).chain(&["run.json", inputs::FOLDER]);
    match ours.map(|name| folder.join(name)).find(|path| path.exists() && !ci::is_left(path)) {
        None => Ok(()),
        Some(other) => Err(Refusal::usage(format!(
            "{} would be overwritten, and {} is not a report: choose another folder with --out",
            other.display(),
            folder.display()
        ))),
    }
}

/// Refuses a folder in which a link stands where a report writes: it leads to what is no report's.
fn linked(folder: &Path) -> anyhow::Result<()> {
    let entered = RENDERED.iter().chain(&EMPTIED).chain(&["run.json", inputs::FOLDER, campaign::JOURNAL]);
    let entered = entered.map(|name| folder.join(name));
    match entered.into_iter().find(|path| path.is_symlink()) {
        None => Ok(()),
        Some(link) => Err(Refusal::usage(format!(
            "{} is a link, and a report writes nothing outside its folder: remove it, or choose another folder with --out",
            link.display()
        ))),
    }
}

/// Refuses a folder in which something stands in the way of what a report writes, before anything
/// of an earlier one goes.
fn obstructed(folder: &Path) -> Result<(), FolderError> {
    let told = |path: PathBuf, why: &str| Err(FolderError { path, cause: io::Error::other(why.to_owned()) });
    for name in RENDERED.iter().chain(&["run.json"]) {
        let path = folder.join(name);
        for path in [path.with_extension("part"), path] {
            if path.is_dir() {
                return told(path, "it is a folder, not a file");
            }
        }
    }
    for path in EMPTIED.iter().chain(&[inputs::FOLDER]).map(|name| folder.join(name)) {
        if path.is_dir() {
            // Whether files can come and go there.
            Folder::create(&path)?.clear("", |_| false)?;
        } else if path.exists() {
            return told(path, "it is a file, not a folder");
        }
    }
    Ok(())
}
