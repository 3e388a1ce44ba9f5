//! Tests with whole scenario files: their meaning, and the reported mistakes.

mod broken;
mod costs;
mod faulty_engines;
mod key_pages;
mod links;
mod meaning;
mod own_rows;
mod plans;
mod practices;
mod questions;
mod said;
mod scaling;
mod scopes;
mod swarms;
mod synonyms;
mod written_down;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::{Document, Plan, Request};
use crate::contract::StackDescription;

const MINIMAL: &str = r#"
name = "least"

[entity.note]
schema = { id = "uuid key", title = "text" }

[fleet.phones]
devices = 4
"#;

fn committed() -> Vec<PathBuf> {
    let mut left = vec![Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("scenarios")];
    let mut files = Vec::new();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
    files
}

/// The engines that the committed scenarios name.
static STACKS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let texts = committed().into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    let broken = |text: String| {
        let words = text.split('"').filter(|word| word.starts_with("broken:"));
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    texts.flat_map(broken).chain(["builtin".to_owned()]).collect()
});

fn stacks() -> Vec<StackDescription> {
    let crash_points =
        &["pull.answer-received", "pull.chunk-applied", "push.answer-received", "session.before-end"];
    let crash_points: Vec<String> = crash_points.iter().map(|point| (*point).to_owned()).collect();
    STACKS
        .iter()
        .map(|name| StackDescription {
            crash_points: crash_points.clone(),
            ..StackDescription::builtin(name)
        })
        .collect()
}

fn document(text: &str) -> Document {
    Document::parse("test.toml", text).unwrap_or_else(|e| panic!("{e}"))
}

fn plans(text: &str, request: &Request) -> Vec<Plan> {
    document(text).plans(request, &stacks()).unwrap_or_else(|e| panic!("{e}"))
}

fn plan(text: &str) -> Plan {
    plans(text, &Request::default()).remove(0)
}

fn with_sets(text: &str, sets: &[&str]) -> Plan {
    let sets = sets.iter().map(|s| (*s).to_owned()).collect();
    plans(text, &Request { sets, ..Request::default() }).remove(0)
}

fn complaint(text: &str, sets: &[&str]) -> String {
    let request = Request { sets: sets.iter().map(|s| (*s).to_owned()).collect(), ..Request::default() };
    match Document::parse("test.toml", text).map(|d| d.plans(&request, &stacks())) {
        Ok(Ok(_)) => panic!("nothing is wrong with this:\n{text}"),
        Ok(Err(invalid)) | Err(invalid) => invalid.to_string(),
    }
}
