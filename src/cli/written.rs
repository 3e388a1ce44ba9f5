//! Files that the program writes where it is told to.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::refusal::Refusal;

/// Refuses to write where something is already: somebody may want it. A device or a pipe is there to be written to.
pub(super) fn spare_present(path: &Path) -> anyhow::Result<()> {
    let takes_all = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if path.symlink_metadata().is_ok() && !takes_all {
        return Err(Refusal::usage(format!("{} is already there", path.display())));
    }
    Ok(())
}

/// Refuses to write what is made of `source` over it, by whatever name.
pub(super) fn spare(source: &Path, path: &Path) -> anyhow::Result<()> {
    let same =
        fs::canonicalize(source).is_ok_and(|source| fs::canonicalize(path).is_ok_and(|path| path == source));
    if same {
        let text = format!("{} would be overwritten, and it is what is read", source.display());
        return Err(Refusal::usage(text));
    }
    Ok(())
}

/// Writes beside the place, whose folder is made if it is not there, and renames, so that nobody meets half a file.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let failed = |e| Refusal::environment(format!("cannot write {}: {e}", path.display()));
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        // A device or a pipe is written to, not replaced.
        let opened = fs::OpenOptions::new().write(true).open(path);
        return opened.and_then(|mut file| file.write_all(bytes)).map_err(failed);
    }
    // A link stays one.
    let target = fs::canonicalize(path);
    let path = target.as_deref().unwrap_or(path);
    let mut name =
        path.file_name().ok_or_else(|| Refusal::usage("the file to write has no name"))?.to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let made = parent.map_or(Ok(()), fs::create_dir_all);
    let written = made.and_then(|()| fs::File::create(&part)).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    });
    written.map_err(|e| {
        // What is left of a failed attempt is no result.
        let _ = fs::remove_file(&part);
        failed(e)
    })
}
