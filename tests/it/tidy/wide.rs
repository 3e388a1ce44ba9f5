//! The width of prose: 100 columns, so that two files fit side by side.

use std::collections::BTreeMap;
use std::fs;

use super::{CODE, files, room_of, root, sources};

const COLUMNS: usize = 100;
/// The number of wider lines, by room and page, from before they were counted. Numbers only shrink,
/// and entries are not added.
const WIDER: &[(&str, usize)] = &[];

/// Comments that are too wide, by room, except tables.
fn comments() -> BTreeMap<String, usize> {
    let mut wide = BTreeMap::new();
    for (path, text) in CODE.into_iter().flat_map(sources) {
        let first = || path.strip_prefix(root()).ok()?.components().next()?.as_os_str().to_str();
        let room = room_of(&path).unwrap_or_else(|| first().expect("sources lie there").to_owned());
        let prose = text.lines().filter(|line| {
            let text = line.trim_start();
            text.starts_with("//") && !text.trim_start_matches(['/', '!', ' ']).starts_with('|')
        });
        *wide.entry(room).or_default() += too_wide(prose);
    }
    wide
}

/// Lines of pages that are too wide, except tables, which cannot be wrapped, and code blocks.
fn pages() -> BTreeMap<String, usize> {
    let tops =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    let inside = ["docs", "reference", "contrib"].iter().flat_map(|folder| files(folder));
    let is_page = |path: &std::path::PathBuf| path.extension().is_some_and(|e| e == "md");
    let mut wide = BTreeMap::new();
    for path in tops.into_iter().chain(inside).filter(is_page) {
        let text = fs::read_to_string(&path).expect("a page is text");
        let mut shown = false;
        let prose = text.lines().filter(|line| {
            let fence = line.trim_start().starts_with("```");
            shown ^= fence;
            !shown && !fence && !line.starts_with('|')
        });
        let name = path.strip_prefix(root()).expect("pages lie there").to_string_lossy().into_owned();
        *wide.entry(name).or_default() += too_wide(prose);
    }
    wide
}

fn too_wide<'l>(lines: impl Iterator<Item = &'l str>) -> usize {
    lines.filter(|line| line.chars().count() > COLUMNS).count()
}

#[test]
fn prose_is_no_wider_than_it_was() {
    let allowed: BTreeMap<&str, usize> = WIDER.iter().copied().collect();
    let found = comments().into_iter().chain(pages());
    let wider = found.filter(|(place, lines)| *lines > allowed.get(place.as_str()).copied().unwrap_or(0));
    let told: Vec<String> = wider
        .map(|(place, lines)| {
            let were = allowed.get(place.as_str()).copied().unwrap_or(0);
            format!("{place} has {lines} lines of prose over {COLUMNS} columns, {were} are allowed")
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn the_list_of_wide_prose_names_what_there_is() {
    let found: BTreeMap<String, usize> = comments().into_iter().chain(pages()).collect();
    let gone: Vec<&str> = WIDER
        .iter()
        .map(|(place, _)| *place)
        .filter(|place| found.get(*place).is_none_or(|n| *n == 0))
        .collect();
    assert!(gone.is_empty(), "take out of the list: {gone:?}");
}

#[test]
fn columns_are_counted_as_letters_and_not_as_bytes() {
    let line = "é".repeat(COLUMNS);
    assert_eq!(too_wide([line.as_str()].into_iter()), 0);
    assert_eq!(too_wide([format!("{line}x").as_str()].into_iter()), 1);
}
