//! Turns paths into plans. Only this file calls the module `scenario` to read files.
//!
//! A cell is one simulation: one variant and one seed. A plan describes a cell before it runs.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::args::{Selection, count};
use super::console::Console;
use super::refusal::{Refusal, near};
use super::written;
use crate::base::escape_path;
use crate::base::words::{self, there_is};
use crate::campaign::CELLS_MAX;
use crate::metrics::human;
use crate::record::Exit;
use crate::scenario::{self, DIAGNOSTICS_SHOWN, Document, Invalid, Plan, Request, file};

pub(super) type Values = Vec<(String, Vec<String>)>;

/// All scenarios in `paths`, or the built-in hospital day. TOML errors of all files are reported.
pub(super) fn documents(paths: &[PathBuf], console: &Console<'_>) -> Result<Vec<Document>> {
    if paths.is_empty() {
        return Ok(vec![Document::hospital_day()]);
    }
    let read = |path: PathBuf| Ok(text_at(&path)?.and_then(|text| Document::of_file(&path, &text)));
    let read: Result<Vec<_>> = files(paths)?.into_iter().map(read).collect();
    sound(read?, console)
}

/// Replaces renamed keys in the files by their present names, and prints the changed files. Other
/// mistakes are reported when the files are read.
pub(super) fn mend(paths: &[PathBuf], console: &mut Console<'_>) -> Result<()> {
    if paths.is_empty() {
        return Err(Refusal::usage("--fix writes into files: name files or a folder"));
    }
    let paths = files(paths)?;
    if let Some(path) = paths.iter().find(|path| !path.is_file()) {
        let path = escape_path(path);
        return Err(Refusal::usage(format!("--fix writes into files, and {path} is not a file")));
    }
    console.surroundings.signals.heed();
    for path in paths {
        if let Some(exit) = console.surroundings.signals.exit() {
            return Err(Refusal::because(
                exit,
                "stopped: the remaining files are unchanged; to fix them, repeat the command",
            ));
        }
        let Ok(old) = text_at(&path)? else { continue };
        let text = mended(&path, &old, console);
        if text == old {
            continue;
        }
        written::replace_if(&path, text.as_bytes(), || {
            let is_same = text_at(&path)?.as_ref() == Ok(&old);
            let text = format!(
                "{} was changed by another program, so it was not fixed: run this command again",
                escape_path(&path)
            );
            if is_same { Ok(()) } else { Err(Refusal::environment(text)) }
        })?;
        console.result(&format!("fixed   {}\n", escape_path(&path)));
    }
    let came = console.surroundings.signals.exit();
    came.map_or(Ok(()), |exit| {
        Err(Refusal::because(
            exit,
            "stopped: all files are fixed, but none was checked: run this command again",
        ))
    })
}

/// The text with present names. A replacement that would make the TOML invalid is not made. For
/// example, a file can have both names of a key, and either value could be meant.
fn mended(path: &Path, text: &str, console: &Console<'_>) -> String {
    let is_toml = |text: &String| toml::from_str::<toml::Table>(text).is_ok();
    let mut text = text.to_owned();
    while let Some(better) =
        wrong_with(path, &text, console).and_then(|wrong| wrong.mended(&text)).filter(is_toml)
    {
        text = better;
    }
    text
}

fn wrong_with(path: &Path, text: &str, console: &Console<'_>) -> Option<Invalid> {
    let document = Document::of_file(path, text);
    document.and_then(|document| cells(&document, &Request::default(), console)).err()
}

fn sound<T>(read: Vec<Result<T, Invalid>>, console: &Console<'_>) -> Result<Vec<T>> {
    let wrong: Vec<&Invalid> = read.iter().filter_map(|one| one.as_ref().err()).collect();
    if !wrong.is_empty() {
        return Err(Refusal::invalid(wrong, console.err_paint().0));
    }
    Ok(read.into_iter().flatten().collect())
}

