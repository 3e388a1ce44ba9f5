//! Writes a scenario as a short text with comments about its failure. A table that fits is one
//! line.

use toml::{Table, Value};

use super::script::Script;
use super::trials::{PANIC, named};
use super::whole::Shrunk;
use crate::base::Digest;
use crate::metrics::human::count;

const COLUMNS: usize = 100;
/// The life of a record (all its events) has at most this many first lines and `LAST` last lines.
const FIRST: usize = 8;
const LAST: usize = 12;
/// The largest number of list items in a line of a life.
const ITEMS: usize = 4;
/// The order of tables in a file. Other tables come before the events.
const ORDER: [&str; 8] = ["name", "seed", "duration", "drain", "entity", "fleet", "unit", "action"];

/// The comments of the file about the failure.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The text of the violation.
    pub sentence: String,
    /// The life of the record: one line per event.
    pub life: Vec<String>,
    /// The scenario with the original failure.
    pub from: String,
    /// The keys that this scenario does not have.
    pub added: Vec<String>,
    /// Settings, in the form of `--set`, with which the failure does not occur. They were tried.
    pub mends: Vec<String>,
}

/// The file for a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name without `.toml`. It has the check and a digest of the scenario.
    pub name: String,
    pub text: String,
    /// The number of lines, without comments and blank lines.
    pub lines: usize,
}

/// Writes the file for a failure that was made small.
pub fn found(shrunk: &Shrunk, about: &About) -> Found {
    let mut table = shrunk.script.table.clone();
    let seed = i64::try_from(shrunk.script.seed).unwrap_or(i64::MAX);
    table.insert("seed".to_owned(), Value::Integer(seed));
    table.remove("name");
    let mut digest = Digest::new();
    digest.text(&scenario(&table));
    let name = format!("{}-{}", shrunk.goal.check, &digest.hex()[..8]);
    table.insert("name".to_owned(), Value::String(name.clone()));
    let mut text = comments(shrunk, about);
    let body = scenario(&table) + &expectation(shrunk);
    text.push_str(&body);
    Found { name, text, lines: body.lines().filter(|line| !line.is_empty()).count() }
}

/// The same failure with new names for `files`, so that it works in another folder.
pub fn beside(shrunk: &Shrunk, files: &[String], named: &dyn Fn(&str) -> String) -> Shrunk {
    /// The keys that name a file. Options of a stack can name files, too.
    const NAMING: [&str; 3] = ["csv", "down", "up"];
    let mut moved = shrunk.clone();
    for (path, value) in shrunk.script.leaves() {
        let is_option = path.first().is_some_and(|key| key == "engine")
            && path.get(1).is_some_and(|key| key == "options");
        let names_a_file = is_option || path.last().is_some_and(|key| NAMING.contains(&key.as_str()));
        let Some(file) = value.as_str().filter(|text| names_a_file && files.iter().any(|file| file == text))
        else {
            continue;
        };
        moved.script = moved.script.with(&path, Value::String(named(file)));
    }
    moved
}

fn expectation(shrunk: &Shrunk) -> String {
    let checks = named(&shrunk.shown.checks);
    if shrunk.goal.check == PANIC || checks.is_empty() {
        return String::new();
    }
    let checks = Value::Array(checks.into_iter().map(Value::String).collect());
    format!("expect.violation = {checks}\n")
}

