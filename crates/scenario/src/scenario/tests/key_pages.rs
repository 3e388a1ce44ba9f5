//! Writes the list of keys for users, one page per section (`docs/keys`).

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::check::join;
use super::super::explained::explained;
use super::super::grammar::{ROOT, children, each_key};
use crate::config::form::{Form, Key, Preset};

struct Page(&'static str, &'static str, &'static [&'static str]);

const PAGES: &[Page] = &[
    Page("backend", "The backend", &["backend"]),
    Page("gateway", "The gateway", &["gateway"]),
    Page("integration", "One-way integration: another system as the destination", &["integration"]),
    Page("entity", "Entities: what is synced", &["entity", "query"]),
    Page(
        "fleet",
        "Fleets, hardware and networks",
        &["fleet", "class", "background", "link", "transport", "push_messages", "proxy"],
    ),
    Page("unit", "Units and hooks: when the app syncs what", &["unit", "hooks"]),
    Page("engine", "The engine and its store", &["engine", "store"]),
    Page("pull-push", "The engine's pulls and pushes", &["engine.pull", "engine.push"]),
    Page("workload", "What people and the office do", &["workload", "action"]),
    Page("event", "Events: what goes wrong at set times", &["event"]),
    Page("chaos", "Random faults", &["chaos", "swarm", "situations"]),
    Page("expect", "What must come out", &["expect", "gate", "variant", "shows", "question"]),
    Page("table", "The table of a sweep", &["table"]),
];
/// A key that at least this many kinds of a table have is described once.
const OFTEN: usize = 4;
/// A table with at least this many keys is described once, even if several tables have the same
/// keys.
const LARGE: usize = 3;
const COLUMNS: usize = 100;

/// The pages that explain all keys: the name and the Markdown text of each.
pub(super) fn key_pages() -> Vec<(String, String)> {
    let mut pages: BTreeMap<&str, Written> =
        PAGES.iter().map(|page| (page.0, Written::titled(page.1))).collect();
    let mut top = String::new();
    let Form::Table { keys, kinds } = &ROOT else { panic!("a scenario is a table") };
    for key in keys.iter().chain(*kinds) {
        match page_of(key.name) {
            Some(page) => section(key, key.name, page, &mut pages),
            None => top.push_str(&entry(key.name, key, "")),
        }
    }
    let mut index = "# Keys of a scenario\n\nEach page lists the keys of some tables with their default and what they take. NAME stands for a\nname of your own. [How to write a scenario](../scenario-files.md) explains units, column types and\nvariants; `schema/scenario.schema.json` gives editors the same. A key that was renamed is refused\nwith its new name.\n\n| page | keys |\n|---|---|\n".to_owned();
    for Page(file, title, roots) in PAGES {
        let roots: Vec<String> = roots.iter().map(|root| format!("`{root}`")).collect();
        let _ = writeln!(index, "| [{title}]({file}.md) | {} |", roots.join(", "));
    }
    let _ = write!(index, "\n## Keys of the whole file\n\n{top}");
    let file = |name: &str| format!("docs/keys/{name}.md");
    let mut all = vec![(file("README"), index)];
    all.extend(pages.into_iter().map(|(name, page)| (file(name), page.text)));
    all
}

struct Written {
    text: String,
    /// The place where each table of keys is described, by the table's whole text.
    tables: BTreeMap<String, String>,
}

impl Written {
    fn titled(title: &str) -> Written {
        let text = format!("# {title}\n\n<!-- written by a program, checked by a test -->\n");
        Written { text, tables: BTreeMap::new() }
    }
}

fn page_of(path: &str) -> Option<&'static str> {
    PAGES.iter().find(|page| page.2.contains(&path)).map(|page| page.0)
}

fn section(key: &Key, path: &str, page: &'static str, pages: &mut BTreeMap<&'static str, Written>) {
    let Some(written) = pages.get_mut(page) else { panic!("{page} is a page") };
    let _ = write!(written.text, "\n## {path}\n\n{}\n\n", wrapped(key.about, 0));
    below(&key.form, path, page, pages);
}

fn below(form: &Form, path: &str, page: &'static str, pages: &mut BTreeMap<&'static str, Written>) {
    let often = often(form);
    if !often.is_empty() {
        let told: String =
            often.iter().map(|key| entry(&join(path, &format!("NAME.KIND.{}", key.name)), key, "")).collect();
        if let Some(written) = pages.get_mut(page) {
            let _ = write!(written.text, "Keys of many kinds:\n\n{told}\n");
        }
    }
    let (keys, path) = children(form, path);
    for key in keys {
        let path = join(&path, key.name);
        match page_of(&path) {
            Some(other) => section(key, &path, other, pages),
            None => row(key, &path, &often, page, pages),
        }
    }
}