fn refuse_too_many(documents: &[Document], selection: &Selection) -> Result<()> {
    let variants = |document| match wanted(document, selection)?.len() {
        0 => Some(document.variants().len().max(1) as u128),
        named => Some(named as u128),
    };
    let cells = documents.iter().filter_map(variants).sum::<u128>() * count(selection.seeds());
    if cells > CELLS_MAX { Err(too_large("the run", cells)) } else { Ok(()) }
}

pub(super) fn too_large(what: &str, cells: u128) -> anyhow::Error {
    let told = |n: u128| u64::try_from(n).map_or_else(|_| n.to_string(), human::thousands);
    Refusal::usage(format!(
        "{what} has {} cells, but the limit is {}: use fewer values or seeds",
        told(cells),
        told(CELLS_MAX)
    ))
}

pub(super) fn combined(
    documents: &[Document],
    selection: &Selection,
    axes: Values,
    console: &Console<'_>,
) -> Result<Vec<Plan>> {
    refuse_too_many(documents, selection)?;
    let request = Request { axes, ..request(selection) };
    // Only variants that run are checked.
    let asked = documents.iter().filter_map(|document| Some((document, wanted(document, selection)?)));
    let plans = asked
        .map(|(document, variants)| cells(document, &Request { variants, ..request.clone() }, console))
        .collect();
    let plans = sound(plans, console)?.concat();
    let known: BTreeSet<&str> = documents.iter().flat_map(Document::variants).collect();
    // If no file has a variant of this name, the name is misspelt, even if other names match.
    let strange: Vec<&str> =
        selection.variant.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
    if !strange.is_empty() {
        return Err(Refusal::because(Exit::Nothing, nothing(&strange, &known)));
    }
    narrowed(plans, &selection.filter)
}

fn cells(document: &Document, request: &Request, console: &Console<'_>) -> Result<Vec<Plan>, Invalid> {
    document.plans(request, &console.runner.stacks())
}

/// The selected variants of a document. `None` if it has none of them; another file may have them.
fn wanted(document: &Document, selection: &Selection) -> Option<Vec<String>> {
    let there = document.variants();
    let both: Vec<String> =
        selection.variant.iter().filter(|name| there.contains(&name.as_str())).cloned().collect();
    (selection.variant.is_empty() || !both.is_empty()).then_some(both)
}

pub(super) fn requested(document: &Document, request: &Request, console: &Console<'_>) -> Result<Vec<Plan>> {
    Ok(sound(vec![cells(document, request, console)], console)?.concat())
}

/// Refuses two axes that set the same key, because the name of a cell would contain both values.
pub(super) fn refuse_overlap(document: &Document, selection: &Selection, axes: Values) -> Result<()> {
    let variants = wanted(document, selection).unwrap_or_default();
    let overlap = |[one, two]: [&str; 2]| {
        format!("the axes over `{one}` and `{two}` set the same key: keep one of them")
    };
    let request = Request { axes, variants, ..request(selection) };
    document.overlap(&request).map_or(Ok(()), |keys| Err(Refusal::usage(overlap(keys))))
}

/// The cells of a document with other values of some keys. If there are none, the error gives the
/// reason.
pub(super) fn with(
    document: &Document,
    selection: &Selection,
    axes: Values,
    console: &Console<'_>,
) -> Result<Vec<Plan>, Invalid> {
    let request = Request { axes, variants: selection.variant.clone(), ..request(selection) };
    cells(document, &request, console)
}

pub(super) fn plans(selection: &Selection, console: &Console<'_>) -> Result<Vec<Plan>> {
    combined(&documents(&selection.paths, console)?, selection, Values::new(), console)
}

