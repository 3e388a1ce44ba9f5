//! The folder of a report. A file is written under a temporary name and then renamed, so that a
//! killed run leaves no half file.

use crate::base::escape_path;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {cause}", escape_path(path))]
pub struct FolderError {
    pub path: PathBuf,
    pub cause: io::Error,
}

impl Folder {
    /// Creates the folder if it does not exist, and tests that it is writable.
    pub fn create(path: &Path) -> Result<Folder, FolderError> {
        if path.is_file() {
            return Err(failed(path)(io::Error::other("it is a file, not a folder")));
        }
        fs::create_dir_all(path).map_err(failed(path))?;
        let folder = Folder { path: path.to_owned() };
        let probe = folder.path.join(".probe");
        fresh(&probe).and_then(|_| fs::remove_file(&probe)).map_err(failed(path))?;
        Ok(folder)
    }
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Writes a whole file or nothing. `name` may contain a subfolder.
    pub fn put(&self, name: &str, contents: &[u8]) -> Result<(), FolderError> {
        let mut part = self.begin(name)?;
        part.write_all(contents).map_err(|cause| part.failed(cause))?;
        part.finish()
    }
    /// Starts a file. [`finish`](Part::finish) gives it its final name.
    pub fn begin(&self, name: &str) -> Result<Part, FolderError> {
        let path = self.place(name)?;
        let part = path.with_extension("part");
        let file = fresh(&part).map_err(failed(&part))?;
        Ok(Part { out: io::BufWriter::new(file), part, path })
    }

    /// The path of a file. A subfolder that is a link is an error: its target may belong to another
    /// user.
    fn place(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            if parent != self.path && parent.is_symlink() {
                return Err(failed(parent)(linked()));
            }
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        Ok(path)
    }

    pub fn remove(&self, names: &[&str]) -> Result<(), FolderError> {
        let mut paths = names.iter().map(|name| self.path.join(name));
        paths.try_for_each(|path| removed(&path).map_err(failed(&path)))
    }

    /// Removes the files of subfolder `sub` for which `ours` is true. Other files stay.
    pub fn clear(&self, sub: &str, ours: impl Fn(&Path) -> bool) -> Result<(), FolderError> {
        let path = self.path.join(sub);
        if path.is_symlink() {
            return Err(failed(&path)(linked()));
        }
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(failed(&path)(e)),
        };
        for entry in entries {
            let entry = entry.map_err(failed(&path))?;
            // Links are not followed. If `ours` matches a link, the link is removed but not its
            // target.
            let is_folder = entry.file_type().map_err(failed(&entry.path()))?.is_dir();
            if !is_folder && ours(&entry.path()) {
                fs::remove_file(entry.path()).map_err(failed(&entry.path()))?;
            }
        }
        Ok(())
    }
}

/// Removes a file or a link, if there is one.
fn removed(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
}

/// Creates a new file; an old file or link of this name is removed first.
fn fresh(path: &Path) -> io::Result<fs::File> {
    removed(path)?;
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

fn linked() -> io::Error {
    io::Error::other("it is a link, but a report writes only inside its folder")
}

#[derive(Debug)]
pub struct Part {
    out: io::BufWriter<fs::File>,
    part: PathBuf,
    path: PathBuf,
}

impl Drop for Part {
    /// Removes an unfinished file, because it only takes disk space.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.part);
    }
}

impl Part {
    pub fn finish(mut self) -> Result<(), FolderError> {
        // The rename has already removed the temporary file, so `drop` finds nothing to remove.
        self.out.flush().and_then(|()| fs::rename(&self.part, &self.path)).map_err(failed(&self.path))
    }
    pub fn failed(&self, cause: io::Error) -> FolderError {
        FolderError { path: self.path.clone(), cause }
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> FolderError + use<> {
    let path = path.to_owned();
    move |cause| FolderError { path: path.clone(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_replaces_the_one_before_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&dir.path().join("a/b")).unwrap();
        folder.put("repro/x.toml", b"one").unwrap();
        folder.put("repro/y.toml", b"three").unwrap();
        let mut part = folder.begin("repro/x.toml").unwrap();
        part.write_all(b"two").unwrap();
        assert_eq!(fs::read(folder.path().join("repro/x.toml")).unwrap(), b"one", "half a file has no name");
        part.finish().unwrap();
        folder.clear("repro", |path| !path.ends_with("x.toml")).unwrap();
        folder.clear("never-made", |_| true).unwrap();
        assert_eq!(fs::read(folder.path().join("repro/x.toml")).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path().join("repro")).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_out_of_the_folder() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let (report, other) = (dir.path().join("report"), dir.path().join("other"));
        let folder = Folder::create(&report).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(other.join("a.hlog"), "mine").unwrap();
        symlink(&other, report.join("hist")).unwrap();
        let refusals = [
            folder.clear("hist", |_| true).unwrap_err(),
            folder.put("hist/b.hlog", b"").unwrap_err(),
            folder.begin("hist/b.hlog").unwrap_err(),
        ];
        assert!(refusals.iter().all(|error| error.path == report.join("hist")), "{refusals:?}");
        fs::create_dir(report.join("repro")).unwrap();
        for link in [".probe", "cells.part", "cells.csv", "run.part", "repro/x.toml"] {
            symlink(other.join("a.hlog"), report.join(link)).unwrap();
        }
        Folder::create(&report).unwrap();
        folder.put("cells.csv", b"x").unwrap();
        folder.begin("run.json").unwrap().finish().unwrap();
        folder.clear("repro", |_| true).unwrap();
        assert!(!report.join("repro/x.toml").is_symlink() && !report.join("cells.csv").is_symlink());
        assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(other.join("a.hlog")).unwrap(), "mine");
    }
}
