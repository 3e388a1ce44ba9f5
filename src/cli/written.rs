//! Files that the program writes where it is told to.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::refusal::Refusal;

/// Refuses to write where something is already: somebody may want it. A device or a pipe is there
/// to be written to.
pub(super) fn spare_present(path: &Path) -> anyhow::Result<()> {
    let takes_all = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if path.symlink_metadata().is_ok() && !takes_all {
        return Err(Refusal::usage(format!(
            "{} is already there: give another name, or remove it",
            path.display()
        )));
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

/// Writes beside the place, whose folder is made if it is not there, and renames, so that nobody
/// meets half a file.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let failed = |e| Refusal::environment(format!("cannot write {}: {e}", path.display()));
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        // A device or a pipe is written to, not replaced.
        let opened = fs::OpenOptions::new().write(true).open(path);
        return opened.and_then(|mut file| file.write_all(bytes)).map_err(failed);
    }
    // A link stays one; of one that leads nowhere nobody knows what was to be there.
    let target = fs::canonicalize(path);
    if target.is_err() && path.is_symlink() {
        return Err(Refusal::usage(format!("{} is a link that leads nowhere: remove it", path.display())));
    }
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let [link, there, kept] = ["link", "there", "kept"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
        let told = replace(&link, b"new").unwrap_err().to_string();
        assert!(told.ends_with("is a link that leads nowhere: remove it"), "{told}");
        assert!(link.is_symlink() && !folder.path().join("nowhere").exists());
        fs::write(&there, "old").unwrap();
        std::os::unix::fs::symlink(&there, &kept).unwrap();
        replace(&kept, b"new").unwrap();
        assert!(kept.is_symlink() && fs::read(&there).unwrap() == b"new");
    }
}