/// Prints each warning once, also with `-q`, because a warning can mean that a pass proves nothing.
pub(super) fn remark_on(plans: &[Plan], console: &mut Console<'_>) {
    let colour = console.err_paint().0;
    let (mut warned, mut told) = (BTreeSet::new(), BTreeSet::new());
    for (at, plan) in plans.iter().enumerate() {
        // Cells that differ only in their seed are neighbours.
        let same = |last: &Plan| {
            last.source.digest == plan.source.digest && last.source.variant == plan.source.variant
        };
        if at > 0 && same(&plans[at - 1]) {
            continue;
        }
        for warning in plan.source.warnings.iter() {
            if warned.insert(warning.order()) && warned.len() <= DIAGNOSTICS_SHOWN {
                console.complaint(&(warning.render(colour) + "\n\n"));
            }
        }
        for note in plan.source.notes.iter() {
            if told.insert(note.clone()) {
                console.remark(&format!("note: {note}\n"));
            }
        }
    }
    let more = warned.len().saturating_sub(DIAGNOSTICS_SHOWN);
    if more > 0 {
        console.complaint(&format!("and {}\n", words::count(more as u64, "more warning")));
    }
}

/// The only cell of a file for `request`. If the file has several variants, the user must name one.
pub(super) fn of_one_variant(
    path: &Path,
    text: &str,
    request: &Request,
    console: &Console<'_>,
) -> Result<Plan> {
    let document = sound(vec![Document::of_file(path, text)], console)?.remove(0);
    let mut plans = requested(&document, request, console)?;
    plans.dedup_by(|a, b| a.source.variant == b.source.variant);
    match plans.len() {
        1 => Ok(plans.remove(0)),
        0 => Err(Refusal::because(Exit::Nothing, "there is no such variant")),
        _ => {
            let shown = escape_path(path);
            Err(Refusal::usage(format!("{shown} has several variants: name one with --variant")))
        }
    }
}

pub(super) fn one_plan(text: &str, path: &Path, seed: Option<u64>, console: &Console<'_>) -> Result<Plan> {
    let request = Request { seeds: seed.into_iter().collect(), ..Request::default() };
    let plans = Document::of_file(path, text).and_then(|document| cells(&document, &request, console));
    let mut plans = sound(vec![plans], console)?.concat();
    let shown = escape_path(path);
    match plans.len() {
        1 => Ok(plans.remove(0)),
        n => Err(Refusal::usage(format!(
            "{shown} has {n} cells, but only one can be replayed: use `run` instead"
        ))),
    }
}

pub(super) fn read(path: &Path) -> Result<String> {
    text_at(path)?.map_err(|invalid| Refusal::invalid([&invalid], false))
}

pub(super) fn read_record(path: &Path) -> io::Result<String> {
    let bytes = file::read(path, file::Named::InFile, file::RECORD_MAX)?;
    let text = String::from_utf8(bytes).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

pub(super) fn read_run(file: &Path) -> Result<String> {
    read_record(file).map_err(|e| Refusal::unreadable(file, &e))
}

/// The text of a scenario. Invalid UTF-8 is a mistake in the file.
fn text_at(path: &Path) -> Result<Result<String, Invalid>> {
    let read = file::read(path, file::Named::Typed, file::SCENARIO_MAX);
    let bytes = read.map_err(|e| match e.kind() {
        ErrorKind::NotFound if path.is_symlink() => {
            Refusal::usage(format!("{} is a link to a missing file", escape_path(path)))
        }
        _ => Refusal::unread(path, &e),
    })?;
    Ok(scenario::text_of(bytes, &escape_path(path)))
}

/// The scenario files in `paths`. A folder stands for its `*.toml` files, sorted by name. Reports
/// in it are left out.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut files)
                .map_err(|e| Refusal::environment(format!("cannot read {}: {e}", escape_path(path))))?;
        } else if path.symlink_metadata().is_err_and(|e| e.kind() == ErrorKind::NotFound) {
            return Err(Refusal::usage(format!("there is no {}", escape_path(path))));
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        let paths: Vec<String> = paths.iter().map(escape_path).collect();
        let text = format!("there is no scenario file in {}", paths.join(", "));
        return Err(Refusal::because(Exit::Nothing, text));
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        // Links may lead back to a parent folder, and reports contain copies of failing cells.
        if path.is_dir() && !path.is_symlink() && !path.join("run.json").exists() {
            walk(&path, files)?;
            continue;
        }
        // A link without a target is not skipped, so that reading it gives an error.
        let is_there = || path.is_file() || path.is_symlink() && !path.exists();
        if path.extension().is_some_and(|e| e == "toml") && is_there() {
            files.push(path);
        }
    }
    Ok(())
}

