//! Reads files that users name. Refuses paths that are not files, and limits the bytes that are
//! read.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// The maximum size of a scenario, in bytes. A parser needs up to 100 times as much memory as the
/// text.
pub const SCENARIO_MAX: u64 = 8 << 20;
/// The maximum size of a file with rows, in bytes.
pub const ROWS_MAX: u64 = 1 << 30;
/// The maximum size of the record of a run or of a baseline, in bytes.
pub const RECORD_MAX: u64 = 4 << 30;

/// The source of a path. It decides whether the path may be a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// Another file contains the path. The file is read again when a copy of it is kept.
    InFile,
    /// A user typed the path. `<(…)` and `/dev/stdin` are pipes with a writer.
    Typed,
}

/// The number of bytes that are read before they are inspected.
const PIECE: u64 = 1 << 20;

/// Opens a file for reading.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] if it is not a file. A pipe is refused before it is opened, because
/// opening it may block forever.
pub fn open(path: &Path, named: Named) -> io::Result<File> {
    open_with(path, named, OpenOptions::new().read(true))
}

/// Opens a file with these options.
///
/// # Errors
///
/// As [`open`].
pub fn open_with(path: &Path, named: Named, options: &OpenOptions) -> io::Result<File> {
    match fs::metadata(path) {
        Ok(known) => refuse_stranger(path, known.file_type(), named)?,
        // The options decide whether the file is created.
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    options.open(path)
}

fn refuse_stranger(path: &Path, kind: FileType, named: Named) -> io::Result<()> {
    // A named pipe in another folder may have no writer.
    let written = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder));
    match stranger(kind, named == Named::Typed && written) {
        Some(what) if !kind.is_file() => {
            Err(io::Error::new(ErrorKind::InvalidInput, format!("it is {what}, not a file")))
        }
        _ => Ok(()),
    }
}

/// Reads a text of at most `most` bytes.
///
/// # Errors
/// [`ErrorKind::FileTooLarge`] if it is larger, and [`ErrorKind::InvalidData`] if it contains a
/// zero byte. A text has no zero byte, and a sparse file of zeros needs no disk space.
pub fn read(path: &Path, named: Named, most: u64) -> io::Result<Vec<u8>> {
    read_while(path, named, most, |piece, before| match piece.iter().position(|byte| *byte == 0) {
        None => Ok(()),
        Some(at) => {
            let text = format!("it is not a text: byte {} is zero", before + at + 1);
            Err(io::Error::new(ErrorKind::InvalidData, text))
        }
    })
}

/// Reads a file of at most `most` bytes. A larger file gives [`ErrorKind::FileTooLarge`].
pub fn read_bytes(path: &Path, named: Named, most: u64) -> io::Result<Vec<u8>> {
    read_while(path, named, most, |_, _| Ok(()))
}

fn read_while(
    path: &Path,
    named: Named,
    most: u64,
    looks: impl Fn(&[u8], usize) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let file = open(path, named)?;
    let known = file.metadata()?.len();
    let mut bytes = Vec::new();
    if known <= most {
        // The length is not known for a pipe, and a file may grow.
        let mut file = file.take(most + 1);
        let mut seen = 0;
        while file.by_ref().take(PIECE).read_to_end(&mut bytes)? > 0 {
            looks(&bytes[seen..], seen)?;
            seen = bytes.len();
        }
    }
    if known.max(bytes.len() as u64) > most {
        let text = format!("it is larger than {} MiB, the limit", most >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

fn stranger(kind: FileType, pipe: bool) -> Option<&'static str> {
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return (!pipe).then_some("a pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
    }
    Some("a device")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn said(path: &Path, named: Named, most: u64) -> String {
        read(path, named, most).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_a_pipe_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        fs::write(&path, "x".repeat(3 << 19)).unwrap();
        assert_eq!(read(&path, Named::InFile, 3 << 19).unwrap().len(), 3 << 19);
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(2 << 20).unwrap();
        assert_eq!(said(&path, Named::InFile, 2 << 20), "it is not a text: byte 1572865 is zero");
        // A sparse file needs no disk space, but its content would fill the memory.
        file.set_len(1 << 40).unwrap();
        assert_eq!(said(&path, Named::InFile, 1 << 20), "it is larger than 1 MiB, the limit");
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for named in [Named::InFile, Named::Typed] {
            assert_eq!(said(&pipe, named, 10), "it is a pipe, not a file");
        }
    }
}
