//! Recorded histories: for planted bugs the right check fires, for sound worlds none does, even if
//! lines are moved and reordered; every file is read or refused.
//!
//! Most histories come from simulations, as their apps could have recorded them.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use syncdyno::base::Seed;
use syncdyno::rusqlite::Connection;

use crate::worlds;

const NOTES: &str = "examples/history/notes.toml";
/// How far lines are moved, in milliseconds.
const MOVED: f64 = 1_000.0;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn program() -> Command {
    let mut program = worlds::program();
    program.current_dir(root());
    program
}

/// A cell of a scenario, and the settings to judge it with.
struct World {
    path: &'static str,
    variant: Option<&'static str>,
    sets: &'static [&'static str],
}

const CROWD: World = World { path: "tests/it/worlds/crowd.toml", variant: None, sets: &[] };

impl World {
    const fn with(sets: &'static [&'static str]) -> World {
        World { sets, ..CROWD }
    }
    const fn of(path: &'static str, variant: Option<&'static str>) -> World {
        World { path, variant, sets: &[] }
    }

    fn settings(&self) -> Vec<String> {
        let sets = self.sets.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]);
        let variant = self.variant.into_iter().flat_map(|name| ["--variant".to_owned(), name.to_owned()]);
        sets.chain(variant).collect()
    }

    /// The history of the cell with this seed, recorded by its apps, in a separate folder.
    fn recorded(&self, folder: &Path, seed: u64, bug: Option<&str>) -> PathBuf {
        let (run, history) = (folder.join("run"), folder.join("history.jsonl"));
        let mut of = program();
        of.args(["run", self.path, "-q", "-o"])
            .arg(&run)
            .args(["--seed", &seed.to_string()])
            .args(self.settings());
        of.args(bug.iter().flat_map(|bug| ["--set".to_owned(), format!("engine.name=broken:{bug}")]));
        of.ok().map_or_else(|_| (), |_| ());
        let text = std::fs::read_to_string(run.join("run.json")).expect("a run has a record");
        let record: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let cell = record["cells"][0]["id"].as_str().expect("a cell has a name").to_owned();
        let mut again = program();
        again.args(["replay", "-q", "--history"]).arg(&history).arg(format!("{}#{cell}", run.display()));
        again.ok().map_or_else(|_| (), |_| ());
        assert!(history.is_file(), "{} of seed {seed} is recorded", self.path);
        history
    }

    /// The checks that fire with their counts, and the rest of the output.
    fn judged(&self, history: &Path) -> (Vec<String>, String) {
        let out = history.with_extension("report");
        let mut of = program();
        of.args(["judge", self.path])
            .arg(history)
            .args(["--format", "json", "-o"])
            .arg(out)
            .args(self.settings());
        let said = of.output().expect("it runs");
        let text = String::from_utf8(said.stdout).expect("a record is text");
        let record: serde_json::Value = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{}: {}", self.path, String::from_utf8_lossy(&said.stderr)));
        let found = record["cells"][0]["violations"].as_array().expect("a list");
        let checks = found.iter().map(|v| v["check"].as_str().unwrap_or_default().to_owned());
        (checks.collect(), format!("{} {}", record["remarks"], record["cells"][0]["violations"]))
    }
}

/// The same history with its lines in random order, each moved by up to a second.
fn shaken(history: &Path, seed: u64) -> PathBuf {
    let text = std::fs::read_to_string(history).expect("it was written");
    let mut random = Seed(seed).stream("history", 0, 0);
    let mut lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    lines[0]["clock_tolerance"] = "1001ms".into();
    for line in &mut lines[1..] {
        let line = line.as_object_mut().expect("a line is an object");
        line.remove("seq");
        if let Some(at) = line.get("at").and_then(|at| at.as_str()) {
            let at: jiff::Timestamp = at.parse().expect("a time");
            let part = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
            let moved = at.as_microsecond() as f64 / 1e3 + (2.0 * part - 1.0) * MOVED;
            line.insert("at".to_owned(), moved.into());
        }
    }
    for at in (2..lines.len()).rev() {
        lines.swap(at, 1 + (random.next_u64() % at as u64) as usize);
    }
    let path = history.with_extension("shaken.jsonl");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, text).expect("it can be written");
    path
}