fn request(selection: &Selection) -> Request {
    let seeds = selection.seeds().into_iter().flatten().collect();
    Request { sets: selection.set.clone(), seeds, ..Request::default() }
}

fn nothing(strange: &[&str], known: &BTreeSet<&str>) -> String {
    let known: Vec<&str> = known.iter().copied().collect();
    let wanted = strange.join(", ");
    match known.as_slice() {
        [] => format!("there is no variant {wanted}: the files have no variants; leave out --variant"),
        known => format!("there is no variant {wanted}; {} {}", there_is(known.len()), known.join(", ")),
    }
}

pub(super) fn record_file(path: &Path) -> Option<PathBuf> {
    let inside = path.join("run.json");
    if inside.exists() { Some(inside) } else { path.is_file().then(|| path.to_owned()) }
}

/// The cells that match a filter. Without filters, all cells. A filter without a match is an error.
fn narrowed(plans: Vec<Plan>, filters: &[String]) -> Result<Vec<Plan>> {
    let of = |plan: &Plan, filter: &String| {
        passes(std::slice::from_ref(filter), &plan.source.scenario, plan.source.variant.as_deref())
    };
    if let Some(filter) = filters.iter().find(|filter| !plans.iter().any(|plan| of(plan, filter))) {
        let names =
            plans.iter().flat_map(|plan| [Some(&*plan.source.scenario), plan.source.variant.as_deref()]);
        let names: BTreeSet<&str> = names.flatten().flat_map(|name| name.split('-').chain([name])).collect();
        let near = near(filter, names);
        let text = format!("no scenario or variant has `{filter}`{near}");
        return Err(Refusal::because(Exit::Nothing, text));
    }
    let wanted = |plan: &Plan| passes(filters, &plan.source.scenario, plan.source.variant.as_deref());
    Ok(plans.into_iter().filter(wanted).collect())
}

/// True if a filter matches. A pattern must match the whole scenario, variant or
/// `scenario.variant`. A text must occur in one of them.
pub(super) fn passes(filters: &[String], scenario: &str, variant: Option<&str>) -> bool {
    let whole = variant.map_or_else(|| scenario.to_owned(), |variant| format!("{scenario}.{variant}"));
    let passes = |filter: &String| match filter.contains(['*', '?']) {
        true => {
            [Some(scenario), variant, Some(&*whole)].into_iter().flatten().any(|name| is_like(name, filter))
        }
        false => whole.contains(filter.as_str()),
    };
    filters.is_empty() || filters.iter().any(passes)
}

/// Matches a name with a pattern: `*` stands for any characters, `?` for one.
fn is_like(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // For each length, true if the prefix of the name matches the part of the pattern that was
    // read.
    let mut like: Vec<bool> = (0..=name.len()).map(|n| n == 0).collect();
    for letter in pattern.chars() {
        let longer = (0..=name.len()).map(|n| match letter {
            '*' => like[..=n].contains(&true),
            _ => n > 0 && like[n - 1] && (letter == '?' || letter == name[n - 1]),
        });
        like = longer.collect();
    }
    like[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_part_of_the_name_and_a_pattern_all_of_it() {
        let passes = |filter: &str, variant| passes(&[filter.to_owned()], "chaos-days", variant);
        for filter in ["chaos", "days.three", "chaos-*", "t?ree", "*.three", "*"] {
            assert!(passes(filter, Some("three")), "{filter}");
        }
        for filter in ["chaos?", "hre*", "?chaos-days", "*.four", "Chaos"] {
            assert!(!passes(filter, Some("three")), "{filter}");
        }
        assert!(!passes("*.*", None), "it has no variant");
    }
}
