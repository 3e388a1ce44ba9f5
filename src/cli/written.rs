//! Writes the files of the user, and protects files in a report's folder that no report wrote.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use super::inputs;
use super::refusal::Refusal;
use crate::base::escape_path;
use crate::campaign;
use crate::record::{FolderError, Tool};
use crate::render;
use crate::scenario::file;

/// The first 4 096 bytes of a file. Empty if it does not exist or is not a regular file.
pub(super) fn head(path: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(file) = file::open(path, file::Named::InFile) {
        let _ = file.take(4_096).read_to_end(&mut head);
    }
    head
}

/// True for a device or a pipe. They are written to, not replaced.
fn takes_all(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Refuses to overwrite an existing file.
pub(super) fn refuse_existing_file(path: &Path) -> anyhow::Result<()> {
    if path.symlink_metadata().is_ok() && !takes_all(path) {
        let shown = escape_path(path);
        return Err(Refusal::usage(format!("{shown} already exists: give another name, or remove the file")));
    }
    Ok(())
}

/// Writes a temporary file next to `path` and renames it, so the file is never incomplete. Creates
/// the folder. The new file has the permissions of the old one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace_if(path, bytes, || Ok(()))
}

/// Like [`replace`], but calls `may` before renaming. An error of `may` prevents the rename.
pub(super) fn replace_if(
    path: &Path,
    bytes: &[u8],
    may: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let failed = |e| Refusal::environment(format!("cannot write {}: {e}", escape_path(path)));
    if takes_all(path) {
        let opened = fs::OpenOptions::new().write(true).open(path);
        return opened.and_then(|mut file| file.write_all(bytes)).map_err(failed);
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if target.file_name().is_none() {
        return Err(Refusal::usage("the file to write has no name: give one, such as out.json"));
    }
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        fs::create_dir_all(parent)?;
        let old = fs::metadata(&target).map(|old| old.permissions());
        if old.as_ref().is_ok_and(fs::Permissions::readonly) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        let mut part = tempfile::Builder::new();
        let mut part = part.suffix(".part").permissions(open_to_all()).tempfile_in(parent)?;
        old.map_or(Ok(()), |old| part.as_file().set_permissions(old))?;
        part.write_all(bytes)?;
        part.as_file().sync_all()?;
        Ok(part)
    };
    let part = write().map_err(failed)?;
    may()?;
    part.persist(&target).map_err(|e| failed(e.error)).map(drop)
}

/// The mode of new files before the umask.
fn open_to_all() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// Files of a report other than `run.json`.
pub(super) const RENDERED: [&str; 7] =
    ["timing.json", "cells.csv", "series.csv", "console.txt", "junit.xml", "summary.md", "report.html"];

/// Folders that a report fills. Files of an earlier run are removed first.
pub(super) const EMPTIED: [&str; 2] = ["hist", "repro"];

/// Refuses a folder in which a report would replace or remove files that no report wrote. Also
/// refuses links in the place of files. A resumed run owns its report.
pub(super) fn refuse_foreign_folder(folder: &Path, resumed: bool) -> anyhow::Result<()> {
    let files = || RENDERED.iter().chain(&["run.json"]).map(|name| folder.join(name));
    let folders = || EMPTIED.iter().chain(&[inputs::FOLDER]).map(|name| folder.join(name));
    let ours = || files().chain(folders());
    let is_report = String::from_utf8_lossy(&head(&folder.join("run.json")))
        .contains(&format!("{:?}", Tool::this().name));
    let why = "choose another folder with --out";
    if let Some(link) = ours().chain([folder.join(campaign::JOURNAL)]).find(|path| path.is_symlink()) {
        let text = format!("{} is a link, but a report writes only inside its folder", escape_path(link));
        return Err(Refusal::usage(format!("{text}: remove it, or {why}")));
    }
    // A run that was killed may have left only its journal.
    let other = ours().find(|path| path.exists() && !is_left(path));
    if let Some(other) = other.filter(|_| !resumed && !is_report) {
        let other = escape_path(other);
        let folder = escape_path(folder);
        let text = format!("{other} would be overwritten, and {folder} is not a report: {why}");
        return Err(Refusal::usage(text));
    }
    if folder.is_file() {
        return Err(Refusal::usage(format!("{} is a file, not a folder: {why}", escape_path(folder))));
    }
    let wrong = files().find(|path| path.is_dir()).map(|path| (path, "it is a folder, not a file"));
    let wrong =
        wrong.or_else(|| Some((folders().find(|path| path.is_file())?, "it is a file, not a folder")));
    wrong.map_or(Ok(()), |(path, why)| Err(refused(FolderError { path, cause: io::Error::other(why) })))
}

pub(super) fn refused(error: FolderError) -> anyhow::Error {
    Refusal::environment(format!("{error}; to write the report elsewhere, use --out DIR"))
}

pub(super) const JUNIT: &str = "junit.xml";

/// True for a file that a refused run left. The next run may overwrite it.
pub(super) fn is_left(path: &Path) -> bool {
    path.ends_with(JUNIT) && String::from_utf8_lossy(&head(path)).contains(render::REFUSED)
}
