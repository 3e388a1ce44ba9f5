//! Files that are generated from the grammar and committed.

use std::path::Path;

use super::super::{key_table, schema_json};

/// Compares a committed file with what it should be; the fresh text is left under `target/fresh` to
/// be copied.
fn is_fresh(path: &str, fresh: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = std::fs::read_to_string(root.join(path)).unwrap_or_default();
    if committed == fresh {
        return;
    }
    let copy = root.join("target/fresh").join(path);
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    std::fs::write(&copy, fresh).unwrap();
    panic!("{path} is not what the grammar says; copy it from {}", copy.display());
}

#[test]
fn the_committed_json_schema_is_fresh() {
    is_fresh("schema/scenario.schema.json", &schema_json(&[]));
}

#[test]
fn the_key_list_in_the_readme_is_fresh() {
    const BEGIN: &str = "<!-- keys: written by a program, checked by a test -->\n";
    const END: &str = "<!-- end of keys -->\n";
    let path = "scenarios/README.md";
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    is_fresh(path, &format!("{before}{BEGIN}\n{}\n{END}{after}", key_table()));
}
