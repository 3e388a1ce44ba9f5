//! Messages about scenarios that are wrong or doubtful. Each snapshot contains its own inputs: a
//! line without indentation is a file, and the indented lines below it are its messages.
//!
//! A file is the base of its subject, changed by the parts of its line. The sign ` ‖ ` separates
//! parts:
//! - `--set`, `--axis`, `--variant` and `--seed` are arguments;
//! - `old ⇒ new` replaces the first match in the scenario or in the second file;
//! - `beside: …` is the second file, and `beside+ …` is appended to it;
//! - `= …` is the whole scenario;
//! - `? …` prints parts of each plan;
//! - anything else is appended to the scenario. `¶` begins a line.
//!
//! To add a case, write its line and run this with `INSTA_UPDATE=always`.

use std::fmt::Debug;

use super::own_rows::{OWN, ROWS, SCENARIO, TASKS};
use super::plans::TUNNEL;
use super::questions::VARIANTS;
use super::{Document, MINIMAL, Plan, Request, stacks};
use crate::config::diagnostic::Diagnostic;

/// The base of a subject: a scenario, and a file in the same folder.
struct Base {
    text: String,
    beside: (&'static str, &'static str),
}

fn alone(parts: &[&str]) -> Base {
    Base { text: parts.concat(), beside: ("none", "") }
}

fn beside(text: &str, name: &'static str, content: &'static str) -> Base {
    Base { text: text.to_owned(), beside: (name, content) }
}

impl Base {
    /// All messages about the file of this line, one per line. A line says so if there are none.
    fn says(&self, line: &str) -> String {
        let (mut text, mut beside) = (self.text.clone(), self.beside.1.to_owned());
        let (mut request, mut asked) = (Request::default(), String::new());
        for part in line.split(" ‖ ").map(|part| part.replace('¶', "\n")) {
            if let Some(option) = part.strip_prefix("--") {
                ask(&mut request, option);
            } else if let Some(what) = part.strip_prefix("? ") {
                asked = what.to_owned();
            } else if let Some(whole) = part.strip_prefix('=') {
                text = format!("{}\n", whole.trim_start());
            } else if let Some(whole) = part.strip_prefix("beside:") {
                beside = format!("{}\n", whole.trim_start());
            } else if let Some(more) = part.strip_prefix("beside+ ") {
                beside.push_str(&format!("{more}\n"));
            } else if let Some((old, new)) = part.split_once(" ⇒") {
                let new = new.strip_prefix(' ').unwrap_or_default();
                let at = if text.contains(old) { &mut text } else { &mut beside };
                assert!(at.contains(old), "there is no {old:?} for {line:?} to change");
                *at = at.replacen(old, new, 1);
            } else {
                text.push_str(&format!("{part}\n"));
            }
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(self.beside.0), beside).unwrap();
        let plans = |text: &str, request: &Request| {
            let document = Document::parse("", text)?.beside(folder.path());
            document.plans(request, &stacks())
        };
        let (mut come_to, mut told) = (String::new(), Vec::new());
        match plans(&text, &request) {
            Err(invalid) => told = invalid.diagnostics,
            Ok(all) => {
                told.extend(all[0].source.warnings.iter().cloned());
                for plan in all.iter().filter(|_| !asked.is_empty()) {
                    asked.split(' ').for_each(|what| come_to += &format!("  {}\n", part(plan, what)));
                    let again = plans(&plan.source.resolved, &Request::default()).expect("it is sound");
                    assert_eq!(again[0].source.digest, plan.source.digest, "what was resolved reads back");
                }
            }
        }
        let here = format!("{}/", folder.path().display());
        let told: String =
            come_to + &told.iter().map(|told| brief(told).replace(&here, "")).collect::<String>();
        if told.is_empty() { "  nothing\n".to_owned() } else { told }
    }
}

fn ask(request: &mut Request, option: &str) {
    match option.split_once(' ').expect("an option has a value") {
        ("set", set) => request.sets.push(set.to_owned()),
        ("variant", name) => request.variants.push(name.to_owned()),
        ("seed", seed) => request.seeds.push(seed.parse().expect("a seed is a number")),
        ("axis", axis) => {
            let (key, values) = axis.split_once('=').expect("an axis has values");
            request.axes.push((key.to_owned(), values.split(',').map(str::to_owned).collect()));
        }
        (other, _) => panic!("there is no option {other}"),
    }
}

/// The level, the place, the marked text, the message, and the beginning of the help.
fn brief(told: &Diagnostic) -> String {
    let level = if told.warning { "doubt" } else { "error" };
    let place = told.place.as_ref().map_or_else(String::new, |place| {
        let (line, column) = place.line_column();
        let marked = place.source.text[place.span.clone()].lines().next().unwrap_or_default();
        format!(" {}:{line}:{column} «{marked:.24}»", place.source.name)
    });
    let help = told.help.to_string();
    let help = if help.is_empty() { help } else { format!(" (help: {help:.160})") };
    format!("  {level}{place} {}{help}\n", told.title)
}

