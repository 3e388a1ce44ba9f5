//! Tells the program which build it is: a digest of its sources, and the commit that they are of
//! where there is one to ask for.
//!
//! Two builds are the same when their sources are. Commit and changes are for people, as of the
//! last time that a source changed: a commit alone builds nothing anew.
#![allow(clippy::disallowed_methods, reason = "a build script hears from its environment alone")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the program is made of.
const MADE_OF: [&str; 5] = ["Cargo.lock", "Cargo.toml", "build.rs", "crates", "src"];

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder"));
    for part in MADE_OF {
        println!("cargo::rerun-if-changed={part}");
    }
    let (commit, changed) = commit(&root);
    println!("cargo::rustc-env=SYNCDYNO_SOURCE={}", source(&root));
    println!("cargo::rustc-env=SYNCDYNO_COMMIT={commit}");
    println!("cargo::rustc-env=SYNCDYNO_CHANGED={changed}");
}

/// The digest of all files that the program is made of: FNV-1a of 128 bits over each one's path,
/// its length and its bytes, in the order of paths.
fn source(root: &Path) -> String {
    let mut files = Vec::new();
    for part in MADE_OF {
        find(&root.join(part), part.to_owned(), &mut files);
    }
    files.sort();
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        }
    };
    for (name, path) in files {
        let text = fs::read(&path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
        for part in [name.as_bytes(), &text] {
            add(&(part.len() as u64).to_le_bytes());
            add(part);
        }
    }
    format!("{hash:032x}")
}

/// All files of a part, by names that are the same on every machine. The lock file may be absent.
fn find(path: &Path, name: String, files: &mut Vec<(String, PathBuf)>) {
    if path.is_file() {
        files.push((name, path.to_owned()));
    } else if path.is_dir() {
        let inside = fs::read_dir(path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
        for entry in inside.map(|entry| entry.expect("an entry can be read")) {
            let name = format!("{name}/{}", entry.file_name().to_string_lossy());
            find(&entry.path(), name, files);
        }
    }
}

/// The commit of the sources, and whether they have changed since; `unknown` without git, or where
/// it does not keep them.
fn commit(root: &Path) -> (String, bool) {
    let git = |args: &[&str]| {
        let told = Command::new("git").arg("-C").arg(root).args(args).output().ok()?;
        told.status.success().then(|| String::from_utf8_lossy(&told.stdout).trim().to_owned())
    };
    let asked = || {
        git(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
        let commit = git(&["rev-parse", "HEAD"])?;
        let changes = git(&[&["status", "--porcelain", "--"], &MADE_OF[..]].concat())?;
        Some((commit, !changes.is_empty()))
    };
    asked().unwrap_or_else(|| ("unknown".to_owned(), false))
}
