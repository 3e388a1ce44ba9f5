//! What a report leaves alone in the folder that it is written into.

use std::io;
use std::path::Path;

use super::refusal::Refusal;
use super::written::head;
use super::{ci, inputs};
use crate::campaign;
use crate::record::{FolderError, Tool};

/// What is rendered from a record, or told of the same cells.
pub(super) const RENDERED: [&str; 6] =
    ["timing.json", "cells.csv", "series.csv", "junit.xml", "summary.md", "report.html"];

/// Folders that a report fills; what an earlier run wrote there goes first.
pub(super) const EMPTIED: [&str; 2] = ["hist", "repro"];

/// Refuses a folder in which a link stands where a report writes, as it leads to what is no
/// report's, or that holds what a report would replace or remove and that no report has put there;
/// of one in which a run goes on the report is its own.
pub(super) fn folder(folder: &Path, resumed: bool) -> anyhow::Result<()> {
    let files = || RENDERED.iter().chain(&["run.json"]).map(|name| folder.join(name));
    let folders = || EMPTIED.iter().chain(&[inputs::FOLDER]).map(|name| folder.join(name));
    let ours = || files().chain(folders());
    let is_report = String::from_utf8_lossy(&head(&folder.join("run.json")))
        .contains(&format!("{:?}", Tool::this().name));
    let why = "choose another folder with --out";
    if let Some(link) = ours().chain([folder.join(campaign::JOURNAL)]).find(|path| path.is_symlink()) {
        let text = format!("{} is a link, and a report writes nothing outside its folder", link.display());
        return Err(Refusal::usage(format!("{text}: remove it, or {why}")));
    }
    // Of a run that was cut there is a journal alone, which is its own.
    match ours().find(|path| path.exists() && !ci::is_left(path)) {
        Some(other) if !resumed && !is_report => {
            let (other, folder) = (other.display(), folder.display());
            let text = format!("{other} would be overwritten, and {folder} is not a report: {why}");
            return Err(Refusal::usage(text));
        }
        _ => {}
    }
    let wrong = files().find(|path| path.is_dir()).map(|path| (path, "it is a folder, not a file"));
    let wrong =
        wrong.or_else(|| Some((folders().find(|path| path.is_file())?, "it is a file, not a folder")));
    wrong.map_or(Ok(()), |(path, why)| Err(refused(FolderError { path, cause: io::Error::other(why) })))
}

/// A report that cannot be written.
pub(super) fn refused(error: FolderError) -> anyhow::Error {
    Refusal::environment(format!("{error}; --out DIR puts the report elsewhere"))
}