fn comments(shrunk: &Shrunk, about: &About) -> String {
    let mut text = String::new();
    let of = shrunk.goal.entity.as_ref().map_or(String::new(), |entity| format!(" of {entity}"));
    let runs = shrunk.runs;
    let from = if about.from.is_empty() { String::new() } else { format!(" from {}", about.from) };
    comment(
        &mut text,
        "",
        &format!("`{}`{of}, made small{from} in {runs} runs. {}", shrunk.goal.check, listed(&about.sentence)),
    );
    if !about.added.is_empty() {
        let added = about.added.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        comment(&mut text, "", &format!("Not in {}: {}", about.from, listed(&added.replace(", ", "; "))));
    }
    if !about.life.is_empty() {
        comment(&mut text, "", "What happens:");
    }
    for line in shortened(&about.life) {
        comment(&mut text, "  ", &listed(&line));
    }
    if !about.mends.is_empty() {
        let sets = about.mends.iter().map(|set| format!("`{set}`")).collect::<Vec<_>>().join(" and ");
        comment(&mut text, "", &format!("Tried: with {sets} this does not happen."));
    }
    if shrunk.shown.passes {
        comment(
            &mut text,
            "",
            "`syncdyno run` passes while this is so. Mended? `syncdyno hunt --settle` with this file.",
        );
    }
    text
}

fn shortened(life: &[String]) -> Vec<String> {
    if life.len() <= FIRST + LAST + 1 {
        return life.to_vec();
    }
    let left_out = format!("… {} more lines", life.len() - FIRST - LAST);
    [&life[..FIRST], &[left_out], &life[life.len() - LAST..]].concat()
}

/// Shortens a sentence with a list. Semicolons separate the items, and only the first ones stay.
fn listed(sentence: &str) -> String {
    let items: Vec<&str> = sentence.split("; ").collect();
    match items.len() {
        n if n > ITEMS + 1 => format!("{}; and {} more", items[..ITEMS].join("; "), n - ITEMS),
        _ => sentence.to_owned(),
    }
}