fn part(plan: &Plan, what: &str) -> String {
    let of = |part: &dyn Debug| format!("{part:?}");
    let (fleet, entity, data) = (&plan.fleets[0], &plan.schema.entities[0], &plan.data[0]);
    match what {
        "actions" => of(&plan.workload.actions),
        "attributes" => of(&plan.attributes),
        "backend_link" => of(&plan.gateway.backend_link),
        "cell" => of(&(&plan.source.variant, &plan.source.axes, plan.seed, &plan.engine.pull.chunk_rows)),
        "claims" => of(&plan.judged.claims),
        "dealt" => of(&plan.devices().iter().map(|device| &*device.attributes).collect::<Vec<_>>()),
        "down" => of(&(&plan.backend.down, &plan.backend.busy)),
        "events" => of(&plan.events),
        "expect" => of(&plan.judged.expect),
        "gateway" => {
            let (gateway, engine) = (&plan.gateway, &plan.engine);
            let chunks = [engine.pull.chunk_rows, engine.push.chunk_rows];
            let replica = (gateway.refresh.every, &gateway.refresh.capture);
            of(&(gateway.mode, &gateway.serve, &gateway.cursors, replica, &plan.backend.change_log, chunks))
        }
        "link" => of(&fleet.links),
        "log" => of(&(&plan.backend.change_log, &plan.gateway.serve)),
        "logins" => of(&(&plan.workload.logins, plan.workload.hours)),
        "moves" => of(&fleet.moves),
        "nulls" => of(&data.nulls),
        "questions" => of(&plan.judged.questions),
        "quota" => of(&plan.backend.quota),
        "resolver" => of(&plan.workload.resolver),
        "retry" => of(&plan.engine.retry),
        "rows" => of(&(&plan.source.notes, &plan.source.files, &entity.key, &entity.columns, &data.given)),
        "scope" => of(&(plan.start, plan.utc_offset, &entity.scope, &data.columns)),
        "situations" => of(&plan.judged.situations),
        "tls" => of(&plan.transport.handshake.tls),
        "units" => of(&plan.units),
        _ => panic!("no part of a plan is called {what}"),
    }
}

fn renewed(base: &Base, snapshot: &str) -> String {
    let body = snapshot.splitn(3, "---\n").last().expect("a snapshot has a head");
    let inputs = body.lines().filter(|line| !line.starts_with("  "));
    let is_case = |line: &str| !line.is_empty() && !line.starts_with('#');
    let said = |line: &str| if is_case(line) { base.says(line) } else { String::new() };
    inputs.map(|line| format!("{line}\n{}", said(line))).collect()
}

macro_rules! told {
    ($(fn $name:ident($base:expr);)*) => {$(
        #[test]
        fn $name() {
            let own = include_str!(concat!(
                "snapshots/syncdyno_scenario__scenario__tests__said__", stringify!($name), ".snap"
            ));
            insta::assert_snapshot!(renewed(&$base, own));
        }
    )*};
}

told! {
    fn broken_files_are_told_with_what_would_be_right(alone(&[MINIMAL]));
    fn doubts_are_told_and_what_is_sound_is_not(alone(&[MINIMAL]));
    fn idle_keys_are_refused_unless_what_they_need_is_there(alone(&[MINIMAL]));
    fn captures_that_do_not_fit_are_refused(alone(&[MINIMAL]));
    fn sizes_that_no_memory_holds_are_refused(alone(&[MINIMAL]));
    fn moves_and_tunnels_that_cannot_be_are_refused(alone(&[MINIMAL]));
    fn cuts_that_nothing_would_follow_are_refused(alone(&[MINIMAL]));
    fn links_that_cannot_be_are_refused(beside(&[MINIMAL, LINK].concat(), "a.down", "10\n20\n"));
    fn one_mistake_is_told_once(alone(&[SOUND]));
    fn planned_edits_that_cannot_be_are_refused(alone(&[EDITS]));
    fn parts_that_cannot_be_are_refused(alone(&[PARTS]));
    fn lists_of_what_devices_do_not_hold_are_refused(alone(&[LISTS]));
    fn questions_and_claims_that_tell_nothing_are_refused(alone(&[MINIMAL, VARIANTS]));
    fn settings_of_what_is_not_there_are_refused(alone(&[TUNNEL]));
    fn wrong_rows_of_ones_own_are_told_with_their_line(beside(SCENARIO, "tasks.csv", TASKS));
    fn rows_of_nobody_are_counted_with_the_reason(beside(OWN, "tasks.csv", ROWS));
    fn keys_come_to_plans(alone(&[MINIMAL]));
    fn settings_of_a_tunnel_come_to_plans(alone(&[TUNNEL]));
    fn links_and_tunnels_come_to_profiles(beside(&[MINIMAL, MINE].concat(), "t", "1\n1\n1\n1\n2\n2\n2\n2\n"));
    fn rows_of_ones_own_come_to_columns(beside(SCENARIO, "tasks.csv", TASKS));
    fn keys_that_are_not_of_their_type_are_told_with_their_line(beside(KEYS, "tasks.csv", "id,title\n7,a\nabc,b\n"));
}

const LINK: &str = r#"link = "mine"
[link.mine]
rtt = "80ms"
down = "5Mbit/s"
up = "1Mbit/s"
"#;

/// A link with a value for each figure.
const MINE: &str = "[link.mine]\nkind = \"cellular\"\nradio = \"3g\"\nrtt = \"80ms\"\ndown = \"50Mbit/s\"\nup = \"2Mbit/s\"\n\
     jitter = \"5ms\"\nloss = \"1%\"\nmtu = 1400\nvariation = { sigma = 0.7 }\npromotion = { after = \"5s\", takes = \"1s\" }\n\
     radio_changes = { mtbf = \"9m\" }\ngaps = { mtbf = \"1m\", mean = \"1s\", mode = \"hold\" }\n";

/// Users who rename notes in folders, one note at a time.
const EDITS: &str = include_str!("bases/edits.toml");

const PARTS: &str = include_str!("bases/parts.toml");

const KEYS: &str = r#"name = "own"
start = "2026-03-02T00:00:00+01:00"
[entity.task]
rows = { csv = "tasks.csv" }
schema = { id = "int key", title = "text" }
[fleet.phones]
devices = 2
"#;

const LISTS: &str = include_str!("bases/lists.toml");

/// A sound scenario. Each test adds one mistake to it.
const SOUND: &str = include_str!("bases/sound.toml");