fn row(
    key: &Key,
    path: &str,
    often: &[&Key],
    page: &'static str,
    pages: &mut BTreeMap<&'static str, Written>,
) {
    let (keys, _) = children(&key.form, "");
    let also: Vec<String> =
        keys.iter().filter(|key| is_among(key, often)).map(|key| format!("`{}`", key.name)).collect();
    let mut note = if also.is_empty() { String::new() } else { format!(" Also {}.", also.join(", ")) };
    let whole: String = keys.iter().map(|key| entry(key.name, key, "")).collect();
    let Some(written) = pages.get_mut(page) else { panic!("{page} is a page") };
    let is_told = keys.len() >= LARGE && also.is_empty();
    let before = if is_told { written.tables.get(&whole).cloned() } else { None };
    if let Some(before) = &before {
        note = format!(" It has the keys of `{before}`.");
    }
    written.text.push_str(&entry(path, key, &note));
    if before.is_some() {
        return;
    }
    written.tables.insert(whole, path.to_owned());
    let (keys, inner) = children(&key.form, path);
    for key in keys.into_iter().filter(|key| !is_among(key, often)) {
        row(key, &join(&inner, key.name), &[], page, pages);
    }
}

/// The keys that many kinds of a named table have.
fn often(form: &Form) -> Vec<&Key> {
    let Form::Named { of: Form::Table { kinds, .. }, .. } = form else { return Vec::new() };
    let mut alike: Vec<(&Key, usize)> = Vec::new();
    for key in kinds.iter().flat_map(|kind| children(&kind.form, "").0) {
        match alike.iter_mut().find(|(other, _)| is_alike(other, key)) {
            Some((_, times)) => *times += 1,
            None => alike.push((key, 1)),
        }
    }
    alike.into_iter().filter(|(_, times)| *times >= OFTEN).map(|(key, _)| key).collect()
}

fn is_among(key: &Key, often: &[&Key]) -> bool {
    often.iter().any(|other| is_alike(other, key))
}

fn is_alike(a: &Key, b: &Key) -> bool {
    entry(a.name, a, "") == entry(b.name, b, "")
}

/// A key in 2 lines, followed by one line per explained word.
fn entry(path: &str, key: &Key, note: &str) -> String {
    let meanings = explained(path).unwrap_or_default();
    let mut head = format!("- `{path}`");
    match key.preset {
        Preset::Required => head.push_str(", required"),
        Preset::Profile => head.push_str(", from the profile"),
        Preset::Optional => {}
        Preset::Is(_) | Preset::Owned(_) => {
            let default = key.preset.text().unwrap_or_default();
            if !["{}", "[]"].contains(&&*default) {
                let _ = write!(head, " = `{default}`");
            }
        }
    }
    let form = if meanings.is_empty() { brief(&key.form) } else { String::new() };
    if !form.is_empty() {
        let _ = write!(head, ": {form}");
    }
    let mut text = format!("{}\n  {}\n", wrapped(&head, 2), wrapped(&format!("{}{note}", key.about), 2));
    for (word, meaning) in meanings {
        let _ = writeln!(text, "  - {}", wrapped(&format!("`{word}`: {meaning}"), 4));
    }
    text
}

fn brief(form: &Form) -> String {
    match form {
        Form::Text => "text".to_owned(),
        Form::Int { min, max: 1_000_000_000 } => format!("from {min}"),
        Form::Int { min, max } => format!("{min} to {max}"),
        Form::Decimal { max } => format!("0 to {max}"),
        Form::Span { min, .. } if min.0 <= 1 => "time".to_owned(),
        Form::Span { min, .. } => format!("time, from {}", crate::config::form::span(*min)),
        Form::Size { .. } => "bytes".to_owned(),
        Form::Rate => "bits per second".to_owned(),
        Form::Share => "share".to_owned(),
        Form::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Form::Written(written) => match written.want.split_once(": ") {
            Some(("a column type", _)) => "a [column type](../scenario-files.md#values)".to_owned(),
            _ => written.want.to_owned(),
        },
        Form::List(Form::Table { .. }) => "list of tables".to_owned(),
        Form::List(item) => format!("list of {}", brief(item)),
        Form::Table { .. } | Form::Named { .. } => String::new(),
        Form::Map { rest, .. } => format!("NAME = {}", brief(rest)),
        Form::Either { plain, .. } => format!("{}, or a table", brief(plain)),
        other => other.want(),
    }
}

/// Wraps text at [`COLUMNS`]. Continuation lines are indented.
fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && indent + line + 1 + word.chars().count() > COLUMNS {
            lines.push(String::new());
        }
        let line = lines.last_mut().expect("there is one");
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.join(&format!("\n{:indent$}", ""))
}

#[test]
fn every_key_says_what_it_means() {
    each_key(&mut |path, key| assert!(!key.about.is_empty(), "{path}"));
}

#[test]
fn no_key_page_is_longer_than_300_lines() {
    for (path, text) in key_pages() {
        let lines = text.lines().count();
        assert!(lines <= 300, "{path} has {lines} lines");
    }
}