/// Adds a comment. Its second and later lines are indented.
fn comment(text: &mut String, indent: &str, sentence: &str) {
    let mut line = format!("# {indent}");
    let mut is_empty = true;
    for word in sentence.split_whitespace() {
        if !is_empty && line.chars().count() + word.chars().count() >= COLUMNS {
            text.push_str(line.trim_end());
            text.push('\n');
            line = format!("# {indent}  ");
            is_empty = true;
        }
        line.push_str(if is_empty { "" } else { " " });
        line.push_str(word);
        is_empty = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

/// The text of a scenario. A table that fits is one line. Other tables have one line per key.
pub fn scenario(table: &Table) -> String {
    let mut text = String::new();
    let is_last = |key: &&String| *key == "event";
    let own = ORDER.iter().filter_map(|key| table.get_key_value(*key));
    let others = table.iter().filter(|(key, _)| !ORDER.contains(&key.as_str()) && !is_last(key));
    for (key, value) in own.chain(others) {
        line(&mut text, std::slice::from_ref(key), value);
    }
    let mut events: Vec<(&String, &Value)> =
        table.get("event").and_then(Value::as_table).into_iter().flatten().collect();
    events.sort_by_cached_key(|(name, event)| (moment(event), (*name).clone()));
    for (name, event) in events {
        line(&mut text, &["event".to_owned(), name.clone()], event);
    }
    text
}

/// The time of an event since the start, in nanoseconds; 0 if the event has another form of time.
fn moment(event: &Value) -> u64 {
    let at = event.get("at").and_then(Value::as_str).and_then(|at| at.strip_prefix('+'));
    at.and_then(|at| at.parse::<crate::base::Span>().ok()).map_or(0, |span| span.0)
}

fn line(text: &mut String, path: &[String], value: &Value) {
    const NAMES: [&str; 7] = ["entity", "fleet", "unit", "action", "link", "class", "background"];
    let key = path.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(".");
    let whole = format!("{key} = {}", inline(value));
    let holds_names = path.len() == 1 && NAMES.contains(&path[0].as_str());
    match value {
        Value::Table(below) if !below.is_empty() && (holds_names || whole.chars().count() > COLUMNS) => {
            for (name, value) in below {
                line(text, &[path, std::slice::from_ref(name)].concat(), value);
            }
        }
        _ => {
            text.push_str(&whole);
            text.push('\n');
        }
    }
}

fn quoted(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        Value::String(name.to_owned()).to_string()
    }
}

/// Writes a value on one line. In an event `at` comes first, because readers look for it there.
fn inline(value: &Value) -> String {
    let Value::Table(table) = value else { return value.to_string() };
    let first = table.get_key_value("at").into_iter();
    let rest = table.iter().filter(|(key, _)| *key != "at");
    let keys: Vec<String> =
        first.chain(rest).map(|(key, value)| format!("{} = {}", quoted(key), inline(value))).collect();
    if keys.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", keys.join(", ")) }
}

/// The keys of a script that another one lacks, down to the second level.
pub fn added(script: &Script, own: &Table) -> Vec<String> {
    let mut all = Vec::new();
    for (name, value) in script.table.iter().filter(|(name, _)| *name != "name") {
        match (value, own.get(name)) {
            (Value::Table(below), Some(Value::Table(own))) => {
                let new = below.keys().filter(|key| !own.contains_key(*key));
                all.extend(new.map(|key| format!("{name}.{key}")));
            }
            (Value::Table(below), None) => all.extend(below.keys().map(|key| format!("{name}.{key}"))),
            (_, None) => all.push(name.clone()),
            _ => {}
        }
    }
    all
}

/// A short description of a script: the numbers of its devices and events.
pub fn headline(script: &Script) -> String {
    let devices =
        script.named("fleet").filter_map(|(_, fleet)| fleet.get("devices").and_then(Value::as_integer));
    let devices = devices.sum::<i64>().unsigned_abs();
    let events = script.named("event").count() as u64;
    format!("{}, {}", count(devices, "device"), count(events, "event"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_reads_back_as_itself() {
        let text = "name = \"x\"\nseed = 3\n[entity.a]\nrows = 2\n[entity.a.schema]\nid = \"uuid key\"\n\
                    [event.b]\nat = \"+9s\"\nkill = { devices = [0] }\n[event.a]\nat = \"+10s\"\nkill = {}\n\
                    [expect]\n\"oracle.lost.rows\" = 0\n";
        let table: Table = text.parse().expect("it is TOML");
        let short = scenario(&table);
        assert_eq!(short.parse::<Table>().expect("it stays TOML"), table);
        let event = |line: &&str| line.starts_with("event.");
        let events: Vec<&str> = short.lines().filter(event).collect();
        assert_eq!(
            events[0], "event.b = { at = \"+9s\", kill = { devices = [0] } }",
            "the first comes first"
        );
        assert!(short.lines().count() <= 7, "{short}");
    }

    #[test]
    fn keys_that_a_file_lacks_are_named() {
        let table = |text: &str| text.parse::<Table>().expect("it is TOML");
        let own = table("name = \"a\"\n[event.a]\nat = \"+1s\"\n[backend]\nsort = \"key\"");
        let text = "name = \"b\"\ndrain = \"1m\"\n[event.a]\n[event.b]\n[backend]\nreplica_lag = \"1s\"\n[chaos]\nx = 1";
        let script = Script { table: table(text), seed: 1 };
        assert_eq!(added(&script, &own), ["backend.replica_lag", "chaos.x", "drain", "event.b"]);
    }

    #[test]
    fn a_long_table_takes_a_line_for_each_key() {
        let long = "x".repeat(90);
        let table: Table =
            format!("engine = {{ a = \"{long}\", b = {{ c = 1 }} }}").parse().expect("it is TOML");
        assert_eq!(scenario(&table), format!("engine.a = \"{long}\"\nengine.b = {{ c = 1 }}\n"));
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let list = |n: usize| (1..=n).map(|n| format!("task-{n}")).collect::<Vec<_>>().join("; ");
        assert_eq!(listed(&list(5)), list(5));
        assert_eq!(listed(&list(149)), "task-1; task-2; task-3; task-4; and 145 more");
    }

    #[test]
    fn a_long_comment_goes_on_in_the_next_line() {
        let mut text = String::new();
        comment(&mut text, "  ", &"word ".repeat(30));
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.starts_with("#   ") && line.len() <= COLUMNS), "{text}");
    }
}
