//! Copies the input files of scenarios into the report, so that cells can run again without the
//! originals.
//!
//! A cell is one simulation: one variant and one seed. A stack is a sync engine with its server
//! half.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::record::{Folder, FolderError, RunRecord};
use crate::scenario::{Plan, file};

pub(super) const FOLDER: &str = "inputs";

pub(super) struct Input {
    from: PathBuf,
    /// The name in the scenario. If an option of a stack names the file, it is `OPTION=NAME`.
    called: String,
    pub(super) name: String,
}

impl Input {
    pub(super) fn read(&self) -> Result<Vec<u8>, FolderError> {
        file::read_bytes(&self.from, file::Named::InFile, file::RECORD_MAX)
            .map_err(|cause| FolderError { path: self.from.clone(), cause })
    }
    /// The scenario in which the copy's name replaces the file's name.
    pub(super) fn beside(&self, resolved: &str) -> String {
        renamed(resolved, &self.called, &self.name)
    }
}

pub(super) fn of_plans(plans: &[Plan]) -> BTreeMap<String, Vec<Input>> {
    let mut all: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    for plan in plans.iter().filter(|plan| !plan.source.files.is_empty()) {
        all.entry(plan.source.digest.clone()).or_insert_with(|| inputs(plan));
    }
    all
}

/// The name of a copy begins with the digest of the scenario, because two scenarios may each have a
/// `rows.csv`.
fn inputs(plan: &Plan) -> Vec<Input> {
    let home = Path::new(&plan.source.path).parent().unwrap_or(Path::new(""));
    let short: String = plan.source.digest.chars().take(8).collect();
    let inputs = plan.source.files.iter().enumerate().flat_map(|(n, called)| {
        let file = Path::new(called).file_name().unwrap_or_default().to_string_lossy();
        let (from, name) = (home.join(called), format!("{short}-{n}-{file}"));
        let by_option = plan.chosen.files().filter(move |(_, file)| file.path == *called);
        let of_option = by_option.map(|(option, file)| format!("{OPTION}{option}={}", file.path));
        let names = std::iter::once(called.clone()).chain(of_option);
        let inputs = names.map(move |called| Input { from: from.clone(), called, name: name.clone() });
        inputs.collect::<Vec<_>>()
    });
    inputs.collect()
}

pub(super) fn keep(folder: &Folder, inputs: &BTreeMap<String, Vec<Input>>) -> Result<(), FolderError> {
    let mut kept = BTreeSet::new();
    for input in inputs.values().flatten() {
        folder.put(&format!("{FOLDER}/{}", input.name), &input.read()?)?;
        kept.insert(input.name.clone());
    }
    folder.clear(FOLDER, |path| {
        let name = path.file_name().and_then(OsStr::to_str);
        name.is_some_and(|name| is_copy(name) && !kept.contains(name))
    })
}

/// True for the name of a copy: digest of a scenario, number, and name of the file.
pub(super) fn is_copy(name: &str) -> bool {
    let [digest, number, file] = name.splitn(3, '-').collect::<Vec<_>>()[..] else { return false };
    let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    digest.len() == 8 && digest.bytes().all(hex) && number.parse::<usize>().is_ok() && !file.is_empty()
}

/// For each scenario, the names of its files with the paths of the copies. The record stores them.
pub(super) fn recorded(inputs: &BTreeMap<String, Vec<Input>>) -> BTreeMap<String, BTreeMap<String, String>> {
    let name = |input: &Input| (input.called.clone(), format!("{FOLDER}/{}", input.name));
    inputs.iter().map(|(digest, inputs)| (digest.clone(), inputs.iter().map(name).collect())).collect()
}

/// A recorded scenario that reads the copies in the report, with a path in the report's folder.
/// `None` if copies are missing.
pub(super) fn from_copies(run: &RunRecord, digest: &str, folder: &Path) -> Option<(String, PathBuf)> {
    let copies = run.inputs.get(digest)?;
    if !copies.values().all(|copy| folder.join(copy).is_file()) {
        return None;
    }
    let resolved = run.resolved.get(digest)?;
    let resolved = copies.iter().fold(resolved.clone(), |text, (called, copy)| renamed(&text, called, copy));
    Some((resolved, folder.join("resolved.toml")))
}

/// The keys that name a file. Options of a stack can name files, too.
const NAMING: [&str; 3] = ["csv", "down", "up"];
const OPTIONS: &str = "[engine.options]";
const OPTION: &str = "engine.options.";

fn renamed(resolved: &str, called: &str, copy: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let option = called.strip_prefix(OPTION).and_then(|of| of.split_once('='));
    let names = |table: &str, key: &str| match option {
        Some((option, _)) => table == OPTIONS && key == option,
        None => table != OPTIONS && NAMING.contains(&key),
    };
    let (called, copy, mut table) = (quoted(option.map_or(called, |of| of.1)), quoted(copy), "");
    let lines = resolved.lines().map(|line| {
        if line.starts_with('[') {
            table = line;
        }
        match line.split_once(" = ") {
            Some((key, value)) if value == called && names(table, key) => format!("{key} = {copy}\n"),
            _ => format!("{line}\n"),
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_take_the_place_of_files_and_of_no_other_text() {
        let of = |code: &str, csv: &str| {
            format!(
                "title = \"x.js\"\n\n[engine.options]\ncode = \"{code}\"\nword = \"x.js\"\n\n\
                 [entity.a.rows]\ncsv = \"{csv}\"\nname = \"x.js\"\n"
            )
        };
        let copy = "c-0-x.js";
        assert_eq!(renamed(&of("x.js", "x.js"), "x.js", copy), of("x.js", copy));
        assert_eq!(renamed(&of("x.js", "x.js"), "engine.options.code=x.js", copy), of(copy, "x.js"));
    }
}
