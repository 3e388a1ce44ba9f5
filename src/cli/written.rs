//! Files that the program writes where it is told to.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use super::refusal::Refusal;
use crate::scenario::file;

/// How a file begins, up to 4 096 bytes; nothing if it is not there or none.
pub(super) fn head(path: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(file) = file::open(path, file::Named::InFile) {
        let _ = file.take(4_096).read_to_end(&mut head);
    }
    head
}

/// A device or a pipe is there to be written to, not to be replaced.
fn takes_all(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Refuses to write where something is already: somebody may want it.
pub(super) fn spare_present(path: &Path) -> anyhow::Result<()> {
    if path.symlink_metadata().is_ok() && !takes_all(path) {
        return Err(Refusal::usage(format!(
            "{} is already there: give another name, or remove it",
            path.display()
        )));
    }
    Ok(())
}

/// Writes beside the place, whose folder is made if it is not there, and renames, so that nobody
/// meets half a file; a link stays one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let failed = |e| Refusal::environment(format!("cannot write {}: {e}", path.display()));
    if takes_all(path) {
        let opened = fs::OpenOptions::new().write(true).open(path);
        return opened.and_then(|mut file| file.write_all(bytes)).map_err(failed);
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name =
        target.file_name().ok_or_else(|| Refusal::usage("the file to write has no name"))?.to_owned();
    name.push(".part");
    let part = target.with_file_name(name);
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let made = parent.map_or(Ok(()), fs::create_dir_all);
    let written = made.and_then(|()| fs::File::create(&part)).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, &target)
    });
    written.map_err(|e| {
        let _ = fs::remove_file(&part);
        failed(e)
    })
}
