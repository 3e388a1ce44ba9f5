//! Committed files that are generated from the grammar and from the list of planted bugs.

use std::path::Path;

use super::super::schema_json;
use super::faulty_engines::page;
use super::key_pages::key_pages;

/// Compares a committed file with the expected text, and writes that text under `target/fresh` if
/// they differ.
fn is_fresh(path: &str, fresh: &str) -> Result<(), String> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let committed = std::fs::read_to_string(root.join(path)).unwrap_or_default();
    if committed == fresh {
        return Ok(());
    }
    let copy = root.join("target/fresh").join(path);
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    std::fs::write(&copy, fresh).unwrap();
    Err(format!("{path} is not what the program says; copy it from {}", copy.display()))
}

#[test]
fn the_committed_schema_and_pages_of_keys_are_fresh() {
    let schema = ("schema/scenario.schema.json".to_owned(), schema_json(&[]));
    let all = key_pages().into_iter().chain([schema]);
    let stale = all.filter_map(|(path, text)| is_fresh(&path, &text).err());
    assert_eq!(stale.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_committed_page_of_faulty_engines_is_fresh() {
    assert_eq!(is_fresh("docs/faulty-engines.md", &page()), Ok(()));
}