/// Planted bugs with the world and seed that catch each, its check, and how often that fires in the
/// history.
const PLANTED: &[(&str, World, u64, &str, usize)] = &[
    ("passes-over-errors", CROWD, 1, "lost", 2),
    ("first-batch-of-a-page", CROWD, 1, "lost", 4),
    ("one-row-a-stamp", CROWD, 1, "lost", 2),
    ("inserts-only", CROWD, 1, "stale", 19),
    ("ignores-tombstones", CROWD, 1, "undetected-delete", 9),
    ("keeps-what-left-scope", CROWD, 1, "orphan", 4),
    ("pulls-over-edits", CROWD, 1, "lost-edit", 2),
    ("marks-clean-what-changed", CROWD, 1, "lost-edit", 1),
    ("drops-after-refusal", CROWD, 1, "lost-edit", 6),
    ("drops-after-timeout", CROWD, 1, "lost-edit", 3),
    ("silence-is-consent", CROWD, 1, "acknowledged-without-commit", 3),
    (
        "foreign-answer-is-ack",
        World::with(&["chaos.foreign_responses=15%"]),
        1,
        "acknowledged-without-commit",
        6,
    ),
    ("cancel-drops-in-flight", World::with(&["chaos.cancel_mtbf=20s"]), 1, "lost-edit", 10),
    ("put-off-is-done", World::with(&["chaos.put_off=15%"]), 1, "acknowledged-without-commit", 10),
    (
        "counts-winners-as-done",
        World::with(&["engine.conflict.policy=client-wins"]),
        1,
        "acknowledged-without-commit",
        10,
    ),
    ("update-brings-back", CROWD, 2, "resurrected", 2),
    ("new-identity-each-try", CROWD, 1, "duplicate", 8),
    ("deletes-as-updates", CROWD, 1, "unasked-commit", 2),
    ("deletes-what-failed", CROWD, 1, "unasked-commit", 5),
    ("cuts-long-texts", World::with(&["entity.task.schema.title=text 10..40"]), 1, "bent-value", 17),
    ("misses-the-last-column", World::with(&["entity.task.schema.title=text 10..40"]), 2, "divergent", 1),
    ("newest-first", CROWD, 3, "reordered", 1),
    ("two-at-once", CROWD, 1, "two-syncs-of-one-unit", 20),
    ("keeps-what-is-refused", World::with(&["backend.poison=5%"]), 1, "stuck", 1),
];

