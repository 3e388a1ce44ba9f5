//! Files that are generated from the grammar and committed.

use std::path::Path;

use super::super::{key_pages, schema_json};

/// Compares a committed file with what it should be; the fresh text is left under `target/fresh` to
/// be copied.
fn is_fresh(path: &str, fresh: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = std::fs::read_to_string(root.join(path)).unwrap_or_default();
    if committed == fresh {
        return Ok(());
    }
    let copy = root.join("target/fresh").join(path);
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    std::fs::write(&copy, fresh).unwrap();
    Err(format!("{path} is not what the grammar says; copy it from {}", copy.display()))
}

#[test]
fn the_committed_json_schema_is_fresh() {
    assert_eq!(is_fresh("schema/scenario.schema.json", &schema_json(&[])), Ok(()));
}

#[test]
fn the_key_pages_are_fresh() {
    let pages = key_pages();
    let stale = pages.iter().filter_map(|(path, text)| is_fresh(path, text).err());
    assert_eq!(stale.collect::<Vec<_>>(), Vec::<String>::new());
}