#[test]
fn planted_faults_are_found_in_their_histories() {
    let mut wrong = Vec::new();
    // One in five, or all: each is a world and two judgements.
    let step = if worlds::every_place() { 1 } else { 5 };
    for (bug, world, seed, check, times) in PLANTED.iter().step_by(step) {
        let folder = tempfile::tempdir().expect("a folder");
        let history = world.recorded(folder.path(), *seed, Some(bug));
        let (exact, _) = world.judged(&history);
        let found = exact.iter().filter(|found| found == check).count();
        let (moved, _) = world.judged(&shaken(&history, 7));
        if found != *times || !moved.iter().any(|found| found == check) {
            wrong.push(format!("{bug}: {check} {found} of {times} times; moved: {moved:?}"));
        }
    }
    assert!(PLANTED.len() >= 20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sound worlds, with the number of seeds.
const CLEAN: &[(World, u64)] = &[
    (CROWD, 4),
    (World::of("tests/it/worlds/quiet.toml", None), 3),
    (World::of("scenarios/conflicts/few-rows.toml", None), 3),
    (World::of("scenarios/chaos.toml", None), 3),
    (World::of("scenarios/conflicts/client-wins.toml", Some("device-wins")), 2),
    (World::of("scenarios/conflicts/server-wins.toml", Some("backend-wins")), 2),
    (World::of("scenarios/conflicts/push-order.toml", Some("top-down")), 2),
    (World::of("scenarios/conflicts/made-again.toml", Some("own-columns")), 2),
    (World::of("scenarios/conflicts/parent-gone.toml", Some("cascade")), 1),
];

#[test]
fn sound_histories_raise_no_alarm_moved_and_shuffled() {
    let (mut wrong, mut histories) = (Vec::new(), 0);
    for (world, seeds) in CLEAN {
        for seed in 1..=if worlds::every_place() { *seeds } else { 1 } {
            let folder = tempfile::tempdir().expect("a folder");
            let history = world.recorded(folder.path(), seed, None);
            for path in [history.clone(), shaken(&history, seed)] {
                let (found, said) = world.judged(&path);
                if !found.is_empty() || said.contains("not judged") {
                    wrong.push(format!("{}, seed {seed}: {found:?}: {said}", world.path));
                }
            }
            histories += 1;
        }
    }
    assert!(histories >= if worlds::every_place() { 20 } else { 9 });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Judges lines about notes; returns the exit code and the output.
pub(crate) fn told(lines: &str) -> (i32, String) {
    judged_with(lines.as_bytes(), &[])
}

fn judged_with(bytes: &[u8], more: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("h.jsonl");
    std::fs::write(&history, bytes).expect("it can be written");
    let mut of = program();
    of.args(["judge", NOTES]).arg(&history).arg("-o").arg(folder.path().join("r")).args(more);
    let said = of.output().expect("it runs");
    let text = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    (said.status.code().unwrap_or(-1), text)
}

#[test]
fn the_examples_are_judged_as_their_names_say() {
    for (name, code, checks) in [
        ("good", 0, &[][..]),
        ("bad", 11, &["acknowledged-without-commit (1)", "lost-edit (1)", "stale (2 rows)"][..]),
    ] {
        let text = std::fs::read(root().join(format!("examples/history/{name}.jsonl"))).expect("it is there");
        let (exit, said) = judged_with(&text, &[]);
        assert_eq!(exit, code, "{name}: {said}");
        assert!(checks.iter().all(|check| said.contains(check)), "{said}");
        assert!(said.contains("observed") && !said.contains("seed"), "{said}");
    }
}

pub(crate) const HEAD: &str = r#"{"kind":"history","version":1,"clock_tolerance":"10ms"}"#;
pub(crate) const ROW: &str =
    r#"{"kind":"row","entity":"note","key":"k","values":{"title":"a","state":"open","hours":1}}"#;
pub(crate) const EDIT: &str = r#"{"kind":"edit","device":"ann","id":"e","entity":"note","key":"k","do":"update","values":{"title":"b"},"at":1000}"#;
pub(crate) const SHOWN: &str = r#"{"kind":"shows","device":"ann","entity":"note","rows":[{"id":"k","title":"b","state":"open","hours":1}]}"#;
pub(crate) const REST: &str = r#"{"kind":"waits","device":"ann","edits":[]}"#;
pub(crate) const END: &str = r#"{"kind":"end","at":9000}"#;
pub(crate) const CAME: &str =
    r#"{"kind":"commit","entity":"note","key":"k","values":{"title":"b"},"at":2000}"#;

#[test]
fn an_edit_is_lost_only_if_no_commit_says_what_it_says() {
    let with = |commit: &str| told(&[HEAD, ROW, EDIT, SHOWN, REST, commit, END].join("\n"));
    assert_eq!(with(CAME).0, 0, "{}", with(CAME).1);
    // Another user's row is nothing to give way to.
    let other = CAME.replace("\"k\"", "\"k2\"");
    let (exit, said) = with(&other);
    assert!(exit == 11 && said.contains("lost-edit (1)"), "{said}");
    let over = CAME.replace("\"b\"", "\"c\"");
    assert!(!with(&over).1.contains("lost-edit ("), "by the policy it may have given way: {}", with(&over).1);
    let tells = HEAD.replace("10ms\"", "10ms\",\"records\":[\"told\"]");
    let (exit, said) = told(&[&tells, ROW, EDIT, SHOWN, REST, &over, END].join("\n"));
    assert!(exit == 11 && said.contains("lost-edit (1)"), "{said}");
    let waits = REST.replace("[]", "[\"e\"]");
    let (exit, said) = told(&[HEAD, ROW, EDIT, SHOWN, &waits, &other, END].join("\n"));
    assert!(said.contains("stuck") && !said.contains("lost-edit ("), "{exit}: {said}");
}

#[test]
fn who_said_the_same_by_chance_has_not_seen_it() {
    let commit = |title: &str, at: u32| {
        CAME.replace("\"b\"", &format!("\"{title}\""))
            .replace("2000", &at.to_string())
            .replace("\"kind\"", "\"by\":\"other\",\"kind\"")
    };
    let later = EDIT.replace("\"e\"", "\"e2\"").replace("\"b\"", "\"d\"").replace("1000", "4000");
    let shown = SHOWN.replace("\"b\"", "\"b2\"");
    // The office writes the value of an edit that its phone has not sent yet. The next edit of that
    // phone, which still has not seen it, gives way to it.
    let with = |title: &str| {
        let (first, then) = (commit("c", 2000), commit(title, 3000));
        told(&[HEAD, ROW, EDIT, &first, &then, &later, &shown.replace("b2", title), REST, END].join("\n"))
    };
    for title in ["b", "x"] {
        let (exit, said) = with(title);
        assert!(exit == 0 && !said.contains("lost-edit ("), "{title}: {said}");
    }
}

#[test]
fn rows_at_the_end_alone_say_which_edit_was_lost() {
    let of = |title: &str| told(&[HEAD, ROW, EDIT, SHOWN, REST, &backend(Some(title)), END].join("\n"));
    assert_eq!(of("b").0, 0, "{}", of("b").1);
    let (exit, said) = of("a");
    assert!(exit == 11 && said.contains("lost-edit (1)"), "{said}");
}

/// The rows of notes at the end: none, or one with this title.
fn backend(title: Option<&str>) -> String {
    let row = title.map(|title| format!(r#"{{"id":"k","title":"{title}","state":"open","hours":1}}"#));
    format!(r#"{{"kind":"backend","entity":"note","rows":[{}]}}"#, row.unwrap_or_default())
}

/// The second edit of ann on the note, with another title and further changes.
fn then(changes: &[(&str, &str)]) -> String {
    let second = EDIT.replace("\"e\"", "\"e2\"").replace("\"b\"", "\"c\"").replace("1000", "4000");
    changes.iter().fold(second, |edit, (old, new)| edit.replace(old, new))
}

/// How many edits are lost in a history with rows at the end and without commits.
fn lost_without_commits(edits: &[&str], title: Option<&str>) -> usize {
    let mut lines = vec![HEAD, ROW];
    lines.extend(edits);
    let waits: Vec<String> = ["ann", "ben"].iter().map(|name| REST.replace("ann", name)).collect();
    lines.extend(waits.iter().map(String::as_str));
    let backend = backend(title);
    lines.extend([&*backend, END]);
    lost_edits(&told(&lines.join("\n")).1)
}

/// The number of lost edits in the output.
fn lost_edits(said: &str) -> usize {
    let count = said.split_once("lost-edit (").and_then(|(_, rest)| rest.split([')', ' ']).next());
    count.map_or(0, |count| count.parse().expect("a number stands there"))
}

#[test]
fn an_edit_is_excused_only_by_a_later_one_that_arrived() {
    let second = then(&[]);
    let again = [("update", "create"), ("\"c\"", "\"c\",\"state\":\"open\",\"hours\":1")];
    let made = then(&again);
    let deletes = then(&[("update", "delete"), (",\"values\":{\"title\":\"c\"}", "")]);
    let of_ben = then(&[("ann", "ben")]);
    let in_turn = [
        EDIT.replace("\"at\"", "\"seq\":2,\"at\""),
        then(&[("\"at\"", "\"seq\":1,\"at\""), ("4000", "1001")]),
    ];
    let same_time = then(&[("4000", "1001")]);
    for (what, edits, title, lost) in [
        ("both sent nowhere", [EDIT, &second], Some("a"), 2),
        ("the first alone came", [EDIT, &second], Some("b"), 1),
        ("both came", [EDIT, &second], Some("c"), 0),
        ("the later one by `seq` came", [&in_turn[0], &in_turn[1]], Some("b"), 0),
        ("the earlier one by `seq` came", [&in_turn[0], &in_turn[1]], Some("c"), 1),
        ("nobody knows which was later", [EDIT, &same_time], Some("b"), 0),
        ("a lost delete", [EDIT, &deletes], Some("b"), 1),
        (
            "a lost delete of a row made again",
            [&deletes.replace("4000", "500").replace("e2", "e3"), &made],
            Some("c"),
            0,
        ),
        ("the delete came", [EDIT, &deletes], None, 0),
        ("two phones, both lost", [EDIT, &of_ben], Some("a"), 2),
        ("two phones, one replaced", [EDIT, &of_ben], Some("b"), 0),
    ] {
        assert_eq!(lost_without_commits(&edits, title), lost, "{what}");
    }
}

#[test]
fn where_each_commit_is_recorded_none_is_inferred() {
    let whole = HEAD.replace("10ms\"", "10ms\",\"records\":[\"commit\"]");
    let with = |head: &str| told(&[head, ROW, EDIT, REST, &backend(Some("b")), END].join("\n"));
    assert_eq!(lost_edits(&with(HEAD).1), 0, "the row says that it came");
    let (exit, said) = with(&whole);
    assert!(exit == 11 && lost_edits(&said) == 1, "{said}");
    let both = whole.replace("\"records\"", "\"unrecorded_writers\":true,\"records\"");
    let (exit, said) = with(&both);
    assert!(exit == 3 && said.contains("leave out one of the two"), "{said}");
}

#[test]
fn a_commit_that_the_backend_takes_back_is_a_lost_edit() {
    let came = CAME.replace("\"kind\"", "\"by\":{\"device\":\"ann\",\"edit\":\"e\"},\"kind\"");
    let with = |head: &str, title: Option<&str>| {
        let shown = SHOWN.replace("\"b\"", &format!("\"{}\"", title.unwrap_or_default()));
        let shown = if title.is_none() { String::new() } else { shown };
        told(&[head, ROW, EDIT, &came, &shown, REST, &backend(title), END].join("\n"))
    };
    for title in [Some("a"), Some("x"), None] {
        let (exit, said) = with(HEAD, title);
        assert!(exit == 11 && lost_edits(&said) == 1, "{title:?}: {said}");
        assert!(said.contains("the backend had it and no longer has it"), "{said}");
        assert!(said.contains("note/k"), "{said}");
        let others = HEAD.replace("10ms\"", "10ms\",\"unrecorded_writers\":true");
        assert_eq!(lost_edits(&with(&others, title).1), 0, "{title:?}: {}", with(&others, title).1);
    }
    assert_eq!(with(HEAD, Some("b")).0, 0, "{}", with(HEAD, Some("b")).1);
}

#[test]
fn an_edit_waits_for_a_commit_where_the_times_let_it() {
    let edit = |id: &str, hours: u32, at: u32| {
        then(&[("e2", id), ("\"title\":\"c\"", &format!("\"hours\":{hours}")), ("4000", &at.to_string())])
    };
    let commit = |who: &str, id: &str, (hours, seq, at): (u32, u32, u32)| {
        CAME.replace("\"title\":\"b\"", &format!("\"hours\":{hours}"))
            .replace("2000", &format!("{at},\"seq\":{seq},\"by\":{{\"device\":\"{who}\",\"edit\":\"{id}\"}}"))
    };
    // The true order: e1 at 2500, c1 at 2550, e2 at 2900, c2 at 3000. The times of ben's edits are
    // reversed, and ann's commit ends before the first one may have been made.
    let head = HEAD.replace("10ms", "1s");
    let (ann, first) = (edit("e0", 11, 1_250), edit("e1", 13, 3_429).replace("ann", "ben"));
    let second = |at: u32| edit("e2", 18, at).replace("ann", "ben");
    let commits = [
        commit("ann", "e0", (11, 1, 1_277)),
        commit("ben", "e1", (13, 2, 2_425)),
        commit("ben", "e2", (18, 3, 2_990)),
    ];
    let with = |second: &str| told(&[&head, ROW, &ann, &first, second, &commits.join("\n")].join("\n"));
    assert_eq!(with(&second(2_740)).0, 0, "{}", with(&second(2_740)).1);
    // Certainly made before the other one, and committed after it: no order explains that.
    let (exit, said) = with(&second(1_400));
    assert!(exit == 11 && said.contains("reordered (1)"), "{said}");
}

#[test]
fn edits_that_say_the_same_are_of_two_commits() {
    let second = then(&[("\"c\"", "\"b\""), ("4000", "1500")]);
    let by_ann =
        |at: &str| CAME.replace("2000", at).replace("\"kind\"", "\"by\":{\"device\":\"ann\"},\"kind\"");
    let with = |edits: &[&str]| {
        let commits = [by_ann("2000"), by_ann("3000")].join("\n");
        told(&[HEAD, ROW, &edits.join("\n"), &commits, SHOWN, REST, END].join("\n"))
    };
    assert_eq!(with(&[EDIT, &second]).0, 0, "{}", with(&[EDIT, &second]).1);
    let (exit, said) = with(&[EDIT]);
    assert!(exit == 11 && said.contains("duplicate (1"), "{said}");
}

#[test]
fn a_table_without_an_end_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ann.sqlite");
    let view = "CREATE VIEW note AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) \
                SELECT 'k' || x AS id, 't' AS title, 'open' AS state, 1 AS hours FROM c";
    Connection::open(&path).expect("it opens").execute_batch(view).expect("it takes a view");
    let phone = format!("ann={}", path.display());
    let lines = [HEAD, ROW, EDIT, REST, CAME, END].join("\n");
    let (exit, said) = judged_with(lines.as_bytes(), &["--phone", &phone, "--table", "note"]);
    assert!(exit == 3 && said.contains("`note` has more than 10"), "{exit}: {said}");
}

#[test]
fn who_counts_an_edit_as_done_has_seen_no_more_for_it() {
    let commit = |title: &str, at: u32, by: &str| {
        let by = format!("\"by\":{by},\"kind\"");
        CAME.replace("\"b\"", &format!("\"{title}\""))
            .replace("2000", &at.to_string())
            .replace("\"kind\"", &by)
    };
    let own = commit("b", 2_000, "{\"device\":\"ann\",\"edit\":\"e\"}");
    let office = commit("x", 2_500, "\"other\"");
    let done = r#"{"kind":"acknowledged","device":"ann","edit":"e","at":3000}"#;
    let shown = SHOWN.replace("\"b\"", "\"x\"");
    // The office overwrites it before the app hears that it is done. The next edit gives way to the
    // office's, which the phone still has not seen.
    let with =
        |done: &str| told(&[HEAD, ROW, EDIT, &own, &office, done, &then(&[]), &shown, REST, END].join("\n"));
    for done in ["", done] {
        let (exit, said) = with(done);
        assert!(exit == 0 && lost_edits(&said) == 0, "{said}");
    }
}

#[test]
fn what_was_not_recorded_is_not_judged() {
    let (exit, said) = told(&[HEAD, ROW, EDIT, CAME].join("\n"));
    assert_eq!(exit, 0, "{said}");
    let (_, said) = told(&[HEAD, ROW, EDIT, SHOWN, CAME].join("\n"));
    for check in ["lost-edit", "stuck", "lost,", "acknowledged-without-commit"] {
        assert!(
            said.lines().any(|line| line.contains("not applicable") && line.contains(check)),
            "{check}: {said}"
        );
    }
    assert!(said.contains("there is no `end` line"), "{said}");
}

#[test]
fn whatever_a_file_says_is_read_or_refused() {
    let line = |text: &str| [HEAD, ROW, text, CAME, END].join("\n");
    for (text, code, says) in [
        (String::new(), 3, "has no line"),
        (HEAD.to_owned(), 4, "there is nothing to judge"),
        (HEAD.replace(":1", ":2"), 3, "this version of the format is not supported"),
        (EDIT.to_owned(), 3, "the first line must have the kind `history`"),
        (line(&EDIT[..40]), 3, "this is not JSON"),
        (line(&EDIT.replace("1000", "NaN")), 3, "this is not JSON"),
        (line(&EDIT.replace("1000", "1e300")), 3, "this is not a time"),
        (line(&EDIT.replace("1000", "-5")), 3, "this is not a time"),
        (line(&EDIT.replace("1000", "99999")), 3, ", after the `end` at"),
        (line(&EDIT.replace("\"note\"", "\"nota\"")), 3, "did you mean `note`?"),
        (line(&EDIT.replace("title", "titel")), 3, "did you mean `title`?"),
        (line(&EDIT.replace("update", "updat")), 3, "did you mean `update`?"),
        (line(&EDIT.replace("\"kind\":\"edit\"", "\"kind\":\"edits\"")), 3, "did you mean `edit`?"),
        (line(&format!("{EDIT}\n{EDIT}")), 3, "this `id` already exists"),
        (line(&format!("{ROW}\n{EDIT}")), 3, "another line already lists this row"),
        (line(r#"{"kind":"acknowledged","device":"ann","edit":"x"}"#), 3, "there is no edit `x` of ann"),
        (
            line(&EDIT.replace("{\"title\":\"b\"}", "{\"hours\":99999999999999999999}")),
            3,
            "whole number of 64 bits",
        ),
    ] {
        let (exit, said) = told(&text);
        assert!(exit == code && said.contains(says), "{text}\n{exit}: {said}");
    }
}

#[test]
fn a_mark_a_carriage_return_and_blank_lines_change_nothing() {
    let text = format!("\u{feff}{}\r\n\r\n", [HEAD, ROW, EDIT, SHOWN, REST, CAME, END].join("\r\n"));
    assert_eq!(told(&text).0, 0, "{}", told(&text).1);
    let (exit, said) = judged_with(&[HEAD.as_bytes(), b"\n\xff\xfe\n"].concat(), &[]);
    assert!(exit == 3 && said.contains("not UTF-8"), "{said}");
}

#[test]
fn a_phone_a_dump_and_an_audit_table_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let database = Connection::open(at("ann.sqlite")).expect("it opens");
    let rows = "CREATE TABLE notes (id TEXT, title TEXT, state TEXT, hours INTEGER, _rev TEXT);\
                INSERT INTO notes VALUES ('k', 'b', 'open', 1, 'x')";
    database.execute_batch(rows).expect("it takes rows");
    std::fs::write(at("note.csv"), "id,title,state,hours\nk,b,open,1\n").expect("it is written");
    std::fs::write(at("note.json"), r#"[{"id":"k","title":"z","state":"open","hours":1}]"#)
        .expect("it is written");
    std::fs::write(at("audit.csv"), "at,entity,key,title,device\n1970-01-01T00:00:02Z,note,k,b,ann\n")
        .expect("it is written");
    let lines = [HEAD, ROW, EDIT, REST, END].join("\n");
    let (phone, csv, json, audit) = (
        format!("ann={}", at("ann.sqlite")),
        format!("note={}", at("note.csv")),
        format!("note={}", at("note.json")),
        at("audit.csv"),
    );
    let of_phone = ["--phone", &phone, "--table", "notes=note"];
    let (exit, said) =
        judged_with(lines.as_bytes(), &[&of_phone[..], &["--backend", &csv, "--audit", &audit]].concat());
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = judged_with(lines.as_bytes(), &[&of_phone[..], &["--backend", &json]].concat());
    assert!(exit == 11 && said.contains("lost-edit (1)") && said.contains("divergent (1 device)"), "{said}");
    let (exit, said) =
        judged_with(lines.as_bytes(), &["--phone", &phone, "--table", "note", "--backend", &csv]);
    assert!(exit == 3 && said.contains("did you mean `notes`?"), "{said}");
}

#[test]
fn an_observed_run_is_no_baseline() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("r");
    let mut judge = program();
    judge.args(["judge", NOTES, "examples/history/good.jsonl", "-o"]).arg(&out).assert().code(0);
    let mut save = program();
    let said = save.args(["baseline", "save", "observed-test"]).arg(&out).output().expect("it runs");
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && text.contains("was observed"), "{text}");
}

#[test]
fn the_schema_knows_each_kind_of_line() {
    let said = program().args(["schema", "history"]).output().expect("it runs");
    let schema = String::from_utf8(said.stdout).expect("a schema is text");
    for kind in [
        "history",
        "row",
        "edit",
        "sync-start",
        "sync-complete",
        "sync-error",
        "acknowledged",
        "told",
        "shows",
        "waits",
        "commit",
        "backend",
        "app-started",
        "app-killed",
        "end",
    ] {
        assert!(schema.contains(&format!("\"const\": \"{kind}\"")), "{kind}");
    }
}
